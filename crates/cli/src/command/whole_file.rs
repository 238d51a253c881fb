//! Files that commands write: whole or not at all, and not touched when they hold these bytes already.

use std::io::Write;
use std::path::Path;

use engine::sink::disk::{Aside, Bytes, Disk};
use engine::sink::error::SinkError;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its bytes.
    pub(crate) bytes: Bytes,
    /// It holds other bytes than before.
    pub(crate) changed: bool,
}

/// Writes a file; its folders are made.
///
/// # Errors
/// [`SinkError`] naming what cannot be written; the file is then as it was.
pub(crate) fn write(path: &Path, text: &str, run_id: &str) -> Result<Written, SinkError> {
    let mut aside = begin(path, run_id)?;
    aside.write_all(text.as_bytes()).map_err(|error| SinkError::of_io(path, &error))?;
    end(path, aside)
}

/// Begins a file aside of its name; [`end`] puts it there.
///
/// # Errors
/// As [`write`].
pub(crate) fn begin(path: &Path, run_id: &str) -> Result<Aside, SinkError> {
    let disk = Disk::real();
    disk.size(path)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    disk.make_folder(folder)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    disk.remove_left_overs(folder, &|target| target == name)?;
    disk.aside(path, run_id)
}

/// Ends a file.
///
/// # Errors
/// As [`write`].
pub(crate) fn end(path: &Path, aside: Aside) -> Result<Written, SinkError> {
    let sealed = aside.seal()?;
    let bytes = sealed.bytes().clone();
    let changed = Disk::real().bytes(path)?.as_ref() != Some(&bytes);
    if changed {
        sealed.publish()?;
    }
    Ok(Written { bytes, changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_these_bytes_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.html");
        assert!(write(&path, "a", "run").unwrap().changed);
        assert!(!write(&path, "a", "run").unwrap().changed);
        assert!(write(&path, "b", "run").unwrap().changed);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(Disk::real().names(&folder.path().join("new")).unwrap(), ["report.html"]);
    }
}
