//! The door: words in, exit code out. Flags and configuration become settings, settings a run, the run's end a number.
//! No rule about sources, scores or stores stands here.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod command;
mod config;
mod environment;
mod exit;
mod flags;
mod logging;
mod output;
mod screen;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use crate::command::Context;
use crate::environment::Environment;
use crate::exit::{Exit, Outcome};
use crate::flags::Flags;

fn main() -> ExitCode {
    exit::set_panic_hook();
    let flags = match Flags::try_parse() {
        Ok(flags) => flags,
        Err(error) => {
            let _unheard = error.print();
            return exit::leave(if error.use_stderr() { Exit::Usage } else { Exit::Done });
        }
    };
    exit::leave(guarded(|| run(flags)))
}

/// The exit of a piece of work, whatever becomes of it.
fn guarded(work: impl FnOnce() -> Outcome + std::panic::UnwindSafe) -> Exit {
    match std::panic::catch_unwind(work) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => failure.tell(),
        // The panic hook has said what there is to say.
        Err(_) => Exit::Bug,
    }
}

fn run(flags: Flags) -> Outcome {
    let context = Context::new(&flags.global, Environment::of_process())?;
    command::run(flags.command, &context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_and_leaves_with_1() {
        assert_eq!(guarded(|| panic!("played by a test")).code(), 1);
        assert_eq!(guarded(|| Ok(Exit::Done)).code(), 0);
    }
}
