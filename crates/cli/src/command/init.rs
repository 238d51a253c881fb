//! `init`: writes a commented configuration file, or prints the JSON Schema of one. Nothing is ever overwritten.

use std::io::Write as _;

use crate::command::Context;
use crate::config::{file, plain, template};
use crate::exit::{Exit, Failure, Outcome, say};
use crate::flags::InitFlags;
use crate::output::print;

/// Runs the command.
///
/// # Errors
/// A file that exists, or cannot be written.
pub(crate) fn run(flags: &InitFlags, context: &Context) -> Outcome {
    if flags.schema {
        print(&format!("{:#}\n", file::schema()))?;
        return Ok(Exit::Done);
    }
    let path = &context.config_path;
    write_new(path, &template::text(flags.platform.into()))?;
    say("wrote", &path.display().to_string());
    say("next", "set the environment variables it names, then `scorelake check`");
    Ok(Exit::Done)
}

fn write_new(path: &std::path::Path, text: &str) -> Outcome<()> {
    let name = path.display();
    let mut file = match std::fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::configuration(format!("`{name}` exists and is not overwritten"))
                .with_hint("move it away, or name another file with `--config`"));
        }
        Err(error) => return Err(Failure::storage(format!("`{name}` cannot be written: {}", plain(&error)))),
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| Failure::storage(format!("`{name}` cannot be written: {}", plain(&error))))
}
