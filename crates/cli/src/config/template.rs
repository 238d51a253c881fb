//! The commented `scorelake.toml` that `init` writes. What a newcomer must fill in stands bare, everything else is
//! commented out with its default: a line `#key = value` is a setting, a line `# words` is a comment.

use engine::model::record::Platform;

/// The text for a first tenant on this platform.
pub(crate) fn text(platform: Platform) -> String {
    let (base_url, scopes, scope_keys, feeds) = match platform {
        Platform::Genesys => ("https://api.mypurecloud.com", GENESYS_SCOPES, GENESYS_KEYS, GENESYS_FEEDS),
        Platform::Cxone => ("https://api.example.nice-incontact.com", CXONE_SCOPES, CXONE_KEYS, ""),
    };
    TEMPLATE
        .replace("{platform}", platform.word())
        .replace("{base_url}", base_url)
        .replace("{scopes}", scopes)
        .replace("{scope_keys}", scope_keys)
        .replace("{feeds}", feeds)
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

const GENESYS_FEEDS: &str = r#"
# Sent to Genesys with the tenant's credentials; with a `path` the batches are written there instead.
#[[publication]]
#name = "external-metrics"
#kind = "genesys-external-metrics"
#tenant = "acme"
#purpose = "performance management"
#[[publication.measure]]
#form_id = "id-of-a-form"
#metric_id = "id-of-an-external-metric"
#precision = 2
"#;

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
# When a business day begins on the wall clock.
#day_start = "00:00"
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

# Divisions, sites and queues with a time zone or a beginning of the day of their own, by id.
#[tenant.zones."id-of-a-division"]
#timezone = "Europe/Madrid"
#day_start = "04:00"

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

# What is computed from scores, and when a number is withheld: `scorelake trends`, `agents`, `evaluators`, `alarms`, `report`.
#[analytics]
# Days on each side of a change of form that are compared; days that agents and evaluators are compared over.
#split_span_days = 90
#agent_span_days = 90
#leniency_span_days = 180
# Whom an agent is compared with: tenant, division, team.
#agent_pool = "tenant"
# Weeks that make the baseline of a control chart.
#baseline_points = 8
# A change of form is explained only if both forms have this share of their weight in common, and with this many
# assessments on each side, this share of them by evaluators of both sides.
#common_share = 0.5
#side_assessments = 30
#same_evaluators = 0.7
# Weeks with fewer assessments are provisional.
#provisional_below = 10
# Smaller effects are not named, nor called a trend: points, rates, share of false alarms, points a week.
#least_effect = 2.0
#least_rate_effect = 0.02
#false_discovery_rate = 0.05
#flat_slope = 0.1
# Without it, passing is having failed no critical question.
#pass_score = 80
# Fewer agents than this in a cell of a team: the cell is not shown.
#k_anonymity = 5
# People: tenant,agent_id,team_id,name,first_name,last_name,person_id,user_email.
#roster = "roster.csv"
# What dates an assessment without an interaction end: none, or submitted.
#date_fallback = "none"

# The guide's two JSON payloads. Other kinds: ndjson csv parquet postgres agent-day calabrio genesys-external-metrics.
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

# Numbers about single agents are written only with a purpose.
#[[publication]]
#name = "planning"
#kind = "agent-day"
#path = "out/planning/"
#format = "csv"
#purpose = "workforce management"

#[[publication]]
#name = "gamification"
#kind = "calabrio"
#path = "out/quality.csv"
#separator = "comma"
#tenant = "acme"
#purpose = "gamification"
#[[publication.measure]]
#form_id = "id-of-a-form"
# human, ai, ai_edited; unknown where the platform does not tell.
#scored_by = "unknown"
#name = "Quality Score"
#id = "QS1"
#kind = "Percent"
# mean_final counts an assessment with a failed critical question as 0.
#value = "mean_normalized"
{feeds}"##;

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
        let measure = &schema["properties"]["publication"]["items"]["properties"]["measure"]["items"];
        let items = |list: &str| &schema["properties"][list]["items"];
        for (list, of_list) in [
            ("tenant", items("tenant")),
            ("publication", items("publication")),
            ("measure", measure),
            ("analytics", &schema["properties"]["analytics"]),
        ] {
            for key in of_list["properties"].as_object().unwrap().keys().filter(|key| *key != "grant_type") {
                let is_shown = [format!("\n{key} = "), format!(".{key}]"), format!(".{key}.")].iter().any(|shown| text.contains(shown));
                assert!(is_shown, "{list} {key}");
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
                if let Some(analytics) = table.get_mut("analytics").and_then(toml::Value::as_table_mut) {
                    analytics.remove("pass_score");
                    analytics.remove("roster");
                }
                let tenant = table.get_mut("tenant").unwrap().as_array_mut().unwrap()[0].as_table_mut().unwrap();
                for key in ["scopes", "ca_file", "schedule", "timezone", "zones"] {
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
