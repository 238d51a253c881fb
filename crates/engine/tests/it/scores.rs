//! Scores on the way from the source to the store: weights of the record's own form version, or a flag that says why not.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::report::TroubleKind;
use engine::settings::Tenant;
use serde_json::Value;
use sim::{Faults, Rates, Target, WorldOptions};

use crate::harness::{Rig, SEED, assert_trouble, tiny_world};
use crate::look::{number, sql};
use crate::truth::{self, Expected};

/// Every second assessment bears an oddity of the score table.
fn odd_world() -> WorldOptions {
    WorldOptions {
        rates: Rates { odd_scores: 0.9, deleted: 0.0, ..Rates::default() },
        n_assessments: 150,
        n_feedback: 5,
        ..tiny_world(SEED)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_oddity_of_the_score_table_is_scored_as_the_contract_has_it() {
    let rig = Rig::new(odd_world()).await;
    rig.sync_all(&[Arc::new(rig.unscoped(Platform::Genesys)), Arc::new(rig.unscoped(Platform::Cxone))]).await;
    truth::check(&rig, "odd scores");
    let flags: BTreeSet<String> = sql(&rig, "SELECT DISTINCT value FROM assessment, json_each(score_flags)").into_iter().collect();
    let expected = ["max_score_mismatch", "missing_weight", "no_denominator", "out_of_range", "unverified_form_version", "weight_mismatch"];
    assert_eq!(flags, expected.map(str::to_owned).into());
    // A score is a number within all reason, or null with a flag.
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM assessment WHERE normalized_score IS NULL AND score_flags = '[]'"), 0);
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM assessment WHERE NOT score_version_locked"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_scored_without_its_form_version_is_scored_anew_once_that_is_known() {
    for platform in [Platform::Genesys, Platform::Cxone] {
        let rig = Rig::tiny().await;
        rig.sim.set_faults(Faults { form_versions_missing: 10, ..Faults::default() });
        let tenant = Arc::new(rig.unscoped(platform));
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, platform, "unknown form versions");
        let n_unverified = number(&rig, "SELECT COUNT(*) FROM assessment WHERE score_flags LIKE '%unverified_form_version%'");
        assert!(n_unverified > 20);
        let stamped = sql(&rig, "SELECT assessment_id, extraction_timestamp, source_hash FROM assessment ORDER BY 1");

        rig.sim.set_faults(Faults::default());
        rig.sim.advance(jiff::SignedDuration::from_mins(1));
        let report = rig.sync_one(&tenant).await;
        truth::check_one(&rig, platform, "known form versions");
        let n_rescored = report.counters.get(Counter::Rescored);
        let n_withdrawn = number(&rig, "SELECT COUNT(*) FROM assessment WHERE score_flags LIKE '%unverified_form_version%'");
        assert_eq!(n_rescored, n_unverified - n_withdrawn);
        assert_eq!(number(&rig, "SELECT COUNT(*) FROM assessment_history WHERE cause = 'rescored'"), n_rescored);
        // The source said nothing new.
        let kept = sql(&rig, "SELECT assessment_id, extraction_timestamp, source_hash FROM assessment ORDER BY 1");
        assert!(stamped.iter().all(|row| kept.contains(row)), "{platform}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rubrics_that_cannot_be_had_leave_the_windows_open_and_no_wrong_score_behind() {
    let rig = Rig::tiny().await;
    rig.sim.set_faults(Faults { form_versions_failing: true, ..Faults::default() });
    let tenant = Arc::new(rig.tenant(Platform::Cxone));
    let report = rig.run_one(&tenant).await;
    assert_trouble(&report, TroubleKind::Source);
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM assessment"), 0);
    assert_eq!(number(&rig, "SELECT COUNT(*) FROM window_progress WHERE stream = 'assessments' AND read_until IS NOT NULL"), 0);
    truth::check_part(&rig, Platform::Cxone, &Expected::only(Stream::Feedback), "rubrics failing");
    rig.sim.set_faults(Faults::default());
    rig.sync_one(&tenant).await;
    truth::check_one(&rig, Platform::Cxone, "rubrics back");
}

#[tokio::test(flavor = "multi_thread")]
async fn form_versions_out_of_reach_do_not_keep_feedback_from_being_read() {
    let refused = |stream: &str| vec![Target::stream(stream)];
    for (faults, kind) in [
        (Faults { failing: refused("forms"), ..Faults::default() }, TroubleKind::Source),
        (Faults { forbidden: refused("forms"), ..Faults::default() }, TroubleKind::Configuration),
    ] {
        let rig = Rig::tiny().await;
        let tenant = Arc::new(rig.tenant(Platform::Genesys));
        // Some were scored without their form version, so that it is asked for again before anything else.
        rig.sim.set_faults(Faults { form_versions_missing: 10, ..Faults::default() });
        rig.sync_one(&tenant).await;
        rig.sim.set_faults(faults);
        rig.sim.advance_days(1);
        assert_trouble(&rig.run_one(&tenant).await, kind);
        truth::check_part(&rig, Platform::Genesys, &Expected::only(Stream::Feedback), "forms out of reach");
        rig.sim.set_faults(Faults::default());
        rig.sync_one(&tenant).await;
        truth::check_one(&rig, Platform::Genesys, "forms back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_the_weight_that_was_used_beside_the_one_that_came_with_it() {
    let rig = Rig::new(odd_world()).await;
    let tenant = Arc::new(Tenant { streams: [Stream::Assessments].into(), ..rig.unscoped(Platform::Genesys) });
    rig.sync_one(&tenant).await;
    let rows = sql(
        &rig,
        "SELECT questions, weight FROM assessment, form_question USING (tenant, form_version_id)
         WHERE score_flags = '[\"weight_mismatch\"]' AND question_id = (
            SELECT value ->> 'question_id' FROM json_each(questions) WHERE value ->> 'weight' <> value ->> 'payload_weight')",
    );
    assert!(!rows.is_empty());
    for row in rows {
        let (questions, weight) = row.rsplit_once('|').unwrap();
        let questions: Vec<Value> = serde_json::from_str(questions).unwrap();
        let other: Vec<&Value> = questions.iter().filter(|question| question["weight"] != question["payload_weight"]).collect();
        let form_weight: f64 = weight.parse().unwrap();
        assert_eq!(other.len(), 1, "one question a record came with another weight");
        assert_eq!(other[0]["weight"].as_f64(), Some(form_weight));
        assert_eq!(other[0]["payload_weight"].as_f64(), Some(form_weight * 2.0 + 1.0));
    }
    let answers = "SELECT COUNT(*) FROM assessment_answer JOIN form_question USING (tenant, form_version_id, question_id)";
    assert!(number(&rig, answers) > 500);
    assert_eq!(number(&rig, &format!("{answers} WHERE assessment_answer.weight IS NOT form_question.weight")), 0);
}
