//! The manifest: `manifest.json` beside the files, saying for each how many rows and bytes, which hash, and which run
//! last changed it. Publications that share a folder share its manifest, each with its own lines.
//! What must hold: it is written after the files it speaks of, and not touched when nothing changed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk::{Bytes, Disk};
use crate::error::SinkError;

/// The name of the file.
pub const MANIFEST: &str = "manifest.json";

/// The format written here.
const FORMAT: u32 = 1;

/// What one file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The table whose rows it holds.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
    /// The run that last changed it.
    pub run_id: String,
    /// When that was.
    pub written_at: String,
}

impl Entry {
    /// The file's bytes are those the entry speaks of.
    pub fn tells(&self, bytes: &Bytes) -> bool {
        self.bytes == bytes.n_bytes && self.sha256 == bytes.sha256
    }
}

/// All entries by path, relative to the manifest, with `/` between folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The entries.
    pub files: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    files: BTreeMap<String, Entry>,
}

impl Manifest {
    /// The manifest of a folder; empty when there is none, or one that cannot be read: then every file is written anew.
    ///
    /// # Errors
    /// [`SinkError`] if the file is there and the disk does not give it.
    pub fn read(disk: &Disk, folder: &Path) -> Result<Self, SinkError> {
        let text = disk.text(&folder.join(MANIFEST))?;
        let read = text.and_then(|text| serde_json::from_str::<Document>(&text).ok()).filter(|read| read.format == FORMAT);
        Ok(Self { files: read.map(|read| read.files).unwrap_or_default() })
    }

    /// Writes it where it differs from what stands there.
    ///
    /// # Errors
    /// [`SinkError`] naming the file.
    pub fn write(&self, disk: &Disk, folder: &Path, run_id: &str) -> Result<(), SinkError> {
        let path = folder.join(MANIFEST);
        let document = Document { format: FORMAT, files: self.files.clone() };
        let mut text = serde_json::to_string_pretty(&document).map_err(|error| SinkError::of_io(&path, &error.into()))?;
        text.push('\n');
        if disk.text(&path)?.as_deref() == Some(&text) {
            return Ok(());
        }
        let mut aside = disk.aside(&path, run_id)?;
        aside.write_all(text.as_bytes()).map_err(|error| SinkError::of_io(&path, &error))?;
        aside.seal()?.publish()?;
        Ok(())
    }
}
