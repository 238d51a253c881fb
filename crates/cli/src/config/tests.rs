//! Tests of reading a configuration as a whole.

use std::path::Path;

use engine::settings::ScopeChoice;

use super::*;

mod analytics;

const VARIABLES: [(&str, &str); 2] = [("ACME_ID", "client"), ("ACME_SECRET", "hunter2")];

const TENANT: &str = r#"
[[tenant]]
name = "acme"
platform = "genesys"
base_url = "https://api.mypurecloud.com"
client_id = { env = "ACME_ID" }
client_secret = { env = "ACME_SECRET" }
start = "2024-01-01"
"#;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let folder = Path::new("/etc/scorelake");
    let variables: Vec<(&str, &str)> = VARIABLES.iter().chain(variables).copied().collect();
    read(text, folder, Secrets::All, &Environment::of(&variables, folder))
}

#[track_caller]
fn check_refused(text: &str, expected: &[&str]) {
    let lines = load(text, &[]).map(|config| format!("{config:?}")).unwrap_err();
    assert_eq!(lines, expected);
}

/// The tenant above with more lines.
#[track_caller]
fn check_tenant_refused(more: &str, expected: &str) {
    check_refused(&format!("{TENANT}{more}"), &[&format!("tenant `acme`{expected}")]);
}

fn only_tenant(text: &str, variables: &[(&str, &str)]) -> Arc<Tenant> {
    let mut config = load(text, variables).unwrap_or_else(|lines| panic!("{}", lines.join("\n")));
    config.tenants.remove(0)
}

/// The example of the product's page, with its secret file at `path`.
fn example(path: &str) -> String {
    include_str!("../../tests/fixtures/product.toml").replace("/run/secrets/acme", path)
}

#[test]
fn the_products_example_loads_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("acme");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let config = load(&example(secret.to_str().unwrap()), &[]).unwrap_or_else(|lines| panic!("{}", lines.join("\n")));
    let tenant = &config.tenants[0];
    assert_eq!(tenant.client_id.expose(), "client");
    assert_eq!(tenant.client_secret.expose(), "hunter2");
    assert_eq!(tenant.timezone.iana_name(), Some("America/New_York"));
    assert_eq!(tenant.reconcile.totals.as_deref(), Some(Path::new("/etc/scorelake/console-totals.csv")));
    assert_eq!(config.workspace.store, Path::new("/etc/scorelake/scorelake.db"));
    assert_eq!(config.publications[0].name, "payload");
    assert_eq!(config.schedules.len(), 1);
    assert!(!config.workspace.privacy.is_none());
}

#[test]
fn every_key_of_the_products_example_is_in_the_schema() {
    fn walk(value: &toml::Value, schema: &serde_json::Value, path: &str) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let below = &schema["properties"][key];
                    assert!(below.is_object(), "{path}.{key}");
                    assert!(below["description"].is_string() || path.ends_with("client_id"), "{path}.{key} has no description");
                    walk(value, below, &format!("{path}.{key}"));
                }
            }
            toml::Value::Array(items) => items.iter().for_each(|item| walk(item, &schema["items"], path)),
            _ => {}
        }
    }
    let table: toml::Table = example("/run/secrets/acme").parse().unwrap();
    walk(&toml::Value::Table(table), &file::schema(), "");
}

#[test]
fn absent_keys_have_their_defaults() {
    let tenant = only_tenant(TENANT, &[]);
    let seen = format!("{tenant:?}");
    for expected in [
        "client_id: Secret(***), client_secret: Secret(***), oauth_scope: None, ca_file: None",
        "streams: {Assessments, Feedback}, divisions: All, sites: All, queues: None",
        "statuses: {\"submitted\"}, start: 2024-01-01, window: Days(1), lookback: 259200s",
        "sweep: SweepSettings { every: 604800s, span: 8640000s }, modified_fallback: 2592000s, deleted: Archive",
        "page_size: 500, requests_per_minute: 300, concurrency: 4, token_margin: 900s",
        "retry: Retry { attempts: 6, base: 500ms, cap: 30s, budget: 600s }",
        "timeouts: Timeouts { connect: 10s, first_byte: 60s, body: 120s }",
        "reconcile: ReconcileSettings { totals: None, alert_below_percent: 95 }",
    ] {
        assert!(seen.contains(expected), "{expected}\n{seen}");
    }
    let limits = load(TENANT, &[]).unwrap().workspace.limits;
    assert_eq!((limits.quarantine_percent, limits.delete_percent), (1.0, 5.0));
}

#[test]
fn cxone_asks_for_its_scope_unless_told_otherwise() {
    let cxone = TENANT.replace("genesys", "cxone");
    assert_eq!(only_tenant(&cxone, &[]).oauth_scope.as_deref(), Some("quality:read"));
    assert_eq!(only_tenant(&format!("{cxone}scopes = []\n"), &[]).oauth_scope, None);
    assert_eq!(only_tenant(&format!("{TENANT}scopes = [\"a\", \"b\"]\n"), &[]).oauth_scope.as_deref(), Some("a b"));
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest_known_one() {
    check_tenant_refused("page_sise = 3", ": unknown key `page_sise`; did you mean `page_size`?");
    check_tenant_refused("[tenant.retry]\natempts = 3", ", `retry`: unknown key `atempts`; did you mean `attempts`?");
    check_refused(&format!("stoer = \"x\"\n{TENANT}"), &["unknown key `stoer`; did you mean `store`?"]);
}

const EVERYTHING_WRONG: &str = r#"
unknown key `colour`; the nearest known one is `store`
`limits`: `delete_percent`: a number from 0 to 100 is asked for, not `101`
publication `a`: `kind`: `delta` is not available in this version; available: `json`, `ndjson`, `csv`, `parquet`, `postgres`, `agent-day`, `calabrio`, `genesys-external-metrics`
tenant `Acme`: `client_secret`: a secret written in the file itself is refused; use `{ env = "NAME" }`, `{ file = "PATH" }` or `{ command = ["WORD"] }`
tenant `Acme`: `concurrency`: a whole number from 1 to 64 is asked for, not `four`
tenant `Acme`: `page_size`: a whole number from 1 to 500 is asked for, not `501`
tenant `Acme`: `platform`: `avaya` is none of `genesys`, `cxone`
tenant `Acme`: `streams`: `assessment` is none of `assessments`, `feedback`
`store`: PostgreSQL as the store is not available in this version; available: `sqlite:PATH`
tenant `Acme`: `name`: `Acme` is no name of letters a to z, digits and `-`, 64 at most
tenant `Acme`: `base_url`: plain http is for loopback alone, and `example.org` is not: use https
tenant `Acme`: `client_id` is missing
tenant `Acme`: `start`: `yesterday` is no date such as `2024-01-31`
tenant `Acme`: `timezone`: `Mars/Olympus` is no IANA time zone such as `America/New_York`
tenant `Acme`: `window`: `5h` is no window length: whole days (`1d` to `366d`), or hours that divide a day (`1h`, `6h`)
tenant `Acme`: `schedule`: `every day` is no cron expression: invalid pattern: pattern must have between 5 and 7 fields
tenant 2: `name` is missing
tenant 2: `platform` is missing
tenant 2: `base_url` is missing
tenant 2: `client_id` is missing
tenant 2: `client_secret` is missing
tenant 2: `start` is missing
publication `a`: `name`: `a` is taken by another one
publication `a`: `schema`: the kind `json` has no use for it
publication `a`: `path` is missing
"#;

#[test]
fn all_problems_are_told_together() {
    let text = r#"
        store = "postgres://u@h/d"
        colour = true
        [[tenant]]
        name = "Acme"
        platform = "avaya"
        base_url = "http://example.org"
        client_secret = "hunter2"
        start = "yesterday"
        window = "5h"
        page_size = 501
        timezone = "Mars/Olympus"
        schedule = "every day"
        streams = ["assessment"]
        concurrency = "four"
        [[tenant]]
        [limits]
        delete_percent = 101
        [[publication]]
        name = "a"
        kind = "delta"
        [[publication]]
        name = "a"
        kind = "json"
        schema = "s"
    "#;
    let lines = load(text, &[]).map(drop).unwrap_err();
    assert_eq!(lines.join("\n"), EVERYTHING_WRONG.trim());
    assert!(lines.iter().all(|line| !line.contains("hunter2") && !line.contains('\n')), "{lines:?}");
}

#[test]
fn ways_of_logging_in_that_are_unsafe_are_refused_with_the_reason() {
    for (more, word) in [
        ("grant_type = \"password\"", "impersonation tokens are refused"),
        ("grant = \"authorization_code\"", "impersonation tokens are refused"),
        ("impersonate = \"jo@example.org\"", "they tie the rate limits to one person"),
        ("auth = \"basic\"", "basic authentication is refused: it is deprecated"),
        ("username = \"jo\"", "basic authentication is refused"),
        ("password = { env = \"P\" }", "basic authentication is refused"),
        ("access_token = \"x\"", "a token in the configuration is refused"),
        ("refresh_token = { env = \"R\" }", "a token in the configuration is refused"),
    ] {
        let lines = load(&format!("{TENANT}{more}\n"), &[]).map(drop).unwrap_err();
        assert!(lines.len() == 1 && lines[0].starts_with("tenant `acme`: `") && lines[0].contains(word), "{more}: {lines:?}");
    }
    assert!(load(&format!("{TENANT}grant_type = \"client_credentials\"\n"), &[]).is_ok());
}

#[test]
fn what_this_version_does_not_do_is_said_with_what_it_does() {
    check_tenant_refused("dialect = \"platform\"", ": `dialect`: `platform` is not available in this version; available: `guide`");
    check_tenant_refused(
        "region = \"us-east-1\"",
        ": `region`: belongs to the dialect `platform`, which is not available in this version; available is `guide`",
    );
    check_refused(
        &format!("store = \"postgres://u@h/d\"\n{TENANT}"),
        &["`store`: PostgreSQL as the store is not available in this version; available: `sqlite:PATH`"],
    );
    check_refused(
        &format!("{TENANT}[[publication]]\nname = \"d\"\nkind = \"delta\"\n"),
        &[
            "publication `d`: `kind`: `delta` is not available in this version; available: `json`, `ndjson`, `csv`, `parquet`, `postgres`, `agent-day`, `calabrio`, `genesys-external-metrics`",
        ],
    );
}

#[test]
fn a_missing_secret_is_one_line_that_names_it() {
    check_refused(
        &TENANT.replace("ACME_SECRET", "ACME_SECRT"),
        &["tenant `acme`: `client_secret`: environment variable `ACME_SECRT` is not set"],
    );
    let without = TENANT.replace("client_secret = { env = \"ACME_SECRET\" }\n", "");
    check_refused(&without, &["tenant `acme`: `client_secret` is missing"]);
}

#[test]
fn secrets_are_not_asked_for_by_commands_that_do_not_need_them() {
    let folder = Path::new("/etc/scorelake");
    assert!(read(TENANT, folder, Secrets::None, &Environment::of(&[], folder)).is_ok());
}

#[test]
fn broken_toml_is_told_with_its_place() {
    let lines = load("store = \"a\"\n[[tenant]\n", &[]).map(drop).unwrap_err();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("line 2, column "), "{lines:?}");
}

#[test]
fn the_environment_lies_over_the_file() {
    let text = TENANT.replace("\"acme\"", "\"acme-eu\"") + "[[publication]]\nname = \"payload\"\nkind = \"json\"\npath = \"out/\"\n";
    let config = load(
        &text,
        &[
            ("SCORELAKE__STORE", "sqlite:/var/lib/s.db"),
            ("SCORELAKE__TENANT__ACME_EU__BASE_URL", "https://login.example.org"),
            ("SCORELAKE__TENANT__ACME_EU__START", "2024-02-03"),
            ("SCORELAKE__TENANT__ACME_EU__DIVISIONS", "[\"d1\", \"d2\"]"),
            ("SCORELAKE__TENANT__ACME_EU__SWEEP__EVERY", "1s"),
            ("SCORELAKE__TENANT__ACME_EU__CLIENT_ID", "12345"),
            ("SCORELAKE__TENANT__ACME_EU__CLIENT_SECRET", "given directly"),
            ("SCORELAKE__TENANT__acme_eu__PAGE_SIZE", "7"),
            ("SCORELAKE__PUBLICATION__PAYLOAD__PATH", "/tmp/p"),
            ("SCORELAKE__LIMITS__DELETE_PERCENT", "50"),
        ],
    )
    .unwrap_or_else(|lines| panic!("{}", lines.join("\n")));
    let tenant = &config.tenants[0];
    assert_eq!(config.workspace.store, Path::new("/var/lib/s.db"));
    assert_eq!(tenant.base_url.as_str(), "https://login.example.org/");
    assert_eq!(tenant.start.to_string(), "2024-02-03");
    assert_eq!(tenant.divisions, ScopeChoice::Only(["d1".to_owned(), "d2".to_owned()].into()));
    assert_eq!((tenant.sweep.every.as_secs(), tenant.sweep.span.as_secs()), (1, 8_640_000));
    assert_eq!((tenant.client_id.expose(), tenant.client_secret.expose()), ("12345", "given directly"));
    assert_eq!(tenant.page_size, 7);
    assert_eq!(config.workspace.limits.delete_percent, 50.0);
    assert!(matches!(&config.publications[0].target, publication::Target::Json { folder } if folder == Path::new("/tmp/p")));
}

#[test]
fn a_wrong_variable_is_named() {
    for (variable, value, expected) in [
        ("SCORELAKE__STOER", "x", "unknown key `stoer`; did you mean `store`?"),
        ("SCORELAKE__TENANT__ACMEE__START", "x", "no tenant `acmee` with a key behind it; did you mean `acme`?"),
        ("SCORELAKE__TENANT__ACME__PAGE_SISE", "x", "unknown key `page_sise`; did you mean `page_size`?"),
        ("SCORELAKE__TENANT__ACME__PAGE_SIZE", "many", "no value of the kind that the key takes"),
        ("SCORELAKE__TENANT__ACME__PAGE_SIZE__X", "1", "`page_size` has no keys of its own"),
    ] {
        let lines = load(TENANT, &[(variable, value)]).map(drop).unwrap_err();
        assert_eq!(lines, [format!("environment variable `{variable}`: {expected}")]);
    }
}

#[test]
fn a_password_in_a_url_of_the_file_is_refused_and_not_shown() {
    let text = format!("{TENANT}[[publication]]\nname = \"w\"\nkind = \"postgres\"\nurl = \"postgres://u:hunter2@h/d\"\n");
    check_refused(
        &text,
        &[
            "publication `w`: `url`: a secret written in the file itself is refused; take the password out of the URL and give it as `password`",
        ],
    );
    let by_reference = text.replace("\"postgres://u:hunter2@h/d\"", "{ env = \"DSN\" }");
    assert!(load(&by_reference, &[("DSN", "postgres://u:hunter2@h/d")]).is_ok());
}
