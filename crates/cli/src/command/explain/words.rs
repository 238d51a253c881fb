//! The words around the questions: what is said of the record, of its form version, of its scores and of its flags.

use std::fmt::Write as _;

use serde_json::Value;

use crate::command::explain::Explanation;
use crate::command::ground;
use crate::output::{plain, visible};

/// What is said of the record itself.
pub(super) const RECORD: [&str; 14] = [
    "tenant",
    "platform",
    "assessment_id",
    "form_version_id",
    "status",
    "agent_id",
    "evaluator_id",
    "scope_ids",
    "interaction_id",
    "submitted_at",
    "modified_at",
    "extraction_timestamp",
    "is_archived",
    "source_hash",
];

/// What is said of its scores.
pub(super) const SCORES: [&str; 8] =
    ["raw_score", "normalized_score", "final_score", "applicable_share", "na_questions", "failed_critical", "weight_source", "score_flags"];

/// What a flag means for whoever reads the score.
pub(super) fn flag(word: &str) -> &'static str {
    match word {
        "max_score_mismatch" => "the form's own maximum is not the sum of its questions' maxima",
        "missing_max_score" => {
            "an answered question has no maximum, neither in the payload nor in the form version: there is no normalized score"
        }
        "missing_weight" => {
            "an answered question has no weight, neither in the form version nor in the payload: there is no normalized score"
        }
        "no_denominator" => "nothing to divide by: no questions, all not applicable, or all weights 0",
        "out_of_range" => "a score above its maximum, or a negative score, weight or maximum: computed as given, never clamped",
        "unverified_form_version" => "the platform does not know the form version: the payload's weights were used",
        "weight_mismatch" => "payload and form version disagree on a weight: the form version's was used",
        _ => "unknown to this version",
    }
}

impl Explanation {
    /// What stands above the questions.
    pub(super) fn head(&self) -> String {
        let mut text = String::new();
        let said = |column: &str| match self.value(column) {
            Value::Array(items) => visible(&items.iter().map(plain).collect::<Vec<_>>().join(", ")),
            value => visible(&plain(&value)),
        };
        let _infallible = writeln!(text, "assessment `{}` of tenant `{}` ({})\n", said("assessment_id"), said("tenant"), said("platform"));
        let lines = [
            ("status", said("status")),
            ("agent, evaluator", join(&[said("agent_id"), said("evaluator_id")])),
            ("scopes", said("scope_ids")),
            ("interaction", said("interaction_id")),
            ("submitted, modified", join(&[said("submitted_at"), said("modified_at")])),
            ("landed", said("extraction_timestamp")),
            ("raw source", format!("sha256 {}", said("source_hash"))),
            ("archived", if self.value("is_archived") == Value::Bool(true) { said("archived_reason") } else { "no".to_owned() }),
            ("form version", self.form_words(&said("form_version_id"))),
        ];
        for (name, words) in lines {
            let _infallible = writeln!(text, "  {name:<20} {}", if words.is_empty() { "-" } else { &words });
        }
        text.push('\n');
        text
    }

    fn form_words(&self, id: &str) -> String {
        let Some(form) = &self.form else {
            return if id.is_empty() { "none named".to_owned() } else { format!("`{id}`, unknown to the platform") };
        };
        let named = form.name.as_deref().map(|name| format!(" \"{}\"", visible(name))).unwrap_or_default();
        let version = form.version.as_deref().map(|version| format!(" version {}", visible(version))).unwrap_or_default();
        let published = form.published_at.map(|at| format!(", published {}", plain(&ground::time(at)))).unwrap_or_default();
        format!("`{id}`{named}{version}{published}, content hash {}, {} questions", form.content_hash(), form.questions.len())
    }

    /// What stands below the questions.
    pub(super) fn foot(&self) -> String {
        let mut text = String::from("\n");
        let shown = |number: Option<f64>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let (points, possible) = self.sums();
        let (normalized, computed) = (self.real("normalized_score"), self.computed());
        let against = match (self.real("raw_score"), normalized) {
            (Some(raw), Some(normalized)) => format!(", {:+.4} against the raw score", normalized - raw),
            _ => String::new(),
        };
        let why = if self.value("failed_critical") == Value::Bool(true) {
            "a critical question was failed, so 0"
        } else {
            "the normalized score, as no critical question was failed"
        };
        let lines = [
            ("raw score", format!("{}, as the platform gave it", shown(self.real("raw_score")))),
            ("sum of score*weight", points.to_string()),
            ("sum of max*weight", format!("{possible}, over the questions that apply")),
            ("normalized score", format!("{} = 100 * {points} / {possible}{against}", shown(computed))),
            ("final score", format!("{}: {why}", shown(self.real("final_score")))),
            ("applicable share", shown(self.real("applicable_share"))),
            ("not applicable", format!("{} questions, out of both sums", plain(&self.value("na_questions")))),
            ("weights from", plain(&self.value("weight_source"))),
        ];
        for (name, words) in lines {
            let _infallible = writeln!(text, "  {name:<20} {words}");
        }
        for flag in self.flags() {
            let _infallible = writeln!(text, "  flag {flag}: {}", self::flag(&flag));
        }
        if !self.agrees() {
            let _infallible =
                writeln!(text, "  the store has {} as the normalized score, which this computation does not give", shown(normalized));
        }
        text.push('\n');
        text
    }
}

fn join(words: &[String]) -> String {
    words.iter().filter(|words| !words.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}
