//! The configuration file as it is written: every key with its type, its words and its default. The JSON Schema is
//! made from these types, and what the schema does not know is refused. Meaning is given by `config::settings`.

mod analytics;
mod publication;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use analytics::{AnalyticsFile, ZoneFile};
pub(crate) use publication::{MeasureFile, PublicationFile};

/// The configuration of scorelake.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "scorelake.toml")]
pub(crate) struct File {
    /// Where the store is: `sqlite:PATH`, relative to this file's folder.
    pub(crate) store: String,
    /// The organisations to extract.
    pub(crate) tenant: Vec<TenantFile>,
    /// What is taken out of records before they are kept.
    pub(crate) privacy: PrivacyFile,
    /// What makes a run alert.
    pub(crate) limits: LimitsFile,
    /// What is computed from scores, and when a number is withheld.
    pub(crate) analytics: AnalyticsFile,
    /// What is written for others after a sync.
    pub(crate) publication: Vec<PublicationFile>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            store: "sqlite:scorelake.db".to_owned(),
            tenant: Vec::new(),
            privacy: PrivacyFile::default(),
            limits: LimitsFile::default(),
            analytics: AnalyticsFile::default(),
            publication: Vec::new(),
        }
    }
}

/// One organisation on one platform.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TenantFile {
    /// Its name in every row: letters a to z, digits and `-`.
    #[schemars(required, regex(pattern = r"^[a-z0-9-]+$"))]
    pub(crate) name: Option<String>,
    /// Its vendor.
    #[schemars(required, extend("enum" = ["genesys", "cxone"]))]
    pub(crate) platform: Option<String>,
    /// Which of the vendor's APIs is spoken.
    #[schemars(extend("enum" = ["guide"]))]
    pub(crate) dialect: String,
    /// Where the API is: https, or http to loopback.
    #[schemars(required)]
    pub(crate) base_url: Option<String>,
    /// The OAuth client. It is no secret, so it may stand here as text.
    #[schemars(required, with = "TextOrSecret")]
    pub(crate) client_id: Option<TextOrSecret>,
    /// The OAuth client's secret, from the environment, a file or a command.
    #[schemars(required, with = "SecretFile")]
    pub(crate) client_secret: Option<SecretFile>,
    /// The only grant there is.
    #[schemars(extend("enum" = ["client_credentials"]))]
    pub(crate) grant_type: String,
    /// OAuth scopes to ask for. Without the key Genesys grants what the client has, and CXone is asked for `quality:read`.
    #[schemars(with = "Vec<String>")]
    pub(crate) scopes: Option<Vec<String>>,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[schemars(with = "String")]
    pub(crate) ca_file: Option<String>,
    /// The IANA time zone of business dates and of the schedule, `UTC` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) timezone: Option<String>,
    /// When a business day begins on the wall clock, `04:00`.
    pub(crate) day_start: String,
    /// Time zone and begin of the day of single divisions, sites and queues, by their ids.
    pub(crate) zones: BTreeMap<String, ZoneFile>,
    /// What to extract.
    #[schemars(extend("items" = json!({ "type": "string", "enum": ["assessments", "feedback"] })))]
    pub(crate) streams: Vec<String>,
    /// Genesys divisions: `"all"`, `"none"`, or a list of ids.
    pub(crate) divisions: WordOrList,
    /// CXone sites: `"all"`, `"none"`, or a list of ids.
    pub(crate) sites: WordOrList,
    /// CXone queues: `"all"`, `"none"`, or a list of ids.
    pub(crate) queues: WordOrList,
    /// Statuses of assessments to keep; an empty list keeps all.
    pub(crate) statuses: Vec<String>,
    /// The first day wanted, `2024-01-01`.
    #[schemars(required)]
    pub(crate) start: Option<String>,
    /// Length of one extraction window: whole days, or hours that divide a day.
    pub(crate) window: String,
    /// Overlap that is re-read at the live edge.
    pub(crate) lookback: String,
    /// The slow whole re-read, for edits that no filter shows and for deletions.
    pub(crate) sweep: SweepFile,
    /// How far back feedback is re-read by creation when the server ignores the modified range.
    pub(crate) modified_fallback: String,
    /// What to do with deleted records: leave them out, or keep them apart as archived.
    #[schemars(extend("enum" = ["exclude", "archive"]))]
    pub(crate) deleted: String,
    /// Rows asked for a page.
    #[schemars(range(min = 1, max = 500))]
    pub(crate) page_size: u32,
    /// The request budget.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub(crate) requests_per_minute: u32,
    /// Requests under way at once.
    #[schemars(range(min = 1, max = 64))]
    pub(crate) concurrency: u32,
    /// How long before its end a token is renewed; never more than half of its life.
    pub(crate) token_margin: String,
    /// How often to ask again.
    pub(crate) retry: RetryFile,
    /// How long to wait.
    pub(crate) timeouts: TimeoutsFile,
    /// When to sync, as a cron expression in the tenant's time zone; `plan` names the next time.
    #[schemars(with = "String")]
    pub(crate) schedule: Option<String>,
    /// Extracted against reported counts.
    pub(crate) reconcile: ReconcileFile,
}

impl Default for TenantFile {
    fn default() -> Self {
        Self {
            name: None,
            platform: None,
            dialect: "guide".to_owned(),
            base_url: None,
            client_id: None,
            client_secret: None,
            grant_type: "client_credentials".to_owned(),
            scopes: None,
            ca_file: None,
            timezone: None,
            day_start: "00:00".to_owned(),
            zones: BTreeMap::new(),
            streams: vec!["assessments".to_owned(), "feedback".to_owned()],
            divisions: WordOrList::Word("all".to_owned()),
            sites: WordOrList::Word("all".to_owned()),
            queues: WordOrList::Word("none".to_owned()),
            statuses: vec!["submitted".to_owned()],
            start: None,
            window: "1d".to_owned(),
            lookback: "3d".to_owned(),
            sweep: SweepFile::default(),
            modified_fallback: "30d".to_owned(),
            deleted: "archive".to_owned(),
            page_size: 500,
            requests_per_minute: 300,
            concurrency: 4,
            token_margin: "15m".to_owned(),
            retry: RetryFile::default(),
            timeouts: TimeoutsFile::default(),
            schedule: None,
            reconcile: ReconcileFile::default(),
        }
    }
}

/// When and how far back everything is read again.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SweepFile {
    /// How long after the last one the next is due, from `1s` up.
    pub(crate) every: String,
    /// How far back it reads.
    pub(crate) span: String,
}

impl Default for SweepFile {
    fn default() -> Self {
        Self { every: "7d".to_owned(), span: "100d".to_owned() }
    }
}

/// How often to ask again.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetryFile {
    /// Attempts at one request, the first included.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) attempts: u32,
    /// The first pause is up to this long; each next one up to twice as long.
    pub(crate) base: String,
    /// No pause of our own choice is longer.
    pub(crate) cap: String,
    /// Time for one request with all its attempts; a `Retry-After` beyond it ends the run with its progress kept.
    pub(crate) budget: String,
}

impl Default for RetryFile {
    fn default() -> Self {
        Self { attempts: 6, base: "500ms".to_owned(), cap: "30s".to_owned(), budget: "10m".to_owned() }
    }
}

/// How long to wait.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TimeoutsFile {
    /// For a connection.
    pub(crate) connect: String,
    /// For the first byte of an answer.
    pub(crate) first_byte: String,
    /// For the whole body.
    pub(crate) body: String,
}

impl Default for TimeoutsFile {
    fn default() -> Self {
        Self { connect: "10s".to_owned(), first_byte: "60s".to_owned(), body: "120s".to_owned() }
    }
}

/// Extracted against reported counts.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReconcileFile {
    /// A CSV file: `scope_id,date_from,date_to,stream,reported`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) totals: Option<String>,
    /// Alert when `100 * extracted < alert_below_percent * reported`.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) alert_below_percent: u32,
}

impl Default for ReconcileFile {
    fn default() -> Self {
        Self { totals: None, alert_below_percent: 95 }
    }
}

/// What is taken out of records before they are kept.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PrivacyFile {
    /// Fields whose e-mail addresses, card, IBAN, phone and social security numbers are masked.
    #[schemars(extend("items" = json!({ "type": "string", "enum": ["comments", "content", "message"] })))]
    pub(crate) redact: Vec<String>,
    /// Ids that are replaced by a keyed HMAC.
    #[schemars(extend("items" = json!({ "type": "string", "enum": ["agent_id", "evaluator_id", "author_id"] })))]
    pub(crate) pseudonymise: Vec<String>,
    /// The key of the pseudonyms, from the environment, a file or a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretFile")]
    pub(crate) key: Option<SecretFile>,
}

/// What makes a run alert.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsFile {
    /// More unreadable records than this share of those read: exit code 7.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) quarantine_percent: f64,
    /// More vanished at once than this share of those known: all tombstones are held.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) delete_percent: f64,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self { quarantine_percent: 1.0, delete_percent: 5.0 }
    }
}

/// Where a secret comes from: exactly one of its keys.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecretFile {
    /// An environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) env: Option<String>,
    /// A file; one newline at its end is cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// A command, as words or as one line for the shell; its stdout without the newline at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<WordOrList>,
}

impl JsonSchema for SecretFile {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "env": { "type": "string", "description": "An environment variable." },
                "file": { "type": "string", "description": "A file; one newline at its end is cut off." },
                "command": {
                    "type": ["string", "array"],
                    "items": { "type": "string" },
                    "description": "A command, as words or as one line for the shell; its stdout without the newline at its end.",
                },
            },
        })
    }
}

/// Text that is no secret, or where one comes from.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum TextOrSecret {
    /// As it stands.
    Text(String),
    /// From elsewhere.
    Secret(SecretFile),
}

impl JsonSchema for TextOrSecret {
    fn schema_name() -> Cow<'static, str> {
        "TextOrSecret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SecretFile::json_schema(generator);
        schema.insert("type".to_owned(), Value::from(vec!["string", "object"]));
        schema
    }
}

/// A word, or a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum WordOrList {
    /// One.
    Word(String),
    /// Several.
    List(Vec<String>),
}

impl JsonSchema for WordOrList {
    fn schema_name() -> Cow<'static, str> {
        "WordOrList".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "array"], "items": { "type": "string" } })
    }
}

/// The JSON Schema of the file, without references, so that a walk needs none.
pub(crate) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<File>().to_value();
    without_null_defaults(&mut schema);
    schema
}

/// TOML has no null: a default of null means that there is none.
fn without_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            fields.values_mut().for_each(without_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null_defaults),
        _ => {}
    }
}

/// A path of the file, from the file's folder.
pub(crate) fn beside(folder: &Path, path: &str) -> std::path::PathBuf {
    folder.join(path)
}
