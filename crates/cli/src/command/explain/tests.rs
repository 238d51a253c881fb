//! Tests of the explanation of one score.

use engine::model::form::FormQuestion;
use engine::model::record::{Assessment, Platform, Question, Record};
use engine::model::row::{Origin, landing};
use engine::model::score::score;

use super::*;

fn question(id: &str, points: Option<f64>, payload_weight: Option<f64>) -> Question {
    Question { id: id.to_owned(), score: points, max_score: Some(5.0), payload_weight, ..Question::default() }
}

fn form() -> FormVersion {
    let questions = [("greeting", 1.0), ("compliance", 3.0), ("closing", 2.0)];
    FormVersion {
        id: FormVersionId::new("f-1"),
        form_id: Some("form".to_owned()),
        name: Some("Sales".to_owned()),
        version: Some("2".to_owned()),
        published_at: "2024-01-01T00:00:00Z".parse().ok(),
        active: Some(true),
        max_possible_score: Some(15.0),
        questions: questions
            .into_iter()
            .map(|(id, weight)| (id.to_owned(), FormQuestion { weight: Some(weight), max_score: Some(5.0), critical: None }))
            .collect(),
        extra: Map::new(),
    }
}

fn explained(form: Option<FormVersion>) -> Explanation {
    let assessment = Assessment {
        id: RecordId::new("a-17"),
        form_version_id: Some(FormVersionId::new("f-1")),
        status: Some("submitted".to_owned()),
        agent_id: Some("agent-1".to_owned()),
        evaluator_id: None,
        scope_ids: Vec::new(),
        interaction_id: None,
        external_reference_id: None,
        interaction_end_time: None,
        submitted_at: "2024-02-01T00:00:00Z".parse().ok(),
        modified_at: None,
        scored_by: None,
        raw_score: Some(80.0),
        failed_critical: true,
        comments: None,
        questions: vec![
            question("greeting", Some(5.0), Some(1.0)),
            question("compliance", Some(4.0), Some(2.0)),
            question("closing", None, Some(2.0)),
        ],
        extra: Map::new(),
    };
    let origin = Origin {
        tenant: TenantName::new("acme"),
        platform: Platform::Genesys,
        dialect: "guide",
        observed_at: "2024-02-02T00:00:00Z".parse().unwrap(),
    };
    let scored = score(&assessment, form.as_ref());
    let landing = landing(&origin, &Record::Assessment(assessment), Some((&scored, form.as_ref())), None, "abc".to_owned(), String::new());
    Explanation::new(landing.row, form)
}

#[test]
fn a_score_is_explained_question_by_question() {
    let explanation = explained(Some(form()));
    let rows: Vec<String> = explanation.questions.iter().map(|question| Value::Array(question.values()).to_string()).collect();
    assert_eq!(
        rows,
        [
            r#"[1,"greeting",null,5.0,5.0,1.0,"form_version",1.0,1.0,false,null,5.0,5.0]"#,
            r#"[2,"compliance",null,4.0,5.0,3.0,"form_version",2.0,3.0,false,null,12.0,15.0]"#,
            r#"[3,"closing",null,null,5.0,2.0,"form_version",2.0,2.0,true,null,null,null]"#,
        ]
    );
    assert_eq!(
        explanation.foot(),
        "
  raw score            80, as the platform gave it
  sum of score*weight  17
  sum of max*weight    20, over the questions that apply
  normalized score     85 = 100 * 17 / 20, +5.0000 against the raw score
  final score          0: a critical question was failed, so 0
  applicable share     0.6666666666666666
  not applicable       1 questions, out of both sums
  weights from         form_version
  flag weight_mismatch: payload and form version disagree on a weight: the form version's was used

"
    );
    assert!(
        explanation.head().contains("  form version         `f-1` \"Sales\" version 2, published 2024-01-01T00:00:00.000Z, content hash ")
    );
    assert!(explanation.agrees());
}

#[test]
fn an_unknown_form_version_is_said_and_the_payloads_weights_are_shown() {
    let explanation = explained(None);
    assert!(explanation.head().contains("`f-1`, unknown to the platform"));
    assert!(explanation.foot().contains("flag unverified_form_version: the platform does not know the form version"));
    assert_eq!(explanation.questions[1].weight_from(), Some("payload"));
    assert!(explanation.agrees());
}

#[test]
fn a_stored_score_that_is_not_the_computed_one_is_told() {
    let mut explanation = explained(Some(form()));
    let place = ASSESSMENT.position("normalized_score").unwrap();
    explanation.row[place] = Cell::Real(86.0);
    assert!(explanation.foot().contains("the store has 86 as the normalized score, which this computation does not give"));
    assert_eq!(explanation.to_json()["sums"]["agrees"], false);
}

#[test]
fn every_flag_of_the_model_has_words() {
    use engine::model::flag::Flag;
    let all = [
        Flag::MaxScoreMismatch,
        Flag::MissingMaxScore,
        Flag::MissingWeight,
        Flag::NoDenominator,
        Flag::OutOfRange,
        Flag::UnverifiedFormVersion,
        Flag::WeightMismatch,
    ];
    for flag in all {
        assert_ne!(words::flag(flag.word()), words::flag("?"), "{flag}");
    }
}
