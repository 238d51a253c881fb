//! The study behind docs/validity.md: a simulated centre whose true changes are known, measured by this crate's public functions.
//! `cargo run --release -p scorelake-insight --example validity -- --replications 10000 --seed 1`
//!
//! Tables go to stdout as Markdown. The same seed and number of replications give the same tables.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the tables are the product")]

mod agents;
mod alarms;
mod centre;
mod chained;
mod changes;
mod tally;

use std::process::ExitCode;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// How often each scenario is played, and from which seed.
#[derive(Clone, Copy)]
struct Study {
    replications: u64,
    seed: u64,
}

impl Study {
    fn of(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut study = Self { replications: 10_000, seed: 1 };
        let mut arguments = arguments;
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or(format!("`{flag}` has no value"))?;
            let number = value.parse().map_err(|_| format!("`{flag} {value}` is no whole number"))?;
            match flag.as_str() {
                "--replications" => study.replications = number,
                "--seed" => study.seed = number,
                _ => return Err(format!("`{flag}` is neither `--replications` nor `--seed`")),
            }
        }
        if study.replications == 0 { Err("`--replications` is 0".to_owned()) } else { Ok(study) }
    }

    /// The generator of one scenario: it does not depend on what was played before.
    fn generator(self, scenario: &str) -> StdRng {
        let mixed = scenario
            .bytes()
            .fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        StdRng::seed_from_u64(mixed)
    }
}

fn main() -> ExitCode {
    match Study::of(std::env::args().skip(1)) {
        Ok(study) => {
            println!("{} replications a row, seed {}", study.replications, study.seed);
            changes::print(study);
            chained::print(study);
            agents::print(study);
            alarms::print(study);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
