//! Every table has the columns it promises, every old store is opened, and everything else is refused with one clear line.

use std::path::PathBuf;

use model::table::analytics::{AGENT_DAY, AGENT_DAY_EVENT};
use model::table::{ASSESSMENT, ASSESSMENT_ANSWER, FEEDBACK, PUBLISHED, RECONCILIATION, Table};
use rusqlite::types::Value;

use super::*;
use crate::DeletedPolicy::Archive;
use crate::Store;
use crate::testing::{Bench, assessment, day, measure_all, note, query};

fn columns(store: &Store, table: &str) -> Vec<String> {
    let sql = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
    query(store, &sql).unwrap().split(" | ").map(str::to_owned).collect()
}

fn names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|column| column.name.to_owned()).collect()
}

#[test]
fn every_table_begins_with_the_columns_of_the_model() {
    let bench = Bench::new();
    for table in PUBLISHED.into_iter().chain([&RECONCILIATION, &AGENT_DAY, &AGENT_DAY_EVENT]) {
        let columns = columns(&bench.store, table.name);
        assert_eq!(columns[..table.columns.len()], names(table), "{}", table.name);
        assert!(columns.contains(&"change_seq".to_owned()), "{}", table.name);
    }
    for (name, table) in [("assessment_history", &ASSESSMENT), ("feedback_history", &FEEDBACK)] {
        let columns = columns(&bench.store, name);
        assert_eq!(columns[..table.columns.len()], names(table), "{name}");
        for column in ["observed_from", "observed_until", "cause"] {
            assert!(columns.contains(&column.to_owned()), "{name} has {column}");
        }
    }
}

#[test]
fn the_view_of_answers_has_exactly_the_columns_of_the_model() {
    let bench = Bench::new();
    let mut expected = names(&ASSESSMENT_ANSWER);
    expected.push("change_seq".to_owned());
    assert_eq!(columns(&bench.store, "assessment_answer"), expected);
}

#[test]
fn keys_are_those_of_the_model() {
    let bench = Bench::new();
    for table in
        PUBLISHED.into_iter().chain([&RECONCILIATION, &AGENT_DAY, &AGENT_DAY_EVENT]).filter(|table| table.name != ASSESSMENT_ANSWER.name)
    {
        let sql = format!("SELECT name FROM pragma_table_info('{}') WHERE pk ORDER BY pk", table.name);
        bench.check(&sql, &table.key.join(" | "));
    }
}

#[test]
fn a_store_is_made_once_and_keeps_its_id() {
    let bench = Bench::new();
    let id = bench.store.store_id().unwrap();
    assert_eq!(id.len(), 34);
    bench.check("SELECT value FROM meta WHERE name = 'created_at'", "2024-01-01");
    bench.check("SELECT value FROM meta WHERE name = 'schema_version'", &SCHEMA_VERSION.to_string());
    let again = Store::open(&bench.path(), day(2)).unwrap();
    assert_eq!(again.store_id().unwrap(), id);
    assert_ne!(Bench::new().store.store_id().unwrap(), id);
    let pragma = |name: &str| again.read(|connection| connection.pragma_query_value(None, name, |row| row.get::<_, Value>(0))).unwrap();
    assert_eq!(pragma("journal_mode"), Value::Text("wal".to_owned()));
    assert_eq!(pragma("user_version"), Value::Integer(SCHEMA_VERSION));
    assert_eq!(pragma("synchronous"), Value::Integer(2), "FULL");
    assert_eq!(pragma("foreign_keys"), Value::Integer(1));
}

/// A copy of a store that a released program wrote, opened by this one. A fixture is made once, by
/// `cargo run -p scorelake-store --example fixture -- FILE`, and kept for ever.
fn opened(fixture: &str) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(fixture);
    std::fs::copy(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture), &path).unwrap();
    let store = Store::open(&path, day(20)).unwrap();
    (folder, store)
}

#[track_caller]
fn check(store: &Store, sql: &str, expected: &str) {
    assert_eq!(query(store, sql).unwrap(), expected, "{sql}");
}

/// What every fixture holds, and that a store of any version takes more.
#[track_caller]
fn check_goes_on(store: &mut Store) {
    check(store, "PRAGMA user_version", &SCHEMA_VERSION.to_string());
    check(store, "PRAGMA integrity_check", "ok");
    check(store, "SELECT assessment_id, final_score, is_archived FROM assessment ORDER BY 1", "a-1 80 0 | a-2 - 1");
    check(store, "SELECT assessment_id, question_id, weight FROM assessment_answer", "a-1 q-1 2");
    check(store, "SELECT feedback_id, content FROM feedback ORDER BY 1", "n-1 second");
    check(store, "SELECT content, cause FROM feedback_history ORDER BY change_seq", "first superseded | gone deleted");
    check(store, "SELECT stream, id, cause FROM tombstone ORDER BY 1", "assessments a-2 deleted | feedback n-2 deleted");
    check(store, "SELECT record_id, reason FROM quarantine", "n-3 field `id`: a number where text belongs");
    check(store, "SELECT state FROM window_progress", "closed");
    check(store, "SELECT form_version_id, question_id FROM form_question", "f-1 q-1");
    check(store, "SELECT kind, scope_id FROM scope", "division east");
    check(store, "SELECT command, exit_code FROM run", "sync 0");
    check(store, "SELECT name, bookmark FROM publication_progress", "payload {\"seq\":1}");
    let tenant = crate::testing::acme();
    let landings = [note("n-9", None, "more", 20)];
    let landed = store.land_page(&crate::testing::page(&tenant, 20, Archive, &landings)).unwrap();
    assert_eq!(landed.inserted, 1);
}

/// A step that was released is never edited: the fixture of its version has the very tables, indexes and views it makes.
#[test]
fn the_steps_make_what_the_fixtures_hold() {
    let schema = |connection: &Connection| -> Vec<String> {
        let mut statement = connection.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
    };
    for version in 1..=STEPS.len() {
        let fixture = format!("{}/tests/fixtures/v{version}.db", env!("CARGO_MANIFEST_DIR"));
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
        let kept = Connection::open_with_flags(format!("file:{fixture}?immutable=1"), flags).unwrap();
        let mut made = Connection::open_in_memory().unwrap();
        run(&mut made, &STEPS[..version], day(1)).unwrap();
        assert_eq!(schema(&kept), schema(&made), "version {version}");
    }
}

const AGENT_DAYS: &str = "SELECT agent_id, business_date, n, mean_final, revision, op, run_id FROM agent_day";

#[test]
fn a_store_of_version_1_is_opened_and_goes_on() {
    let (_folder, mut store) = opened("v1.db");
    check_goes_on(&mut store);
    // Nothing was measured yet, so all of it is due.
    check(&store, "SELECT COUNT(*) FROM assessment_measure", "0");
    assert_eq!(measure_all(&mut store), 2);
    let touched = store.touched_tenants().unwrap();
    store.restate(&touched, "run-2", "2024-01-20".parse().unwrap()).unwrap();
    check(&store, AGENT_DAYS, "agent-1 2024-01-02 1 80 1 insert run-2");
}

#[test]
fn a_store_of_version_2_is_opened_and_goes_on() {
    let (_folder, mut store) = opened("v2.db");
    check_goes_on(&mut store);
    check(&store, AGENT_DAYS, "agent-1 2024-01-02 1 80 1 insert run-1");
    check(&store, "SELECT revision, op FROM agent_day_event", "1 insert");
    check(&store, "SELECT assessment_id, weighted_points, left_out FROM assessment_measure", "a-1 8 -");
    check(&store, "SELECT scope_kind, scope_id, assessment_id FROM assessment_scope", "division east a-1");
    check(&store, "SELECT value FROM meta WHERE name = 'measured_settings'", "fixture");
    assert_eq!(store.begin_measuring("fixture").unwrap(), 0);
    assert_eq!(store.touched_tenants().unwrap(), []);
}

/// `SUM` and `AVG` of doubles are compensated since 3.43, an aggregate may name its order since 3.44, and `jsonb_each` came
/// with 3.51.
#[test]
fn sqlite_is_new_enough_for_sums_that_can_be_believed() {
    assert!(rusqlite::version_number() >= 3_051_000, "{}", rusqlite::version());
    let connection = Connection::open_in_memory().unwrap();
    let sum = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, f64>(0)).unwrap();
    let tenths = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT";
    assert_eq!(sum(&format!("{tenths} SUM(0.1) FROM n")), 100_000.0);
    assert_eq!(sum(&format!("{tenths} AVG(0.1) FROM n")), 0.1);
    assert_eq!(sum("SELECT SUM(column1) FROM (VALUES (1.0), (1e100), (1.0), (-1e100))"), 2.0);
    assert_eq!(sum("SELECT SUM(column1) OVER () FROM (VALUES (1.0), (1e100), (1.0), (-1e100))"), 2.0);
}

#[test]
fn missing_steps_run_in_order_and_keep_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.db");
    let mut connection = Connection::open(&path).unwrap();
    let steps = [STEPS[0], "ALTER TABLE run ADD COLUMN host TEXT", "UPDATE run SET host = 'somewhere'"];
    run(&mut connection, &steps[..1], day(1)).unwrap();
    connection.execute("INSERT INTO run (run_id, command, started_at) VALUES ('r', 'sync', 't')", []).unwrap();
    run(&mut connection, &steps, day(2)).unwrap();
    let host: String = connection.query_row("SELECT host FROM run", [], |row| row.get(0)).unwrap();
    assert_eq!(host, "somewhere");
    assert_eq!(marks(&connection).unwrap().version, 3);
    run(&mut connection, &steps, day(3)).unwrap();
    let created: String = connection.query_row("SELECT value FROM meta WHERE name = 'created_at'", [], |row| row.get(0)).unwrap();
    assert_eq!(created, text(day(1)));
}

#[test]
fn a_step_that_breaks_leaves_the_store_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(folder.path().join("steps.db")).unwrap();
    run(&mut connection, &STEPS[..1], day(1)).unwrap();
    let steps = [STEPS[0], "ALTER TABLE run ADD COLUMN host TEXT", "ALTER TABLE nothing ADD COLUMN host TEXT"];
    run(&mut connection, &steps, day(2)).unwrap_err();
    assert_eq!(marks(&connection).unwrap().version, 1);
    connection.prepare("SELECT host FROM run").unwrap_err();
}

/// The message with the folder masked, the kind, and the hint.
#[track_caller]
fn check_refused(folder: &Path, opened: Result<Store, StoreError>, kind: StoreErrorKind, expected: &str) {
    let error = opened.expect_err("the store is refused");
    let words = match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    };
    assert_eq!(words.replace(&folder.display().to_string(), "DIR"), expected);
    assert_eq!(error.kind(), kind);
}

#[test]
fn a_store_of_a_later_program_is_refused_and_left_alone() {
    let bench = Bench::new();
    let path = bench.path();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    let expected = "store `DIR/store.db` has schema version 9, this program knows versions up to 2\n\
        hint: use the scorelake that wrote it, or a later one";
    check_refused(bench.folder.path(), Store::open(&path, day(2)), StoreErrorKind::Version, expected);
    check_refused(bench.folder.path(), Store::open_read_only(&path), StoreErrorKind::Version, expected);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let words = "not a database\n".repeat(200);
    std::fs::write(&path, &words).unwrap();
    let expected = "`DIR/notes.txt` is not an SQLite database, so it is no store\nhint: name another file in `store`";
    check_refused(folder.path(), Store::open(&path, day(1)), StoreErrorKind::Foreign, expected);
    check_refused(folder.path(), Store::open_read_only(&path), StoreErrorKind::Foreign, expected);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), words);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE cookies (name TEXT)").unwrap();
    let expected = "`DIR/other.db` is an SQLite database of another program, so it is no store\nhint: name another file in `store`";
    check_refused(folder.path(), Store::open(&path, day(1)), StoreErrorKind::Foreign, expected);
}

#[test]
fn a_missing_folder_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/where/store.db");
    let expected = "store `DIR/no/where/store.db`: folder `DIR/no/where` does not exist\nhint: create it: `mkdir -p DIR/no/where`";
    check_refused(folder.path(), Store::open(&path, day(1)), StoreErrorKind::Missing, expected);
    assert!(!folder.path().join("no").exists());
}

#[test]
fn a_store_that_does_not_exist_is_not_made_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let expected = "store `DIR/store.db` does not exist\nhint: `scorelake sync` makes it";
    check_refused(folder.path(), Store::open_read_only(&path), StoreErrorKind::Missing, expected);
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    let expected = "store `DIR/store.db` has schema version 0, this program reads version 2\nhint: `scorelake sync` brings it up to date";
    check_refused(folder.path(), Store::open_read_only(&path), StoreErrorKind::Version, expected);
}

#[test]
fn a_path_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    check_refused(folder.path(), Store::open(folder.path(), day(1)), StoreErrorKind::Foreign, "store `DIR`: it is a folder, not a file");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let expected = "store `DIR/file/store.db`: `DIR/file` is not a folder";
    check_refused(folder.path(), Store::open(&file.join("store.db"), day(1)), StoreErrorKind::Unwritable, expected);
    // Nobody, not even root, makes files here.
    let expected = "store `/proc/store.db` cannot be written (unable to open database file: /proc/store.db)\nhint: whoever runs this command must be able to write that file and its folder";
    check_refused(folder.path(), Store::open(Path::new("/proc/store.db"), day(1)), StoreErrorKind::Unwritable, expected);
}

#[test]
fn a_store_opened_for_reading_cannot_be_written() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-1", None, "one", 2)]);
    let mut reader = Store::open_read_only(&bench.path()).unwrap();
    assert_eq!(query(&reader, "SELECT feedback_id FROM feedback").unwrap(), "n-1");
    let error = reader.set_mark(&crate::testing::acme(), model::record::Stream::Feedback, "m", "v", day(2)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unwritable);
    let words = error.to_string().replace(&bench.folder.path().display().to_string(), "DIR");
    assert_eq!(words, "store `DIR/store.db` cannot be written (attempt to write a readonly database)");
}

#[test]
fn a_full_disk_loses_the_page_and_nothing_else() {
    let mut bench = Bench::new();
    bench.land(2, Archive, &[note("n-1", None, "one", 2)]);
    bench.store.limit_pages(80).unwrap();
    let landings: Vec<_> = (0..200).map(|n| assessment(&format!("a-{n}"), 3, 20, None)).collect();
    let tenant = crate::testing::acme();
    let error = bench.store.land_page(&crate::testing::page(&tenant, 3, Archive, &landings)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let words = error.to_string().replace(&bench.folder.path().display().to_string(), "DIR");
    assert_eq!(words, "store `DIR/store.db`: the disk is full");
    assert_eq!(error.hint(), Some("make room and run again; everything up to the last finished page is kept"));
    bench.check("SELECT (SELECT COUNT(*) FROM feedback), (SELECT COUNT(*) FROM assessment), (SELECT COUNT(*) FROM source)", "1 0 1");
    bench.store.limit_pages(u32::MAX >> 1).unwrap();
    assert_eq!(bench.land(3, Archive, &landings).inserted, 200);
    bench.check("PRAGMA integrity_check", "ok");
}

#[test]
fn names_that_sqlite_would_take_for_something_else_are_files() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["file:store.db?mode=memory", "a b%20c.db", "naïve-\u{1f600}.db"] {
        let path = folder.path().join(name);
        drop(Store::open(&path, day(1)).unwrap());
        assert!(path.exists(), "{name}");
        Store::open_read_only(&path).unwrap();
    }
}
