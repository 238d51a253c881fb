//! The sentences as they are read.

use proptest::prelude::*;

use super::*;
use crate::anchor::AnchorQuestion;
use crate::interval::Interval;
use crate::reason::Reason;
use crate::split::{QuestionTerm, Rescored};

fn split(mean_a: f64, parts: Parts) -> ChangeSplit {
    let interval = Interval { se: 0.4, df: 20, low: parts.performance - 0.9, high: parts.performance + 0.9 };
    ChangeSplit {
        n_a: 40,
        n_b: 40,
        mean_a: Some(mean_a),
        mean_b: Some(mean_a + parts.total()),
        change: Some(parts.total()),
        parts: Some(parts),
        questions: Vec::new(),
        rescored: Ok(Rescored { delta: parts.performance, interval: Ok(interval) }),
        is_na_sensitive: false,
        common_share_a: 1.0,
        common_share_b: 0.6,
        bridge: Ok(()),
    }
}

const TUESDAY: Parts = Parts { performance: 0.0, reweighting: -0.6, removed: 0.0, added: -11.9, na_mix: 0.0 };

#[track_caller]
fn check(split: &ChangeSplit, expected: &str) {
    let text = split_sentence(split);
    assert_eq!(text.strip_suffix(UNIFORM_SHIFT).map_or(text.as_str(), str::trim_end), expected);
    assert_eq!(text.ends_with(UNIFORM_SHIFT), split.bridge.is_ok() && split.change.is_some());
}

#[test]
fn drop_that_is_all_the_new_form_is_told_as_such() {
    check(
        &split(94.3, TUESDAY),
        "The mean fell from 94.3 to 81.8, by 12.5 points; of these, 12.5 are the new form (added questions 11.9, reweighting 0.6) and \
         performance changed by +0.0 (95 % -0.9 .. +0.9).",
    );
}

#[test]
fn mix_of_answers_is_told_apart_from_the_form() {
    check(
        &split(80.0, Parts { performance: 1.0, reweighting: 0.0, removed: 2.0, added: 0.5, na_mix: 0.5 }),
        "The mean rose from 80.0 to 84.0, by 4.0 points; of these, 2.5 are the new form (removed questions 2.0, added questions 0.5), 0.5 the \
         mix of answers that do not apply, and performance changed by +1.0 (95 % +0.1 .. +1.9).",
    );
}

#[test]
fn parts_against_each_other_are_told_with_their_signs() {
    check(
        &split(80.0, Parts { performance: 5.0, reweighting: -0.5, removed: 0.0, added: -2.5, na_mix: -0.1 }),
        "The mean rose from 80.0 to 81.9, by 1.9 points: the new form -3.0 (added questions -2.5, reweighting -0.5), the mix of answers that do \
         not apply -0.1, performance +5.0 (95 % +4.1 .. +5.9).",
    );
    check(
        &split(80.0, Parts { performance: -2.0, reweighting: 0.0, removed: 0.0, added: 2.0, na_mix: 0.0 }),
        "The mean stayed at 80.0: the new form +2.0 (added questions +2.0), performance -2.0 (95 % -2.9 .. -1.1).",
    );
    check(
        &split(80.0, Parts { performance: -2.0, reweighting: 0.0, removed: 0.0, added: 0.0, na_mix: 0.0 }),
        "The mean fell from 80.0 to 78.0, by 2.0 points: the new form +0.0, performance -2.0 (95 % -2.9 .. -1.1).",
    );
}

#[test]
fn form_that_did_more_than_the_whole_change_is_not_said_to_be_a_part_of_it() {
    check(
        &split(94.3, Parts { performance: 0.5, reweighting: 0.0, removed: 0.0, added: -13.0, na_mix: 0.0 }),
        "The mean fell from 94.3 to 81.8, by 12.5 points: the new form -13.0 (added questions -13.0), performance +0.5 (95 % -0.4 .. +1.4).",
    );
}

#[test]
fn numbers_that_do_not_add_up_are_said_to_be_rounded() {
    check(
        &split(80.0, Parts { performance: 0.04, reweighting: 0.04, removed: 0.04, added: 0.04, na_mix: 0.04 }),
        "The mean rose from 80.0 to 80.2, by 0.2 points; of these, 0.1 are the new form and performance changed by +0.0 (95 % -0.9 .. +0.9). \
         The numbers are rounded one by one and need not add up to the last digit.",
    );
}

#[test]
fn lone_agent_na_answers_and_drifts_are_told() {
    let mut lone = split(94.3, TUESDAY);
    lone.rescored = Ok(Rescored { delta: 1.0, interval: Err(Reason::OneAgent) });
    lone.is_na_sensitive = true;
    check(
        &lone,
        "The mean fell from 94.3 to 81.8, by 12.5 points; of these, 12.5 are the new form (added questions 11.9, reweighting 0.6) and \
         performance changed by +0.0 (no interval: all assessments are of one agent, so nothing is known about the spread between agents). \
         Assessment by assessment performance changed by +1.0: answers that do not apply matter here.",
    );
}

#[test]
fn an_interval_of_another_number_is_not_shown_beside_performance() {
    let mut mixed = split(94.3, TUESDAY);
    mixed.rescored = Ok(Rescored { delta: 1.0, interval: Ok(Interval { se: 0.5, df: 9, low: -0.1, high: 2.1 }) });
    mixed.is_na_sensitive = true;
    check(
        &mixed,
        "The mean fell from 94.3 to 81.8, by 12.5 points; of these, 12.5 are the new form (added questions 11.9, reweighting 0.6) and \
         performance changed by +0.0 (no interval). \
         Assessment by assessment performance changed by +1.0: answers that do not apply matter here.",
    );
}

#[test]
fn questions_that_were_taken_out_are_counted() {
    let drifting = |key: &str| QuestionTerm {
        question: AnchorQuestion {
            key: key.to_owned(),
            state: QuestionState::Drifting,
            n_a: 40,
            n_b: 40,
            attainment_a: Some(90.0),
            attainment_b: Some(10.0),
            share_a: Some(0.1),
            share_b: Some(0.1),
            drift: Some(-4.4),
            drift_z: Some(-9.0),
        },
        performance: None,
        reweighting: None,
    };
    let mut split = split(94.3, TUESDAY);
    split.questions = vec![drifting("q1")];
    assert!(split_sentence(&split).contains(" 1 common question moved unlike the rest and stands under removed and added."));
    split.questions.push(drifting("q2"));
    assert!(split_sentence(&split).contains(" 2 common questions moved unlike the rest and stand under removed and added."));
}

#[test]
fn withheld_split_names_every_reason_and_no_part() {
    let mut withheld = split(94.3, TUESDAY);
    withheld.bridge = Err(vec![Reason::FewCommon, Reason::FewAssessments, Reason::EvaluatorsChanged, Reason::AnchorDrift]);
    let text = split_sentence(&withheld);
    assert!(
        text.starts_with("The mean fell from 94.3 to 81.8, by 12.5 points. How much of it is performance is not published: "),
        "{text}"
    );
    for reason in withheld.bridge.clone().unwrap_err() {
        assert!(text.contains(reason.sentence()), "{text}");
    }
    assert!(!text.contains("11.9") && !text.contains("severity"), "{text}");
}

#[test]
fn empty_side_leaves_nothing_to_compare() {
    let mut empty = split(94.3, TUESDAY);
    (empty.mean_b, empty.change, empty.parts, empty.bridge) = (None, None, None, Err(vec![Reason::FewAssessments]));
    check(&empty, "There is nothing to compare: the form version after the change has no scored assessments.");
    (empty.mean_a, empty.mean_b) = (None, Some(80.0));
    check(&empty, "There is nothing to compare: the form version before the change has no scored assessments.");
}

#[test]
fn documented_shift_needs_46_pairs() {
    assert_eq!(double_scoring_pairs(6.0, 2.5), Some(46));
    assert!(UNIFORM_SHIFT.contains("46 pairs"));
    assert_eq!((double_scoring_pairs(6.0, 0.0), double_scoring_pairs(0.0, 0.0), double_scoring_pairs(f64::NAN, 1.0)), (None, None, None));
}

/// All numbers with one decimal in a text.
fn numbers(text: &str) -> Vec<String> {
    text.split([' ', '(', ')', ',', ';', ':'])
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.trim_start_matches(['+', '-']).split_once('.').is_some_and(|(_, tenth)| tenth.len() == 1))
        .map(str::to_owned)
        .collect()
}

proptest! {
    #[test]
    fn every_number_is_shown_as_everywhere_and_rounding_is_admitted(
        mean in 0.0..100.0f64, performance in -5.0..5.0f64, reweighting in -1.0..1.0f64, removed in -1.0..1.0f64, added in -20.0..5.0f64,
        na_mix in -0.2..0.2f64,
    ) {
        let parts = Parts { performance, reweighting, removed, added, na_mix };
        let split = split(mean, parts);
        let text = split_sentence(&split);
        let text = text.strip_suffix(UNIFORM_SHIFT).unwrap();
        let change = parts.total();
        let known: Vec<f64> =
            vec![mean, mean + change, change, parts.form(), performance, reweighting, removed, added, na_mix, performance - 0.9, performance + 0.9];
        for number in numbers(text) {
            prop_assert!(known.iter().any(|own| [shown(*own), shown_signed(*own), shown_size(*own)].contains(&number)), "{number} in {text}");
        }
        let tenth = |number: f64| (shown(number).parse::<f64>().unwrap() * 10.0).round() as i64;
        let adds_up = tenth(mean + change) - tenth(mean) == tenth(change)
            && tenth(parts.form()) + tenth(na_mix) + tenth(performance) == tenth(change)
            && tenth(removed) + tenth(reweighting) + tenth(added) == tenth(parts.form());
        prop_assert_eq!(text.contains("rounded"), !adds_up, "{}", text);
    }
}
