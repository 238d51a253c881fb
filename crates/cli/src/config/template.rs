//! The commented `scorelake.toml` that `init` writes. What a newcomer must fill in stands bare, everything else is
//! commented out with its default: a line `#key = value` is a setting, a line `# words` is a comment.

use engine::model::record::Platform;

/// The text for a first tenant on this platform.
pub(crate) fn text(platform: Platform) -> String {
    let (base_url, scopes, scope_keys) = match platform {
        Platform::Genesys => ("https://api.mypurecloud.com", GENESYS_SCOPES, GENESYS_KEYS),
        Platform::Cxone => ("https://api.example.nice-incontact.com", CXONE_SCOPES, CXONE_KEYS),
    };
    TEMPLATE
        .replace("{platform}", platform.word())
        .replace("{base_url}", base_url)
        .replace("{scopes}", scopes)
        .replace("{scope_keys}", scope_keys)
}

const GENESYS_SCOPES: &str = "\
# Give the OAuth client these scopes and no more: quality:assessment:read quality:feedback:read openid offline_access.
# Without this key the server grants what the client has.
#scopes = [\"quality:assessment:read\", \"quality:feedback:read\"]";

const CXONE_SCOPES: &str = "\
#scopes = [\"quality:read\"]";

const GENESYS_KEYS: &str = "\
# \"all\", \"none\", or a list of division ids.
#divisions = \"all\"";

const CXONE_KEYS: &str = "\
# \"all\", \"none\", or a list of ids, each.
#sites = \"all\"
#queues = \"none\"";

const TEMPLATE: &str = r##"# scorelake.toml: what is extracted, where it is kept, what is written for others.
#
# Every key can come from the environment: SCORELAKE__STORE, SCORELAKE__TENANT__ACME__BASE_URL.
# Durations are written 500ms 90s 15m 6h 7d. Paths are relative to this file's folder.
# `scorelake init --schema` prints the JSON Schema of this file; `scorelake check` says whether it works.

#store = "sqlite:scorelake.db"

[[tenant]]
# In every row; letters a to z, digits and `-`.
name = "acme"
# genesys or cxone.
platform = "{platform}"
#dialect = "guide"
base_url = "{base_url}"
# Secrets come from the environment, a file or a command, never from this file itself:
# { env = "NAME" }, { file = "PATH" }, { command = ["pass", "show", "acme"] }. A client id may also stand here as text.
client_id = { env = "ACME_CLIENT_ID" }
client_secret = { env = "ACME_CLIENT_SECRET" }
{scopes}
# The first day wanted.
start = "2024-01-01"
# For business dates and the schedule.
#timezone = "UTC"
#streams = ["assessments", "feedback"]
{scope_keys}
# Statuses of assessments to keep; [] keeps all.
#statuses = ["submitted"]
# Length of one extraction window: whole days, or hours that divide a day.
#window = "1d"
# Overlap that every sync re-reads at the live edge.
#lookback = "3d"
# Slow whole re-read, for edits that no filter shows and for deletions.
#sweep = { every = "7d", span = "100d" }
# How far back feedback is re-read by creation when the server ignores the modified range.
#modified_fallback = "30d"
# exclude, or archive: kept apart with is_archived = true.
#deleted = "archive"
#page_size = 500
#requests_per_minute = 300
#concurrency = 4
# How long before its end a token is renewed; never more than half of its life.
#token_margin = "15m"
#retry = { attempts = 6, base = "500ms", cap = "30s", budget = "10m" }
#timeouts = { connect = "10s", first_byte = "60s", body = "120s" }
# A PEM file of certificate authorities to trust besides the system's.
#ca_file = "ca.pem"
# Cron expression in the tenant's time zone; `scorelake plan` names the next time.
#schedule = "0 2 * * *"

#[tenant.reconcile]
# scope_id,date_from,date_to,stream,reported
#totals = "console-totals.csv"
#alert_below_percent = 95

#[privacy]
# Masks e-mail addresses, card, IBAN, phone and social security numbers in these fields.
#redact = ["comments", "content", "message"]
# Replaces ids by a keyed HMAC: "agent_id", "evaluator_id", "author_id". Needs a key.
#pseudonymise = []
#key = { env = "SCORELAKE_PSEUDONYM_KEY" }

#[limits]
# More unreadable records than this share: exit code 7.
#quarantine_percent = 1.0
# More vanished at once than this share: all tombstones are held.
#delete_percent = 5.0

# The guide's two JSON payloads. Other kinds: ndjson csv parquet postgres.
[[publication]]
name = "payload"
kind = "json"
path = "out/"

#[[publication]]
#name = "lake"
#kind = "parquet"
#path = "lake/"

#[[publication]]
#name = "tables"
#kind = "csv"
#path = "out/{table}.csv.gz"

#[[publication]]
#name = "scores"
#kind = "ndjson"
#path = "out/scores.ndjson"
#table = "assessment"

#[[publication]]
#name = "warehouse"
#kind = "postgres"
#url = "postgres://scorelake@localhost/quality"
#password = { env = "WAREHOUSE_PASSWORD" }
#schema = "public"
"##;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Secrets, file, read};
    use crate::environment::Environment;

    #[track_caller]
    fn check_loads(text: &str) {
        let folder = Path::new("/etc/scorelake");
        if let Err(lines) = read(text, folder, Secrets::None, &Environment::of(&[], folder)) {
            panic!("{}\n{text}", lines.join("\n"));
        }
    }

    fn uncommented(text: &str) -> String {
        let is_setting = |line: &&str| {
            line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|letter: char| letter == '[' || letter.is_ascii_lowercase()))
        };
        text.lines().map(|line| format!("{}\n", if is_setting(&line) { &line[1..] } else { line })).collect()
    }

    #[test]
    fn the_template_loads_as_it_is_and_with_every_setting_uncommented() {
        for platform in [Platform::Genesys, Platform::Cxone] {
            check_loads(&text(platform));
            check_loads(&uncommented(&text(platform)));
        }
    }

    #[test]
    fn the_template_shows_every_key_of_the_schema() {
        let text = uncommented(&text(Platform::Genesys)) + &uncommented(&text(Platform::Cxone));
        let schema = file::schema();
        for list in ["tenant", "publication"] {
            let keys = schema["properties"][list]["items"]["properties"].as_object().unwrap();
            for key in keys.keys().filter(|key| *key != "grant_type") {
                assert!(text.contains(&format!("{key} = ")) || text.contains(&format!(".{key}]")), "{list} {key}");
            }
        }
    }

    #[test]
    fn commented_defaults_are_the_defaults() {
        let keep = |path: &str| {
            let bare: toml::Table = format!("{path}\n").parse().unwrap();
            toml::to_string(&<file::File as serde::Deserialize>::deserialize(bare).unwrap()).unwrap()
        };
        for platform in [Platform::Genesys, Platform::Cxone] {
            let without = |text: String| {
                let mut table: toml::Table = text.parse().unwrap();
                table.remove("publication");
                table.remove("privacy");
                let tenant = table.get_mut("tenant").unwrap().as_array_mut().unwrap()[0].as_table_mut().unwrap();
                for key in ["scopes", "ca_file", "schedule"] {
                    tenant.remove(key);
                }
                if let Some(reconcile) = tenant.get_mut("reconcile") {
                    reconcile.as_table_mut().unwrap().remove("totals");
                }
                toml::to_string(&table).unwrap()
            };
            assert_eq!(keep(&without(uncommented(&text(platform)))), keep(&without(text(platform))));
        }
    }
}
