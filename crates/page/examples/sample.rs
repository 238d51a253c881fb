//! Writes a report of a made-up centre: `sample small|year|withheld|empty PATH`. The same words always give the same bytes.
//! `small` shows every state that a chart can be in; `year` is a centre of 500 agents; `withheld` has no single agents.

#![allow(clippy::indexing_slicing, reason = "a made-up centre has the names that it was given")]

#[path = "sample/mod.rs"]
mod sample;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [kind, path] = words.as_slice() else { return ExitCode::from(2) };
    let Some(report) = sample::report(kind) else { return ExitCode::from(2) };
    match std::fs::write(path, scorelake_page::render(&report)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
