//! The common suite for the Parquet tree, and what is its alone: partitions, row groups, foreign files, long values.

use std::collections::BTreeMap;
use std::fs::{self, File};

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use jiff::Timestamp;
use model::table::{ASSESSMENT, Cell, FEEDBACK, Kind, Row, Table, published};
use percent_encoding::percent_decode_str;
use sink::suite::fake::FakeRows;
use sink::suite::world::{archived, assessment, feedback, world};
use sink::suite::{Place, occasion, reading};
use tempfile::TempDir;

use super::*;

struct Lake(TempDir);

impl Place for Lake {
    fn sink(&self, crash_after: Option<u64>) -> Box<dyn Sink> {
        let disk = crash_after.map_or_else(Disk::real, Disk::crashing_after);
        Box::new(ParquetTree::new(self.0.path().to_str().unwrap()).on(disk))
    }

    fn read(&self) -> BTreeMap<String, Vec<Row>> {
        let mut seen: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for path in reading::folder_content(self.0.path()).keys().filter(|path| path.ends_with(".parquet")) {
            let (name, rows) = read_file(self.0.path(), path);
            seen.entry(name).or_default().extend(rows);
        }
        seen
    }

    fn stamps(&self) -> BTreeMap<String, String> {
        reading::folder_stamps(self.0.path())
    }

    fn content(&self) -> BTreeMap<String, String> {
        let mut content = reading::folder_content(self.0.path());
        // Folders of trees without rows are nothing that readers see.
        content.retain(|name, _| !name.ends_with('/'));
        content
    }
}

sink::sink_suite!(tree, || Box::new(Lake(tempfile::tempdir().unwrap())) as Box<dyn Place>);

/// Reads a file as a Hive reader does: the partition's column is in the folder's name.
fn read_file(root: &Path, path: &str) -> (String, Vec<Row>) {
    let is_archive = path.starts_with("archive/");
    let parts: Vec<&str> = path.trim_start_matches("archive/").split('/').collect();
    let table = published(parts[0]).unwrap();
    let given = parts[1].split_once('=').map(|(key, value)| match value {
        "__HIVE_DEFAULT_PARTITION__" => (key, Cell::Null),
        value => (key, Cell::Text(percent_decode_str(value).decode_utf8().unwrap().into_owned())),
    });
    let mut rows = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(File::open(root.join(path)).unwrap()).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            rows.push(row(table, &batch, at, given.as_ref()));
        }
    }
    for row in &rows {
        assert_eq!(table.cell(row, "is_archived") == Some(&Cell::Bool(true)), is_archive, "{path}");
        if let Some(("created_month", month)) = &given {
            let seen = match table.cell(row, "created_at") {
                Some(Cell::Time(moment)) => Cell::Text(model::time::text(*moment)[..7].to_owned()),
                _ => Cell::Null,
            };
            assert_eq!(seen, *month);
        }
    }
    (table.name.to_owned(), rows)
}

fn row(table: &Table, batch: &RecordBatch, at: usize, given: Option<&(&str, Cell)>) -> Row {
    let cell = |column: &model::table::Column| {
        let Some(array) = batch.column_by_name(column.name) else { return given.unwrap().1.clone() };
        assert_ne!(given.map(|given| given.0), Some(column.name), "in the folder's name and in the file");
        if array.is_null(at) {
            return Cell::Null;
        }
        match column.kind {
            Kind::Text => Cell::Text(array.as_string::<i32>().value(at).to_owned()),
            Kind::Json => Cell::Json(array.as_string::<i32>().value(at).to_owned()),
            Kind::Real => Cell::Real(array.as_primitive::<Float64Type>().value(at)),
            Kind::Int => Cell::Int(array.as_primitive::<Int64Type>().value(at)),
            Kind::Bool => Cell::Bool(array.as_boolean().value(at)),
            Kind::Time => Cell::Time(Timestamp::from_millisecond(array.as_primitive::<TimestampMillisecondType>().value(at)).unwrap()),
            Kind::TextList => {
                let list = array.as_list::<i32>().value(at);
                Cell::TextList(list.as_string::<i32>().iter().map(|one| one.unwrap().to_owned()).collect())
            }
        }
    };
    table.columns.iter().map(cell).collect()
}

fn publish(folder: &TempDir, rows: &FakeRows, bookmark: Option<&str>, number: i64) -> Published {
    ParquetTree::new(folder.path().to_str().unwrap()).publish(rows, bookmark, &occasion(number)).unwrap()
}

fn files(folder: &TempDir) -> Vec<String> {
    reading::folder_content(folder.path()).into_keys().filter(|name| name.contains("assessment/") || name.contains("feedback/")).collect()
}

#[test]
fn rows_stand_in_the_files_of_their_partitions() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = FakeRows::new("store-1");
    rows.upsert(&ASSESSMENT, assessment("acme", "1", Some("v/1"), 1, 1));
    rows.upsert(&ASSESSMENT, assessment("acme", "2", None, 1, 1));
    rows.upsert(&ASSESSMENT, archived(&ASSESSMENT, &assessment("acme", "3", Some("v/1"), 1, 1)));
    rows.upsert(&FEEDBACK, feedback("acme", "1", Some("2024-01-31T23:59:59.999Z"), 1));
    rows.upsert(&FEEDBACK, archived(&FEEDBACK, &feedback("acme", "2", Some("2024-02-01T00:00:00Z"), 1)));
    rows.upsert(&FEEDBACK, feedback("acme", "3", None, 1));
    publish(&folder, &rows, None, 1);
    assert_eq!(
        files(&folder),
        [
            "archive/assessment/form_version_id=v%2F1/data.parquet",
            "archive/feedback/created_month=2024-02/data.parquet",
            "assessment/form_version_id=__HIVE_DEFAULT_PARTITION__/data.parquet",
            "assessment/form_version_id=v%2F1/data.parquet",
            "feedback/created_month=2024-01/data.parquet",
            "feedback/created_month=__HIVE_DEFAULT_PARTITION__/data.parquet",
        ]
    );
}

#[test]
fn only_partitions_whose_rows_changed_are_written_and_empty_ones_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = FakeRows::new("store-1");
    for (id, form) in [("1", "a"), ("2", "b"), ("3", "c")] {
        rows.upsert(&ASSESSMENT, assessment("acme", id, Some(form), 0, 1));
    }
    let first = publish(&folder, &rows, None, 1);
    let before = reading::folder_stamps(folder.path());
    rows.upsert(&ASSESSMENT, assessment("acme", "3", Some("b"), 0, 1));
    let second = publish(&folder, &rows, Some(&first.bookmark), 2);
    assert_eq!((second.files_written, second.rows_written), (1, 2));
    let after = reading::folder_stamps(folder.path());
    let changed: Vec<&String> = after.iter().filter(|(name, stamp)| before.get(*name) != Some(stamp)).map(|(name, _)| name).collect();
    assert_eq!(changed, ["assessment/form_version_id=b/data.parquet", "manifest.json"]);
    assert!(!folder.path().join("assessment/form_version_id=c").exists());
}

#[test]
fn a_partition_that_others_changed_or_removed_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = publish(&folder, &world(), None, 1);
    let before = reading::folder_content(folder.path());
    fs::remove_file(folder.path().join("scope/data.parquet")).unwrap();
    fs::write(folder.path().join("tombstone/data.parquet"), "cut off").unwrap();
    assert_eq!(publish(&folder, &world(), Some(&first.bookmark), 1).files_written, 2);
    assert_eq!(reading::folder_content(folder.path()), before);
}

#[test]
fn other_files_in_the_tree_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("assessment/form_version_id=gone/note.txt");
    let other = folder.path().join("assessment/checkpoints/data.parquet");
    for path in [&note, &other] {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "not ours").unwrap();
    }
    fs::write(note.with_file_name("data.parquet"), "a stray").unwrap();
    fs::write(note.with_file_name(".data.parquet.0123abcd.tmp"), "a left-over").unwrap();
    publish(&folder, &world(), None, 1);
    assert_eq!(Disk::real().names(note.parent().unwrap()).unwrap(), ["note.txt"]);
    assert!(other.exists());
}

#[test]
fn a_form_version_id_too_long_for_a_folder_is_told_and_kept_whole_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = FakeRows::new("store-1");
    let (one, other) = (format!("{}1", "ü".repeat(100)), format!("{}2", "ü".repeat(100)));
    rows.upsert(&ASSESSMENT, assessment("acme", "1", Some(&one), 0, 1));
    rows.upsert(&ASSESSMENT, assessment("acme", "2", Some(&other), 0, 1));
    let published = publish(&folder, &rows, None, 1);
    assert_eq!(published.warnings.len(), 2);
    assert!(published.warnings[0].contains("is too long for a folder's name"), "{:?}", published.warnings);
    let values: Vec<String> = files(&folder).iter().map(|path| partition_value(&folder.path().join(path))).collect();
    assert!(values.contains(&one) && values.contains(&other));
}

fn partition_value(path: &Path) -> String {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let facts = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    facts.into_iter().find(|fact| fact.key == "scorelake.partition_value").unwrap().value.unwrap()
}

#[test]
fn row_groups_are_bounded_and_the_bytes_are_the_same_every_time() {
    let mut rows = FakeRows::new("store-1");
    let scope = |number: i64| {
        let key =
            [("tenant", Cell::Text("acme".into())), ("kind", Cell::Text("queue".into())), ("scope_id", Cell::Text(format!("{number}")))];
        sink::suite::world::row(&model::table::SCOPE, number, &key)
    };
    (0..70_000).for_each(|number| rows.upsert(&model::table::SCOPE, scope(number)));
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    publish(&one, &rows, None, 1);
    publish(&other, &rows, None, 1);
    let bytes = |folder: &TempDir| Disk::real().bytes(&folder.path().join("scope/data.parquet")).unwrap().unwrap();
    assert_eq!(bytes(&one), bytes(&other));
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(one.path().join("scope/data.parquet")).unwrap()).unwrap();
    let groups: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [65_536, 4_464]);
}

#[test]
fn a_full_disk_is_told_and_keeps_the_old_files() {
    let folder = tempfile::tempdir().unwrap();
    let first = publish(&folder, &world(), None, 1);
    let before = reading::folder_content(folder.path());
    let mut rows = world();
    rows.upsert(&ASSESSMENT, assessment("acme", "one more", Some("form-a"), 1, 1));
    let mut sink = ParquetTree::new(folder.path().to_str().unwrap()).on(Disk::full_after(1));
    let error = sink.publish(&rows, Some(&first.bookmark), &occasion(2)).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::FullDisk, "{error}");
    assert_eq!(reading::folder_content(folder.path()), before);
}
