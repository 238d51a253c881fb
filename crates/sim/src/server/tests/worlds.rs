//! The world, its truth and the control paths, seen from outside.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::{Reader, visible};
use super::{ASSESSMENTS, options, sim};
use crate::WorldOptions;
use crate::server::*;

#[tokio::test]
async fn same_options_and_steps_give_the_same_truth() {
    let (one, other, third) = (sim(61).await, sim(61).await, sim(62).await);
    for platform in Platform::ALL {
        assert!(one.truth(platform) == other.truth(platform));
        assert!(one.truth(platform) != third.truth(platform));
    }
    one.advance_days(4);
    other.advance_days(1);
    other.advance(SignedDuration::from_hours(72));
    for platform in Platform::ALL {
        assert!(one.truth(platform) == other.truth(platform));
    }
}

#[tokio::test]
async fn reader_follows_the_world_through_its_advances() {
    let sim = sim(63).await;
    for platform in Platform::ALL {
        let mut reader = Reader::new(&sim, platform).await;
        let feedback_path = reader.feedback_path();
        for _ in 0..5 {
            sim.advance_days(2);
            assert!(reader.all(ASSESSMENTS, "500").await == visible(&sim.truth(platform), "assessments"));
            assert!(reader.all(feedback_path, "500").await == visible(&sim.truth(platform), "feedback"));
        }
    }
}

#[tokio::test]
async fn truth_holds_every_row_of_the_score_table() {
    let world = WorldOptions::scaled(64, 0.8);
    let sim = Sim::start(SimOptions { world, ..SimOptions::default() }).await.unwrap();
    for platform in Platform::ALL {
        let truth = sim.truth(platform);
        let mut seen = BTreeSet::new();
        for entry in truth["assessments"].as_object().unwrap().values() {
            let expected = &entry["expected"];
            seen.extend(expected["score_flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap().to_owned()));
            seen.insert(format!("weights: {}", expected["weight_source"].as_str().unwrap()));
            if expected["failed_critical"] == true {
                assert_eq!((expected["final_score"].as_f64(), expected["raw_score"].as_f64()), (Some(0.0), Some(0.0)));
                seen.insert(format!("failed, denominator: {}", !expected["normalized_score"].is_null()));
            }
        }
        let both = ["max_score_mismatch", "missing_weight", "no_denominator", "out_of_range", "unverified_form_version"];
        let genesys = ["weight_mismatch", "weights: payload", "weights: mixed", "failed, denominator: true", "failed, denominator: false"];
        let mut wanted: Vec<&str> = [&both[..], &["weights: form_version", "weights: none"]].concat();
        if platform == Platform::Genesys {
            wanted.extend(genesys);
        }
        for flag in wanted {
            assert!(seen.contains(flag), "{platform:?} has no {flag}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn raw_score_of_plain_records_is_the_normalized_one() {
    let sim = sim(65).await;
    for platform in Platform::ALL {
        let truth = sim.truth(platform);
        let scores = truth["assessments"].as_object().unwrap().values().map(|entry| &entry["expected"]);
        let plain: Vec<&Value> = scores.filter(|score| score["score_flags"] == json!([]) && score["failed_critical"] == false).collect();
        assert!(plain.len() > 300, "{}", plain.len());
        for score in plain {
            let difference = score["raw_score"].as_f64().unwrap() - score["normalized_score"].as_f64().unwrap();
            assert!(difference.abs() < 0.0051, "{score}");
        }
    }
}

#[tokio::test]
async fn totals_count_hidden_divisions_too() {
    let sim = sim(66).await;
    let (from, to) = ("2024-01-01".parse().unwrap(), "2024-04-01".parse().unwrap());
    let csv = sim.totals_csv(Platform::Genesys, from, to);
    assert!(csv.starts_with("scope_id,date_from,date_to,stream,reported\n"));
    assert!(csv.contains(",2024-01-01,2024-04-01,feedback,"));
    let truth = sim.truth(Platform::Genesys);
    let n_submitted = truth["assessments"].as_object().unwrap().values().filter(|entry| entry["status"] == "submitted").count();
    let n_living = truth["feedback"].as_object().unwrap().values().filter(|entry| entry["deleted"] == false).count();
    let sum = |csv: &str, stream: &str| -> usize {
        let rows = csv.lines().filter(|row| row.contains(&format!(",{stream},")));
        rows.map(|row| row.rsplit(',').next().unwrap().parse::<usize>().unwrap()).sum()
    };
    assert_eq!((sum(&csv, "assessments") + 1, sum(&csv, "feedback") + 1), (n_submitted, n_living), "one of each has no division");
    let csv = sim.totals_csv_of(Platform::Genesys, from, to, TotalsRows::ScopesAndTenant);
    let of_tenant: String = csv.lines().filter(|row| row.starts_with("*,")).map(|row| format!("{row}\n")).collect();
    assert_eq!((sum(&of_tenant, "assessments"), sum(&of_tenant, "feedback")), (n_submitted, n_living));
}

#[tokio::test]
async fn stage_doors_open_without_a_token() {
    let sim = sim(67).await;
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let get = async |path: &str| reader.once_with(reader.url(path, &[]), ("accept", "*/*")).await.unwrap();
    assert_eq!(get("/_sim/health").await.json()["now"], "2024-04-01T00:00:00.000Z");
    assert!(get("/_sim/truth").await.json() == sim.truth(Platform::Genesys));
    let moved = reader.post("/_sim/advance?days=2&hours=1", "", String::new()).await.unwrap();
    assert_eq!(moved.json()["now"], "2024-04-03T01:00:00.000Z");
    assert_eq!(sim.now().to_string(), "2024-04-03T01:00:00Z");
    let set = reader.post("/_sim/faults", "application/json", r#"{"http_500": 0.5}"#.to_owned()).await.unwrap();
    assert_eq!((set.status, sim.faults().http_500), (200, 0.5));
    let wrong = reader.post("/_sim/faults", "application/json", r#"{"http_500": "x"}"#.to_owned()).await.unwrap();
    assert_eq!(wrong.status, 400);
    let mut url = reader.url("/_sim/totals", &[("from", "2024-01-01"), ("to", "2024-01-02")]);
    assert!(reader.once_with(url.clone(), ("accept", "*/*")).await.unwrap().text.starts_with("scope_id,"));
    url.set_query(Some("from=soon"));
    assert_eq!(reader.once_with(url, ("accept", "*/*")).await.unwrap().status, 400);
    assert_eq!(get("/_sim/requests").await.json()["counts"]["genesys token"], 1);
    assert_eq!(get("/_sim/nothing").await.status, 404);
}

#[tokio::test]
async fn requests_are_counted_by_kind() {
    let sim = sim(68).await;
    let mut reader = Reader::new(&sim, Platform::Cxone).await;
    reader.all(reader.feedback_path(), "100").await;
    reader.get("/api/v2/sites", &[]).await;
    let requests = sim.requests();
    assert_eq!(requests.count(Platform::Cxone, "token"), 1);
    assert_eq!(requests.count(Platform::Cxone, "scopes"), 1);
    assert_eq!(requests.n_data(), requests.lines.len() as u64 - 1);
    assert!(requests.lines.iter().all(|line| line.fault.is_none() && line.status == 200));
    sim.reset_requests();
    assert!(sim.requests().lines.is_empty());
}

#[tokio::test]
async fn taken_port_is_an_error_that_names_it() {
    let first = sim(69).await;
    let port: u16 = first.base_url_cxone().rsplit(':').next().unwrap().parse().unwrap();
    let error = Sim::start(SimOptions { port_cxone: port, ..options(69) }).await.err().unwrap().to_string();
    assert!(error.starts_with(&format!("port {port} of the cxone simulator cannot be opened")), "{error}");
}

#[test]
fn simulator_starts_without_a_runtime() {
    let sim = Sim::start_blocking(options(70)).unwrap();
    assert!(sim.base_url_genesys().starts_with("http://127.0.0.1:"));
}
