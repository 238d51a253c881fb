//! Secrets: fetched from where the configuration says they are. Their text goes into a [`Secret`] and nowhere else;
//! a message names the variable, the file or the command, and never what came out of it.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use engine::wire::secret::Secret;

use crate::config::file::{SecretFile, WordOrList, beside};
use crate::environment::Environment;

const BYTES_MAX: u64 = 65_536;
const POLL: Duration = Duration::from_millis(10);
const POLLS_MAX: u32 = 3_000;

/// Fetches one secret. Relative files and the command's working folder are those of the configuration file.
///
/// # Errors
/// The reason in words: no or several sources, nothing there, an empty secret.
pub(crate) fn fetch(source: &SecretFile, folder: &Path, environment: &Environment) -> Result<Secret, String> {
    let (text, from) = match (&source.env, &source.file, &source.command) {
        (Some(variable), None, None) => {
            let text = environment.get(variable).ok_or_else(|| format!("environment variable `{variable}` is not set"))?;
            (text.to_owned(), format!("environment variable `{variable}`"))
        }
        (None, Some(file), None) => (read_file(&beside(folder, file))?, format!("file `{file}`")),
        (None, None, Some(command)) => {
            let words = words(command)?;
            let name = words.first().cloned().unwrap_or_default();
            (output(&words, folder)?, format!("command `{name}`"))
        }
        _ => return Err("exactly one of `env`, `file` and `command` is asked for".to_owned()),
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        return Err(format!("{from} is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{from} holds control characters or more than one line"));
    }
    Ok(Secret::from(text))
}

fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("file `{}` cannot be read: {}", path.display(), plain(&error));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// An operating system's error without its number.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let words = error.to_string().to_lowercase();
    words.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The program and its arguments; one line is for the shell.
fn words(command: &WordOrList) -> Result<Vec<String>, String> {
    match command {
        WordOrList::Word(line) if !line.trim().is_empty() => Ok(vec!["sh".to_owned(), "-c".to_owned(), line.clone()]),
        WordOrList::List(words) if words.first().is_some_and(|word| !word.is_empty()) => Ok(words.clone()),
        _ => Err("`command` is empty".to_owned()),
    }
}

/// What the command wrote to stdout; what it said on stderr is not shown, as it may hold the secret.
fn output(words: &[String], folder: &Path) -> Result<String, String> {
    let (name, arguments) = words.split_first().ok_or("`command` is empty")?;
    let mut child = Command::new(name)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("command `{name}` cannot be started: {}", plain(&error)))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = stdout.take(BYTES_MAX).read_to_string(&mut text).map(|_| text);
            let _nobody_waits_any_more = sender.send(read);
        });
    }
    let status = wait(&mut child, name)?;
    if !status.success() {
        return Err(format!("command `{name}` ended with {}", ending(status)));
    }
    // A process left behind by the command may keep its stdout open; it is not waited for.
    match receiver.recv_timeout(Duration::from_secs(1)) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(format!("command `{name}`: {}", plain(&error))),
        Err(_) => Err(format!("command `{name}` did not close its stdout")),
    }
}

fn ending(status: std::process::ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

fn wait(child: &mut Child, name: &str) -> Result<std::process::ExitStatus, String> {
    for _ in 0..POLLS_MAX {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => std::thread::park_timeout(POLL),
            Err(error) => return Err(format!("command `{name}`: {}", plain(&error))),
        }
    }
    let _already_gone = child.kill();
    let _reaped = child.wait();
    Err(format!("command `{name}` did not end within {} s", (POLL * POLLS_MAX).as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> SecretFile {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        SecretFile { command: Some(WordOrList::List(words)), ..SecretFile::default() }
    }

    #[track_caller]
    fn check(source: &SecretFile, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "from file\n").unwrap();
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        std::fs::write(folder.path().join("lines"), "a\nb\n").unwrap();
        let environment = Environment::of(&[("SET", "from env"), ("EMPTY", "")], folder.path());
        let seen = match fetch(source, folder.path(), &environment) {
            Ok(secret) => secret.expose().to_owned(),
            Err(reason) => reason.replace(&folder.path().display().to_string(), "DIR"),
        };
        assert_eq!(seen, expected);
    }

    fn env(name: &str) -> SecretFile {
        SecretFile { env: Some(name.to_owned()), ..SecretFile::default() }
    }

    fn file(name: &str) -> SecretFile {
        SecretFile { file: Some(name.to_owned()), ..SecretFile::default() }
    }

    #[test]
    fn a_secret_comes_from_the_environment_a_file_or_a_command() {
        check(&env("SET"), "from env");
        check(&file("secret"), "from file");
        check(&list(&["printf", "from command\\n"]), "from command");
        let line = SecretFile { command: Some(WordOrList::Word("cat secret | tr a-z A-Z".to_owned())), ..SecretFile::default() };
        check(&line, "FROM FILE");
    }

    #[test]
    fn what_is_missing_is_named_and_no_output_is_shown() {
        check(&env("UNSET"), "environment variable `UNSET` is not set");
        check(&env("EMPTY"), "environment variable `EMPTY` is empty");
        check(&file("none"), "file `DIR/none` cannot be read: no such file or directory");
        check(&file("empty"), "file `empty` is empty");
        check(&file("lines"), "file `lines` holds control characters or more than one line");
        check(&list(&["sh", "-c", "echo secret; echo secret >&2; exit 3"]), "command `sh` ended with exit code 3");
        check(&list(&["no-such-program"]), "command `no-such-program` cannot be started: no such file or directory");
        check(&list(&[]), "`command` is empty");
        check(&SecretFile::default(), "exactly one of `env`, `file` and `command` is asked for");
    }
}
