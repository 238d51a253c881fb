//! Each field of a measure, and each reason to be left out.

use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId, ScopeId, TenantName};
use model::record::{Assessment, Question, Record};
use model::row::{Origin, landing};
use model::score::score;
use model::table::ASSESSMENT;
use serde_json::{Map, json};

use super::*;
use crate::measure::settings::TenantDays;

fn tenant() -> TenantName {
    TenantName::new("acme")
}

fn form(questions: &[(&str, f64, Option<f64>)]) -> MeasureForm {
    let question = |weight, max_score| FormQuestion { weight: Some(weight), max_score, critical: None };
    let version = FormVersion {
        id: FormVersionId::new("v-1"),
        form_id: Some("f".to_owned()),
        name: Some("the form".to_owned()),
        version: None,
        published_at: None,
        active: None,
        max_possible_score: None,
        questions: questions.iter().map(|(id, weight, max)| ((*id).to_owned(), question(*weight, *max))).collect(),
        extra: Map::new(),
    };
    MeasureForm { content_hash: version.content_hash(), version }
}

/// The form of the worked example: all = 37 when `resolve` is out of 4.
fn example_form() -> MeasureForm {
    form(&[("greet", 2.0, None), ("verify", 10.0, None), ("resolve", 3.0, None), ("tone", 1.0, None)])
}

/// greet 4 of 5, verify 1 of 1 and critical, resolve not applicable, tone 3 of 5.
fn example() -> Assessment {
    let question = |id: &str, points: Option<f64>, max, critical: Option<bool>| Question {
        id: id.to_owned(),
        score: points,
        max_score: Some(max),
        critical,
        ..Question::default()
    };
    Assessment {
        id: RecordId::new("a-1"),
        form_version_id: Some(FormVersionId::new("v-1")),
        status: Some("submitted".to_owned()),
        agent_id: Some("ann".to_owned()),
        evaluator_id: Some("eve".to_owned()),
        scope_ids: vec![ScopeId::new("east")],
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: "2031-03-10T22:10:00Z".parse().ok(),
        submitted_at: "2031-03-12T10:00:00Z".parse().ok(),
        modified_at: None,
        scored_by: None,
        raw_score: Some(83.0),
        failed_critical: false,
        comments: None,
        questions: vec![
            question("greet", Some(4.0), 5.0, None),
            question("verify", Some(1.0), 1.0, Some(true)),
            question("resolve", None, 4.0, Some(true)),
            question("tone", Some(3.0), 5.0, Some(false)),
        ],
        extra: Map::new(),
    }
}

/// What the store would hand in for an assessment that was scored with the form, or without one.
fn input<'a>(assessment: &Assessment, form: Option<&'a MeasureForm>) -> MeasureInput<'a> {
    let version = form.map(|form| &form.version);
    let scored = score(assessment, version);
    let origin = Origin { tenant: tenant(), platform: Platform::Genesys, dialect: "guide", observed_at: Timestamp::UNIX_EPOCH };
    let record = Record::Assessment(assessment.clone());
    let landing = landing(&origin, &record, Some((&scored, version)), None, String::new(), String::new());
    let json = |name: &str| match ASSESSMENT.cell(&landing.row, name) {
        Some(model::table::Cell::Json(words)) => words.clone(),
        other => panic!("{other:?}"),
    };
    MeasureInput {
        tenant: tenant(),
        assessment_id: assessment.id.clone(),
        platform: Platform::Genesys,
        form_version_id: assessment.form_version_id.as_ref().map(ToString::to_string),
        form,
        status: assessment.status.clone(),
        agent_id: assessment.agent_id.clone(),
        evaluator_id: assessment.evaluator_id.clone(),
        scopes: assessment.scope_ids.iter().map(|id| (id.to_string(), Vec::new())).collect(),
        lists_sites: false,
        interaction_end_time: assessment.interaction_end_time,
        submitted_at: assessment.submitted_at,
        scored_by: assessment.scored_by.clone(),
        raw_score: assessment.raw_score,
        normalized_score: scored.normalized,
        final_score: scored.final_score,
        failed_critical: assessment.failed_critical,
        questions: json("questions"),
        extra: Some(json("extra")),
    }
}

fn day(zone: &str, day_start: &str) -> BusinessDay {
    BusinessDay { zone: jiff::tz::TimeZone::get(zone).unwrap(), day_start: day_start.parse().unwrap(), zone_defaulted: false }
}

fn settings(days: TenantDays) -> MeasureSettings {
    MeasureSettings { tenants: [(tenant(), days)].into(), ..MeasureSettings::default() }
}

fn measured(assessment: &Assessment, form: Option<&MeasureForm>) -> Measure {
    measure(&input(assessment, form), &MeasureSettings::default()).measure
}

#[test]
fn the_worked_example_has_its_numbers() {
    let form = example_form();
    let seen = measured(&example(), Some(&form));
    // `resolve` has no maximum in the form; the assessment's own stands in, though it was not applicable.
    assert_eq!((seen.weighted_points, seen.weighted_max, seen.whole_max), (Some(21.0), Some(25.0), Some(37.0)));
    assert_eq!((seen.normalized_score, seen.critical_score), (Some(84.0), Some(100.0)));
    assert_eq!(compared(seen.applicable_share.unwrap()), 0.675_676);
    assert_eq!((seen.parity_diff, seen.score_parity), (Some(-1.0), true));
    assert_eq!((seen.form_id.as_str(), seen.scored_by.as_str(), seen.content_hash.len()), ("f", "unknown", 16));
    assert_eq!((seen.left_out, seen.passed, seen.disputed), (None, Some(true), false));
}

#[test]
fn sums_and_share_are_those_of_the_score() {
    let whole = [
        form(&[("greet", 0.3, Some(5.0)), ("verify", 0.1, None), ("resolve", 7.7, None), ("tone", 1.1, None), ("other", 0.7, Some(3.0))]),
        example_form(),
    ];
    for form in &whole {
        let scored = score(&example(), Some(&form.version));
        let seen = measured(&example(), Some(form));
        assert_eq!(seen.weighted_points.map(|points| 100.0 * points / seen.weighted_max.unwrap()), scored.normalized);
        assert!((seen.applicable_share.unwrap() - scored.applicable_share.unwrap()).abs() < 1e-12);
    }
    let unknown_maximum =
        form(&[("greet", 1.0, None), ("verify", 1.0, None), ("resolve", 1.0, None), ("tone", 1.0, None), ("other", 1.0, None)]);
    let seen = measured(&example(), Some(&unknown_maximum));
    assert_eq!((seen.whole_max, seen.applicable_share, seen.left_out), (None, None, None));
}

#[test]
fn without_its_form_version_an_assessment_has_no_share_and_a_cohort_of_its_own() {
    let mut assessment = example();
    for question in &mut assessment.questions {
        question.payload_weight = Some(1.0);
    }
    let seen = measured(&assessment, None);
    assert_eq!((seen.form_id.as_str(), seen.content_hash.as_str()), ("version:v-1", ""));
    assert_eq!((seen.weighted_points, seen.weighted_max, seen.whole_max, seen.applicable_share), (Some(8.0), Some(11.0), None, None));
    assert_eq!(seen.left_out, None);
}

#[test]
fn a_form_without_an_id_goes_by_its_name_and_one_without_a_name_by_its_version() {
    let mut form = example_form();
    form.version.form_id = None;
    assert_eq!(measured(&example(), Some(&form)).form_id, "name:the form");
    form.version.name = None;
    assert_eq!(measured(&example(), Some(&form)).form_id, "version:v-1");
}

#[test]
fn scores_agree_within_half_a_point_and_a_failed_critical_is_no_disagreement() {
    let form = example_form();
    let check = |raw: Option<f64>, failed_critical: bool, expected: (Option<f64>, bool)| {
        let seen = measured(&Assessment { raw_score: raw, failed_critical, ..example() }, Some(&form));
        assert_eq!((seen.parity_diff, seen.score_parity), expected, "{raw:?}");
    };
    check(None, false, (None, false));
    check(Some(84.5), false, (Some(0.5), false));
    check(Some(83.5), false, (Some(-0.5), false));
    check(Some(84.500_001), false, (Some(84.500_001 - 84.0), true));
    check(Some(84.500_000_4), false, (Some(84.500_000_4 - 84.0), false));
    check(Some(0.0), true, (Some(-84.0), false));
}

#[test]
fn critical_questions_count_unweighted_and_only_when_answered() {
    let form = example_form();
    let mut assessment = example();
    assessment.questions[1].score = Some(0.0);
    assert_eq!(measured(&assessment, Some(&form)).critical_score, Some(0.0));
    assessment.questions[0].critical = Some(true);
    assert_eq!(measured(&assessment, Some(&form)).critical_score, Some(100.0 * 4.0 / 6.0));
    assessment.questions[0].critical = None;
    assessment.questions[1].marked_na = true;
    assert_eq!(measured(&assessment, Some(&form)).critical_score, None);
}

#[test]
fn passing_is_failing_no_critical_question_or_reaching_the_score() {
    let form = example_form();
    let check = |pass_score: Option<f64>, failed_critical: bool, expected: bool| {
        let settings = MeasureSettings { pass_score, ..MeasureSettings::default() };
        let assessment = Assessment { failed_critical, ..example() };
        assert_eq!(measure(&input(&assessment, Some(&form)), &settings).measure.passed, Some(expected));
    };
    check(None, false, true);
    check(None, true, false);
    check(Some(84.0), false, true);
    check(Some(84.000_001), false, false);
    check(Some(84.0), true, false);
    check(Some(0.0), true, true);
}

#[test]
fn the_first_reason_that_holds_leaves_an_assessment_out() {
    let form = example_form();
    let whole = example();
    let purpose = |purpose: Value| Assessment { extra: [("purpose".to_owned(), purpose)].into_iter().collect(), ..example() };
    let status = |words: Option<&str>| Assessment { status: words.map(ToOwned::to_owned), ..example() };
    #[track_caller]
    fn check(assessment: &Assessment, form: Option<&MeasureForm>, expected: Option<LeftOut>) {
        assert_eq!(measured(assessment, form).left_out, expected);
    }
    check(&whole, Some(&form), None);
    check(&purpose(json!("performance")), Some(&form), None);
    check(&purpose(Value::Null), Some(&form), None);
    check(&purpose(json!("calibration")), Some(&form), Some(LeftOut::NotPerformance));
    check(&purpose(json!(["performance"])), Some(&form), Some(LeftOut::NotPerformance));
    check(&status(Some("released")), Some(&form), None);
    check(&status(Some("disputed")), Some(&form), None);
    check(&status(Some("pending")), Some(&form), Some(LeftOut::Status));
    check(&status(None), Some(&form), Some(LeftOut::Status));
    check(&Assessment { questions: Vec::new(), ..whole.clone() }, Some(&form), Some(LeftOut::NoScore));
    check(&Assessment { questions: Vec::new(), failed_critical: true, ..whole.clone() }, Some(&form), Some(LeftOut::NoScore));
    check(&whole, None, Some(LeftOut::NoScore));
    check(&Assessment { agent_id: None, ..whole.clone() }, Some(&form), Some(LeftOut::NoAgent));
    check(&Assessment { agent_id: Some(String::new()), ..whole.clone() }, Some(&form), Some(LeftOut::NoAgent));
    check(&Assessment { interaction_end_time: None, ..whole.clone() }, Some(&form), Some(LeftOut::NoBusinessDate));
    let mut unversioned = Assessment { form_version_id: None, interaction_end_time: None, ..whole };
    for question in &mut unversioned.questions {
        question.payload_weight = Some(1.0);
    }
    check(&unversioned, None, Some(LeftOut::NoFormVersion));
    assert!(measured(&status(Some("disputed")), Some(&form)).disputed);
}

#[test]
fn the_business_date_is_of_the_interaction_and_of_the_submission_only_if_allowed() {
    let form = example_form();
    let seen = measured(&example(), Some(&form));
    assert_eq!(
        (seen.business_date.unwrap().to_string(), seen.week_start.unwrap().to_string()),
        ("2031-03-10".to_owned(), "2031-03-10".to_owned())
    );
    assert_eq!((seen.date_source, seen.zone.as_str(), seen.zone_defaulted), (DateSource::InteractionEnd, "UTC", true));
    let unended = Assessment { interaction_end_time: None, ..example() };
    let seen = measured(&unended, Some(&form));
    assert_eq!((seen.business_date, seen.week_start, seen.date_source), (None, None, DateSource::None));
    let allowed = MeasureSettings {
        date_fallback: DateFallback::Submitted,
        ..settings(TenantDays { day: day("Pacific/Auckland", "00:00"), scopes: BTreeMap::new() })
    };
    let seen = measure(&input(&unended, Some(&form)), &allowed).measure;
    assert_eq!((seen.business_date.unwrap().to_string(), seen.date_source), ("2031-03-12".to_owned(), DateSource::Submitted));
    let ended = measure(&input(&example(), Some(&form)), &allowed).measure;
    assert_eq!((ended.business_date.unwrap().to_string(), ended.date_source), ("2031-03-11".to_owned(), DateSource::InteractionEnd));
}

#[test]
fn the_zone_is_of_the_division_else_the_site_else_the_tenant() {
    let form = example_form();
    let days = TenantDays {
        day: day("Asia/Kolkata", "04:00"),
        scopes: [("s", "Asia/Tokyo"), ("d", "Europe/Madrid"), ("d-2", "Asia/Kathmandu"), ("q", "Asia/Dubai")]
            .map(|(id, zone)| (id.to_owned(), day(zone, "00:00")))
            .into(),
    };
    let settings = settings(days);
    let check = |scopes: &[(&str, &[ScopeKind])], expected: &str| {
        let scopes = scopes.iter().map(|(id, kinds)| ((*id).to_owned(), kinds.to_vec())).collect();
        let seen = measure(&MeasureInput { scopes, ..input(&example(), Some(&form)) }, &settings).measure;
        assert_eq!(format!("{} {}", seen.zone, seen.business_date.unwrap()), expected);
        assert!(!seen.zone_defaulted);
    };
    check(&[], "Asia/Kolkata 2031-03-10");
    check(&[("elsewhere", &[])], "Asia/Kolkata 2031-03-10");
    check(&[("q", &[ScopeKind::Queue])], "Asia/Dubai 2031-03-11");
    check(&[("q", &[ScopeKind::Queue]), ("s", &[ScopeKind::Site])], "Asia/Tokyo 2031-03-11");
    check(&[("s", &[ScopeKind::Site]), ("d", &[])], "Europe/Madrid 2031-03-10");
    check(&[("d-2", &[ScopeKind::Division]), ("d", &[ScopeKind::Division])], "Europe/Madrid 2031-03-10");
}

#[test]
fn what_is_not_listed_is_a_queue_where_sites_are() {
    let form = example_form();
    for (lists_sites, expected) in [(false, "site"), (true, "queue")] {
        let scopes = vec![("x".to_owned(), Vec::new())];
        let input = MeasureInput { platform: Platform::Cxone, scopes, lists_sites, ..input(&example(), Some(&form)) };
        assert_eq!(measure(&input, &MeasureSettings::default()).scopes, [(expected.to_owned(), "x".to_owned())].into());
    }
}

#[test]
fn scopes_are_of_the_kinds_listed_else_of_the_platforms_own_and_a_team_is_of_the_roster() {
    let form = example_form();
    let teams = [((tenant(), "ann".to_owned()), "t-1".to_owned()), ((tenant(), "bob".to_owned()), "t-2".to_owned())];
    let settings = MeasureSettings { teams: teams.into(), ..MeasureSettings::default() };
    let check = |platform: Platform, agent: Option<&str>, expected: &[(&str, &str)]| {
        let listed = |id: &str, kinds: &[ScopeKind]| (id.to_owned(), kinds.to_vec());
        let scopes = vec![listed("x", &[]), listed("q", &[ScopeKind::Queue]), listed("both", &[ScopeKind::Site, ScopeKind::Queue])];
        let agent_id = agent.map(ToOwned::to_owned);
        let seen = measure(&MeasureInput { platform, agent_id, scopes, ..input(&example(), Some(&form)) }, &settings).scopes;
        let seen: Vec<(&str, &str)> = seen.iter().map(|(kind, id)| (kind.as_str(), id.as_str())).collect();
        assert_eq!(seen, expected);
    };
    let rest = [("queue", "both"), ("queue", "q"), ("site", "both")];
    check(Platform::Genesys, Some("ann"), &[&[("division", "x")], &rest[..], &[("team", "t-1")]].concat());
    check(Platform::Cxone, Some("cid"), &[&rest[..], &[("site", "x")]].concat());
    check(Platform::Cxone, None, &[&rest[..], &[("site", "x")]].concat());
}

#[test]
fn text_that_is_no_list_of_questions_gives_no_score_and_no_panic() {
    let form = example_form();
    for questions in ["", "{}", "[1]", "[{\"question_id\":\"a\",\"not_applicable\":false}]"] {
        let seen =
            measure(&MeasureInput { questions: questions.to_owned(), ..input(&example(), Some(&form)) }, &MeasureSettings::default());
        assert_eq!((seen.measure.weighted_max, seen.measure.left_out), (None, Some(LeftOut::NoScore)), "{questions}");
    }
}
