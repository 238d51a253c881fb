//! The runs of the worked example, moves, late changes, and that a run that was stopped is made good.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId, TenantName};
use model::privacy::Privacy;
use model::record::{Assessment, Platform, Question, Record, Stream};
use model::row::{Landing, Origin, landing};
use model::score::score;
use serde_json::{Map, json};
use store::{Cause, DeletedPolicy, PageLanding, QueryValue};
use wire::testing::ManualClock;

use super::*;
use crate::monitor::{Quiet, Stop};
use crate::settings::{Limits, Workspace};

struct Rig {
    _folder: tempfile::TempDir,
    engine: Engine,
    stop: Arc<Stop>,
    settings: MeasureSettings,
    n_edits: i64,
}

fn tenant() -> TenantName {
    TenantName::new("acme")
}

fn at(words: &str) -> Timestamp {
    words.parse().unwrap()
}

impl Rig {
    /// Days of Madrid; it is noon of a day.
    fn new(today: &str) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let limits = Limits { quarantine_percent: 1.0, delete_percent: 5.0 };
        let workspace = Workspace { store: folder.path().join("store.db"), privacy: Arc::new(Privacy::none()), limits };
        let stop = Arc::<Stop>::default();
        let clock = Arc::new(ManualClock::at(at(&format!("{today}T12:00:00Z"))));
        let engine = Engine::open(workspace, clock, Arc::new(Quiet), Arc::clone(&stop)).unwrap();
        let day = BusinessDay { zone: TimeZone::get("Europe/Madrid").unwrap(), zone_defaulted: false, ..BusinessDay::default() };
        let settings =
            MeasureSettings { tenants: [(tenant(), TenantDays { day, ..TenantDays::default() })].into(), ..MeasureSettings::default() };
        let form = form();
        engine.ledger.with(|store| store.keep_form_versions(&tenant(), Platform::Genesys, &[form])).unwrap();
        Self { _folder: folder, engine, stop, settings, n_edits: 0 }
    }

    fn land(&mut self, assessments: &[Assessment]) {
        let landings: Vec<Landing> = assessments
            .iter()
            .map(|assessment| {
                self.n_edits += 1;
                let modified_at = assessment.submitted_at.map(|moment| moment + SignedDuration::from_mins(self.n_edits));
                ready(Assessment { modified_at, ..assessment.clone() })
            })
            .collect();
        let page = PageLanding {
            tenant: &tenant(),
            stream: Stream::Assessments,
            listed_by: None,
            observed_at: at("2031-02-05T00:00:00Z"),
            sweep_id: None,
            policy: DeletedPolicy::Archive,
            landings: &landings,
            quarantined: &[],
            progress: None,
        };
        self.engine.ledger.with(|store| store.land_page(&page)).unwrap();
    }

    fn bury(&mut self, id: &str) {
        let (ids, now) = ([RecordId::new(id)], at("2031-02-05T00:00:00Z"));
        self.engine
            .ledger
            .with(|store| store.bury(&tenant(), Stream::Assessments, &ids, Cause::Deleted, DeletedPolicy::Archive, now))
            .unwrap();
    }

    fn run(&self, run_id: &str) -> FeedReport {
        self.engine.keep_feed(&self.settings, run_id).unwrap().1
    }

    /// Cells joined by spaces; numbers at six decimals.
    fn query(&self, sql: &str) -> Vec<String> {
        let word = |value: &QueryValue| match value {
            QueryValue::Null => "-".to_owned(),
            QueryValue::Int(number) => number.to_string(),
            QueryValue::Real(number) => format!("{number:.6}"),
            QueryValue::Text(words) => words.clone(),
            QueryValue::Blob(_) => "?".to_owned(),
        };
        let mut rows = Vec::new();
        let mut visit = |values: &[QueryValue]| {
            rows.push(values.iter().map(word).collect::<Vec<_>>().join(" "));
            true
        };
        self.engine.ledger.with(|store| store.query(sql, &mut |_| (), &mut visit)).unwrap();
        rows
    }
}

/// greet (weight 2), verify (10, critical), resolve (3), tone (1).
fn form() -> FormVersion {
    let question = |weight| FormQuestion { weight: Some(weight), max_score: None, critical: None };
    FormVersion {
        id: FormVersionId::new("v-1"),
        form_id: Some("f".to_owned()),
        name: None,
        version: None,
        published_at: None,
        active: None,
        max_possible_score: None,
        questions: [("greet", 2.0), ("verify", 10.0), ("resolve", 3.0), ("tone", 1.0)]
            .map(|(id, weight)| (id.to_owned(), question(weight)))
            .into(),
        extra: Map::new(),
    }
}

/// An assessment of `a-17` on 3 February with points for greet of 5, verify of 1, resolve of 4, tone of 5.
fn assessment(id: &str, points: [Option<f64>; 4]) -> Assessment {
    let maxima = [("greet", 5.0), ("verify", 1.0), ("resolve", 4.0), ("tone", 5.0)];
    let question = |((id, max), points): ((&str, f64), Option<f64>)| Question {
        id: id.to_owned(),
        score: points,
        max_score: Some(max),
        ..Question::default()
    };
    Assessment {
        id: RecordId::new(id),
        form_version_id: Some(FormVersionId::new("v-1")),
        status: Some("submitted".to_owned()),
        agent_id: Some("a-17".to_owned()),
        evaluator_id: None,
        scope_ids: Vec::new(),
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: Some(at("2031-02-03T22:59:59Z")),
        submitted_at: Some(at("2031-02-04T10:00:00Z")),
        modified_at: None,
        scored_by: Some("human".to_owned()),
        raw_score: None,
        failed_critical: false,
        comments: None,
        questions: maxima.into_iter().zip(points).map(question).collect(),
        extra: Map::new(),
    }
}

/// 21 of 25.
fn e1() -> Assessment {
    assessment("e-1", [Some(4.0), Some(1.0), None, Some(3.0)])
}

/// 30 of 37.
fn e2() -> Assessment {
    assessment("e-2", [Some(5.0), Some(1.0), Some(2.0), Some(4.0)])
}

fn ready(assessment: Assessment) -> Landing {
    let form = form();
    let scored = score(&assessment, Some(&form));
    let source = json!(format!("{assessment:?}"));
    let origin = Origin { tenant: tenant(), platform: Platform::Genesys, dialect: "guide", observed_at: at("2031-02-05T00:00:00Z") };
    landing(
        &origin,
        &Record::Assessment(assessment),
        Some((&scored, Some(&form))),
        None,
        model::canonical::source_hash(&source),
        source.to_string(),
    )
}

const EVENTS: &str = "SELECT agent_id, op, revision, supersedes, n FROM agent_day_event ORDER BY change_seq";

#[test]
fn the_runs_of_the_worked_example_give_its_events() {
    let mut rig = Rig::new("2031-02-10");
    let counts = |report: &FeedReport| (report.inserted, report.updated, report.retracted);
    // Run 1: both. Run 2: nothing.
    rig.land(&[e1(), e2()]);
    assert_eq!(counts(&rig.run("run-1")), (1, 0, 0));
    let values = "SELECT agent_id, business_date, n, sum_weighted_points, sum_weighted_max, mean_normalized, mean_final, n_failed_critical,
        n_disputed, applicable_share, revision, day_state FROM agent_day WHERE agent_id = 'a-17'";
    assert_eq!(rig.query(values), ["a-17 2031-02-03 2 51.000000 62.000000 82.540541 82.540541 0 0 0.837838 1 open"]);
    assert_eq!(counts(&rig.run("run-2")), (0, 0, 0));
    // Run 3: e2 disputed and failed critical.
    rig.land(&[Assessment { status: Some("disputed".to_owned()), failed_critical: true, ..e2() }]);
    assert_eq!(counts(&rig.run("run-3")), (0, 1, 0));
    assert_eq!(rig.query(values), ["a-17 2031-02-03 2 51.000000 62.000000 82.540541 42.000000 1 1 0.837838 2 open"]);
    // Run 4: e1 moved to b-2. Run 5: e2 deleted. Run 6: e2 back.
    rig.land(&[Assessment { agent_id: Some("b-2".to_owned()), ..e1() }]);
    assert_eq!(counts(&rig.run("run-4")), (1, 1, 0));
    rig.bury("e-2");
    assert_eq!(counts(&rig.run("run-5")), (0, 0, 1));
    rig.land(&[e2()]);
    assert_eq!(counts(&rig.run("run-6")), (1, 0, 0));
    assert_eq!(
        rig.query(EVENTS),
        ["a-17 insert 1 - 2", "a-17 update 2 1 2", "a-17 update 3 2 1", "b-2 insert 1 - 1", "a-17 retract 4 3 0", "a-17 insert 5 4 1"]
    );
    assert_eq!(rig.query("SELECT DISTINCT run_id FROM agent_day_event WHERE revision = 3 OR agent_id = 'b-2'"), ["run-4"]);
    // Measured from nothing, everything is as it was.
    rig.settings.tenants.insert(TenantName::new("another"), TenantDays::default());
    let (measured, restated) = rig.engine.keep_feed(&rig.settings, "run-7").unwrap();
    assert_eq!((measured.n_measured, measured.n_changed), (2, 0));
    assert_eq!(restated, FeedReport::default());
}

#[test]
fn a_day_with_a_form_of_unknown_size_has_no_share() {
    let mut rig = Rig::new("2031-02-10");
    let mut short = e2();
    // The form tells no maximum, and this assessment does not have the question.
    short.questions.pop();
    rig.land(&[e1(), short]);
    rig.run("run-1");
    assert_eq!(rig.query("SELECT n, sum_weighted_max, applicable_share FROM agent_day"), ["2 57.000000 -"]);
}

#[test]
fn a_run_without_news_writes_nothing() {
    let mut rig = Rig::new("2031-02-10");
    rig.land(&[e1(), e2()]);
    rig.run("run-1");
    let seq = rig.engine.ledger.with(|store| store.seq_now()).unwrap();
    let (measured, restated) = rig.engine.keep_feed(&rig.settings, "run-2").unwrap();
    assert_eq!((measured, restated), (MeasureReport::default(), FeedReport::default()));
    assert_eq!(rig.engine.ledger.with(|store| store.seq_now()).unwrap(), seq);
}

#[test]
fn another_zone_moves_agent_days_and_both_days_are_told() {
    let mut rig = Rig::new("2031-02-10");
    rig.land(&[e1()]);
    rig.run("run-1");
    rig.settings.tenants.get_mut(&tenant()).unwrap().day.zone = TimeZone::get("Asia/Kolkata").unwrap();
    let report = rig.run("run-2");
    assert_eq!((report.inserted, report.updated, report.retracted), (1, 0, 1));
    assert_eq!(rig.query("SELECT business_date, op, revision FROM agent_day"), ["2031-02-03 retract 2", "2031-02-04 insert 1"]);
}

#[test]
fn another_team_is_another_scope_and_no_event() {
    let mut rig = Rig::new("2031-02-10");
    rig.land(&[e1()]);
    rig.run("run-1");
    rig.settings.teams.insert((tenant(), "a-17".to_owned()), "t-1".to_owned());
    let (measured, restated) = rig.engine.keep_feed(&rig.settings, "run-2").unwrap();
    assert_eq!((measured.n_measured, measured.n_changed), (1, 1));
    assert_eq!(restated, FeedReport::default());
    assert_eq!(rig.query("SELECT scope_kind, scope_id FROM assessment_scope"), ["team t-1"]);
}

#[test]
fn changes_to_closed_days_are_named() {
    let mut rig = Rig::new("2031-06-01");
    let named = |report: &FeedReport| -> Vec<String> {
        let one = |late: &LateChange| format!("{} {} {} {}", late.key.agent_id, late.key.business_date, late.op.word(), late.revision);
        report.late.iter().map(one).collect()
    };
    rig.land(&[e1()]);
    assert_eq!(named(&rig.run("run-1")), [""; 0]);
    rig.land(&[Assessment { failed_critical: true, ..e1() }]);
    assert_eq!(named(&rig.run("run-2")), ["a-17 2031-02-03 update 2"]);
    rig.land(&[Assessment { agent_id: Some("b-2".to_owned()), ..e1() }]);
    assert_eq!(named(&rig.run("run-3")), ["a-17 2031-02-03 retract 3", "b-2 2031-02-03 insert 1"]);
}

#[test]
fn what_a_stopped_run_leaves_the_next_one_does() {
    let mut rig = Rig::new("2031-02-10");
    rig.land(&[e1(), e2()]);
    rig.stop.ask();
    let (measured, restated) = rig.engine.keep_feed(&rig.settings, "run-1").unwrap();
    assert_eq!((measured.n_measured, measured.n_left), (0, 2));
    assert_eq!(restated, FeedReport::default(), "nothing is restated before everything is measured");
    rig.engine.stop = Arc::default();
    assert_eq!(rig.run("run-2").inserted, 1);
}

#[test]
fn more_assessments_than_fit_into_a_batch_are_all_measured() {
    let mut rig = Rig::new("2031-02-10");
    let n = BATCH as usize + 1;
    let many: Vec<Assessment> = (0..n).map(|n| Assessment { id: RecordId::new(format!("e-{n}")), ..e1() }).collect();
    rig.land(&many);
    let (measured, _) = rig.engine.keep_feed(&rig.settings, "run-1").unwrap();
    assert_eq!((measured.n_measured, measured.n_left), (n as u64, 0));
    assert_eq!(rig.query("SELECT n FROM agent_day"), [n.to_string()]);
}
