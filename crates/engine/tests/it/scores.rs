//! Scores on the way from the source to the store: weights of the record's own form version, or a flag that says why not.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::model::counter::Counter;
use engine::model::record::{Platform, Stream};
use engine::model::window::WindowLength;
use engine::report::TroubleKind;
use engine::settings::Tenant;
use serde_json::Value;
use sim::{Faults, Rates, Target, WorldOptions};

use crate::gateway::{Gateway, edit_page, refusal};
use crate::harness::{NEVER, Rig, SEED, assert_trouble, tiny_world};
use crate::look::{ids, landed_ids, number, records, sql};
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

#[tokio::test(flavor = "multi_thread")]
async fn one_rubric_out_of_reach_holds_up_only_the_windows_that_need_it() {
    let rig = Rig::tiny().await;
    let of_rubric = |entry: &&Value, rubric: &str| entry["record"]["rubricId"] == rubric && entry["status"] == "submitted";
    let assessments = records(&rig, Platform::Cxone, Stream::Assessments);
    let n_of = |rubric: &str| assessments.values().filter(|entry| of_rubric(entry, rubric)).count();
    let rubrics: BTreeSet<&str> = assessments.values().filter_map(|entry| entry["record"]["rubricId"].as_str()).collect();
    let rarest = rubrics.into_iter().filter(|rubric| n_of(rubric) > 1).min_by_key(|rubric| n_of(rubric)).unwrap().to_owned();
    let path = format!("/rubrics/{}", engine::wire::http::segment(&rarest));
    let live = Arc::clone(&rig.http);
    let broken = Gateway::answering(&live, move |outgoing| outgoing.url.path().ends_with(&path).then(|| refusal(500, "broken")));
    let rig = rig.over(broken);
    let streams = [Stream::Assessments].into();
    let tenant = Arc::new(Tenant { window: WindowLength::Days(1), streams, sweep: NEVER, ..rig.unscoped(Platform::Cxone) });
    for _ in 0..2 {
        let report = rig.run_one(&tenant).await;
        assert_trouble(&report, TroubleKind::Source);
        // It was tried as often as any request, and once a run.
        assert_eq!((report.troubles.len(), report.counters.get(Counter::Retries)), (1, u64::from(tenant.retry.attempts) - 1));
        let landed = landed_ids(&rig, Platform::Cxone, Stream::Assessments, false);
        let needing = ids(&rig, Platform::Cxone, Stream::Assessments, |entry| of_rubric(&entry, &rarest));
        assert!(landed.is_disjoint(&needing));
        let days = |ids: &BTreeSet<String>| -> BTreeSet<String> {
            let zone = &tenant.timezone;
            let day = |id: &String| assessments[id]["record"]["submittedAt"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            ids.iter().map(|id| day(id).to_zoned(zone.clone()).date().to_string()).collect()
        };
        let wanted = ids(&rig, Platform::Cxone, Stream::Assessments, |entry| entry["status"] == "submitted" && entry["deleted"] == false);
        let held_up = days(&needing);
        assert_eq!(days(&landed), days(&wanted).difference(&held_up).cloned().collect());
    }
    let rig = rig.over(live);
    rig.sync_one(&tenant).await;
    truth::check_part(&rig, Platform::Cxone, &Expected::only(Stream::Assessments), "rubric back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_version_that_changes_its_weights_is_told_and_the_first_ones_are_used() {
    let rig = Rig::tiny().await;
    let tenant = Arc::new(Tenant { streams: [Stream::Assessments].into(), ..rig.unscoped(Platform::Genesys) });
    rig.sync_one(&tenant).await;
    let rulers = "SELECT form_version_id, question_id, weight FROM form_question ORDER BY 1, 2";
    let before = sql(&rig, rulers);
    let changing = Gateway::changing(&rig.http, |outgoing, answer| {
        if outgoing.url.path().ends_with("/forms/versions") {
            edit_page(answer, |forms| forms[0]["weightDistribution"] = serde_json::json!({"q": 1}));
        }
    });
    let rig = rig.over(changing);
    let report = rig.sync_one(&tenant).await;
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
    assert!(report.warnings[0].ends_with("a version is immutable, so the first is used"), "{:?}", report.warnings);
    assert_eq!(sql(&rig, rulers), before);
    truth::check_part(&rig, Platform::Genesys, &Expected::only(Stream::Assessments), "first weights");
}
