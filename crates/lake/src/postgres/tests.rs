//! The common suite against a real server, and what is this sink's alone: row versions, batches, other rows, refusals, TLS.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use model::table::{ASSESSMENT, Cell, FEEDBACK, Kind, Row, TOMBSTONE, Table};
use postgres::{Client, NoTls};
use sink::error::SinkErrorKind;
use sink::suite::fake::FakeRows;
use sink::suite::world::{assessment, move_on, tombstone, world};
use sink::suite::{Place, occasion, reading};

use super::*;
use crate::testing::{self, Server};

/// The one server, with a certificate that nobody trusts unless told to.
fn server() -> &'static Server {
    static CERTIFICATE: OnceLock<(String, String)> = OnceLock::new();
    let (certificate, key) = CERTIFICATE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    });
    testing::server(certificate, key)
}

/// A schema of its own in the one database.
struct Schema {
    name: String,
    batch_rows: usize,
}

impl Schema {
    fn new(batch_rows: usize) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self { name: format!("place \"{}\"", COUNT.fetch_add(1, Ordering::SeqCst)), batch_rows }
    }

    fn client(&self) -> Client {
        let mut client = Client::connect(&server().url("postgres"), NoTls).unwrap();
        client.batch_execute(&format!("SET search_path = {}; SET timezone = 'Asia/Tokyo'", shape::quoted(&self.name))).unwrap();
        client
    }

    fn run(&self, sql: &str) {
        self.client().batch_execute(sql).unwrap();
    }

    fn tables(&self) -> PostgresTables {
        let options = PostgresOptions { schema: self.name.clone(), ..PostgresOptions::new("warehouse", server().url("postgres")) };
        PostgresTables::new(options).unwrap().with_batch_rows(self.batch_rows)
    }

    fn publish(&self, rows: &FakeRows, number: i64) -> Published {
        self.tables().publish(rows, None, &occasion(number)).unwrap()
    }

    fn error(&self, rows: &FakeRows) -> SinkError {
        self.tables().publish(rows, None, &occasion(9)).unwrap_err()
    }

    /// Key and text of each row.
    fn texts(&self, sql: &str) -> Vec<(String, String)> {
        self.client().query(sql, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

impl Place for Schema {
    fn sink(&self, crash_after: Option<u64>) -> Box<dyn Sink> {
        match crash_after {
            Some(n_steps) => Box::new(self.tables().crashing_after(n_steps)),
            None => Box::new(self.tables()),
        }
    }

    fn read(&self) -> BTreeMap<String, Vec<Row>> {
        let mut client = self.client();
        PUBLISHED.into_iter().map(|table| (table.name.to_owned(), rows_of(&mut client, table))).collect()
    }

    fn stamps(&self) -> BTreeMap<String, String> {
        self.rows_as("xmin::text || ctid::text", "xmin::text || ctid::text")
    }

    fn content(&self) -> BTreeMap<String, String> {
        self.rows_as("t::text", "(name, store_id, seq, n_rows)::text")
    }
}

impl Schema {
    fn rows_as(&self, shown: &str, shown_mark: &str) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        for table in PUBLISHED {
            let sql = format!("SELECT concat_ws('/', {}), {shown} FROM {} t", table.key.join(", "), table.name);
            seen.extend(self.texts(&sql).into_iter().map(|(key, shown)| (format!("{} {key}", table.name), shown)));
        }
        let marks = format!("SELECT table_name, {shown_mark} FROM scorelake_publication t");
        seen.extend(self.texts(&marks).into_iter().map(|(table, shown)| (format!("bookmark {table}"), shown)));
        seen
    }
}

sink::sink_suite!(tables, || Box::new(Schema::new(5)) as Box<dyn Place>);

fn rows_of(client: &mut Client, table: &Table) -> Vec<Row> {
    let shown = table.columns.iter().map(|column| match column.kind {
        Kind::Time => format!("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')", column.name),
        _ => column.name.to_owned(),
    });
    let sql = format!("SELECT json_build_array({})::text FROM {}", shown.collect::<Vec<_>>().join(", "), table.name);
    let row = |row: &postgres::Row| {
        let values: Vec<serde_json::Value> = serde_json::from_str(row.get(0)).unwrap();
        table.columns.iter().zip(&values).map(|(column, value)| reading::cell(column, value)).collect()
    };
    client.query(&sql, &[]).unwrap().iter().map(row).collect()
}

#[test]
fn the_number_of_rows_in_a_batch_does_not_show() {
    let expected = Schema::new(5_000);
    let mut rows = world();
    expected.publish(&rows, 1);
    let schemas = [Schema::new(1), Schema::new(2), Schema::new(7)];
    schemas.iter().for_each(|schema| assert!(schema.publish(&rows, 1).changed));
    move_on(&mut rows);
    expected.publish(&rows, 2);
    for schema in schemas {
        schema.publish(&rows, 2);
        assert_eq!(schema.content(), expected.content(), "{} rows a batch", schema.batch_rows);
    }
}

#[test]
fn only_rows_that_changed_are_touched() {
    let schema = Schema::new(5_000);
    let mut rows = world();
    schema.publish(&rows, 1);
    let before = schema.stamps();
    rows.upsert(&FEEDBACK, rows.rows(&FEEDBACK)[0].clone());
    rows.upsert(&ASSESSMENT, assessment("acme", "100%", Some("form-a"), 0, 7));
    let published = schema.publish(&rows, 2);
    let after = schema.stamps();
    let touched: Vec<&String> = after.keys().filter(|key| !key.starts_with("bookmark") && before.get(*key) != after.get(*key)).collect();
    assert_eq!(touched, ["assessment acme/100%"]);
    // Its two answers went.
    assert_eq!((published.rows_written, before.len() - after.len()), (3, 2));
}

#[test]
fn an_update_reads_only_what_changed() {
    let schema = Schema::new(5_000);
    let mut rows = world();
    schema.publish(&rows, 1);
    rows.upsert(&ASSESSMENT, assessment("acme", "100%", Some("form-a"), 1, 1));
    rows.upsert(&ASSESSMENT, assessment("acme", "it's \"quoted\"", Some("form-a"), 2, 1));
    rows.remove(&FEEDBACK, "acme", "a/b");
    rows.remove(&ASSESSMENT, "acme", "two\nlines\tand\\slash");
    let before = rows.n_visits();
    schema.publish(&rows, 2);
    sink::suite::check(&schema, &rows, "after an update");
    // The removals of assessments are asked for twice, for the answers too; the rest is two assessments and three answers.
    assert_eq!(rows.n_visits() - before, 1 + 2 + 2 + 3);
    let before = rows.n_visits();
    schema.publish(&rows, 3);
    assert_eq!(rows.n_visits() - before, 0);
}

#[test]
fn a_row_that_nobody_told_of_goes_when_its_table_changes() {
    let schema = Schema::new(5_000);
    let mut rows = world();
    schema.publish(&rows, 1);
    rows.forget(&TOMBSTONE, &tombstone("gone"));
    assert_eq!(schema.publish(&rows, 2).rows_written, 1);
    assert_eq!(schema.read()["tombstone"].len(), 1);
}

#[test]
fn rows_of_other_tenants_and_columns_of_others_are_left_alone() {
    let schema = Schema::new(5_000);
    schema.publish(&FakeRows::new("store-1"), 1);
    schema.run(
        "ALTER TABLE scope ADD COLUMN note text; INSERT INTO scope (tenant, kind, scope_id, note) VALUES ('gamma', 'site', 's', 'ours')",
    );
    schema.run("INSERT INTO scope (tenant, kind, scope_id) VALUES ('acme', 'site', 'not in the store')");
    schema.publish(&world(), 2);
    schema.publish(&world(), 3);
    let seen = schema.texts("SELECT tenant || ' ' || scope_id, coalesce(note, '') FROM scope ORDER BY 1");
    let expected = [("acme APAC".to_owned(), String::new()), ("gamma s".to_owned(), "ours".to_owned())];
    assert_eq!(seen, expected);
}

#[test]
fn a_tenant_of_the_configuration_without_rows_loses_its_rows() {
    let schema = Schema::new(5_000);
    schema.publish(&world(), 1);
    let options = PostgresOptions {
        schema: schema.name.clone(),
        tenants: vec!["acme".to_owned(), "beta".to_owned()],
        ..PostgresOptions::new("warehouse", server().url("postgres"))
    };
    PostgresTables::new(options).unwrap().publish(&FakeRows::new("store-2"), None, &occasion(2)).unwrap();
    assert!(schema.read().values().all(Vec::is_empty));
}

#[test]
fn a_store_put_back_to_an_earlier_state_is_published_from_the_beginning() {
    let schema = Schema::new(5_000);
    let mut rows = world();
    move_on(&mut rows);
    schema.publish(&rows, 1);
    schema.publish(&world(), 2);
    sink::suite::check(&schema, &world(), "after the store was put back");
}

#[test]
fn rows_taken_out_of_the_target_come_back_with_the_next_change() {
    let schema = Schema::new(5_000);
    let mut rows = world();
    schema.publish(&rows, 1);
    schema.run("TRUNCATE assessment; DROP TABLE form_version");
    rows.upsert(&ASSESSMENT, assessment("acme", "100%", Some("form-a"), 0, 7));
    schema.publish(&rows, 2);
    sink::suite::check(&schema, &rows, "after others removed rows and a table");
}

#[test]
fn a_table_of_an_earlier_release_gets_its_missing_columns_with_their_values() {
    let schema = Schema::new(5_000);
    schema.publish(&world(), 1);
    schema.run("ALTER TABLE feedback DROP COLUMN category, DROP COLUMN tags");
    // The process dies right after the columns were added.
    let crashes = (0..).take_while(|n_steps| schema.tables().crashing_after(*n_steps).publish(&world(), None, &occasion(2)).is_err());
    assert!(5 < crashes.count());
    schema.publish(&world(), 3);
    sink::suite::check(&schema, &world(), "after columns were missing");
}

#[test]
fn a_column_of_another_type_is_refused() {
    let schema = Schema::new(5_000);
    schema.publish(&FakeRows::new("store-1"), 1);
    schema.run("ALTER TABLE assessment ALTER raw_score TYPE numeric");
    let error = schema.error(&world());
    let expected = format!(
        "`postgres://postgres@127.0.0.1:{}/postgres`: column `assessment.raw_score` is `numeric`, not `double precision`",
        server().port
    );
    assert_eq!((error.kind, error.to_string()), (SinkErrorKind::Contract, expected));
    assert_eq!(error.hint.unwrap(), "rename the table, or publish into another schema");
}

#[test]
fn a_table_without_the_key_is_refused_with_what_to_do() {
    let schema = Schema::new(5_000);
    schema.publish(&FakeRows::new("store-1"), 1);
    schema.run("ALTER TABLE feedback DROP CONSTRAINT feedback_pkey");
    let error = schema.error(&world());
    assert_eq!(error.kind, SinkErrorKind::Contract);
    assert!(error.hint.unwrap().starts_with("the table has no primary key"));
}

#[test]
fn a_key_that_no_index_takes_is_told_with_its_record() {
    let schema = Schema::new(5_000);
    let mut rows = FakeRows::new("store-1");
    rows.upsert(&ASSESSMENT, assessment("acme", &"x".repeat(4_000), None, 0, 1));
    let error = schema.error(&rows);
    assert_eq!(error.kind, SinkErrorKind::Contract);
    let expected = format!("assessment `acme {}...`: its key has 4004 bytes; an index of PostgreSQL takes 2600", "x".repeat(55));
    assert_eq!(error.to_string(), expected);
    // As long as it may be, and without anything that could be compressed.
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + (state >> 24) as u8 % 90)
    };
    let id: String = (0..KEY_BYTES_MAX - 4).map(|_| letter()).collect();
    let mut rows = FakeRows::new("store-1");
    rows.upsert(&ASSESSMENT, assessment("acme", &id, None, 1, 1));
    schema.publish(&rows, 1);
    sink::suite::check(&schema, &rows, "with the longest key");
}

#[test]
fn numbers_and_texts_beyond_what_jsonb_takes_are_published() {
    let schema = Schema::new(5_000);
    let mut rows = FakeRows::new("store-1");
    let mut row = assessment("acme", "odd", None, 1, 1);
    let extra = format!(r#"{{"\u0000":1e999999,"b":"\u0000","c":1e-999999,"d":{}}}"#, "9".repeat(200_000));
    row[ASSESSMENT.position("extra").unwrap()] = Cell::Json(extra);
    rows.upsert(&ASSESSMENT, row);
    let published = schema.publish(&rows, 1);
    assert!(published.warnings[0].ends_with("characters U+0000 are shown as `\u{2400}`"), "{:?}", published.warnings);
    let seen = schema.texts("SELECT extra->>'\u{2400}', extra->>'b' FROM assessment");
    assert_eq!(seen, [("1e+999999".to_owned(), "\u{2400}".to_owned())]);
}

#[test]
fn publishing_from_within_an_asynchronous_runtime_works_where_blocking_is_allowed() {
    let schema = Schema::new(5_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::spawn(async move {
            tokio::task::block_in_place(|| {
                schema.publish(&world(), 1);
                sink::suite::check(&schema, &world(), "from within a runtime");
            });
        })
        .await
        .unwrap();
    });
}

#[test]
fn two_publications_into_one_schema_wait_for_each_other() {
    let schema = Schema::new(2);
    let mut rows = world();
    schema.publish(&rows, 1);
    move_on(&mut rows);
    std::thread::scope(|scope| {
        for number in 2..5 {
            let (schema, rows) = (&schema, rows.clone());
            scope.spawn(move || schema.publish(&rows, number));
        }
    });
    sink::suite::check(&schema, &rows, "after three publications at once");
}

#[track_caller]
fn check_refusal(url: &str, password: Option<&str>, kind: SinkErrorKind, expected: &str) {
    let options = PostgresOptions { password: password.map(str::to_owned), ..PostgresOptions::new("warehouse", url) };
    let error = PostgresTables::new(options).unwrap().publish(&world(), None, &occasion(1)).unwrap_err();
    let message = error.to_string().replace(&server().port.to_string(), "PORT");
    assert_eq!((error.kind, message.as_str()), (kind, expected));
}

#[test]
fn refusals_are_one_line_without_the_password() {
    let port = server().port;
    Client::connect(&server().url("postgres"), NoTls)
        .unwrap()
        .batch_execute("CREATE ROLE locked LOGIN PASSWORD 'right'; REVOKE CREATE ON SCHEMA public FROM public")
        .unwrap();
    let url = format!("postgres://locked:wrong@127.0.0.1:{port}/postgres");
    let refused = "`postgres://locked@127.0.0.1:PORT/postgres`: password authentication failed for user \"locked\" (SQLSTATE 28P01)";
    check_refusal(&url, None, SinkErrorKind::Permission, refused);
    let none = format!("postgres://locked@127.0.0.1:{port}/postgres");
    let missing = "`postgres://locked@127.0.0.1:PORT/postgres`: invalid configuration: password missing";
    check_refusal(&none, None, SinkErrorKind::Permission, missing);
    let denied = "`postgres://locked@127.0.0.1:PORT/postgres`: permission denied for schema public (SQLSTATE 42501)";
    check_refusal(&url, Some("right"), SinkErrorKind::Permission, denied);
    let no_database = "`postgres://postgres@127.0.0.1:PORT/nowhere`: database \"nowhere\" does not exist (SQLSTATE 3D000)";
    check_refusal(&server().url("nowhere"), None, SinkErrorKind::Configuration, no_database);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://me:secret@127.0.0.1:{port}/lake");
    let error = PostgresTables::new(PostgresOptions::new("warehouse", url)).unwrap().publish(&world(), None, &occasion(1)).unwrap_err();
    let expected = format!("`postgres://me@127.0.0.1:{port}/lake`: connecting to server: connection refused");
    assert_eq!((error.kind, error.to_string()), (SinkErrorKind::Connection, expected));
}

#[test]
fn the_socket_of_the_machine_can_be_used() {
    let schema = Schema::new(5_000);
    let url = format!("host={} port={} user=postgres dbname=postgres", server().folder.display(), server().port);
    // The folder is its owner's; only that user, or root, gets in.
    let options = PostgresOptions { schema: schema.name.clone(), ..PostgresOptions::new("warehouse", url) };
    PostgresTables::new(options).unwrap().publish(&world(), None, &occasion(1)).unwrap();
    sink::suite::check(&schema, &world(), "through the socket");
}

#[test]
fn an_encrypted_connection_needs_a_certificate_that_is_trusted() {
    let schema = Schema::new(5_000);
    let publish = |url: String| {
        let options = PostgresOptions { schema: schema.name.clone(), ..PostgresOptions::new("warehouse", url) };
        PostgresTables::new(options).unwrap().publish(&world(), None, &occasion(1))
    };
    let url = format!("{}?sslmode=require", server().url("postgres"));
    let error = publish(url.clone()).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Connection);
    assert!(error.to_string().contains("TLS") && error.to_string().contains("certificate"), "{error}");
    assert_eq!(error.hint.unwrap(), "let the connection string name the authority: `sslrootcert=FILE`");
    publish(format!("{url}&sslrootcert={}/data/server.crt", server().folder.display())).unwrap();
    sink::suite::check(&schema, &world(), "through TLS");
    let error = publish(format!("{url}&sslrootcert=/nowhere.pem")).unwrap_err();
    assert_eq!(error.kind, SinkErrorKind::Configuration);
    assert!(error.to_string().contains("certificates of `/nowhere.pem`"), "{error}");
}
