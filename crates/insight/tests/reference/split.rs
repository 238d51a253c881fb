//! The change split against exact fractions, anchor drift against numpy, and the interval of performance against R's survey.
//! Sides are summed up here from raw answers, in the plainest way.

use std::collections::BTreeMap;

use scorelake_insight::anchor::{QuestionState, anchors};
use scorelake_insight::interval::AgentSum;
use scorelake_insight::reason::Reason;
use scorelake_insight::side::{FormQuestion, Side, SplitSettings};
use scorelake_insight::split::{ChangeSplit, change_split};
use serde_json::Value;

use crate::{CLOSED, Case, cases, list, number, whole};

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn form(side: &Value) -> Vec<FormQuestion> {
    list(&side["form"])
        .iter()
        .map(|question| FormQuestion {
            key: text(&question[0]),
            weight: number(&question[1]),
            max_score: number(&question[2]),
            options: Some(crate::numbers(&question[3])),
        })
        .collect()
}

/// The questions that an assessment answers, with their points.
fn answers<'a>(form: &'a [FormQuestion], assessment: &'a Value) -> impl Iterator<Item = (&'a FormQuestion, f64)> {
    form.iter().zip(list(&assessment[2])).filter_map(|(question, points)| Some((question, points.as_f64()?)))
}

fn side(input: &Value) -> Side {
    let mut side = Side { form: form(input), ..Side::default() };
    let mut total = 0.0;
    for assessment in list(&input["assessments"]) {
        let (mut earned, mut possible) = (0.0, 0.0);
        for (question, points) in answers(&side.form, assessment) {
            earned += question.weight * points;
            possible += question.weight * question.max_score;
            let sums = side.answers.entry(question.key.clone()).or_default();
            sums.n += 1;
            sums.sum_score += points;
            sums.sum_max += question.max_score;
            sums.sum_share += points / question.max_score;
        }
        total += 100.0 * earned / possible;
        side.n += 1;
        *side.n_by_evaluator.entry(text(&assessment[1])).or_default() += 1;
    }
    side.mean = Some(total / side.n as f64);
    side
}

/// Every assessment rescored on the common questions, summed up by agent.
fn rescored(input: &Value, weights: &BTreeMap<String, f64>) -> BTreeMap<String, AgentSum> {
    let form = form(input);
    let mut by_agent: BTreeMap<String, AgentSum> = BTreeMap::new();
    for assessment in list(&input["assessments"]) {
        let common =
            || answers(&form, assessment).filter_map(|(question, points)| Some((weights.get(&question.key)?, points / question.max_score)));
        let weight: f64 = common().map(|(weight, _)| weight).sum();
        if weight > 0.0 {
            let agent = by_agent.entry(text(&assessment[0])).or_insert(AgentSum { n: 0, sum: 0.0 });
            agent.n += 1;
            agent.sum += 100.0 * common().map(|(weight, share)| weight * share).sum::<f64>() / weight;
        }
    }
    by_agent
}

fn check_drift(case: &Case, split: &ChangeSplit) {
    let drift = case.expected["drift"].as_object().unwrap();
    for (key, expected) in drift {
        let question = &split.questions.iter().find(|term| term.question.key == *key).unwrap().question;
        case.near(&format!("d of {key}"), question.drift.unwrap(), number(&expected[0]), CLOSED);
        case.near(&format!("zr of {key}"), question.drift_z.unwrap(), number(&expected[1]), CLOSED);
    }
    let drifting = |key: &str| list(&case.expected["drifting"]).iter().any(|one| one == key);
    for term in &split.questions {
        let key = term.question.key.as_str();
        assert_eq!(term.question.state == QuestionState::Drifting, drifting(key), "`{}`, {key}", case.name);
        assert_eq!(term.question.drift_z.is_some(), drift.contains_key(key), "`{}`, {key}", case.name);
        assert_eq!(term.question.state == QuestionState::Common, case.expected["terms"].get(key).is_some(), "`{}`, {key}", case.name);
    }
}

fn check_parts(case: &Case, split: &ChangeSplit) {
    let parts = split.parts.unwrap();
    let expected = &case.expected["parts"];
    for (what, seen) in [
        ("performance", parts.performance),
        ("reweighting", parts.reweighting),
        ("removed", parts.removed),
        ("added", parts.added),
        ("na_mix", parts.na_mix),
    ] {
        case.near(what, seen, number(&expected[what]), CLOSED);
    }
    for (key, expected) in case.expected["terms"].as_object().unwrap() {
        let term = split.questions.iter().find(|term| term.question.key == *key).unwrap();
        case.near(key, term.performance.unwrap(), number(expected), CLOSED);
    }
    case.holds("common_share_a", split.common_share_a, CLOSED);
    case.holds("common_share_b", split.common_share_b, CLOSED);
}

fn check_rescored(case: &Case, split: &ChangeSplit) {
    let rescored = split.rescored.unwrap();
    case.holds("delta", rescored.delta, CLOSED);
    if case.expected["se"].is_null() {
        assert_eq!(rescored.interval, Err(Reason::OneAgent), "`{}`", case.name);
    } else {
        let interval = rescored.interval.unwrap();
        case.holds("se", interval.se, CLOSED);
        assert_eq!(interval.df + 1, whole(&case.expected["n_agents"]), "`{}`", case.name);
    }
    assert_eq!(split.is_na_sensitive, case.expected["na_sensitive"].as_bool().unwrap(), "`{}`", case.name);
}

#[test]
fn splits_are_those_of_exact_fractions() {
    let settings = SplitSettings::default();
    for case in cases(include_str!("split.json")) {
        let (a, b) = (side(&case.input["a"]), side(&case.input["b"]));
        let anchors = anchors(&a, &b, &settings);
        let (rescored_a, rescored_b) = (rescored(&case.input["a"], &anchors.weights), rescored(&case.input["b"], &anchors.weights));
        let split = change_split(&a, &b, &anchors, &rescored_a, &rescored_b, &settings);
        case.holds("mean_a", split.mean_a.unwrap(), CLOSED);
        case.holds("mean_b", split.mean_b.unwrap(), CLOSED);
        let reasons: Vec<&str> = split.bridge.as_ref().err().into_iter().flatten().map(|reason| reason.word()).collect();
        assert_eq!(reasons, list(&case.expected["reasons"]).iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>(), "`{}`", case.name);
        if case.expected["parts"].is_null() {
            assert_eq!((split.parts, split.rescored), (None, Err(Reason::NTooSmall)), "`{}`", case.name);
            continue;
        }
        check_drift(&case, &split);
        check_parts(&case, &split);
        check_rescored(&case, &split);
    }
}

/// A side of rescored assessments only: agent and score.
fn by_agent(pairs: &Value) -> BTreeMap<String, AgentSum> {
    let mut by_agent: BTreeMap<String, AgentSum> = BTreeMap::new();
    for pair in list(pairs) {
        let agent = by_agent.entry(pair[0].to_string()).or_insert(AgentSum { n: 0, sum: 0.0 });
        agent.n += 1;
        agent.sum += number(&pair[1]);
    }
    by_agent
}

#[test]
fn difference_has_the_interval_of_svyglm() {
    let settings = SplitSettings::default();
    let (a, b) = (Side::default(), Side::default());
    for case in cases(include_str!("clustered.json")).into_iter().filter(|case| case.input["kind"] == "difference") {
        let split = change_split(&a, &b, &anchors(&a, &b, &settings), &by_agent(&case.input["a"]), &by_agent(&case.input["b"]), &settings);
        let seen = split.rescored.unwrap();
        case.holds("delta", seen.delta, CLOSED);
        let interval = seen.interval.unwrap();
        case.holds("se", interval.se, CLOSED);
        case.holds("low", interval.low, CLOSED);
        case.holds("high", interval.high, CLOSED);
        assert_eq!(interval.df, whole(&case.expected["df"]), "`{}`", case.name);
    }
}
