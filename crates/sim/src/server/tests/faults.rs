//! Each fault once, and a patient reader under all of them.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use super::client::{FROM, Reader, TO, visible};
use super::{ASSESSMENTS, RANGE, sim};
use crate::server::*;
use crate::{Target, WorldOptions};

/// A world that is read often.
async fn tiny(seed: u64) -> Sim {
    let world = WorldOptions { seed, n_assessments: 150, n_feedback: 150, ..WorldOptions::default() };
    Sim::start(SimOptions { world, ..SimOptions::default() }).await.unwrap()
}

/// Reads everything of both platforms and compares it with the truth.
async fn check_truth(sim: &Sim, name: &str) {
    let seed = sim.faults().seed;
    for platform in Platform::ALL {
        let mut reader = Reader::new(sim, platform).await;
        let feedback_path = reader.feedback_path();
        // Where the world moves while it is read, only a later reading is whole; the changes are soon used up.
        let n_readings = if name == "mutating" { 3 } else { 1 };
        let mut assessments = reader.all(ASSESSMENTS, "20").await;
        let mut feedback = reader.all(feedback_path, "20").await;
        for _ in 1..n_readings {
            assessments = reader.all(ASSESSMENTS, "20").await;
            feedback = reader.all(feedback_path, "20").await;
        }
        let truth = sim.truth(platform);
        assert!(assessments == visible(&truth, "assessments"), "{name}, seed {seed}, {platform:?}: assessments differ");
        assert!(feedback == visible(&truth, "feedback"), "{name}, seed {seed}, {platform:?}: feedback differs");
        for (id, entry) in truth["form_versions"].as_object().unwrap() {
            let path = form_version_path(platform, id);
            assert_eq!(reader.get(&path, &[]).await.json(), entry["record"], "{name}, seed {seed}");
        }
    }
}

fn form_version_path(platform: Platform, id: &str) -> String {
    let kind = if platform == Platform::Genesys { "forms/versions" } else { "rubrics" };
    let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
    format!("/api/v2/quality/{kind}/{id}")
}

#[tokio::test]
async fn patient_reader_reaches_the_truth_under_each_fault() {
    let sim = tiny(21).await;
    for (name, faults) in Faults::each() {
        sim.set_faults(faults);
        check_truth(&sim, name).await;
    }
}

#[tokio::test]
async fn patient_reader_reaches_the_truth_in_a_storm() {
    for seed in 1..=3 {
        let sim = tiny(22).await;
        sim.set_faults(Faults::storm(seed));
        check_truth(&sim, "storm").await;
        let n_hit = sim.requests().lines.iter().filter(|line| line.fault.is_some()).count();
        assert!(n_hit > 5, "seed {seed}: {n_hit} faults");
    }
}

#[tokio::test]
async fn every_named_fault_strikes() {
    let sim = sim(23).await;
    let checks = [
        ("unauthorized", "401 \"\" \"unauthorized\""),
        ("http_408", "408 \"\" \"request.timeout\""),
        ("http_429", "429 \"1\" \"too.many.requests\""),
        ("http_429_date", "429 \"Mon, 01 Apr 2024 00:00:01 GMT\" \"too.many.requests\""),
        ("http_500", "500 \"\" \"internal.server.error\""),
        ("http_502", "502 \"\" \"bad.gateway\""),
        ("http_503", "503 \"\" \"service.unavailable\""),
        ("http_503_retry_after", "503 \"1\" \"service.unavailable\""),
        ("http_504", "504 \"\" \"gateway.timeout\""),
        ("html_error", "502 \"\" null"),
        ("empty_error", "503 \"\" null"),
        ("cut_error", "500 \"\" null"),
        ("reset", "no answer"),
        ("cut_body", "broken body"),
        ("bad_gzip", "broken body"),
    ];
    for (name, expected) in checks {
        sim.set_faults(Faults::default());
        let reader = Reader::new(&sim, Platform::Genesys).await;
        sim.set_faults(serde_json::from_value(json!({name: 1.0})).unwrap());
        sim.reset_requests();
        let seen = match reader.once("/api/v2/divisions", &[]).await {
            Ok(got) => format!("{} {:?} {}", got.status, got.header("retry-after"), got.json()["code"]),
            Err(error) if error.is_body() || error.is_decode() => "broken body".to_owned(),
            Err(_) => "no answer".to_owned(),
        };
        assert_eq!(seen, expected, "{name}");
        assert!(sim.requests().lines.iter().any(|line| line.fault == Some(name)), "{name}");
    }
}

#[tokio::test]
async fn revoked_token_stays_dead() {
    let sim = sim(24).await;
    let mut reader = Reader::new(&sim, Platform::Cxone).await;
    sim.set_faults(Faults { unauthorized: 1.0, ..Faults::default() });
    assert_eq!(reader.once("/api/v2/sites", &[]).await.unwrap().status, 401);
    sim.set_faults(Faults::default());
    assert_eq!(reader.once("/api/v2/sites", &[]).await.unwrap().status, 401);
    assert_eq!(reader.get("/api/v2/sites", &[]).await.status, 200);
}

#[tokio::test]
async fn short_token_dies_by_service_time() {
    let sim = sim(25).await;
    sim.set_faults(Faults { token_life_s: Some(60), ..Faults::default() });
    let reader = Reader::new(&sim, Platform::Genesys).await;
    assert_eq!(reader.once("/api/v2/divisions", &[]).await.unwrap().status, 200);
    sim.pass_time(Duration::from_secs(61));
    assert_eq!(reader.once("/api/v2/divisions", &[]).await.unwrap().status, 401);
}

#[tokio::test]
async fn rate_window_is_enforced_and_told() {
    let sim = sim(26).await;
    for (platform, path) in [(Platform::Genesys, "/api/v2/divisions"), (Platform::Cxone, "/api/v2/queues")] {
        let reader = Reader::new(&sim, platform).await;
        sim.set_faults(Faults { requests_per_minute_max: Some(2), ..Faults::default() });
        let first = reader.once(path, &[]).await.unwrap();
        let told = match platform {
            Platform::Genesys => [first.header("inin-ratelimit-count"), first.header("inin-ratelimit-allowed")],
            Platform::Cxone => [first.header("x-ratelimit-remaining"), first.header("x-ratelimit-limit")],
        };
        assert_eq!((first.status, told), (200, ["1".to_owned(), "2".to_owned()]));
        reader.once(path, &[]).await.unwrap();
        let third = reader.once(path, &[]).await.unwrap();
        assert_eq!(third.code(), "429 too.many.requests");
        assert!((1..=60).contains(&third.header("retry-after").parse::<u32>().unwrap()));
        sim.pass_time(Duration::from_secs(60));
        assert_eq!(reader.once(path, &[]).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn each_platform_has_its_own_rate_window() {
    let sim = sim(37).await;
    let (genesys, cxone) = (Reader::new(&sim, Platform::Genesys).await, Reader::new(&sim, Platform::Cxone).await);
    sim.set_faults(Faults { requests_per_minute_max: Some(1), ..Faults::default() });
    assert_eq!(genesys.once("/api/v2/divisions", &[]).await.unwrap().status, 200);
    assert_eq!(cxone.once("/api/v2/sites", &[]).await.unwrap().status, 200);
    assert_eq!(genesys.once("/api/v2/divisions", &[]).await.unwrap().status, 429);
}

#[tokio::test]
async fn blocked_client_is_told_to_wait_for_hours() {
    let sim = sim(27).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    sim.set_faults(Faults { blocked_after_requests: Some(1), ..Faults::default() });
    assert_eq!(reader.once("/api/v2/divisions", &[]).await.unwrap().status, 200);
    let got = reader.once("/api/v2/divisions", &[]).await.unwrap();
    assert_eq!((got.status, got.header("retry-after")), (429, "7200".to_owned()));
}

#[tokio::test]
async fn listings_without_an_end_have_none() {
    let sim = sim(28).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let endless = [
        (Faults { empty_pages_endless: true, ..Faults::default() }, 40),
        (Faults { listing_endless: true, ..Faults::default() }, 40),
        (Faults { token_loop: true, ..Faults::default() }, 1),
    ];
    for (faults, n_tokens) in endless {
        let empty = faults.empty_pages_endless;
        sim.set_faults(faults);
        let mut tokens: Vec<String> = Vec::new();
        for _ in 0..40 {
            let mut params = vec![RANGE[0], RANGE[1], ("pageSize", "200")];
            params.extend(tokens.last().map(|token| ("nextPageToken", token.as_str())));
            let page = reader.once(reader.feedback_path(), &params).await.unwrap().json();
            assert!(!empty || page["entities"] == json!([]));
            tokens.push(page["nextPageToken"].as_str().unwrap().to_owned());
        }
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), n_tokens);
    }
}

#[tokio::test]
async fn cursor_expires_for_ever_if_told_so() {
    let sim = sim(29).await;
    let reader = Reader::new(&sim, Platform::Cxone).await;
    sim.set_faults(Faults { cursor_expired_always: true, ..Faults::default() });
    let params = [RANGE[0], RANGE[1], ("pageSize", "10")];
    for _ in 0..3 {
        let page = reader.once(ASSESSMENTS, &params).await.unwrap().json();
        let mut next = params.to_vec();
        next.push(("nextPageToken", page["nextPageToken"].as_str().unwrap()));
        assert_eq!(reader.once(ASSESSMENTS, &next).await.unwrap().code(), "400 cursor.expired");
    }
}

#[tokio::test]
async fn forbidden_and_failing_targets_stay_so() {
    let sim = sim(30).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let truth = sim.truth(Platform::Genesys);
    let division = truth["scopes"][1]["id"].as_str().unwrap();
    sim.set_faults(Faults {
        forbidden: vec![Target { stream: Some("feedback".to_owned()), ..Target::scope(division) }],
        failing: vec![Target { stream: Some("assessments".to_owned()), ..Target::scope(division) }],
        ..Faults::default()
    });
    let params = [RANGE[0], RANGE[1], ("divisionId", division)];
    for _ in 0..4 {
        assert_eq!(reader.once(reader.feedback_path(), &params).await.unwrap().code(), "403 missing.permissions");
        assert_eq!(reader.once(ASSESSMENTS, &params).await.unwrap().code(), "500 internal.server.error");
    }
    assert_eq!(reader.once(reader.feedback_path(), &RANGE).await.unwrap().status, 200);
}

#[tokio::test]
async fn missing_rubric_is_404_and_the_truth_knows() {
    let sim = sim(31).await;
    let reader = Reader::new(&sim, Platform::Cxone).await;
    sim.set_faults(Faults { form_versions_missing: 1, ..Faults::default() });
    let truth = sim.truth(Platform::Cxone);
    let missing = truth["form_versions"].as_object().unwrap().iter().find(|(_, entry)| entry["found"] == false).unwrap().0;
    let path = form_version_path(Platform::Cxone, missing);
    assert_eq!(reader.once(&path, &[]).await.unwrap().code(), "404 not.found");
    let of_missing = |entry: &&Value| entry["record"]["rubricId"] == **missing && entry["record"]["questions"] != json!([]);
    let hit: Vec<&Value> = truth["assessments"].as_object().unwrap().values().filter(of_missing).collect();
    assert!(!hit.is_empty());
    for entry in hit {
        let flags = entry["expected"]["score_flags"].as_array().unwrap();
        assert!(flags.contains(&"missing_weight".into()) && flags.contains(&"unverified_form_version".into()));
        assert_eq!(entry["expected"]["normalized_score"], Value::Null);
    }
    sim.set_faults(Faults { form_versions_failing: true, ..Faults::default() });
    assert_eq!(reader.once(&path, &[]).await.unwrap().status, 500);
}

#[tokio::test]
async fn unlisted_form_versions_are_found_by_id() {
    let sim = sim(32).await;
    let mut reader = Reader::new(&sim, Platform::Genesys).await;
    let all = reader.listing("/api/v2/quality/forms/versions", &[("pageSize", "1")]).await;
    sim.set_faults(Faults { form_versions_unlisted: 1, ..Faults::default() });
    let listed = reader.listing("/api/v2/quality/forms/versions", &[]).await;
    assert_eq!(listed.len() + 1, all.len());
    let left_out = all.iter().find(|version| !listed.contains(version)).unwrap();
    let path = form_version_path(Platform::Genesys, left_out["id"].as_str().unwrap());
    assert_eq!(reader.get(&path, &[]).await.json(), *left_out);
}

#[tokio::test]
async fn unreadable_records_are_damaged_and_the_truth_names_them() {
    let sim = sim(33).await;
    sim.set_faults(Faults { unreadable: 0.2, ..Faults::default() });
    for platform in Platform::ALL {
        let mut reader = Reader::new(&sim, platform).await;
        let truth = sim.truth(platform);
        let mut reasons = BTreeSet::new();
        for (stream, path) in [("assessments", ASSESSMENTS), ("feedback", reader.feedback_path())] {
            let rows = reader.listing(path, &[("dateFrom", FROM), ("dateTo", TO)]).await;
            let sent: HashSet<String> = rows.iter().map(Value::to_string).collect();
            for (id, entry) in truth[stream].as_object().unwrap() {
                let shown = entry["visible"] == true && !(entry["deleted"] == true && platform == Platform::Cxone);
                assert_eq!(sent.contains(&entry["record"].to_string()), shown, "{id}");
                reasons.extend(entry["unreadable"].as_str().map(str::to_owned));
                assert!(stream == "feedback" || entry["expected"].is_null() != entry["unreadable"].is_null());
            }
        }
        let expected = ["boolean as a score", "no id", "not an object", "number as text", "questions is not an array"];
        assert!(reasons.iter().eq(expected), "{reasons:?}");
    }
}

#[tokio::test]
async fn ignored_modified_range_shows_rows_outside_of_it() {
    let sim = sim(34).await;
    let mut reader = Reader::new(&sim, Platform::Cxone).await;
    sim.set_faults(Faults { ignore_modified_range: true, ..Faults::default() });
    let params = [("updatedFrom", "2024-03-30T00:00:00Z"), ("updatedTo", "2024-03-31T00:00:00Z"), ("pageSize", "90")];
    let rows = reader.listing(reader.feedback_path(), &params).await;
    assert_eq!(rows.len(), visible(&sim.truth(Platform::Cxone), "feedback").len());
}

#[tokio::test]
async fn hidden_scope_is_left_out_without_a_word() {
    let sim = sim(35).await;
    let mut reader = Reader::new(&sim, Platform::Genesys).await;
    let truth = sim.truth(Platform::Genesys);
    let division = truth["scopes"][0]["id"].as_str().unwrap();
    sim.set_faults(Faults { hidden_scopes: vec![division.to_owned()], ..Faults::default() });
    let params = [RANGE[0], RANGE[1], ("divisionId", division)];
    assert!(reader.listing(ASSESSMENTS, &params).await.is_empty());
    assert_eq!(reader.all(ASSESSMENTS, "500").await, visible(&sim.truth(Platform::Genesys), "assessments"));
}

#[tokio::test]
async fn slow_answer_still_comes() {
    let sim = sim(36).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    sim.set_faults(Faults { slow: 1.0, delay_ms: 1, ..Faults::default() });
    assert_eq!(reader.once("/api/v2/divisions", &[]).await.unwrap().status, 200);
}
