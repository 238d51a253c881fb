//! `completions` and `man`: made from the flags, so they cannot say anything else.

use clap::CommandFactory as _;

use crate::config::problem::nearest;
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::Flags;
use crate::output::print;

/// Prints a completion script.
///
/// # Errors
/// A stdout that cannot be written to.
pub(crate) fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Flags::command(), "scorelake", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Prints a manual page: the program's, or one command's.
///
/// # Errors
/// A command that does not exist; a stdout that cannot be written to.
pub(crate) fn page(command: Option<&str>) -> Outcome {
    let mut program = Flags::command();
    program.build();
    let of_command = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(found) => found.clone().name(format!("scorelake-{name}")),
            None => {
                let known = program.get_subcommands().map(clap::Command::get_name);
                return Err(Failure::usage(format!("no command `{name}`{}", nearest(name, known))));
            }
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(of_command).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}
