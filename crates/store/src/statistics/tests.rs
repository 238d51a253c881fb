//! Sums over small stores that can be done by hand, and that they do not depend on how the store came to be.

use std::collections::BTreeMap;

use jiff::civil::date;
use model::form::FormVersion;
use model::id::TenantName;
use model::record::{Platform, Stream};
use proptest::prelude::*;

use super::*;
use crate::testing::sheet::{Sheet, sheet, version};
use crate::testing::{Bench, acme, measure_all, note};
use crate::{DeletedPolicy, Store, StoreErrorKind, VisitError};

/// A cohort in a scope over a span.
#[derive(Clone)]
struct SideOf {
    cohort: Cohort,
    scope: ScopePlace,
    span: Span,
}

impl SideOf {
    fn new(cohort: &Cohort, scope: &ScopePlace) -> Self {
        Self { cohort: cohort.clone(), scope: scope.clone(), span: Span::default() }
    }

    fn sides(&self) -> SidesOf {
        SidesOf { cohort: self.cohort.clone(), spans: [(self.scope.clone(), self.span)].into() }
    }
}

fn split_side(store: &Store, side: &SideOf) -> SplitSide {
    store.split_sides(&side.sides()).unwrap().remove(&side.scope).unwrap()
}

fn rescore_side(store: &Store, side: &SideOf, weights: &BTreeMap<String, f64>) -> Vec<AgentSum> {
    let weights = [(side.scope.clone(), weights.clone())].into();
    store.rescore_sides(&side.sides(), &weights).unwrap().remove(&side.scope).unwrap_or_default()
}

fn forms() -> [FormVersion; 1] {
    [version("v-1", &[("q1", 1.0, 10.0)])]
}

/// Assessments of this form, measured.
fn bench(sheets: &[Sheet]) -> Bench {
    let mut bench = Bench::new();
    bench.keep(&forms());
    bench.land_sheets(sheets, &forms());
    measure_all(&mut bench.store);
    bench
}

/// Four by two agents in two divisions, two of them in both; the last on another version.
fn sheets() -> Vec<Sheet> {
    vec![
        sheet("a-1", 5.0),
        Sheet { scopes: vec!["east", "west"], day: 20, failed_critical: true, ..sheet("a-2", 8.0) },
        Sheet { agent: "bob", evaluator: Some("fay"), scopes: vec!["east", "west"], ..sheet("a-3", 9.0) },
        Sheet { version: "v-2", evaluator: None, scopes: vec![], day: 21, ..sheet("a-4", 1.0) },
    ]
}

fn place(scope: &ScopePlace) -> String {
    format!("{}:{}", scope.kind, scope.id)
}

fn of_scope(kind: &str, id: &str) -> Slice {
    Slice { scope: Some(ScopePlace { kind: kind.to_owned(), id: id.to_owned() }), ..Slice::default() }
}

/// `version scope first last n agents failed` of each.
fn cohort_words(bench: &Bench, slice: &Slice, kinds: &[&str]) -> Vec<String> {
    let words = |row: &CohortRow| {
        let (cohort, scope) = (&row.cohort.form_version_id, place(&row.scope));
        format!("{cohort} {scope} {} {} {} {} {}", row.first_date, row.last_date, row.n, row.n_agents, row.n_failed_critical)
    };
    bench.store.cohorts(slice, kinds).unwrap().iter().map(words).collect()
}

#[test]
fn cohorts_are_counted_in_each_scope() {
    let bench = bench(&sheets());
    assert_eq!(
        cohort_words(&bench, &Slice::default(), &["tenant", "division", "team"]),
        [
            "v-1 division:east 2024-01-10 2024-01-20 3 2 1",
            "v-1 division:west 2024-01-10 2024-01-20 2 2 1",
            "v-1 team:team-b 2024-01-10 2024-01-10 1 1 0",
            "v-1 team:team-n 2024-01-10 2024-01-20 2 1 1",
            "v-1 tenant:* 2024-01-10 2024-01-20 3 2 1",
            "v-2 team:team-n 2024-01-21 2024-01-21 1 1 0",
            "v-2 tenant:* 2024-01-21 2024-01-21 1 1 0",
        ]
    );
    let known = bench.store.cohorts(&Slice::default(), &["tenant"]).unwrap();
    assert_eq!((known[0].form_name.as_deref(), known[0].form_version.as_deref()), (Some("the form"), Some("v-1")));
    assert!(known[0].published_at.is_some() && known[0].cohort.content_hash.len() == 16);
    assert_eq!((known[1].form_name.as_deref(), known[1].cohort.content_hash.as_str()), (None, ""));
    assert_eq!(cohort_words(&bench, &Slice::default(), &[]), Vec::<String>::new());
    assert_eq!(bench.store.cohorts(&Slice::default(), &["galaxy"]).unwrap_err().kind(), StoreErrorKind::Bug);
}

#[test]
fn a_slice_is_cut_by_tenant_platform_form_scope_and_half_open_dates() {
    let mut bench = bench(&sheets());
    bench.land_sheets_of(&TenantName::new("other"), &[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    let n = |slice: Slice| bench.store.cohorts(&slice, &["tenant"]).unwrap().iter().map(|row| row.n).sum::<u64>();
    let all = Slice::default;
    assert_eq!(n(all()), 5);
    assert_eq!(n(Slice { tenant: Some(acme()), ..all() }), 4);
    assert_eq!(n(Slice { platform: Some(Platform::Genesys), ..all() }), 5);
    assert_eq!(n(Slice { platform: Some(Platform::Cxone), ..all() }), 0);
    assert_eq!(n(Slice { form: Some("f".to_owned()), ..all() }), 3);
    assert_eq!(n(Slice { form: Some("v-2".to_owned()), ..all() }), 1);
    assert_eq!(n(of_scope("division", "west")), 2);
    assert_eq!(n(of_scope("team", "west")), 0);
    assert_eq!(n(Slice { scope: Some(ScopePlace::tenant()), ..all() }), 5);
    assert_eq!(n(Slice { from: Some(date(2024, 1, 20)), ..all() }), 2);
    assert_eq!(n(Slice { to: Some(date(2024, 1, 20)), ..all() }), 3);
    assert_eq!(n(Slice { from: Some(date(2024, 1, 10)), to: Some(date(2024, 1, 10)), ..all() }), 0);
    assert_eq!(bench.store.last_business_date(&all()).unwrap(), Some(date(2024, 1, 21)));
    assert_eq!(bench.store.last_business_date(&of_scope("team", "none")).unwrap(), None);
}

#[test]
fn within_a_scope_no_row_counts_what_is_outside() {
    let bench = bench(&sheets());
    assert_eq!(
        cohort_words(&bench, &of_scope("division", "west"), &["tenant", "division", "team"]),
        [
            "v-1 division:west 2024-01-10 2024-01-20 2 2 1",
            "v-1 team:team-b 2024-01-10 2024-01-10 1 1 0",
            "v-1 team:team-n 2024-01-20 2024-01-20 1 1 1",
            "v-1 tenant:* 2024-01-10 2024-01-20 2 2 1",
        ]
    );
}

#[test]
fn agents_have_their_sums_and_squares() {
    let scores = [7.2, 8.0, 8.8, 8.4];
    let mut sheets: Vec<Sheet> = (0_u8..).zip(scores).map(|(n, points)| sheet(&format!("a-{n}"), points)).collect();
    sheets.push(Sheet { agent: "bob", failed_critical: true, ..sheet("b-1", 9.4) });
    let found = bench(&sheets).store.cohort_agents(&Slice::default(), &["tenant"]).unwrap();
    assert_eq!(found.len(), 2);
    let (ann, bob) = (&found[0], &found[1]);
    assert_eq!((ann.agent_id.as_str(), ann.n, ann.n_passed, ann.n_with_pass, ann.n_failed_critical), ("ann", 4, 4, 4, 0));
    assert!((ann.sum_y - 324.0).abs() < 1e-9 && (ann.ss_within - 140.0).abs() < 1e-9, "{ann:?}");
    assert!((ann.sum_weighted_points - 32.4).abs() < 1e-9 && ann.sum_weighted_max == 40.0, "{ann:?}");
    assert_eq!((bob.agent_id.as_str(), bob.n, bob.n_passed, bob.n_with_pass, bob.n_failed_critical), ("bob", 1, 0, 1, 1));
    assert!((bob.sum_y - 94.0).abs() < 1e-9 && bob.ss_within == 0.0, "{bob:?}");
}

#[test]
fn squares_of_scores_that_hardly_differ_do_not_cancel_out() {
    let sheets: Vec<Sheet> = (0_u8..2).map(|n| sheet(&format!("a-{n}"), 1e7 + f64::from(n) / 10.0)).collect();
    let found = bench(&sheets).store.cohort_agents(&Slice::default(), &["tenant"]).unwrap();
    assert!((found[0].ss_within - 0.5).abs() < 1e-6, "{found:?}");
}

#[test]
fn weeks_begin_on_monday() {
    let mut found = Vec::new();
    let visit = &mut |row: CohortWeekAgent| {
        found.push(format!("{} {} {} {} {}", row.week_start, row.agent_id, row.n, row.sum_y, row.n_failed_critical));
        Ok::<(), VisitError<()>>(())
    };
    bench(&sheets()).store.cohort_week_agents(&Slice { form: Some("f".to_owned()), ..Slice::default() }, &["tenant"], visit).unwrap();
    assert_eq!(found, ["2024-01-08 ann 1 50 0", "2024-01-08 bob 1 90 0", "2024-01-15 ann 1 80 1"]);
}

#[test]
fn cells_are_of_agent_and_evaluator_and_need_both() {
    let mut sheets = sheets();
    sheets.push(sheet("a-5", 6.0));
    let found = bench(&sheets).store.leniency_cells(&Slice::default()).unwrap();
    let words: Vec<String> = found
        .iter()
        .map(|cell| {
            format!(
                "{} {} {} {} {:.6} {:.6}",
                cell.cohort.form_version_id, cell.agent_id, cell.evaluator_id, cell.n, cell.sum_y, cell.ss_within
            )
        })
        .collect();
    assert_eq!(words, ["v-1 ann eve 3 190.000000 466.666667", "v-1 bob fay 1 90.000000 0.000000"]);
}

/// Side a of the example of the change split: greet (max 5, weight 2), verify (1, 10), close (4, 1), and one by another
/// evaluator in another division.
fn side() -> (Bench, SideOf) {
    let form = version("v-1", &[("close", 1.0, 4.0), ("greet", 2.0, 5.0), ("unasked", 3.0, 2.0), ("verify", 10.0, 1.0)]);
    let answers = |greet, verify, close| vec![("greet", Some(greet), 5.0), ("verify", Some(verify), 1.0), ("close", close, 4.0)];
    let sheets = [
        Sheet { answers: answers(4.0, 1.0, Some(3.0)), ..sheet("a-1", 0.0) },
        Sheet { answers: answers(5.0, 0.0, Some(1.0)), agent: "bob", ..sheet("a-2", 0.0) },
        Sheet { answers: answers(1.0, 1.0, None), evaluator: None, scopes: vec!["west"], day: 12, ..sheet("a-3", 0.0) },
    ];
    let mut bench = Bench::new();
    bench.keep(std::slice::from_ref(&form));
    bench.land_sheets(&sheets, std::slice::from_ref(&form));
    measure_all(&mut bench.store);
    let cohort = bench.store.cohorts(&Slice::default(), &["tenant"]).unwrap()[0].cohort.clone();
    let scope = ScopePlace { kind: "division".to_owned(), id: "east".to_owned() };
    (bench, SideOf::new(&cohort, &scope))
}

fn answer_words(side: &SplitSide) -> Vec<String> {
    let words = |sums: &AnswerSums| {
        format!("{} {} {} {} {:.6} {}", sums.question_key, sums.n, sums.sum_score, sums.sum_max, sums.sum_share, sums.n_not_applicable)
    };
    side.answers.iter().map(words).collect()
}

#[test]
fn a_side_has_the_sums_of_the_worked_example() {
    let (bench, side) = side();
    let east = split_side(&bench.store, &side);
    assert_eq!(east.n, 2);
    // 100 * 21 / 24 and 100 * 11 / 24.
    assert!((east.sum_y - 100.0 * 32.0 / 24.0).abs() < 1e-9, "{east:?}");
    assert_eq!(answer_words(&east), ["close 2 4 8 1.000000 0", "greet 2 9 10 1.800000 0", "verify 2 1 2 1.000000 0"]);
    assert_eq!(east.answers[0].text.as_deref(), Some("Is close done?"));
    let form: Vec<String> = east.form.iter().map(|q| format!("{} {:?} {:?}", q.question_key, q.weight, q.max_score)).collect();
    assert_eq!(
        form,
        ["close Some(1.0) Some(4.0)", "greet Some(2.0) Some(5.0)", "unasked Some(3.0) Some(2.0)", "verify Some(10.0) Some(1.0)"]
    );
    assert_eq!(east.by_evaluator, [(Some("eve".to_owned()), 2)]);
    let agents: Vec<(&str, u64)> = east.by_agent.iter().map(|sum| (sum.agent_id.as_str(), sum.n)).collect();
    assert_eq!(agents, [("ann", 1), ("bob", 1)]);
    let tenant = SideOf { scope: ScopePlace::tenant(), ..side.clone() };
    let all = split_side(&bench.store, &tenant);
    assert_eq!(answer_words(&all), ["close 2 4 8 1.000000 1", "greet 3 10 15 2.000000 0", "verify 3 2 3 2.000000 0"]);
    assert_eq!(all.by_evaluator, [(None, 1), (Some("eve".to_owned()), 2)]);
    let early = SideOf { span: Span { from: None, to: Some(date(2024, 1, 12)) }, ..tenant.clone() };
    assert_eq!(split_side(&bench.store, &early).n, 2);
    let nothing = SideOf { span: Span { from: Some(date(2024, 1, 13)), to: None }, ..tenant };
    let nothing = split_side(&bench.store, &nothing);
    assert_eq!((nothing.n, nothing.sum_y, nothing.answers.len(), nothing.form.len()), (0, 0.0, 0, 4));
}

#[test]
fn a_side_without_a_known_form_takes_weights_and_maxima_from_its_assessments() {
    let bench = bench(&[Sheet { version: "v-9", answers: vec![("q1", Some(1.0), 4.0), ("q2", None, 3.0)], ..sheet("a-1", 0.0) }]);
    let cohort = bench.store.cohorts(&Slice::default(), &["tenant"]).unwrap()[0].cohort.clone();
    let side = split_side(&bench.store, &SideOf::new(&cohort, &ScopePlace::tenant()));
    let form: Vec<String> = side.form.iter().map(|q| format!("{} {:?} {:?}", q.question_key, q.weight, q.max_score)).collect();
    assert_eq!(form, ["q1 Some(1.0) Some(4.0)", "q2 Some(1.0) Some(3.0)"]);
}

#[test]
fn one_assessment_with_another_maximum_or_a_question_of_its_own_changes_no_form() {
    // The platform tells weights and no maxima, as Genesys does.
    let mut form = version("v-1", &[("q1", 2.0, 10.0), ("q2", 1.0, 5.0)]);
    form.questions.values_mut().for_each(|question| question.max_score = None);
    let usual = |name: &str| Sheet { answers: vec![("q1", Some(8.0), 10.0), ("q2", Some(4.0), 5.0)], ..sheet(name, 0.0) };
    let odd = Sheet { answers: vec![("q1", Some(8.0), 12.0), ("q2", Some(4.0), 5.0), ("extra", Some(1.0), 4.0)], ..sheet("a-0", 0.0) };
    let mut bench = Bench::new();
    bench.keep(std::slice::from_ref(&form));
    bench.land_sheets(&[odd, usual("a-1"), usual("a-2")], std::slice::from_ref(&form));
    measure_all(&mut bench.store);
    let cohort = bench.store.cohorts(&Slice::default(), &["tenant"]).unwrap()[0].cohort.clone();
    let side = split_side(&bench.store, &SideOf::new(&cohort, &ScopePlace::tenant()));
    let form: Vec<String> = side.form.iter().map(|q| format!("{} {:?} {:?}", q.question_key, q.weight, q.max_score)).collect();
    assert_eq!(form, ["q1 Some(2.0) Some(10.0)", "q2 Some(1.0) Some(5.0)"]);
    assert_eq!(answer_words(&side)[1], "q1 3 24 32 2.266667 0");
    let questions = bench.store.questions(&Slice::default(), &["tenant"]).unwrap().of_cohorts;
    let maxima: Vec<Option<f64>> = questions.iter().map(|question| question.max_score).collect();
    assert_eq!(maxima, [Some(10.0), Some(5.0), Some(4.0)]);
}

#[test]
fn a_side_is_of_one_cohort() {
    let mut bench = bench(&sheets());
    bench.land_sheets_of(&TenantName::new("other"), &[sheet("a-1", 5.0)], &[]);
    measure_all(&mut bench.store);
    for row in bench.store.cohorts(&Slice::default(), &["tenant", "division"]).unwrap() {
        let of = SideOf::new(&row.cohort, &row.scope);
        let (side, rescored) = (split_side(&bench.store, &of), rescore_side(&bench.store, &of, &[("q1".to_owned(), 1.0)].into()));
        let counts = [side.n, side.by_agent.iter().map(|sum| sum.n).sum(), side.answers[0].n, rescored.iter().map(|sum| sum.n).sum()];
        assert_eq!(counts, [row.n; 4], "{row:?}");
        for other in [
            Cohort { tenant: "nobody".to_owned(), ..row.cohort.clone() },
            Cohort { platform: "cxone".to_owned(), ..row.cohort.clone() },
            Cohort { form_id: "g".to_owned(), ..row.cohort.clone() },
            Cohort { scored_by: "ai".to_owned(), ..row.cohort.clone() },
            Cohort { form_version_id: "v-3".to_owned(), ..row.cohort.clone() },
            Cohort { content_hash: "0".to_owned(), ..row.cohort.clone() },
        ] {
            assert_eq!(split_side(&bench.store, &SideOf { cohort: other, ..of.clone() }).n, 0);
        }
    }
}

#[test]
fn rescoring_takes_answers_that_count_with_the_weights_given() {
    let (bench, side) = side();
    let side = SideOf { scope: ScopePlace::tenant(), ..side };
    let rescore = |weights: &[(&str, f64)]| -> Vec<String> {
        let weights: BTreeMap<String, f64> = weights.iter().map(|(key, weight)| ((*key).to_owned(), *weight)).collect();
        let found = rescore_side(&bench.store, &side, &weights);
        found.iter().map(|sum| format!("{} {} {:.6}", sum.agent_id, sum.n, sum.sum)).collect()
    };
    // ann: (0.8 + 3 * 1) / 4 and (0.2 + 3 * 1) / 4; bob: (1 + 3 * 0) / 4.
    assert_eq!(rescore(&[("greet", 0.25), ("verify", 0.75)]), ["ann 2 175.000000", "bob 1 25.000000"]);
    // Whoever was not asked is left out.
    assert_eq!(rescore(&[("close", 1.0)]), ["ann 1 75.000000", "bob 1 25.000000"]);
    assert_eq!(rescore(&[("close", 0.0)]), Vec::<String>::new());
    assert_eq!(rescore(&[("it's \"odd\"\\", 1.0)]), Vec::<String>::new());
    assert_eq!(rescore(&[]), Vec::<String>::new());
}

#[test]
fn a_question_out_of_nothing_is_no_attainment() {
    let bench = bench(&[Sheet { answers: vec![("bonus", Some(2.0), 0.0), ("q1", Some(5.0), 10.0)], ..sheet("a-1", 0.0) }]);
    let cohort = bench.store.cohorts(&Slice::default(), &["tenant"]).unwrap()[0].cohort.clone();
    let side = SideOf::new(&cohort, &ScopePlace::tenant());
    assert_eq!(answer_words(&split_side(&bench.store, &side)), ["bonus 0 0 0 0.000000 0", "q1 1 5 10 0.500000 0"]);
    let weights = [("bonus".to_owned(), 1.0), ("q1".to_owned(), 1.0)].into();
    assert_eq!(rescore_side(&bench.store, &side, &weights)[0].sum, 50.0);
}

#[test]
fn questions_are_counted_by_week_and_scope() {
    let (bench, _) = side();
    let found = bench.store.questions(&Slice::default(), &["division"]).unwrap().weeks;
    let words: Vec<String> = found
        .iter()
        .map(|q| format!("{} {} {} {} {} {} {}", q.scope.id, q.question_key, q.week_start, q.n, q.n_not_applicable, q.sum_score, q.sum_max))
        .collect();
    assert_eq!(
        words,
        [
            "east close 2024-01-08 2 0 4 8",
            "east greet 2024-01-08 2 0 9 10",
            "east verify 2024-01-08 2 0 1 2",
            "west close 2024-01-08 0 1 0 0",
            "west greet 2024-01-08 1 0 1 5",
            "west verify 2024-01-08 1 0 1 1",
        ]
    );
}

#[test]
fn questions_of_a_cohort_come_in_the_order_of_its_assessments() {
    let (bench, _) = side();
    let found = bench.store.questions(&Slice::default(), &["tenant"]).unwrap().of_cohorts;
    let words: Vec<String> = found
        .iter()
        .map(|q| format!("{} {} {:?} {:?} {:?}", q.ordinal, q.question_key, q.group_id.as_deref(), q.weight, q.max_score))
        .collect();
    assert_eq!(
        words,
        [
            "1 greet Some(\"g\") Some(2.0) Some(5.0)",
            "2 verify Some(\"g\") Some(10.0) Some(1.0)",
            "3 close Some(\"g\") Some(1.0) Some(4.0)",
            "4 unasked None Some(3.0) Some(2.0)",
        ]
    );
}

#[test]
fn the_last_assessments_of_an_agent_come_newest_first() {
    let found = bench(&sheets()).store.recent_of_agents(&Slice::default(), 2).unwrap();
    let words: Vec<String> =
        found.iter().map(|one| format!("{} {} {} {}", one.agent_id, one.assessment_id, one.business_date, one.normalized_score)).collect();
    assert_eq!(words, ["ann a-4 2024-01-21 10", "ann a-2 2024-01-20 80", "bob a-3 2024-01-10 90"]);
}

#[test]
fn edits_are_counted_by_how_late_they_came() {
    let mut bench = Bench::new();
    // All made on 1 January; the first was never changed, the second changed at once, the others after 1 and 30 days.
    bench.land(
        5,
        DeletedPolicy::Archive,
        &[note("n-1", None, "one", 5), note("n-2", Some(1), "two", 5), note("n-3", Some(2), "three", 5), note("n-4", Some(31), "four", 5)],
    );
    let found = bench.store.edit_lags(&acme(), Stream::Feedback).unwrap();
    assert_eq!(found.len(), 70);
    assert_eq!((found[0].hours, found[20].hours, found[68].hours, found[69].hours), (Some(1.0), Some(10.0), Some(2400.0), None));
    let filled: Vec<String> = found.iter().filter(|lag| lag.n > 0).map(|lag| format!("{:.3} {}", lag.hours.unwrap(), lag.n)).collect();
    assert_eq!(filled, ["25.119 1", "794.328 1"]);
    assert_eq!(bench.store.edit_lags(&TenantName::new("nobody"), Stream::Feedback).unwrap().iter().map(|lag| lag.n).sum::<u64>(), 0);
}

#[test]
fn what_is_left_out_and_what_is_not_add_up() {
    let mut sheets = sheets();
    sheets.push(Sheet { answers: vec![], ..sheet("a-5", 0.0) });
    let bench = bench(&sheets);
    let counts = bench.store.left_out_counts(&acme()).unwrap();
    let expected = LeftOutCounts {
        platform: Some("genesys".to_owned()),
        n_measured: 5,
        n_scored: 4,
        n_zone_defaulted: 4,
        n_dated_by_submission: 4,
        left_out: [("no_score".to_owned(), 1)].into(),
    };
    assert_eq!(counts, expected);
    assert_eq!(bench.store.left_out_counts(&TenantName::new("nobody")).unwrap(), LeftOutCounts::default());
    assert_eq!(cohort_words(&bench, &Slice::default(), &["tenant"]).len(), 2);
}

#[test]
fn scopes_are_listed_with_their_names_and_counts() {
    let mut bench = bench(&sheets());
    let scope = model::record::Scope {
        kind: model::record::ScopeKind::Division,
        id: model::id::ScopeId::new("east"),
        name: Some("East".to_owned()),
        extra: serde_json::Map::new(),
    };
    bench.store.keep_scopes(&acme(), Platform::Genesys, &[scope]).unwrap();
    let words = |tenant: Option<&TenantName>| -> Vec<String> {
        let found = bench.store.measured_scopes(tenant).unwrap();
        found.iter().map(|one| format!("{} {} {:?} {}", one.tenant, place(&one.scope), one.name.as_deref(), one.n)).collect()
    };
    let expected =
        ["acme division:east Some(\"East\") 3", "acme division:west None 2", "acme team:team-b None 1", "acme team:team-n None 3"];
    assert_eq!(words(None), expected);
    assert_eq!(words(Some(&acme())), expected);
    assert_eq!(words(Some(&TenantName::new("nobody"))), Vec::<String>::new());
}

#[test]
fn the_last_reconciliation_of_each_stream_is_shown() {
    let bench = Bench::new();
    let insert = |run: &str, stream: &str, scope: &str, seq: i64| {
        let sql = "INSERT INTO reconciliation (run_id, tenant, stream, scope_id, date_from, date_to, extracted, verdict, change_seq)
            VALUES (?1, 'acme', ?2, ?3, '2024-01-01', '2024-02-01', ?4, 'ok', ?4)";
        bench.store.read(|connection| connection.execute(sql, rusqlite::params![run, stream, scope, seq])).unwrap();
    };
    insert("run-1", "assessments", "*", 1);
    insert("run-1", "assessments", "gone", 2);
    insert("run-1", "feedback", "*", 3);
    insert("run-2", "assessments", "*", 4);
    insert("run-2", "assessments", "east", 5);
    let rows = bench.store.latest_reconciliation(&acme()).unwrap();
    let words: Vec<String> =
        rows.iter().map(|row| row[..4].iter().filter_map(|cell| cell.as_text()).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(words, ["run-2 acme assessments *", "run-2 acme assessments east", "run-1 acme feedback *"]);
}

/// Everything that is summed, as text to the last digit.
fn everything(bench: &Bench) -> String {
    let kinds = ["tenant", "division", "team"];
    let all = Slice::default();
    let (store, mut weeks) = (&bench.store, Vec::new());
    store
        .cohort_week_agents(&all, &kinds, &mut |row| {
            weeks.push(row);
            Ok::<(), VisitError<()>>(())
        })
        .unwrap();
    let cohorts = store.cohorts(&all, &kinds).unwrap();
    let sides: Vec<_> = cohorts
        .iter()
        .map(|row| {
            let side = SideOf::new(&row.cohort, &row.scope);
            (split_side(store, &side), rescore_side(store, &side, &[("q1".to_owned(), 0.3), ("q2".to_owned(), 0.7)].into()))
        })
        .collect();
    let agents = store.cohort_agents(&all, &kinds).unwrap();
    let (cells, questions) = (store.leniency_cells(&all).unwrap(), store.questions(&all, &["division"]).unwrap().weeks);
    format!("{cohorts:?}\n{agents:?}\n{weeks:?}\n{cells:?}\n{sides:?}\n{questions:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, ..ProptestConfig::default() })]

    #[test]
    fn sums_do_not_depend_on_order_or_batches(
        many in proptest::collection::vec((0_usize..3, 0_usize..2, 1_i8..28, 0.0_f64..10.0, proptest::option::of(0.0_f64..7.0)), 1..25),
        seed in any::<u64>(),
        size in 1_usize..6,
    ) {
        let sheets: Vec<Sheet> = (0..).zip(&many).map(|(n, (agent, evaluator, day, one, two)): (u32, _)| Sheet {
            agent: ["ann", "bob", "cid"][*agent],
            evaluator: Some(["eve", "fay"][*evaluator]),
            day: *day,
            scopes: if n % 3 == 0 { vec!["east", "west"] } else { vec!["west"] },
            answers: vec![("q1", Some(*one), 10.0), ("q2", *two, 7.0)],
            ..sheet(&format!("a-{n:03}"), 0.0)
        }).collect();
        let at_once = everything(&bench(&sheets));
        let mut other = Bench::new();
        other.keep(&forms());
        let mut shuffled: Vec<(u64, Sheet)> = sheets.into_iter().zip(1_u64..).map(|(sheet, n)| (seed.wrapping_mul(n).rotate_left(29), sheet)).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        for batch in shuffled.chunks(size) {
            // Each is first something else, and measured as that.
            let first: Vec<Sheet> = batch.iter().map(|(_, sheet)| Sheet { agent: "dan", edit: 0, ..sheet.clone() }).collect();
            other.land_sheets(&first, &forms());
            measure_all(&mut other.store);
            let then: Vec<Sheet> = batch.iter().map(|(_, sheet)| Sheet { edit: 1, ..sheet.clone() }).collect();
            other.land_sheets(&then, &forms());
        }
        measure_all(&mut other.store);
        prop_assert_eq!(at_once, everything(&other));
    }
}
