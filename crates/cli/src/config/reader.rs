//! Reading: what every part of the file is read with. Names, keys that must be there, and secrets.
//! A problem is noted and reading goes on; what could not be read is then left out.

use std::collections::BTreeSet;
use std::path::Path;

use engine::wire::secret::Secret;

use crate::config::file::{SecretFile, TextOrSecret};
use crate::config::problem::{Place, Problems, quoted};
use crate::config::{Secrets, secret};
use crate::environment::Environment;

/// What reading a file needs besides the file, and where problems go.
pub(crate) struct Reader<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) environment: &'a Environment,
    pub(crate) secrets: Secrets,
    pub(crate) problems: &'a mut Problems,
}

/// A tenant or publication by its name, or by its number where it has none.
pub(crate) fn entry_place(root: &Place, list: &str, name: Option<&str>, index: usize) -> Place {
    root.below(name.map_or_else(|| format!("{list} {}", index + 1), |name| format!("{list} {}", quoted(name))))
}

/// A name that is well formed and not taken.
pub(crate) fn name(name: Option<&str>, place: &Place, names: &mut BTreeSet<String>, reader: &mut Reader<'_>) -> Option<String> {
    let name = required(name, "name", place, reader)?;
    let well_formed =
        !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !well_formed {
        reader.problems.note_key(place, "name", format!("{} is no name of letters a to z, digits and `-`, 64 at most", quoted(name)));
        return None;
    }
    if !names.insert(name.to_owned()) {
        reader.problems.note_key(place, "name", format!("`{name}` is taken by another one"));
        return None;
    }
    Some(name.to_owned())
}

/// A key that must be there.
pub(crate) fn required<'v, T: ?Sized>(value: Option<&'v T>, key: &str, place: &Place, reader: &mut Reader<'_>) -> Option<&'v T> {
    if value.is_none() {
        reader.problems.note(place, Some(key), format!("`{key}` is missing"));
    }
    value
}

/// The text of a secret; when secrets are not wanted, an empty one.
pub(crate) fn fetch(source: &SecretFile, key: &str, place: &Place, reader: &mut Reader<'_>) -> Option<Secret> {
    let wanted = match reader.secrets {
        Secrets::None => false,
        Secrets::Privacy => key == "key",
        Secrets::Publications => matches!(key, "url" | "password"),
        Secrets::All => true,
    };
    if !wanted {
        return Some(Secret::from(""));
    }
    secret::fetch(source, reader.folder, reader.environment).map_err(|reason| reader.problems.note_key(place, key, reason)).ok()
}

/// Text that is no secret, or a secret.
pub(crate) fn text_or_secret(value: &TextOrSecret, key: &str, place: &Place, reader: &mut Reader<'_>) -> Option<Secret> {
    match value {
        TextOrSecret::Text(text) if text.is_empty() => {
            reader.problems.note_key(place, key, "is empty");
            None
        }
        TextOrSecret::Text(text) => Some(Secret::from(text.as_str())),
        TextOrSecret::Secret(source) => fetch(source, key, place, reader),
    }
}
