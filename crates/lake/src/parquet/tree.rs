//! Names in the lake: which file holds which partition, and which files are to be there no more.
//! Values are percent-encoded as Hive readers decode them; no two values share a name.

use std::collections::BTreeSet;
use std::path::Path;

use model::table::{ASSESSMENT, FEEDBACK, Partition, Table};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use sink::contract::PartitionBy;
use sink::disk::Disk;
use sink::error::SinkError;
use sink::folder::Piece;

/// The file of a partition.
pub(super) const FILE: &str = "data.parquet";
/// The tree of archived rows.
const ARCHIVE: &str = "archive";
/// How Hive writes null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";
/// What most file systems allow for a name.
const NAME_BYTES_MAX: usize = 255;
/// What may stand in a folder's name as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Where a partition stands.
pub(super) struct Place {
    /// Its file under the root.
    pub(super) path: String,
    /// The value was too long for a folder's name: cut, with its hash.
    pub(super) is_shortened: bool,
}

/// How a table is cut.
pub(super) fn cut(table: &Table) -> PartitionBy {
    if *table == ASSESSMENT {
        PartitionBy::Column("form_version_id")
    } else if *table == FEEDBACK {
        PartitionBy::Month("created_at")
    } else {
        PartitionBy::Whole
    }
}

/// The file of one partition of a cut table.
pub(super) fn place(table: &Table, by: PartitionBy, partition: &Partition) -> Place {
    let tree = if partition.archived { format!("{ARCHIVE}/{}", table.name) } else { table.name.to_owned() };
    let key = key_of(by);
    let (value, is_shortened) = folder_value(partition.value.as_deref(), NAME_BYTES_MAX - key.len() - 1);
    Place { path: format!("{tree}/{key}={value}/{FILE}"), is_shortened }
}

/// Files of this publication on the disk that are none of the pieces, with what crashes left in their folders.
/// What stands beside them under other names is somebody else's.
pub(super) fn strays(disk: &Disk, root: &Path, pieces: &[Piece]) -> Result<Vec<String>, SinkError> {
    let wanted: BTreeSet<&str> = pieces.iter().map(|piece| piece.path.as_str()).collect();
    let mut strays = Vec::new();
    for table in [&ASSESSMENT, &FEEDBACK] {
        let key = key_of(cut(table));
        for tree in [table.name.to_owned(), format!("{ARCHIVE}/{}", table.name)] {
            for name in disk.names(&root.join(&tree))? {
                let path = format!("{tree}/{name}/{FILE}");
                if name.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')) && !wanted.contains(path.as_str()) {
                    disk.remove_left_overs(&root.join(&tree).join(&name), &|target| target == FILE)?;
                    strays.push(path);
                }
            }
        }
    }
    Ok(strays)
}

const fn key_of(by: PartitionBy) -> &'static str {
    match by {
        PartitionBy::Column(column) => column,
        PartitionBy::Month(_) | PartitionBy::Whole => "created_month",
    }
}

fn folder_value(value: Option<&str>, bytes_max: usize) -> (String, bool) {
    let Some(value) = value else { return (NULL.to_owned(), false) };
    let encoded = utf8_percent_encode(value, ENCODED).to_string();
    if encoded == NULL {
        return (encoded.replacen('_', "%5F", 1), false);
    }
    if encoded.len() <= bytes_max {
        return (encoded, false);
    }
    let hash: String = Sha256::digest(value.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let room = bytes_max - hash.len() - 1;
    let kept = encoded.get(..room).unwrap_or_default();
    // A percent sign stays with its two digits.
    let kept = kept.rfind('%').filter(|place| room < place + 3).and_then(|place| kept.get(..place)).unwrap_or(kept);
    (format!("{kept}~{hash}"), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Option<&str>, expected: &str) {
        assert_eq!(folder_value(value, 60), (expected.to_owned(), expected.contains('~')));
    }

    #[test]
    fn values_stand_in_names_as_hive_readers_decode_them() {
        check(None, "__HIVE_DEFAULT_PARTITION__");
        check(Some("4b5a-11ee_x.2"), "4b5a-11ee_x.2");
        check(Some("a/b=%c d"), "a%2Fb%3D%25c%20d");
        check(Some("ü"), "%C3%BC");
    }

    #[test]
    fn a_value_that_reads_like_null_is_told_apart() {
        check(Some("__HIVE_DEFAULT_PARTITION__"), "%5F_HIVE_DEFAULT_PARTITION__");
    }

    #[test]
    fn a_value_too_long_for_a_name_is_cut_between_letters_and_keeps_its_hash() {
        check(Some(&"x".repeat(61)), "xxxxxxxxxxxxxxxxxxxxxxxxxxx~c508e75f24e25db94dff52c9564a5102");
        check(Some(&"/".repeat(61)), "%2F%2F%2F%2F%2F%2F%2F%2F%2F~cc2ce4bdefb3c0c43ad20da637b57707");
    }
}
