//! `[[publication]]` as it is written, for every kind. Which kind has a use for which key is said by `config::publication`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::file::{SecretFile, TextOrSecret};

/// One thing that is written for others.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PublicationFile {
    /// Its name: letters a to z, digits and `-`.
    #[schemars(required, regex(pattern = r"^[a-z0-9-]+$"))]
    pub(crate) name: Option<String>,
    /// What it writes.
    #[schemars(
        required,
        extend("enum" = ["json", "ndjson", "csv", "parquet", "postgres", "agent-day", "calabrio", "genesys-external-metrics"])
    )]
    pub(crate) kind: Option<String>,
    /// json, parquet, agent-day: a folder. ndjson, csv: a folder, a pattern such as `out/{table}.csv.gz`, or the file of one `table`.
    /// calabrio: the file. genesys-external-metrics: a folder that the batches are written into instead of being sent.
    #[schemars(with = "String")]
    pub(crate) path: Option<String>,
    /// ndjson, csv: only this table, in the file `path`.
    #[schemars(with = "String")]
    pub(crate) table: Option<String>,
    /// postgres: `postgres://user@host/database`; with a password in it only as a secret.
    #[schemars(with = "TextOrSecret")]
    pub(crate) url: Option<TextOrSecret>,
    /// postgres: the password, from the environment, a file or a command.
    #[schemars(with = "SecretFile")]
    pub(crate) password: Option<SecretFile>,
    /// postgres: the schema, `public` by default.
    #[schemars(with = "String")]
    pub(crate) schema: Option<String>,
    /// agent-day, calabrio, genesys-external-metrics: what single agents' numbers are used for. Without it they are not written.
    #[schemars(with = "String")]
    pub(crate) purpose: Option<String>,
    /// agent-day: how the rows stand in the files, `csv` by default.
    #[schemars(with = "String", extend("enum" = ["csv", "json", "ndjson"]))]
    pub(crate) format: Option<String>,
    /// calabrio: what stands between fields, `comma` by default; with `semicolon` numbers have a decimal comma.
    #[schemars(with = "String", extend("enum" = ["comma", "semicolon"]))]
    pub(crate) separator: Option<String>,
    /// genesys-external-metrics: the Genesys tenant whose agents and credentials these are. calabrio: only this tenant's agents.
    #[schemars(with = "String")]
    pub(crate) tenant: Option<String>,
    /// calabrio, genesys-external-metrics: the numbers that are handed over.
    #[schemars(with = "Vec<MeasureFile>")]
    pub(crate) measure: Option<Vec<MeasureFile>>,
}

/// One number that is handed over: one form, scored by one kind of scorer.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MeasureFile {
    /// The form.
    #[schemars(required)]
    pub(crate) form_id: Option<String>,
    /// Who scored: `human`, `ai`, `ai_edited`; `unknown`, the default, where the platform does not tell.
    #[schemars(with = "String", extend("enum" = ["human", "ai", "ai_edited", "unknown"]))]
    pub(crate) scored_by: Option<String>,
    /// `mean_normalized` by default, or `mean_final`, in which a failed critical question counts 0.
    #[schemars(with = "String", extend("enum" = ["mean_normalized", "mean_final"]))]
    pub(crate) value: Option<String>,
    /// calabrio: the measure's name, 50 characters at most.
    #[schemars(with = "String")]
    pub(crate) name: Option<String>,
    /// calabrio: the measure's id.
    #[schemars(with = "String")]
    pub(crate) id: Option<String>,
    /// calabrio: `Percent` by default, or `Numeric`.
    #[schemars(with = "String", extend("enum" = ["Percent", "Numeric"]))]
    pub(crate) kind: Option<String>,
    /// genesys-external-metrics: the metric's id.
    #[schemars(with = "String")]
    pub(crate) metric_id: Option<String>,
    /// Digits behind the point; 2 by default.
    #[schemars(with = "u32", range(min = 0, max = 5))]
    pub(crate) precision: Option<u32>,
}
