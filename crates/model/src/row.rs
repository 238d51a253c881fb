//! Rows: records with their scores, laid out in the columns of `table`. The one place where a field meets its column.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::form::FormVersion;
use crate::id::{FormVersionId, RecordId, ScopeId, TenantName};
use crate::record::{Assessment, Feedback, Platform, Record, Scope, Stream};
use crate::score::Score;
use crate::table::{Cell, Row};

/// What is the same for every record of one landing.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Whose record.
    pub tenant: TenantName,
    /// From which platform.
    pub platform: Platform,
    /// In which dialect.
    pub dialect: &'static str,
    /// The moment of landing.
    pub observed_at: Timestamp,
}

/// A record ready to be landed.
#[derive(Debug, Clone, PartialEq)]
pub struct Landing {
    /// Its stream.
    pub stream: Stream,
    /// Its id.
    pub id: RecordId,
    /// Its row, in the columns of the stream's table.
    pub row: Row,
    /// The hash of its canonical source object.
    pub source_hash: String,
    /// The source object as text, after privacy.
    pub source: String,
    /// When the source last changed it.
    pub modified_at: Option<Timestamp>,
    /// The time its windows are cut by.
    pub happened_at: Option<Timestamp>,
    /// The form version it was scored with, found or not.
    pub form_version_id: Option<FormVersionId>,
    /// The source says that it was deleted.
    pub is_deleted: bool,
    /// The record names its scopes itself; otherwise they are those that listed it.
    pub names_its_scopes: bool,
}

/// Lays out one record.
///
/// `listed_by` is the scope whose listing gave it, taken when the record names none. `scored` is the score and form
/// version of an assessment and is left out for feedback.
pub fn landing(
    origin: &Origin,
    record: &Record,
    scored: Option<(&Score, Option<&FormVersion>)>,
    listed_by: Option<&ScopeId>,
    source_hash: String,
    source: String,
) -> Landing {
    let names_its_scopes = !record.scope_ids().is_empty();
    let mut scopes: Vec<String> = record.scope_ids().iter().map(ToString::to_string).collect();
    if !names_its_scopes {
        scopes.extend(listed_by.map(ToString::to_string));
    }
    scopes.sort_unstable();
    scopes.dedup();
    let (stream, row, form_version_id) = match record {
        Record::Assessment(assessment) => {
            (Stream::Assessments, assessment_row(origin, assessment, scored, scopes, &source_hash), assessment.form_version_id.clone())
        }
        Record::Feedback(feedback) => (Stream::Feedback, feedback_row(origin, feedback, scopes, &source_hash), None),
    };
    Landing {
        stream,
        id: record.id().clone(),
        row,
        source_hash,
        source,
        modified_at: record.modified_at(),
        happened_at: record.happened_at(),
        form_version_id,
        is_deleted: record.is_deleted(),
        names_its_scopes,
    }
}

/// In the order of `table::ASSESSMENT`.
fn assessment_row(
    origin: &Origin,
    assessment: &Assessment,
    scored: Option<(&Score, Option<&FormVersion>)>,
    scopes: Vec<String>,
    hash: &str,
) -> Row {
    let (score, form) = scored.map_or((None, None), |(score, form)| (Some(score), form));
    let deleted = assessment.status.as_deref() == Some("deleted");
    vec![
        Cell::Text(origin.tenant.to_string()),
        Cell::Text(origin.platform.word().to_owned()),
        Cell::Text(assessment.id.to_string()),
        Cell::text(form.and_then(|form| form.form_id.clone())),
        Cell::text(assessment.form_version_id.as_ref().map(ToString::to_string)),
        Cell::text(assessment.status.clone()),
        Cell::text(assessment.agent_id.clone()),
        Cell::text(assessment.evaluator_id.clone()),
        Cell::TextList(scopes),
        Cell::text(assessment.interaction_id.clone()),
        Cell::text(assessment.external_reference_id.clone()),
        Cell::time(assessment.interaction_end_time),
        Cell::time(assessment.submitted_at),
        Cell::time(assessment.modified_at),
        Cell::text(assessment.scored_by.clone()),
        Cell::real(assessment.raw_score),
        Cell::real(score.and_then(|score| score.normalized)),
        Cell::real(score.and_then(|score| score.final_score)),
        Cell::real(score.and_then(|score| score.applicable_share)),
        score.map_or(Cell::Null, |score| Cell::Int(i64::from(score.na_questions))),
        Cell::Bool(assessment.failed_critical),
        Cell::TextList(score.map(|score| score.flags.iter().map(|flag| flag.word().to_owned()).collect()).unwrap_or_default()),
        Cell::Bool(true),
        Cell::text(score.map(|score| score.weight_source.word())),
        Cell::text(assessment.comments.clone()),
        Cell::Json(questions(assessment, score)),
        Cell::Bool(deleted),
        Cell::text(deleted.then_some("deleted")),
        Cell::Time(origin.observed_at),
        Cell::Text(hash.to_owned()),
        Cell::Json(Value::Object(assessment_extra(assessment)).to_string()),
        Cell::Text(origin.dialect.to_owned()),
    ]
}

/// In the order of `table::FEEDBACK`.
fn feedback_row(origin: &Origin, feedback: &Feedback, scopes: Vec<String>, hash: &str) -> Row {
    let deleted = feedback.status.as_deref() == Some("deleted");
    vec![
        Cell::Text(origin.tenant.to_string()),
        Cell::Text(origin.platform.word().to_owned()),
        Cell::Text(feedback.id.to_string()),
        Cell::text(feedback.agent_id.clone()),
        Cell::text(feedback.author_id.clone()),
        Cell::TextList(scopes),
        Cell::text(feedback.interaction_id.clone()),
        Cell::time(feedback.created_at),
        Cell::time(feedback.modified_at),
        Cell::text(feedback.content.clone()),
        Cell::TextList(feedback.tags.clone()),
        Cell::text(feedback.category.clone()),
        Cell::text(feedback.status.clone()),
        Cell::Bool(deleted),
        Cell::text(deleted.then_some("deleted")),
        Cell::Time(origin.observed_at),
        Cell::Text(hash.to_owned()),
        Cell::Json(Value::Object(feedback.extra.clone()).to_string()),
        Cell::Text(origin.dialect.to_owned()),
    ]
}

/// A question as the published rows show it; `ordinal` counts from 1 in the order of the source.
#[derive(Serialize)]
struct ShownQuestion<'a> {
    question_id: &'a str,
    group_id: Option<&'a str>,
    ordinal: usize,
    score: Option<f64>,
    max_score: Option<f64>,
    weight: Option<f64>,
    payload_weight: Option<f64>,
    not_applicable: bool,
    critical: Option<bool>,
    comments: Option<&'a str>,
    text: Option<&'a str>,
}

/// The questions as JSON text.
fn questions(assessment: &Assessment, score: Option<&Score>) -> String {
    let used = |index: usize| score.and_then(|score| score.questions.get(index));
    let shown: Vec<ShownQuestion<'_>> = assessment
        .questions
        .iter()
        .enumerate()
        .map(|(index, question)| ShownQuestion {
            question_id: &question.id,
            group_id: question.group_id.as_deref(),
            ordinal: index + 1,
            score: question.score,
            max_score: used(index).map_or(question.max_score, |used| used.max_score),
            weight: used(index).map_or(question.payload_weight, |used| used.weight),
            payload_weight: question.payload_weight,
            not_applicable: question.not_applicable(),
            critical: used(index).map_or(question.critical, |used| used.critical),
            comments: question.comments.as_deref(),
            text: question.text.as_deref(),
        })
        .collect();
    // Numbers and text only, all finite: this cannot fail.
    serde_json::to_string(&shown).unwrap_or_else(|_| "[]".to_owned())
}

/// The record's unknown fields, and under `questions` those of its questions.
fn assessment_extra(assessment: &Assessment) -> Map<String, Value> {
    let mut extra = assessment.extra.clone();
    let of_questions: Vec<Value> = assessment
        .questions
        .iter()
        .filter(|question| !question.extra.is_empty())
        .map(|question| {
            let mut fields = question.extra.clone();
            fields.insert("id".to_owned(), Value::String(question.id.clone()));
            Value::Object(fields)
        })
        .collect();
    if !of_questions.is_empty() {
        extra.insert("questions".to_owned(), Value::Array(of_questions));
    }
    extra
}

/// In the order of `table::FORM_VERSION`.
pub fn form_version_row(tenant: &TenantName, platform: Platform, form: &FormVersion) -> Row {
    vec![
        Cell::Text(tenant.to_string()),
        Cell::Text(platform.word().to_owned()),
        Cell::Text(form.id.to_string()),
        Cell::text(form.form_id.clone()),
        Cell::text(form.name.clone()),
        Cell::text(form.version.clone()),
        Cell::time(form.published_at),
        Cell::truth(form.active),
        Cell::real(form.max_possible_score),
        Cell::Text(form.content_hash()),
        Cell::Json(Value::Object(form.extra.clone()).to_string()),
    ]
}

/// In the order of `table::FORM_QUESTION`.
pub fn form_question_rows(tenant: &TenantName, form: &FormVersion) -> Vec<Row> {
    form.questions
        .iter()
        .map(|(id, question)| {
            vec![
                Cell::Text(tenant.to_string()),
                Cell::Text(form.id.to_string()),
                Cell::Text(id.clone()),
                Cell::real(question.weight),
                Cell::real(question.max_score),
                Cell::truth(question.critical),
            ]
        })
        .collect()
}

/// In the order of `table::SCOPE`.
pub fn scope_row(tenant: &TenantName, platform: Platform, scope: &Scope) -> Row {
    vec![
        Cell::Text(tenant.to_string()),
        Cell::Text(platform.word().to_owned()),
        Cell::Text(scope.kind.word().to_owned()),
        Cell::Text(scope.id.to_string()),
        Cell::text(scope.name.clone()),
        Cell::Json(Value::Object(scope.extra.clone()).to_string()),
    ]
}
