//! The common suite for the light copies, and what is theirs alone: names, manifest, compression, other files in the folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use model::table::{Kind, Row, published};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::manifest::{MANIFEST, Manifest};
use crate::suite::fake::FakeRows;
use crate::suite::world::{ODD_IDS, assessment, world};
use crate::suite::{Place, occasion, reading};

struct Folder {
    folder: TempDir,
    make: fn(&str) -> Files,
    ending: &'static str,
}

impl Place for Folder {
    fn sink(&self, crash_after: Option<u64>) -> Box<dyn Sink> {
        let disk = crash_after.map_or_else(Disk::real, Disk::crashing_after);
        let path = format!("{}/out{}", self.folder.path().display(), self.ending);
        Box::new((self.make)(&path).on(disk))
    }

    fn read(&self) -> BTreeMap<String, Vec<Row>> {
        let names = Disk::real().names(&self.folder.path().join("out")).unwrap();
        let files = names.iter().filter(|name| *name != MANIFEST);
        files.map(|name| read_file(&self.folder.path().join("out").join(name))).collect()
    }

    fn stamps(&self) -> BTreeMap<String, String> {
        reading::folder_stamps(self.folder.path())
    }

    fn content(&self) -> BTreeMap<String, String> {
        reading::folder_content(self.folder.path())
    }
}

fn place(make: fn(&str) -> Files, ending: &'static str) -> Box<dyn Place> {
    Box::new(Folder { folder: tempfile::tempdir().unwrap(), make, ending })
}

crate::sink_suite!(json, || place(Files::payload, "/"));
crate::sink_suite!(ndjson, || place(|path| Files::ndjson(path).unwrap(), ""));
crate::sink_suite!(ndjson_zst, || place(|path| Files::ndjson(path).unwrap(), "/{table}.ndjson.zst"));
crate::sink_suite!(csv, || place(|path| Files::csv(path).unwrap(), "/"));
crate::sink_suite!(csv_gz, || place(|path| Files::csv(path).unwrap(), "/all-{table}.csv.gz"));

/// Reads a file by its name, as somebody would who was given nothing else.
fn read_file(path: &Path) -> (String, Vec<Row>) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    match name {
        _ if name.ends_with(".gz") => flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap(),
        _ if name.ends_with(".zst") => zstd::Decoder::new(&*bytes).unwrap().read_to_string(&mut text).unwrap(),
        _ => bytes.as_slice().read_to_string(&mut text).unwrap(),
    };
    let stem = name.split('.').next().unwrap();
    let table = match stem {
        "qa_assessments_payload" => &ASSESSMENT,
        "agent_feedback_payload" => &FEEDBACK,
        _ => published(stem.trim_start_matches("all-")).unwrap(),
    };
    let rows = if name.contains(".csv") {
        read_csv(table, &text)
    } else if name.contains(".ndjson") {
        text.lines().map(|line| reading::row(table, &serde_json::from_str(line).unwrap())).collect()
    } else {
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        list.iter().map(|object| reading::row(table, object)).collect()
    };
    (table.name.to_owned(), rows)
}

/// Reads CSV, takes the guards away, and holds the result against a library's reading of the same text.
fn read_csv(table: &Table, text: &str) -> Vec<Row> {
    let mut records = fields(text);
    let mut library = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let by_library: Vec<Vec<String>> = library.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    let plain: Vec<Vec<String>> =
        records.iter().map(|record| record.iter().map(|field| field.clone().unwrap_or_default()).collect()).collect();
    assert_eq!(plain, by_library);
    let names: Vec<String> = records.remove(0).into_iter().flatten().collect();
    assert!(names.iter().eq(table.columns.iter().map(|column| column.name)));
    let value = |kind: Kind, field: &str| match kind {
        Kind::Text => {
            let is_guarded = field.starts_with('\'') && field.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
            Value::String(field.strip_prefix('\'').filter(|_| is_guarded).unwrap_or(field).to_owned())
        }
        Kind::Time => Value::String(field.to_owned()),
        _ => serde_json::from_str(field).unwrap(),
    };
    let cell = |(column, field): (&model::table::Column, &Option<String>)| {
        reading::cell(column, &field.as_ref().map_or(Value::Null, |field| value(column.kind, field)))
    };
    records.iter().map(|record| table.columns.iter().zip(record).map(cell).collect()).collect()
}

/// RFC 4180, telling an empty field (none) from quoted empty text.
fn fields(text: &str) -> Vec<Vec<Option<String>>> {
    let (mut records, mut record, mut field, mut is_quoted) = (Vec::new(), Vec::new(), None::<String>, false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.get_or_insert_default().push(letters.next().unwrap()),
            '"' => {
                is_quoted = !is_quoted;
                field.get_or_insert_default();
            }
            ',' if !is_quoted => record.push(field.take()),
            '\r' if !is_quoted => assert_eq!(letters.peek(), Some(&'\n')),
            '\n' if !is_quoted => {
                record.push(field.take());
                records.push(std::mem::take(&mut record));
            }
            letter => field.get_or_insert_default().push(letter),
        }
    }
    assert!(record.is_empty() && !is_quoted);
    records
}

fn publish(sink: &mut dyn Sink, rows: &FakeRows, bookmark: Option<&str>, number: i64) -> Published {
    sink.publish(rows, bookmark, &occasion(number)).unwrap()
}

#[test]
fn the_payload_is_an_array_with_a_record_a_line_in_the_order_of_tenant_and_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = FakeRows::new("store-1");
    for (tenant, id) in [("beta", "1"), ("acme", "b"), ("acme", "a")] {
        rows.upsert(&ASSESSMENT, assessment(tenant, id, None, 1, 1));
    }
    publish(&mut Files::payload(folder.path().to_str().unwrap()), &rows, None, 1);
    let text = fs::read_to_string(folder.path().join("qa_assessments_payload.json")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[4], lines.len()), ("[", "]", 5));
    assert!(lines[1].starts_with(r#"{"tenant":"acme","platform":"#) && lines[1].contains(r#""assessment_id":"a""#));
    assert!(lines[1].contains(r#""questions":[{"#) && lines[1].contains(r#""archived_reason":null"#) && lines[1].ends_with("},"));
    assert!(lines[3].contains(r#""tenant":"beta""#) && lines[3].ends_with('}'));
    assert_eq!(fs::read_to_string(folder.path().join("agent_feedback_payload.json")).unwrap(), "[\n]\n");
}

#[test]
fn the_manifest_tells_each_file_and_the_run_that_last_changed_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = world();
    let mut sink = Files::payload(folder.path().to_str().unwrap());
    let first = publish(&mut sink, &rows, None, 1);
    rows.upsert(&ASSESSMENT, assessment("acme", "one more", None, 1, 1));
    let second = publish(&mut sink, &rows, Some(&first.bookmark), 2);
    assert_eq!((second.files_written, second.rows_written), (1, rows.rows(&ASSESSMENT).len() as u64));
    let manifest: Value = serde_json::from_str(&fs::read_to_string(folder.path().join(MANIFEST)).unwrap()).unwrap();
    let told = |file: &str, fact: &str| manifest["files"][file][fact].clone();
    assert_eq!(told("qa_assessments_payload.json", "run_id"), "run-2");
    assert_eq!(told("qa_assessments_payload.json", "written_at"), "2024-01-23T10:53:20.000Z");
    assert_eq!(told("qa_assessments_payload.json", "rows"), rows.rows(&ASSESSMENT).len());
    assert_eq!(told("agent_feedback_payload.json", "run_id"), "run-1");
    let bytes = Disk::real().bytes(&folder.path().join("agent_feedback_payload.json")).unwrap().unwrap();
    assert_eq!(told("agent_feedback_payload.json", "sha256"), bytes.sha256.as_str());
    assert_eq!(told("agent_feedback_payload.json", "bytes"), bytes.n_bytes);
}

#[test]
fn a_file_that_was_changed_or_removed_by_others_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = Files::csv(folder.path().to_str().unwrap()).unwrap();
    let first = publish(&mut sink, &world(), None, 1);
    let before = reading::folder_content(folder.path());
    let scope = folder.path().join("scope.csv");
    let changed = fs::read_to_string(&scope).unwrap().replace("APAC", "EMEA");
    fs::write(&scope, changed).unwrap();
    fs::remove_file(folder.path().join("feedback.csv")).unwrap();
    let second = publish(&mut sink, &world(), Some(&first.bookmark), 1);
    assert_eq!(second.files_written, 2);
    assert_eq!(reading::folder_content(folder.path()), before);
}

#[test]
fn publications_that_share_a_folder_share_its_manifest_and_leave_each_other_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    fs::write(folder.path().join("notes.txt"), "not ours").unwrap();
    let json = publish(&mut Files::payload(path), &world(), None, 1);
    let csv = publish(&mut Files::csv(path).unwrap(), &world(), None, 1);
    let before = reading::folder_stamps(folder.path());
    assert!(!publish(&mut Files::payload(path), &world(), Some(&json.bookmark), 2).changed);
    assert!(!publish(&mut Files::csv(path).unwrap(), &world(), Some(&csv.bookmark), 2).changed);
    assert_eq!(reading::folder_stamps(folder.path()), before);
    let manifest = Manifest::read(&Disk::real(), folder.path()).unwrap();
    assert_eq!(manifest.files.len(), 9);
}

#[test]
fn a_path_that_names_one_file_for_all_tables_is_refused() {
    let error = Files::csv("out/all.csv.gz").unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Configuration);
    assert_eq!(error.to_string(), "path `out/all.csv.gz`: one file cannot hold all tables");
    assert_eq!(error.hint.unwrap(), "name a folder, or put `{table}` into the name: `out/{table}.csv`");
}

#[test]
fn a_pattern_may_put_tables_into_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    publish(&mut Files::ndjson(&format!("{}/x/t-{{table}}/rows.ndjson", folder.path().display())).unwrap(), &world(), None, 1);
    assert!(folder.path().join("x/manifest.json").is_file() && folder.path().join("x/t-scope/rows.ndjson").is_file());
}

#[test]
fn one_table_can_be_exported_to_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/feedback.csv.gz");
    let mut sink = OneFile::csv(&FEEDBACK, path.to_str().unwrap());
    let first = publish(&mut sink, &world(), None, 1);
    assert_eq!((first.files_written, first.rows_written, first.changed), (1, ODD_IDS.len() as u64 + 2, true));
    assert_eq!(first.warnings, ["10 characters U+0000 are shown as `\u{2400}`"]);
    assert_eq!(read_file(&path).1.len(), world().rows(&FEEDBACK).len());
    let before = reading::folder_stamps(folder.path());
    assert!(!publish(&mut sink, &world(), None, 2).changed);
    assert_eq!(reading::folder_stamps(folder.path()), before);
}

#[test]
fn a_device_or_folder_is_never_written_over() {
    let error = OneFile::csv(&FEEDBACK, "/dev/null").publish(&world(), None, &occasion(1)).unwrap_err();
    assert_eq!((error.kind, error.to_string().as_str()), (SinkErrorKind::Unwritable, "`/dev/null`: not a plain file"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Files::payload(file.join("out").to_str().unwrap()).publish(&world(), None, &occasion(1)).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Unwritable);
    assert_eq!(error.to_string(), format!("`{}`: not a directory", file.display()));
}

#[test]
fn a_full_disk_keeps_the_old_files_and_leaves_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let first = publish(&mut Files::payload(path), &world(), None, 1);
    let before = reading::folder_content(folder.path());
    let mut rows = world();
    rows.upsert(&ASSESSMENT, assessment("acme", "one more", None, 1, 1));
    let mut sink = Files::payload(path).on(Disk::full_after(1));
    let error = sink.publish(&rows, Some(&first.bookmark), &occasion(2)).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::FullDisk);
    assert!(error.to_string().contains("qa_assessments_payload.json`: the disk is full"), "{error}");
    assert_eq!(reading::folder_content(folder.path()), before);
}

#[test]
fn memory_does_not_grow_with_the_rows() {
    // A row is shown once and by reference; what a publication keeps of it is the size of the line it is writing.
    struct Many(FakeRows, u64);
    impl Rows for Many {
        fn store_id(&self) -> Result<String, crate::error::RowsError> {
            self.0.store_id()
        }
        fn partitions(
            &self,
            table: &'static Table,
            by: crate::contract::PartitionBy,
        ) -> Result<Vec<crate::contract::PartitionState>, crate::error::RowsError> {
            self.0.partitions(table, by)
        }
        fn scan(
            &self,
            table: &'static Table,
            _: &Wanted,
            visit: &mut dyn FnMut(&Row, i64) -> Result<(), SinkError>,
        ) -> Result<(), SinkError> {
            let row = assessment("acme", "same", Some("form-a"), 20, 1);
            (0..if table.name == "assessment" { self.1 } else { 0 }).try_for_each(|_| visit(&row, 1))
        }
        fn removed_after(
            &self,
            _: &'static Table,
            _: i64,
            _: &mut dyn FnMut(&str, &str, i64) -> Result<(), SinkError>,
        ) -> Result<(), SinkError> {
            Ok(())
        }
        fn seq_now(&self) -> Result<i64, crate::error::RowsError> {
            Ok(1)
        }
    }
    /// Counts what comes and remembers the largest piece.
    struct Sieve(u64, usize);
    impl std::io::Write for Sieve {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            *self = Self(self.0 + bytes.len() as u64, self.1.max(bytes.len()));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut sieve = Sieve(0, 0);
    let many = Many(FakeRows::new("store-1"), 2_000);
    encode::write_table(&many, &ASSESSMENT, &Wanted::all(), Format::JsonArray, &mut sieve, Path::new("-")).unwrap();
    assert!(2_000 * 4_000 < sieve.0 && sieve.1 < 16_000, "{} bytes, at most {} at once", sieve.0, sieve.1);
}
