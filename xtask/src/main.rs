//! The caretaker: `cargo xtask tidy` holds the checkout against the rules of the house. The same rules are tests of this room,
//! so `cargo test` holds them too.
//! It builds no other room and changes no file.

mod source;
mod text;
mod tidy;
mod tree;
mod uses;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::tree::Tree;

const USAGE: &str = "usage: cargo xtask tidy";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(code) => code,
        Err(line) => {
            let _unheard = writeln!(io::stderr().lock(), "error: {line}");
            ExitCode::from(2)
        }
    }
}

/// Shows what breaks a rule on stdout, a line each; code 1 if anything does.
fn tidy() -> Result<ExitCode, String> {
    let findings = tidy::findings(&Tree::of_checkout()?);
    let mut stdout = io::stdout().lock();
    for finding in &findings {
        writeln!(stdout, "{finding}").map_err(|error| format!("stdout: {error}"))?;
    }
    let closing = if findings.is_empty() { "tidy: every rule holds".to_owned() } else { format!("tidy: {} findings", findings.len()) };
    writeln!(stdout, "{closing}").map_err(|error| format!("stdout: {error}"))?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
