//! Publishing a folder: each piece (a file with a partition of a table) is written when its rows changed or its file is not
//! as the manifest says, and left alone otherwise. What stands in the pieces is the caller's business.
//! What must hold: files first, then the manifest, then the removals; a rerun after any crash ends the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::table::Table;
use model::time;
use serde::{Deserialize, Serialize};

use crate::contract::{Occasion, PartitionBy, PartitionState, Rows, Wanted};
use crate::disk::{Aside, Disk};
use crate::encode::Written;
use crate::error::{SinkError, SinkErrorKind};
use crate::manifest::{Entry, MANIFEST, Manifest};

/// Grows when the same rows would give other bytes, so that an update of the program writes the files anew.
const LAYOUT: u32 = 1;

/// A file and the rows it holds.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Its path under the root, with `/` between folders.
    pub path: String,
    /// The table.
    pub table: &'static Table,
    /// Which of its rows.
    pub wanted: Wanted,
    /// The state of these rows.
    pub fingerprint: String,
}

impl Piece {
    /// A file with a whole table, archived rows included.
    ///
    /// # Errors
    /// [`SinkError`] if the store cannot be read.
    pub fn of_table(rows: &dyn Rows, table: &'static Table, path: String) -> Result<Self, SinkError> {
        let mut states = rows.partitions(table, PartitionBy::Whole)?;
        states.sort_by(|one, other| one.partition.cmp(&other.partition));
        let fingerprint: Vec<String> = states.iter().map(fingerprint).collect();
        Ok(Self { path, table, wanted: Wanted::all(), fingerprint: fingerprint.join(" ") })
    }

    /// A file with one partition.
    pub fn of_partition(table: &'static Table, by: PartitionBy, state: &PartitionState, path: String) -> Self {
        let wanted = Wanted::of_partition(by, state.partition.clone());
        Self { path, table, wanted, fingerprint: fingerprint(state) }
    }
}

/// How closely a file is looked at before it is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Its size and hash are those of the manifest.
    Hash,
    /// Its size is that of the manifest: for trees that are too large to be read at every run.
    Size,
}

/// What is to be published where.
pub struct Plan<'a> {
    /// The disk.
    pub disk: &'a Disk,
    /// The folder of the manifest.
    pub root: &'a Path,
    /// How closely unchanged files are looked at.
    pub care: Care,
    /// All files that are to be there.
    pub pieces: &'a [Piece],
    /// Paths of this publication's files that are to be there no more.
    pub strays: &'a [String],
}

/// What publishing a folder did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// To be given back at the next call.
    pub bookmark: String,
    /// Rows in the files that changed.
    pub rows_written: u64,
    /// Files that changed.
    pub files_written: u64,
    /// Files that were removed.
    pub files_removed: u64,
    /// U+0000 replaced in what was encoded.
    pub n_nul: u64,
}

/// Writes the rows of a piece into its file and gives the file back.
pub type Encode<'a> = dyn FnMut(&Piece, Aside) -> Result<(Aside, Written), SinkError> + 'a;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Bookmark {
    layout: u32,
    store_id: String,
    fingerprints: BTreeMap<String, String>,
}

/// Makes the folder show the pieces.
///
/// # Errors
/// [`SinkError`]; files written before it stay, and the next call ends what is left.
pub fn publish(
    plan: &Plan<'_>,
    rows: &dyn Rows,
    bookmark: Option<&str>,
    occasion: &Occasion,
    encode: &mut Encode<'_>,
) -> Result<Outcome, SinkError> {
    let known = known(bookmark, &rows.store_id()?);
    tidy(plan)?;
    let mut manifest = Manifest::read(plan.disk, plan.root)?;
    let mut outcome = Outcome { bookmark: String::new(), rows_written: 0, files_written: 0, files_removed: 0, n_nul: 0 };
    for piece in plan.pieces {
        let is_unchanged = known.get(&piece.path) == Some(&piece.fingerprint);
        let entry = manifest.files.get(&piece.path);
        if is_unchanged && is_as_told(plan, piece, entry)? {
            continue;
        }
        if let Some(entry) = write_piece(plan, piece, entry, occasion, encode, &mut outcome)? {
            manifest.files.insert(piece.path.clone(), entry);
        }
    }
    drop_entries(plan, &mut manifest);
    manifest.write(plan.disk, plan.root, &occasion.run_id)?;
    for stray in plan.strays {
        remove_stray(plan, stray)?;
        outcome.files_removed += 1;
    }
    outcome.bookmark = bookmark_of(plan.pieces, rows.store_id()?)?;
    Ok(outcome)
}

/// The fingerprints that the bookmark remembers; none if it is another store's, another layout's, or unreadable.
fn known(bookmark: Option<&str>, store_id: &str) -> BTreeMap<String, String> {
    let read = bookmark.and_then(|text| serde_json::from_str::<Bookmark>(text).ok());
    read.filter(|read| read.layout == LAYOUT && read.store_id == store_id).map(|read| read.fingerprints).unwrap_or_default()
}

fn bookmark_of(pieces: &[Piece], store_id: String) -> Result<String, SinkError> {
    let fingerprints = pieces.iter().map(|piece| (piece.path.clone(), piece.fingerprint.clone())).collect();
    serde_json::to_string(&Bookmark { layout: LAYOUT, store_id, fingerprints })
        .map_err(|error| SinkError::new(SinkErrorKind::Other, format!("bookmark: {error}")))
}

/// Makes the folders and removes what crashes left in them.
fn tidy(plan: &Plan<'_>) -> Result<(), SinkError> {
    plan.disk.make_folder(plan.root)?;
    let mut names_in: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for path in plan.pieces.iter().map(|piece| piece.path.as_str()).chain([MANIFEST]) {
        let path = plan.root.join(path);
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) {
            names_in.entry(folder.to_owned()).or_default().insert(name.to_owned());
        }
    }
    for (folder, names) in names_in {
        plan.disk.remove_left_overs(&folder, &|name| names.contains(name))?;
    }
    Ok(())
}

fn is_as_told(plan: &Plan<'_>, piece: &Piece, entry: Option<&Entry>) -> Result<bool, SinkError> {
    let Some(entry) = entry else { return Ok(false) };
    let path = plan.root.join(&piece.path);
    Ok(match plan.care {
        Care::Size => plan.disk.size(&path)? == Some(entry.bytes),
        Care::Hash => plan.disk.size(&path)? == Some(entry.bytes) && plan.disk.bytes(&path)?.is_some_and(|bytes| entry.tells(&bytes)),
    })
}

/// Writes a piece aside; gives its entry, or none when the file has these bytes already and is left alone.
fn write_piece(
    plan: &Plan<'_>,
    piece: &Piece,
    entry: Option<&Entry>,
    occasion: &Occasion,
    encode: &mut Encode<'_>,
    outcome: &mut Outcome,
) -> Result<Option<Entry>, SinkError> {
    let path = plan.root.join(&piece.path);
    plan.disk.size(&path)?;
    if let Some(folder) = path.parent() {
        plan.disk.make_folder(folder)?;
    }
    let (aside, written) = encode(piece, plan.disk.aside(&path, &occasion.run_id)?)?;
    outcome.n_nul += written.n_nul;
    let sealed = aside.seal()?;
    let is_told = entry.is_some_and(|entry| entry.tells(sealed.bytes()));
    if is_told && plan.disk.bytes(&path)?.as_ref() == Some(sealed.bytes()) {
        return Ok(None);
    }
    let bytes = sealed.publish()?;
    outcome.files_written += 1;
    outcome.rows_written += written.n_rows;
    Ok(Some(Entry {
        table: piece.table.name.to_owned(),
        rows: written.n_rows,
        bytes: bytes.n_bytes,
        sha256: bytes.sha256,
        run_id: occasion.run_id.clone(),
        written_at: time::text(occasion.now),
    }))
}

/// Takes out the strays and what another publication no longer has.
fn drop_entries(plan: &Plan<'_>, manifest: &mut Manifest) {
    let ours: BTreeSet<&str> = plan.pieces.iter().map(|piece| piece.path.as_str()).collect();
    let gone: BTreeSet<&str> = plan.strays.iter().map(String::as_str).collect();
    let stays = |path: &str| !gone.contains(path) && (ours.contains(path) || plan.disk.is_file(&plan.root.join(path)));
    manifest.files.retain(|path, _| stays(path));
}

/// Removes a file, and its folder if nothing else is in it.
fn remove_stray(plan: &Plan<'_>, stray: &str) -> Result<(), SinkError> {
    let path = plan.root.join(stray);
    plan.disk.remove_file(&path)?;
    match path.parent().filter(|folder| *folder != plan.root) {
        Some(folder) => plan.disk.remove_empty_folder(folder),
        None => Ok(()),
    }
}

fn fingerprint(state: &PartitionState) -> String {
    let cold = if state.partition.archived { "archived " } else { "" };
    format!("{cold}{}@{}", state.n_rows, state.seq_max)
}
