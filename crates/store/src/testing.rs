//! What the tests of this room share: a store in a folder of its own, and records made of a few words.

pub(crate) mod sheet;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::canonical::source_hash;
use model::day::week_start;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId, ScopeId, TenantName};
use model::record::{Assessment, Feedback, Platform, Question, Record, Stream};
use model::row::{Landing, Origin, landing};
use model::score::score;
use model::table::{Cell, Table};
use serde_json::{Map, json};

use crate::{DateSource, DeletedPolicy, Filter, Landed, LeftOut, Measure, MeasureInput, Measured, PageLanding, QueryValue, Store};

/// A store in a folder that goes away with it.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let store = Store::open(&folder.path().join("store.db"), day(1)).unwrap();
        Self { folder, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    /// Lands a page of feedback on a day of January 2024.
    pub(crate) fn land(&mut self, day_of_month: i8, policy: DeletedPolicy, landings: &[Landing]) -> Landed {
        self.store.land_page(&page(&acme(), day_of_month, policy, landings)).unwrap()
    }

    /// The values of a query, cells joined by spaces and rows by ` | `.
    #[track_caller]
    pub(crate) fn check(&self, sql: &str, expected: &str) {
        assert_eq!(query(&self.store, sql).unwrap_or_else(|error| error.to_string()), expected, "{sql}");
    }

    /// The current rows of a table, as JSON texts in the order of the key.
    pub(crate) fn rows(&self, table: &Table) -> Vec<String> {
        let mut rows = Vec::new();
        let mut visit = |row: Vec<Cell>, _seq| -> Result<(), Infallible> {
            rows.push(row.iter().map(|cell| cell.to_json().to_string()).collect::<Vec<_>>().join(" "));
            Ok(())
        };
        self.store.scan(table, &Filter::default(), &mut visit).unwrap();
        rows
    }
}

/// Measures whatever is due by a rule of its own, simple enough to be seen through. Gives how many were due.
///
/// The submission dates an assessment, 0.1 point of weight 1 stands for each point of the normalized score, `raw` is
/// ignored, every scope is a division, and an agent's team is `team-` with the agent's last character.
pub(crate) fn measure_all(store: &mut Store) -> u64 {
    let n = store.begin_measuring("test").unwrap();
    while store.measure_some("test", 3, &measured).unwrap().n_left > 0 {}
    n
}

pub(crate) fn measured(input: &MeasureInput<'_>) -> Measured {
    let date = input.submitted_at.map(|moment| moment.to_zoned(TimeZone::UTC).date());
    let measure = Measure {
        tenant: input.tenant.clone(),
        assessment_id: input.assessment_id.clone(),
        platform: input.platform,
        form_id: input.form.and_then(|form| form.version.form_id.clone()).unwrap_or_else(|| "none".to_owned()),
        form_version_id: input.form_version_id.clone().unwrap_or_default(),
        content_hash: input.form.map(|form| form.content_hash.clone()).unwrap_or_default(),
        scored_by: input.scored_by.clone().unwrap_or_else(|| "unknown".to_owned()),
        agent_id: input.agent_id.clone(),
        evaluator_id: input.evaluator_id.clone(),
        submitted_at: input.submitted_at,
        interaction_end_time: input.interaction_end_time,
        business_date: date,
        week_start: date.map(week_start),
        date_source: DateSource::Submitted,
        zone: "UTC".to_owned(),
        zone_defaulted: true,
        weighted_points: input.normalized_score.map(|score| score / 10.0),
        weighted_max: input.normalized_score.map(|_| 10.0),
        whole_max: input.form.map(|_| 20.0),
        raw_score: input.raw_score,
        normalized_score: input.normalized_score,
        final_score: input.final_score,
        critical_score: None,
        applicable_share: None,
        parity_diff: None,
        score_parity: false,
        failed_critical: input.failed_critical,
        disputed: input.status.as_deref() == Some("disputed"),
        passed: Some(!input.failed_critical),
        left_out: input.normalized_score.is_none().then_some(LeftOut::NoScore),
    };
    let team = input.agent_id.as_ref().and_then(|agent| agent.chars().last()).map(|last| ("team".to_owned(), format!("team-{last}")));
    let scopes = input.scopes.iter().map(|(id, _)| ("division".to_owned(), id.clone())).chain(team).collect();
    Measured { measure, scopes }
}

pub(crate) fn query(store: &Store, sql: &str) -> Result<String, crate::StoreError> {
    let mut rows: Vec<String> = Vec::new();
    store.query(sql, &mut |_| (), &mut |values| {
        rows.push(values.iter().map(word).collect::<Vec<_>>().join(" "));
        true
    })?;
    Ok(rows.join(" | "))
}

fn word(value: &QueryValue) -> String {
    match value {
        QueryValue::Null => "-".to_owned(),
        QueryValue::Int(number) => number.to_string(),
        QueryValue::Real(number) => number.to_string(),
        QueryValue::Text(words) => words.trim_end_matches("T00:00:00.000Z").to_owned(),
        QueryValue::Blob(bytes) => format!("{bytes:?}"),
    }
}

pub(crate) fn acme() -> TenantName {
    TenantName::new("acme")
}

/// Midnight of a day in January 2024.
pub(crate) fn day(of_month: i8) -> Timestamp {
    format!("2024-01-{of_month:02}T00:00:00Z").parse().unwrap()
}

pub(crate) fn id(words: &str) -> RecordId {
    RecordId::new(words)
}

pub(crate) fn page<'a>(tenant: &'a TenantName, day_of_month: i8, policy: DeletedPolicy, landings: &'a [Landing]) -> PageLanding<'a> {
    PageLanding {
        tenant,
        stream: landings.first().map_or(Stream::Feedback, |landing| landing.stream),
        listed_by: None,
        observed_at: day(day_of_month),
        sweep_id: None,
        policy,
        landings,
        quarantined: &[],
        progress: None,
    }
}

pub(crate) fn origin(observed_at: Timestamp) -> Origin {
    Origin { tenant: acme(), platform: Platform::Genesys, dialect: "guide", observed_at }
}

/// A feedback entry of 1 January, changed on a day of January, observed on another; `deleted` as content makes it deleted.
pub(crate) fn note(name: &str, modified: Option<i8>, content: &str, observed: i8) -> Landing {
    note_in(name, modified, content, observed, &["east"], None)
}

/// The same, in scopes that it names itself or that listed it.
pub(crate) fn note_in(name: &str, modified: Option<i8>, content: &str, observed: i8, names: &[&str], listed_by: Option<&str>) -> Landing {
    let source = json!({ "id": name, "modified": modified, "content": content });
    let feedback = Feedback {
        id: id(name),
        agent_id: Some("agent-1".to_owned()),
        author_id: None,
        scope_ids: names.iter().map(|name| ScopeId::new(*name)).collect(),
        interaction_id: None,
        created_at: Some(day(1)),
        modified_at: modified.map(day),
        content: Some(content.to_owned()),
        tags: vec!["a".to_owned(), "b \"c\"".to_owned()],
        category: None,
        status: Some(if content == "deleted" { "deleted" } else { "published" }.to_owned()),
        extra: Map::new(),
    };
    let listed_by = listed_by.map(ScopeId::new);
    let record = Record::Feedback(feedback);
    landing(&origin(day(observed)), &record, None, listed_by.as_ref(), source_hash(&source), source.to_string())
}

/// An assessment of a day of January with so many questions, scored with the form or without.
pub(crate) fn assessment(name: &str, submitted: i8, n_questions: usize, form: Option<&FormVersion>) -> Landing {
    let questions = (1..=n_questions).map(|n| Question {
        id: format!("q{n}"),
        text: Some(format!("Did the agent do what rule {n} of the book wants of them?")),
        group_id: Some("g1".to_owned()),
        score: if n == 2 { None } else { Some(4.0) },
        max_score: Some(5.0),
        payload_weight: Some(1.0),
        marked_na: n == 2,
        critical: if n == 3 { Some(true) } else { None },
        comments: None,
        extra: Map::new(),
    });
    let assessment = Assessment {
        id: id(name),
        form_version_id: Some(FormVersionId::new("f-1")),
        status: Some("submitted".to_owned()),
        agent_id: Some("agent-1".to_owned()),
        evaluator_id: Some("evaluator-1".to_owned()),
        scope_ids: vec![ScopeId::new("east")],
        interaction_id: Some(format!("interaction-{name}")),
        external_reference_id: None,
        interaction_end_time: None,
        submitted_at: Some(day(submitted)),
        modified_at: None,
        scored_by: None,
        raw_score: Some(80.0),
        failed_critical: false,
        comments: Some("good".to_owned()),
        questions: questions.collect(),
        extra: Map::new(),
    };
    let scored = score(&assessment, form);
    let source = json!({ "id": name, "n_questions": n_questions, "padding": "x".repeat(150 * n_questions) });
    let hash = source_hash(&source);
    landing(&origin(day(submitted)), &Record::Assessment(assessment), Some((&scored, form)), None, hash, source.to_string())
}

/// Form version `f-1` with so many questions of this weight.
pub(crate) fn form(n_questions: usize, weight: f64) -> FormVersion {
    let question = FormQuestion { weight: Some(weight), max_score: Some(5.0), critical: None };
    FormVersion {
        id: FormVersionId::new("f-1"),
        form_id: Some("f".to_owned()),
        name: Some("the form".to_owned()),
        version: Some("1".to_owned()),
        published_at: Some(day(1)),
        active: Some(true),
        max_possible_score: None,
        questions: (1..=n_questions).map(|n| (format!("q{n}"), question.clone())).collect::<BTreeMap<_, _>>(),
        extra: Map::new(),
    }
}
