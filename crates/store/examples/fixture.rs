//! Makes the store that the guard test of this schema version opens: `cargo run --example fixture -- FILE`.
//! The file is made once, when a version is released, and kept; nothing here may change for a version that was.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId, ScopeId, TenantName};
use model::record::{Assessment, Feedback, Platform, Question, Record, Scope, ScopeKind, Stream};
use model::row::{Landing, Origin, landing};
use model::score::score;
use model::window::Span;
use scorelake_store::{Cause, DateSource, DeletedPolicy, Measure, MeasureInput, Measured, PageLanding, Pass, Quarantined, Store};
use scorelake_store::{WindowProgress, WindowState};
use serde_json::Map;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let tenant = TenantName::new("acme");
    let mut store = Store::open(Path::new(&path), day(1)?)?;
    store.start_run("*", "run-1", "sync", day(2)?)?;
    let scope = Scope { kind: ScopeKind::Division, id: ScopeId::new("east"), name: Some("East".to_owned()), extra: Map::new() };
    store.keep_scopes(&tenant, Platform::Genesys, &[scope])?;
    let form = form()?;
    store.keep_form_versions(&tenant, Platform::Genesys, std::slice::from_ref(&form))?;

    let assessments = [assessment("a-1", "submitted", &form)?, assessment("a-2", "deleted", &form)?];
    let window = window(&tenant)?;
    let page = page(&tenant, Stream::Assessments, &assessments)?;
    store.land_page(&PageLanding { progress: Some(&window), ..page })?;

    let unreadable = [Quarantined {
        record_id: Some(RecordId::new("n-3")),
        reason: "field `id`: a number where text belongs".to_owned(),
        raw: "{\"id\":3}".to_owned(),
        source_url: "https://api.example.com/feedback".to_owned(),
        page: 1,
        scope_id: None,
        dialect: "guide".to_owned(),
    }];
    let feedback = [note("n-1", 2, "first")?, note("n-1", 3, "second")?, note("n-2", 2, "gone")?];
    let page = self::page(&tenant, Stream::Feedback, &feedback)?;
    store.land_page(&PageLanding { quarantined: &unreadable, ..page })?;
    store.bury(&tenant, Stream::Feedback, &[RecordId::new("n-2")], Cause::Deleted, DeletedPolicy::Exclude, day(5)?)?;
    store.begin_measuring("fixture")?;
    store.measure_some("fixture", 10, &measured)?;
    store.restate(std::slice::from_ref(&tenant), "run-1", day(5)?.to_zoned(TimeZone::UTC).date())?;
    store.set_mark(&tenant, Stream::Feedback, "watermark", "2024-01-04T00:00:00.000Z", day(5)?)?;
    store.set_bookmark("payload", "{\"seq\":1}", "run-1", day(5)?)?;
    store.end_run("*", "run-1", 0, "{}", day(5)?)?;
    Ok(())
}

fn day(of_month: i8) -> Result<Timestamp, jiff::Error> {
    format!("2024-01-{of_month:02}T00:00:00Z").parse()
}

fn origin() -> Result<Origin, jiff::Error> {
    Ok(Origin { tenant: TenantName::new("acme"), platform: Platform::Genesys, dialect: "guide", observed_at: day(4)? })
}

fn page<'a>(tenant: &'a TenantName, stream: Stream, landings: &'a [Landing]) -> Result<PageLanding<'a>, jiff::Error> {
    Ok(PageLanding {
        tenant,
        stream,
        listed_by: None,
        observed_at: day(4)?,
        sweep_id: None,
        policy: DeletedPolicy::Archive,
        landings,
        quarantined: &[],
        progress: None,
    })
}

fn form() -> Result<FormVersion, jiff::Error> {
    let question = FormQuestion { weight: Some(2.0), max_score: Some(5.0), critical: None };
    Ok(FormVersion {
        id: FormVersionId::new("f-1"),
        form_id: Some("f".to_owned()),
        name: Some("the form".to_owned()),
        version: Some("1".to_owned()),
        published_at: Some(day(1)?),
        active: Some(true),
        max_possible_score: Some(5.0),
        questions: BTreeMap::from([("q-1".to_owned(), question)]),
        extra: Map::new(),
    })
}

fn assessment(id: &str, status: &str, form: &FormVersion) -> Result<Landing, jiff::Error> {
    let is_live = status == "submitted";
    let question = Question { id: "q-1".to_owned(), score: Some(4.0), max_score: Some(5.0), ..Question::default() };
    let assessment = Assessment {
        id: RecordId::new(id),
        form_version_id: Some(form.id.clone()),
        status: Some(status.to_owned()),
        agent_id: Some("agent-1".to_owned()),
        evaluator_id: None,
        scope_ids: vec![ScopeId::new("east")],
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: None,
        submitted_at: Some(day(2)?),
        modified_at: Some(day(3)?),
        scored_by: None,
        raw_score: is_live.then_some(80.0),
        failed_critical: false,
        comments: None,
        questions: if is_live { vec![question] } else { Vec::new() },
        extra: Map::new(),
    };
    let scored = score(&assessment, Some(form));
    let record = Record::Assessment(assessment);
    Ok(landing(&origin()?, &record, Some((&scored, Some(form))), None, format!("hash-{id}"), format!("{{\"id\":\"{id}\"}}")))
}

/// Not the rule by which the program measures: a row of every column is what the fixture is for.
fn measured(input: &MeasureInput<'_>) -> Measured {
    let date = input.submitted_at.map(|moment| moment.to_zoned(TimeZone::UTC).date());
    let measure = Measure {
        tenant: input.tenant.clone(),
        assessment_id: input.assessment_id.clone(),
        platform: input.platform,
        form_id: "f".to_owned(),
        form_version_id: input.form_version_id.clone().unwrap_or_default(),
        content_hash: input.form.map(|form| form.content_hash.clone()).unwrap_or_default(),
        scored_by: "unknown".to_owned(),
        agent_id: input.agent_id.clone(),
        evaluator_id: None,
        submitted_at: input.submitted_at,
        interaction_end_time: None,
        business_date: date,
        week_start: date,
        date_source: DateSource::Submitted,
        zone: "UTC".to_owned(),
        zone_defaulted: true,
        weighted_points: Some(8.0),
        weighted_max: Some(10.0),
        whole_max: Some(10.0),
        raw_score: input.raw_score,
        normalized_score: input.normalized_score,
        final_score: input.final_score,
        critical_score: None,
        applicable_share: Some(1.0),
        parity_diff: Some(0.0),
        score_parity: false,
        failed_critical: false,
        disputed: false,
        passed: Some(true),
        left_out: None,
    };
    Measured { measure, scopes: [("division".to_owned(), "east".to_owned())].into() }
}

fn note(id: &str, modified: i8, content: &str) -> Result<Landing, jiff::Error> {
    let feedback = Feedback {
        id: RecordId::new(id),
        agent_id: None,
        author_id: None,
        scope_ids: Vec::new(),
        interaction_id: None,
        created_at: Some(day(1)?),
        modified_at: Some(day(modified)?),
        content: Some(content.to_owned()),
        tags: vec!["coaching".to_owned()],
        category: None,
        status: Some("published".to_owned()),
        extra: Map::new(),
    };
    let (record, source) = (Record::Feedback(feedback), format!("{{\"id\":\"{id}\",\"content\":\"{content}\"}}"));
    Ok(landing(&origin()?, &record, None, None, format!("hash-{id}-{content}"), source))
}

fn window(tenant: &TenantName) -> Result<WindowProgress, jiff::Error> {
    Ok(WindowProgress {
        tenant: tenant.clone(),
        stream: Stream::Assessments,
        scope_id: "*".to_owned(),
        pass: Pass::Created,
        window: Span { from: day(2)?, to: day(3)? },
        read_until: Some(day(4)?),
        state: WindowState::Closed,
        n_records: 2,
        n_pages: 1,
        run_id: "run-1".to_owned(),
        updated_at: day(4)?,
    })
}
