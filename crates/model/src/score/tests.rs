//! Every row of the score table, and what must hold for any assessment.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Map;

use super::*;
use crate::id::{FormVersionId, RecordId};

/// `id score/max weight`: `-` for none, `NA` marked not applicable, `!` behind the id for critical.
fn assessment(questions: &str) -> Assessment {
    Assessment {
        id: RecordId::new("a-1"),
        form_version_id: Some(FormVersionId::new("f-1")),
        status: None,
        agent_id: None,
        evaluator_id: None,
        scope_ids: Vec::new(),
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: None,
        submitted_at: None,
        modified_at: None,
        scored_by: None,
        raw_score: None,
        failed_critical: false,
        comments: None,
        questions: questions.split(", ").filter(|one| !one.is_empty()).map(question).collect(),
        extra: Map::new(),
    }
}

fn question(words: &str) -> Question {
    let mut parts = words.split([' ', '/']);
    let mut next = || parts.next().expect("id score/max weight");
    let (id, score, max, weight) = (next(), next(), next(), next());
    Question {
        id: id.to_owned(),
        score: score.parse().ok(),
        max_score: max.parse().ok(),
        payload_weight: weight.parse().ok(),
        marked_na: score == "NA",
        ..Question::default()
    }
}

/// `id weight max, ...; maximum`
fn form(words: &str) -> FormVersion {
    let (questions, maximum) = words.split_once("; ").unwrap_or((words, "-"));
    let questions: BTreeMap<_, _> = questions
        .split(", ")
        .filter(|one| !one.is_empty())
        .map(|one| {
            let parts: Vec<&str> = one.split(' ').collect();
            let question = FormQuestion { weight: parts[1].parse().ok(), max_score: parts[2].parse().ok(), critical: None };
            (parts[0].to_owned(), question)
        })
        .collect();
    FormVersion {
        id: FormVersionId::new("f-1"),
        form_id: None,
        name: None,
        version: None,
        published_at: None,
        active: None,
        max_possible_score: maximum.parse().ok(),
        questions,
        extra: Map::new(),
    }
}

fn words(score: &Score) -> String {
    let number = |number: Option<f64>| number.map_or("null".to_owned(), |number| format!("{number:.4}"));
    let flags: Vec<&str> = score.flags.iter().map(|flag| flag.word()).collect();
    format!(
        "normalized {} final {} share {} na {} weights {} [{}]",
        number(score.normalized),
        number(score.final_score),
        number(score.applicable_share),
        score.na_questions,
        score.weight_source.word(),
        flags.join(" ")
    )
}

#[track_caller]
fn check(questions: &str, of_form: Option<&str>, expected: &str) {
    let form = of_form.map(form);
    assert_eq!(words(&score(&assessment(questions), form.as_ref())), expected);
}

#[test]
fn weights_of_the_own_form_version_are_used() {
    check("a 4/5 2, b 1/1 10", Some("a 2 -, b 10 -; 6"), "normalized 90.0000 final 90.0000 share 1.0000 na 0 weights form_version []");
}

#[test]
fn the_example_of_the_published_definitions_holds() {
    check(
        "greet 4/5 2, verify 1/1 10, resolve NA/4 3, tone 3/5 1",
        Some("greet 2 -, verify 10 -, resolve 3 -, tone 1 -"),
        "normalized 84.0000 final 84.0000 share 0.6757 na 1 weights form_version []",
    );
}

#[test]
fn not_applicable_and_unscored_questions_are_out_of_both_sums() {
    check(
        "a 4/5 1, b NA/5 1, c -/5 1",
        Some("a 1 -, b 1 -, c 1 -"),
        "normalized 80.0000 final 80.0000 share 0.3333 na 2 weights form_version []",
    );
}

#[test]
fn form_version_wins_over_a_different_payload_weight() {
    check(
        "a 5/5 9, b 0/5 1",
        Some("a 1 -, b 1 -"),
        "normalized 50.0000 final 50.0000 share 1.0000 na 0 weights form_version [weight_mismatch]",
    );
}

#[test]
fn the_only_weight_there_is_is_used_and_its_source_named() {
    check("a 5/5 3, b 0/5 1", Some("; -"), "normalized 75.0000 final 75.0000 share 1.0000 na 0 weights payload []");
    check("a 5/5 -, b 0/5 -", Some("a 3 -, b 1 -"), "normalized 75.0000 final 75.0000 share 1.0000 na 0 weights form_version []");
    check("a 5/5 3, b 0/5 -", Some("b 1 -"), "normalized 75.0000 final 75.0000 share 1.0000 na 0 weights mixed []");
}

#[test]
fn a_weight_in_neither_place_is_never_guessed() {
    check("a 5/5 1, b 0/5 -", Some("a 1 -"), "normalized null final null share null na 0 weights form_version [missing_weight]");
}

#[test]
fn a_missing_weight_of_a_question_that_does_not_apply_does_no_harm() {
    check("a 5/5 1, b NA/5 -", Some("a 1 -"), "normalized 100.0000 final 100.0000 share null na 1 weights form_version []");
}

#[test]
fn unknown_form_version_takes_the_weights_of_the_payload() {
    check("a 5/5 3, b 0/5 1", None, "normalized 75.0000 final 75.0000 share null na 0 weights payload [unverified_form_version]");
}

#[test]
fn unknown_rubric_is_unverified_and_has_no_weights() {
    check("a 5/5 -, b 0/5 -", None, "normalized null final null share null na 0 weights none [missing_weight unverified_form_version]");
}

#[test]
fn unknown_rubric_without_an_answer_has_nothing_to_divide_by_either() {
    check(
        "a NA/5 -",
        None,
        "normalized null final null share null na 1 weights none [missing_weight no_denominator unverified_form_version]",
    );
}

#[test]
fn nothing_to_divide_by_is_null_and_never_zero() {
    check("", Some("; 0"), "normalized null final null share null na 0 weights none [no_denominator]");
    check("a NA/5 1", Some("a 1 -; 5"), "normalized null final null share 0.0000 na 1 weights form_version [no_denominator]");
    check("a 5/5 0", Some("a 0 -; 5"), "normalized null final null share null na 0 weights form_version [no_denominator]");
}

#[test]
fn out_of_range_is_computed_as_given_and_flagged() {
    check("a 6/5 1", Some("a 1 -"), "normalized 120.0000 final 120.0000 share 1.0000 na 0 weights form_version [out_of_range]");
    check("a -1/5 1", Some("a 1 -"), "normalized -20.0000 final -20.0000 share 1.0000 na 0 weights form_version [out_of_range]");
    check(
        "a 5/5 2, b 5/5 -1",
        Some("a 2 -, b -1 -"),
        "normalized 100.0000 final 100.0000 share 1.0000 na 0 weights form_version [out_of_range]",
    );
    check("a 1/-5 1", Some("a 1 -"), "normalized -20.0000 final -20.0000 share 1.0000 na 0 weights form_version [out_of_range]");
}

#[test]
fn a_form_maximum_that_is_not_the_sum_is_flagged() {
    check(
        "a 5/5 1, b 5/5 1",
        Some("a 1 -, b 1 -; 11"),
        "normalized 100.0000 final 100.0000 share 1.0000 na 0 weights form_version [max_score_mismatch]",
    );
    check("a 5/5 1, b NA/5 1", Some("a 1 -, b 1 -; 11"), "normalized 100.0000 final 100.0000 share 0.5000 na 1 weights form_version []");
}

#[test]
fn failed_critical_zeroes_the_final_score_only() {
    let mut failed = assessment("a 4/5 1");
    failed.failed_critical = true;
    assert_eq!(words(&score(&failed, Some(&form("a 1 -")))), "normalized 80.0000 final 0.0000 share 1.0000 na 0 weights form_version []");
}

#[test]
fn failed_critical_without_a_denominator_is_final_zero_and_normalized_null() {
    let mut failed = assessment("a NA/5 1");
    failed.failed_critical = true;
    assert_eq!(
        words(&score(&failed, Some(&form("a 1 -")))),
        "normalized null final 0.0000 share 0.0000 na 1 weights form_version [no_denominator]"
    );
}

#[test]
fn a_rubric_gives_maxima_that_the_payload_lacks_and_counts_questions_left_out() {
    check(
        "a 4/- -",
        Some("a 1 5, b 1 5; 10"),
        "normalized 80.0000 final 80.0000 share 0.5000 na 0 weights form_version [max_score_mismatch]",
    );
}

#[test]
fn a_maximum_in_neither_place_is_never_guessed() {
    check("a 4/- 1", Some("a 1 -"), "normalized null final null share null na 0 weights form_version [missing_max_score]");
}

#[test]
fn numbers_that_overflow_give_no_score() {
    check("a 1e308/1e-308 1e10", Some("a 1e10 -"), "normalized null final null share 1.0000 na 0 weights form_version [out_of_range]");
}

proptest! {
    #[test]
    fn a_score_is_never_nan_and_does_not_depend_on_the_unit_of_weights(
        questions in prop::collection::vec((0.0..10.0f64, 0.5..10.0f64, 0.0..5.0f64, prop::bool::ANY), 0..20),
        unit in 0.25..8.0f64,
    ) {
        let build = |unit: f64| {
            let mut built = assessment("");
            let mut ruler = form("");
            for (index, (score, max, weight, na)) in questions.iter().enumerate() {
                let id = format!("q{index}");
                built.questions.push(Question { id: id.clone(), score: Some(*score), max_score: Some(*max), marked_na: *na, ..Question::default() });
                ruler.questions.insert(id, FormQuestion { weight: Some(weight * unit), max_score: None, critical: None });
            }
            score(&built, Some(&ruler))
        };
        let (plain, scaled) = (build(1.0), build(unit));
        for number in [plain.normalized, plain.final_score, plain.applicable_share].into_iter().flatten() {
            prop_assert!(number.is_finite());
        }
        prop_assert_eq!(plain.normalized.is_some(), scaled.normalized.is_some());
        if let (Some(plain), Some(scaled)) = (plain.normalized, scaled.normalized) {
            prop_assert!((plain - scaled).abs() <= 1e-9 * plain.abs().max(1.0));
        }
    }
}
