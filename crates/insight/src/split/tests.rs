//! The change split on assessments laid out one by one, so that the sums it works on are made here a second time.

use proptest::prelude::*;

use super::*;
use crate::anchor::anchors;
use crate::side::FormQuestion;
use crate::sum::Sum;

/// One assessment: who, by whom, and the points of each question of the form; `None` is not applicable.
#[derive(Debug, Clone)]
struct Row {
    agent: u8,
    evaluator: u8,
    points: Vec<Option<f64>>,
}

fn row(agent: u8, points: &[Option<f64>]) -> Row {
    Row { agent, evaluator: 0, points: points.to_vec() }
}

fn form(questions: &[(&str, f64, f64)]) -> Vec<FormQuestion> {
    let question = |(key, max_score, weight): &(&str, f64, f64)| FormQuestion {
        key: (*key).to_owned(),
        weight: *weight,
        max_score: *max_score,
        options: None,
    };
    questions.iter().map(question).collect()
}

fn answered<'a>(form: &'a [FormQuestion], row: &'a Row) -> impl Iterator<Item = (&'a FormQuestion, f64)> {
    form.iter()
        .zip(&row.points)
        .filter_map(|(question, points)| points.map(|points| (question, points)))
        .filter(|(question, _)| question.max_score > 0.0)
}

fn normalized(form: &[FormQuestion], row: &Row) -> Option<f64> {
    let max = sum(answered(form, row).map(|(question, _)| question.max_score * question.weight));
    (max > 0.0).then(|| 100.0 * sum(answered(form, row).map(|(question, points)| points * question.weight)) / max)
}

/// The side that the scored ones of the rows make, summed in batches of the given size.
fn side_in_batches(form: &[FormQuestion], rows: &[Row], size: usize) -> Side {
    let scored: Vec<&Row> = rows.iter().filter(|row| normalized(form, row).is_some()).collect();
    let total = sum(scored.iter().filter_map(|row| normalized(form, row)));
    let mut side = Side { n: scored.len() as u64, form: form.to_vec(), ..Side::default() };
    side.mean = (side.n > 0).then(|| total / side.n as f64);
    for batch in scored.chunks(size) {
        let mut sums: BTreeMap<&str, (u64, Sum, Sum, Sum)> = BTreeMap::new();
        for (question, points) in batch.iter().flat_map(|row| answered(form, row)) {
            let entry = sums.entry(&question.key).or_default();
            entry.0 += 1;
            entry.1.add(points);
            entry.2.add(question.max_score);
            entry.3.add(points / question.max_score);
        }
        for (key, (n, score, max, share)) in sums {
            let answers = side.answers.entry(key.to_owned()).or_default();
            answers.n += n;
            answers.sum_score += score.value();
            answers.sum_max += max.value();
            answers.sum_share += share.value();
        }
    }
    for row in scored {
        *side.n_by_evaluator.entry(row.evaluator.to_string()).or_default() += 1;
    }
    side
}

fn side(form: &[FormQuestion], rows: &[Row]) -> Side {
    side_in_batches(form, rows, usize::MAX)
}

fn rescore(form: &[FormQuestion], rows: &[Row], weights: &BTreeMap<String, f64>) -> BTreeMap<String, AgentSum> {
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| normalized(form, row).is_some()) {
        let of_c: Vec<(f64, f64)> = answered(form, row)
            .filter_map(|(question, points)| Some((*weights.get(&question.key)?, points / question.max_score)))
            .collect();
        let whole = sum(of_c.iter().map(|(weight, _)| *weight));
        if whole > 0.0 {
            let score = 100.0 * sum(of_c.iter().map(|(weight, share)| weight * share)) / whole;
            scores.entry(row.agent.to_string()).or_default().push(score);
        }
    }
    scores.into_iter().map(|(agent, own)| (agent, AgentSum { n: own.len() as u64, sum: sum(own) })).collect()
}

fn split(form_a: &[FormQuestion], rows_a: &[Row], form_b: &[FormQuestion], rows_b: &[Row], settings: &SplitSettings) -> ChangeSplit {
    let (a, b) = (side(form_a, rows_a), side(form_b, rows_b));
    let anchors = anchors(&a, &b, settings);
    let (rescored_a, rescored_b) = (rescore(form_a, rows_a, &anchors.weights), rescore(form_b, rows_b, &anchors.weights));
    change_split(&a, &b, &anchors, &rescored_a, &rescored_b, settings)
}

#[track_caller]
fn near(seen: f64, expected: f64) {
    assert!((seen - expected).abs() <= 1e-9, "{seen} is not {expected}");
}

type Version = (Vec<FormQuestion>, Vec<Row>);

fn documented() -> (Version, Version) {
    let form_a = form(&[("greet", 5.0, 2.0), ("verify", 1.0, 10.0), ("close", 4.0, 1.0)]);
    let rows_a = vec![row(1, &[Some(4.0), Some(1.0), Some(3.0)]), row(2, &[Some(5.0), Some(0.0), Some(1.0)])];
    let form_b = form(&[("greet", 5.0, 1.0), ("verify", 1.0, 10.0), ("tone", 5.0, 1.0)]);
    let rows_b = vec![row(1, &[Some(3.0), Some(1.0), Some(5.0)]), row(2, &[Some(4.0), Some(1.0), None])];
    ((form_a, rows_a), (form_b, rows_b))
}

#[test]
fn documented_change_has_its_exact_parts() {
    let ((form_a, rows_a), (form_b, rows_b)) = documented();
    let split = split(&form_a, &rows_a, &form_b, &rows_b, &SplitSettings::default());
    let parts = split.parts.unwrap();
    near(split.mean_a.unwrap(), 200.0 / 3.0);
    near(split.mean_b.unwrap(), 275.0 / 3.0);
    near(split.change.unwrap(), 25.0);
    near(parts.performance, 125.0 / 6.0);
    near(parts.reweighting, -5.0 / 6.0);
    near(parts.removed, 10.0 / 3.0);
    near(parts.added, 2.5);
    near(parts.na_mix, -5.0 / 6.0);
    near(parts.total(), 25.0);
    near(split.common_share_a, 5.0 / 6.0);
    near(split.common_share_b, 0.75);
    let seen: Vec<(&str, &str)> = split.questions.iter().map(|term| (term.question.key.as_str(), term.question.state.word())).collect();
    assert_eq!(seen, [("close", "removed"), ("greet", "common"), ("tone", "added"), ("verify", "common")]);
    near(split.questions[1].performance.unwrap(), -25.0 / 3.0);
    near(split.questions[3].performance.unwrap(), 175.0 / 6.0);
    near(split.questions[1].question.share_a.unwrap(), 5.0 / 12.0);
    near(split.questions[3].question.share_b.unwrap(), 0.5);
    assert_eq!((split.questions[0].performance, split.questions[0].question.attainment_b), (None, None));
    assert_eq!(split.bridge, Err(vec![Reason::FewAssessments]));
    assert_eq!(split.published_performance(), None);
    assert_eq!((split.n_in_state(QuestionState::Common), split.n_in_state(QuestionState::Drifting)), (2, 0));
}

#[test]
fn documented_interval_is_clustered_over_the_agents_of_both_sides() {
    let agents = |rows: &[(&str, &[f64])]| -> BTreeMap<String, AgentSum> {
        rows.iter().map(|(id, own)| ((*id).to_owned(), AgentSum { n: own.len() as u64, sum: own.iter().sum() })).collect()
    };
    let a = agents(&[("g1", &[78.0, 92.0]), ("g2", &[66.0]), ("g3", &[60.0, 99.0])]);
    let b = agents(&[("g1", &[88.0]), ("g2", &[75.0, 97.0]), ("g3", &[84.0])]);
    let rescored = rescored(&a, &b).unwrap();
    near(rescored.delta, 7.0);
    let interval = rescored.interval.unwrap();
    // u = -1.9, 2.6, -0.7.
    near(interval.se, (1.5_f64 * (1.9 * 1.9 + 2.6 * 2.6 + 0.7 * 0.7)).sqrt());
    assert!((interval.se - 4.036087).abs() < 5e-7);
    assert!((interval.low + 10.37).abs() < 5e-3 && (interval.high - 24.37).abs() < 5e-3);
    assert_eq!(interval.df, 2);
}

#[test]
fn agents_of_one_side_only_count_too() {
    let of = |id: &str, n, sum| BTreeMap::from([(id.to_owned(), AgentSum { n, sum })]);
    let interval = rescored(&of("a", 2, 160.0), &of("b", 2, 180.0)).unwrap().interval.unwrap();
    assert_eq!((interval.df, interval.se), (1, 0.0));
    assert_eq!(rescored(&of("a", 2, 160.0), &of("a", 2, 180.0)).unwrap().interval, Err(Reason::OneAgent));
    assert_eq!(rescored(&of("a", 2, 160.0), &BTreeMap::new()), Err(Reason::NTooSmall));
    assert_eq!(rescored(&of("a", 2, 160.0), &of("a", 0, 0.0)), Err(Reason::NTooSmall));
}

/// `n` assessments a side, all questions answered with full points, evaluators handed out by the function.
fn full(n: usize, questions: &[(&str, f64, f64)], evaluator: impl Fn(usize) -> u8) -> Version {
    let form = form(questions);
    let points: Vec<Option<f64>> = form.iter().map(|question| Some(question.max_score)).collect();
    (form, (0..n).map(|place| Row { agent: (place % 5) as u8, evaluator: evaluator(place), points: points.clone() }).collect())
}

#[track_caller]
fn check_bridge(a: &Version, b: &Version, expected: &[Reason]) {
    let split = split(&a.0, &a.1, &b.0, &b.1, &SplitSettings::default());
    assert_eq!(split.bridge.clone().err().unwrap_or_default(), expected);
    assert_eq!(split.published_performance().is_some(), expected.is_empty());
}

#[test]
fn bridge_stands_only_under_all_conditions() {
    const Q: (&str, f64, f64) = ("q", 5.0, 1.0);
    let one = |n| full(n, &[Q], |_| 1);
    check_bridge(&one(30), &one(30), &[]);
    check_bridge(&one(29), &one(30), &[Reason::FewAssessments]);
    check_bridge(&one(30), &one(29), &[Reason::FewAssessments]);
    check_bridge(&one(30), &full(30, &[Q, ("r", 5.0, 1.0)], |_| 1), &[]);
    check_bridge(&one(30), &full(30, &[Q, ("r", 5.0, 1.01)], |_| 1), &[Reason::FewCommon]);
    check_bridge(&full(30, &[Q], |place| if place < 21 { 1 } else { 2 }), &one(30), &[]);
    check_bridge(&full(30, &[Q], |place| if place < 20 { 1 } else { 2 }), &one(30), &[Reason::EvaluatorsChanged]);
    check_bridge(&one(30), &full(30, &[Q], |_| 3), &[Reason::EvaluatorsChanged]);
    check_bridge(&one(30), &full(30, &[Q], |place| if place < 20 { 1 } else { 2 }), &[Reason::EvaluatorsChanged]);
    let all = [Reason::FewCommon, Reason::FewAssessments, Reason::EvaluatorsChanged];
    check_bridge(&one(3), &full(3, &[("r", 5.0, 1.0)], |_| 2), &all);
}

#[test]
fn assessments_without_evaluator_count_as_made_by_someone_else() {
    let (form, rows) = full(30, &[("q", 5.0, 1.0)], |_| 1);
    let known = side(&form, &rows);
    let unknown = Side { n_by_evaluator: BTreeMap::new(), n_without_evaluator: 30, ..known.clone() };
    assert_eq!(known.share_of_same_evaluators(&unknown), Some(0.0));
    assert_eq!(unknown.share_of_same_evaluators(&known), Some(0.0));
    let not_asked = Side { n_without_evaluator: 0, ..unknown };
    assert_eq!(not_asked.share_of_same_evaluators(&known), None);
}

#[test]
fn drifting_question_stands_under_removed_and_added() {
    let keys = ["a", "b", "c", "d", "e", "f"];
    let form = form(&keys.map(|key| (key, 1.0, 1.0)));
    // Of 40 answers each question gets some right; from a to b all gain a little and the last one loses nearly all.
    let rows = |hits: [usize; 6]| -> Vec<Row> {
        (0..40).map(|place| row((place % 4) as u8, &hits.map(|n| Some(f64::from(u8::from(place < n)))))).collect()
    };
    let (rows_a, rows_b) = (rows([20, 22, 24, 20, 26, 36]), rows([21, 24, 25, 22, 27, 4]));
    let on = split(&form, &rows_a, &form, &rows_b, &SplitSettings::default());
    let off = split(&form, &rows_a, &form, &rows_b, &SplitSettings { drift_limit: f64::INFINITY, ..SplitSettings::default() });
    assert_eq!((on.n_in_state(QuestionState::Drifting), off.n_in_state(QuestionState::Drifting)), (1, 0));
    let (on_parts, off_parts) = (on.parts.unwrap(), off.parts.unwrap());
    near(off_parts.performance, on.change.unwrap());
    near(on_parts.performance, 100.0 * 7.0 / 200.0);
    near(on_parts.removed, 100.0 * (112.0 / 200.0 - 148.0 / 240.0));
    near(on_parts.added, 100.0 * (123.0 / 240.0 - 119.0 / 200.0));
    near(on_parts.total(), on.change.unwrap());
    assert_eq!(on.questions[5].performance, None);
    assert_eq!(on.bridge, Ok(()));
}

#[test]
fn versions_without_common_questions_have_no_parts() {
    let a = full(40, &[("q", 5.0, 1.0)], |_| 1);
    let b = full(40, &[("r", 5.0, 1.0)], |_| 1);
    let split = split(&a.0, &a.1, &b.0, &b.1, &SplitSettings::default());
    assert_eq!((split.parts, split.change), (None, Some(0.0)));
    assert_eq!((split.common_share_a, split.common_share_b), (0.0, 0.0));
    assert_eq!(split.rescored, Err(Reason::NTooSmall));
    assert_eq!(split.bridge, Err(vec![Reason::FewCommon]));
}

#[test]
fn common_question_without_weight_on_one_side_has_no_parts_even_if_the_rule_is_off() {
    let a = full(40, &[("q", 5.0, 0.0), ("r", 5.0, 1.0)], |_| 1);
    let b = full(40, &[("q", 5.0, 1.0)], |_| 1);
    let split = split(&a.0, &a.1, &b.0, &b.1, &SplitSettings { common_share: 0.0, ..SplitSettings::default() });
    assert_eq!(split.parts, None);
    assert_eq!(split.bridge, Err(vec![Reason::FewCommon]));
}

#[test]
fn sides_of_no_assessment_one_and_two_have_their_answers() {
    let q = [("q", 5.0, 1.0)];
    let (none, one, two) = (full(0, &q, |_| 1), full(1, &q, |_| 1), full(2, &q, |_| 1));
    let settings = SplitSettings { side_assessments: 0, ..SplitSettings::default() };
    for (a, b) in [(&none, &none), (&none, &one), (&one, &none)] {
        let split = split(&a.0, &a.1, &b.0, &b.1, &settings);
        assert_eq!((split.parts, split.change), (None, None));
        assert_eq!(split.bridge, Err(vec![Reason::FewAssessments]));
        assert_eq!(split.rescored, Err(Reason::NTooSmall));
    }
    let single = split(&one.0, &one.1, &one.0, &one.1, &settings);
    assert_eq!((single.bridge, single.rescored.unwrap().interval), (Ok(()), Err(Reason::OneAgent)));
    let pair = split(&two.0, &two.1, &two.0, &two.1, &settings);
    assert_eq!(pair.rescored.unwrap().interval.unwrap().df, 1);
    assert_eq!(pair.parts.unwrap().total(), 0.0);
}

#[test]
fn form_of_an_unknown_version_has_no_parts() {
    let (form, rows) = full(40, &[("q", 5.0, 1.0)], |_| 1);
    let known = side(&form, &rows);
    let unknown = Side { form: Vec::new(), ..known.clone() };
    let settings = SplitSettings::default();
    let split = change_split(&known, &unknown, &anchors(&known, &unknown, &settings), &BTreeMap::new(), &BTreeMap::new(), &settings);
    assert_eq!((split.parts, split.bridge), (None, Err(vec![Reason::FewCommon])));
    assert_eq!(split.questions[0].question.state, QuestionState::Removed);
}

/// A split where one question's answers are often not applicable to the agents who do badly.
#[test]
fn performance_that_hangs_on_answers_that_do_not_apply_is_marked() {
    let form = form(&[("q", 1.0, 1.0), ("r", 1.0, 1.0)]);
    let rows_a = vec![row(1, &[Some(1.0), Some(1.0)]), row(2, &[Some(0.0), None])];
    let rows_b = vec![row(1, &[Some(1.0), None]), row(2, &[Some(0.0), Some(1.0)])];
    let split = split(&form, &rows_a, &form, &rows_b, &SplitSettings::default());
    near(split.parts.unwrap().performance, 0.0);
    near(split.rescored.unwrap().delta, 25.0);
    assert!(split.is_na_sensitive);
    near(split.parts.unwrap().na_mix, split.change.unwrap());
}

fn version() -> impl Strategy<Value = Version> {
    const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let question = (any::<bool>(), 0..4u8, prop_oneof![4 => Just(5.0), 1 => Just(4.0), 1 => Just(0.0)]);
    prop::collection::vec(question, 6).prop_flat_map(|drawn| {
        let form: Vec<FormQuestion> = KEYS
            .iter()
            .zip(drawn)
            .filter(|(_, (is_there, _, _))| *is_there)
            .map(|(key, (_, weight, max_score))| FormQuestion {
                key: (*key).to_owned(),
                weight: f64::from(weight) * 0.7,
                max_score,
                options: None,
            })
            .collect();
        let width = form.len();
        let points = prop::collection::vec(prop::option::weighted(0.8, 0..=10u8), width);
        let rows = prop::collection::vec((0..4u8, 0..3u8, points), 0..14).prop_map(move |rows| {
            rows.into_iter()
                .map(|(agent, evaluator, points)| Row {
                    agent,
                    evaluator,
                    points: points.into_iter().map(|points| points.map(|points| f64::from(points) * 0.37)).collect(),
                })
                .collect::<Vec<_>>()
        });
        (Just(form), rows)
    })
}

fn same(one: &ChangeSplit, other: &ChangeSplit) -> bool {
    let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
    let parts = match (one.parts, other.parts) {
        (Some(one), Some(other)) => {
            near(one.performance, other.performance)
                && near(one.reweighting, other.reweighting)
                && near(one.removed, other.removed)
                && near(one.added, other.added)
                && near(one.na_mix, other.na_mix)
        }
        (one, other) => one == other,
    };
    let rescored = match (one.rescored, other.rescored) {
        (Ok(one), Ok(other)) => near(one.delta, other.delta) && one.interval.is_ok() == other.interval.is_ok(),
        (one, other) => one == other,
    };
    parts && rescored && one.bridge == other.bridge && near(one.common_share_a, other.common_share_a)
}

fn scaled(version: &Version, weight: impl Fn(usize) -> f64, points: impl Fn(usize) -> f64) -> Version {
    let form = version.0.iter().enumerate().map(|(place, question)| FormQuestion {
        weight: question.weight * weight(place),
        max_score: question.max_score * points(place),
        ..question.clone()
    });
    let rows = version.1.iter().map(|row| Row {
        points: row.points.iter().enumerate().map(|(place, own)| own.map(|own| own * points(place))).collect(),
        ..row.clone()
    });
    (form.collect(), rows.collect())
}

proptest! {
    #[test]
    fn parts_always_add_up_to_the_change((form_a, rows_a) in version(), (form_b, rows_b) in version()) {
        let split = split(&form_a, &rows_a, &form_b, &rows_b, &SplitSettings::default());
        if let Some(parts) = split.parts {
            prop_assert!((parts.total() - split.change.unwrap()).abs() < 1e-9, "{split:?}");
            let terms = sum(split.questions.iter().filter_map(|term| term.performance));
            prop_assert!((terms - parts.performance).abs() < 1e-9);
            let terms = sum(split.questions.iter().filter_map(|term| term.reweighting));
            prop_assert!((terms - parts.reweighting).abs() < 1e-9);
        } else {
            prop_assert!(split.bridge.is_err());
        }
        let text = format!("{split:?}");
        prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }

    #[test]
    fn order_of_rows_and_questions_does_not_show((form_a, rows_a) in version(), (form_b, rows_b) in version()) {
        let settings = SplitSettings::default();
        let turned = |(form, rows): &Version| -> Version {
            let row = |row: &Row| Row { points: row.points.iter().rev().copied().collect(), ..row.clone() };
            (form.iter().rev().cloned().collect(), rows.iter().rev().map(row).collect())
        };
        let (back_a, back_b) = (turned(&(form_a.clone(), rows_a.clone())), turned(&(form_b.clone(), rows_b.clone())));
        let forth = split(&form_a, &rows_a, &form_b, &rows_b, &settings);
        prop_assert_eq!(forth, split(&back_a.0, &back_a.1, &back_b.0, &back_b.1, &settings));
    }

    #[test]
    fn batches_that_are_merged_give_the_same((form_a, rows_a) in version(), (form_b, rows_b) in version(), size in 1..5usize) {
        let settings = SplitSettings::default();
        let (a, b) = (side_in_batches(&form_a, &rows_a, size), side_in_batches(&form_b, &rows_b, size));
        let anchors = anchors(&a, &b, &settings);
        let rescored = |form: &[FormQuestion], rows: &[Row]| rescore(form, rows, &anchors.weights);
        let merged = change_split(&a, &b, &anchors, &rescored(&form_a, &rows_a), &rescored(&form_b, &rows_b), &settings);
        prop_assert!(same(&merged, &split(&form_a, &rows_a, &form_b, &rows_b, &settings)));
    }

    #[test]
    fn units_do_not_matter(a in version(), b in version(), factor in prop_oneof![Just(0.5), Just(3.0), Just(20.0)], at in 0..6usize) {
        let settings = SplitSettings::default();
        let plain = split(&a.0, &a.1, &b.0, &b.1, &settings);
        let heavier = scaled(&b, |_| factor, |_| 1.0);
        prop_assert!(same(&plain, &split(&a.0, &a.1, &heavier.0, &heavier.1, &settings)), "all weights of one form");
        let greater = |version: &Version| scaled(version, |_| 1.0, |_| factor);
        let (greater_a, greater_b) = (greater(&a), greater(&b));
        prop_assert!(same(&plain, &split(&greater_a.0, &greater_a.1, &greater_b.0, &greater_b.1, &settings)), "all points");
        // One question in other points keeps its share if its weight makes up for it; by key, so that both sides follow.
        let key = ["a", "b", "c", "d", "e", "f"][at];
        let one = |version: &Version| {
            let is_it = |place: usize| version.0[place].key == key;
            scaled(version, |place| if is_it(place) { 1.0 / factor } else { 1.0 }, |place| if is_it(place) { factor } else { 1.0 })
        };
        let (one_a, one_b) = (one(&a), one(&b));
        prop_assert!(same(&plain, &split(&one_a.0, &one_a.1, &one_b.0, &one_b.1, &settings)), "the points of one question");
    }
}
