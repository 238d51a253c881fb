//! External metrics over HTTP: what is taken, what is given back, and what faults do to it.

use serde_json::json;

use super::client::{Got, Reader, builder};
use super::options;
use crate::ExternalMetric;
use crate::metrics::PATH;
use crate::server::*;

const SCOPE: &str = "employeePerformance:externalMetricData:add";

/// A simulator whose client may write, its token, and the ids of its agents.
async fn desk(seed: u64) -> (Sim, Reader, Vec<String>) {
    let sim = Sim::start(SimOptions { scopes_genesys: format!("quality:feedback:read {SCOPE}"), ..options(seed) }).await.unwrap();
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let agents = sim.truth(Platform::Genesys)["agents"].as_object().unwrap().keys().cloned().collect();
    (sim, reader, agents)
}

async fn write(reader: &Reader, items: Value) -> Result<Got, reqwest::Error> {
    let request = builder().build().unwrap().post(reader.url(PATH, &[])).header("authorization", format!("Bearer {}", reader.token));
    let response = request.header("content-type", "application/json").body(json!({"items": items}).to_string()).send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Got { status, headers, text: response.text().await? })
}

fn item(user: &str, value: Value) -> Value {
    json!({"userId": user, "metricId": "quality-score", "dateOccurred": "2024-02-03", "value": value, "count": 1, "type": "Total"})
}

#[tokio::test]
async fn total_replaces_and_null_deletes() {
    let (sim, reader, agents) = desk(81).await;
    let held = |value: Value| json!([{"userId": agents[0], "metricId": "quality-score", "dateOccurred": "2024-02-03", "value": value, "count": 1}]);
    let told = write(&reader, json!([item(&agents[0], json!(82.5))])).await.unwrap().json();
    assert_eq!(told["unprocessedEntities"], json!([]));
    assert_eq!(told["processedEntities"][0]["totalValue"].as_f64(), Some(82.5));
    assert_eq!(told["processedEntities"][0]["totalCount"], 1);
    assert_eq!(told["processedEntities"][0]["userId"], agents[0].as_str());
    write(&reader, json!([item(&agents[0], json!(61))])).await.unwrap();
    assert_eq!(sim.external_metrics().to_string(), held(serde_json::from_str("61.00").unwrap()).to_string());
    let told = write(&reader, json!([item(&agents[0], Value::Null)])).await.unwrap().json();
    assert_eq!((&told["processedEntities"][0]["totalValue"], &told["processedEntities"][0]["totalCount"]), (&Value::Null, &json!(0)));
    assert_eq!(sim.external_metrics(), json!([]));
}

#[tokio::test]
async fn cumulative_values_are_added_up() {
    let (_sim, reader, agents) = desk(82).await;
    let cumulative = |value: f64, count: i64| json!({"userId": agents[1], "metricId": "quality-score-whole", "dateOccurred": "2024-02-03", "value": value, "count": count, "type": "Cumulative"});
    let told = write(&reader, json!([cumulative(40.0, 1), cumulative(1.5, 2)])).await.unwrap().json();
    assert_eq!((told["processedEntities"][1]["totalValue"].as_f64(), &told["processedEntities"][1]["totalCount"]), (Some(42.0), &json!(3)));
    let told = write(&reader, json!([cumulative(0.0, -3)])).await.unwrap().json();
    assert_eq!(told["processedEntities"][0]["totalCount"], 0, "no data point is left");
}

#[tokio::test]
async fn items_that_make_no_sense_are_given_back_one_by_one() {
    let (sim, reader, agents) = desk(83).await;
    let with = |name: &str, value: Value| {
        let mut item = item(&agents[0], json!(80));
        item[name] = value;
        item
    };
    let mut by_email = item("", json!(80));
    by_email.as_object_mut().unwrap().remove("userId");
    let nobody = by_email.clone();
    let roster = sim.roster_csv(&[(Platform::Genesys, "acme")]);
    by_email["userEmail"] = roster.lines().nth(1).unwrap().rsplit(',').next().unwrap().to_uppercase().into();
    let checks = [
        (by_email, "processed"),
        (with("userId", json!("nobody")), "user.not.found"),
        (with("userEmail", json!("a@b.example")), "invalid.user"),
        (nobody, "invalid.user"),
        (with("metricId", json!("none")), "metric.not.found"),
        (with("dateOccurred", json!("2024-02-30")), "invalid.date"),
        (with("dateOccurred", json!("2024-02-03T00:00:00Z")), "invalid.date"),
        (with("value", json!("80")), "invalid.value"),
        (with("count", json!(1.5)), "invalid.count"),
        (with("type", json!("Average")), "invalid.type"),
        (json!("item"), "invalid.user"),
    ];
    for (sent, expected) in checks {
        let told = write(&reader, json!([sent, item(&agents[2], json!(70))])).await.unwrap().json();
        let back = &told["unprocessedEntities"][0];
        assert_eq!(back["code"].as_str().unwrap_or("processed"), expected, "{sent}");
        assert!(expected == "processed" || !back["message"].as_str().unwrap().is_empty());
        assert!(told["processedEntities"].as_array().unwrap().iter().any(|item| item["userId"] == agents[2].as_str()), "the other one");
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_whole() {
    let (sim, reader, agents) = desk(84).await;
    let many = |count: usize| Value::from(vec![item(&agents[0], json!(80)); count]);
    assert_eq!(write(&reader, many(100)).await.unwrap().status, 200);
    assert_eq!(write(&reader, many(101)).await.unwrap().code(), "400 constraint.validation");
    assert_eq!(write(&reader, json!([])).await.unwrap().code(), "400 bad.request");
    assert_eq!(write(&reader, json!({"a": 1})).await.unwrap().code(), "400 bad.request");
    assert_eq!(reader.once(PATH, &[]).await.unwrap().status, 405);
    assert_eq!(reader.post(PATH, "application/json", "{}".to_owned()).await.unwrap().status, 401);
    let other = Reader::new(&sim, Platform::Cxone).await;
    assert_eq!(write(&other, many(1)).await.unwrap().status, 405);
    assert_eq!(sim.requests().count(Platform::Genesys, "external-metrics"), 6);
}

#[tokio::test]
async fn client_that_may_only_read_is_told_the_scope_it_lacks() {
    let sim = Sim::start(options(85)).await.unwrap();
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let got = write(&reader, json!([item("a", json!(80))])).await.unwrap();
    assert_eq!(got.code(), "403 missing.scope");
    assert!(got.text.contains(SCOPE), "{}", got.text);
}

#[tokio::test]
async fn metrics_are_those_of_the_options() {
    let external_metrics = vec![ExternalMetric { id: "m".to_owned(), precision: 5 }];
    let sim = Sim::start(SimOptions { external_metrics, scopes_genesys: SCOPE.to_owned(), ..options(86) }).await.unwrap();
    let reader = Reader::new(&sim, Platform::Genesys).await;
    let agent = sim.truth(Platform::Genesys)["agents"].as_object().unwrap().keys().next().unwrap().clone();
    let sent = json!({"userId": agent, "metricId": "m", "dateOccurred": "2024-02-03", "value": 82.545_454_5});
    let told = write(&reader, json!([sent])).await.unwrap().json();
    assert_eq!(
        (told["processedEntities"][0]["totalValue"].to_string(), &told["processedEntities"][0]["totalCount"]),
        ("82.54545".to_owned(), &json!(1))
    );
}

#[tokio::test]
async fn faults_of_items_pass_after_some_attempts() {
    let (sim, reader, agents) = desk(87).await;
    let items = Value::from(agents.iter().take(20).map(|agent| item(agent, json!(80))).collect::<Vec<_>>());
    sim.set_faults(Faults { metric_unprocessed: 1.0, ..Faults::default() });
    for _ in 0..2 {
        let told = write(&reader, items.clone()).await.unwrap().json();
        assert_eq!(told["unprocessedEntities"].as_array().unwrap().len(), 20);
        assert_eq!(told["unprocessedEntities"][0]["code"], "internal.error");
    }
    assert_eq!(sim.external_metrics(), json!([]));
    assert_eq!(write(&reader, items.clone()).await.unwrap().json()["processedEntities"].as_array().unwrap().len(), 20);

    sim.set_faults(Faults { metric_total_wrong: 0.5, ..Faults::default() });
    let told = write(&reader, items.clone()).await.unwrap().json();
    let totals: Vec<f64> = told["processedEntities"].as_array().unwrap().iter().map(|item| item["totalValue"].as_f64().unwrap()).collect();
    assert!(totals.contains(&81.0) && totals.contains(&80.0), "{totals:?}");
    assert!(sim.external_metrics().as_array().unwrap().iter().all(|held| held["value"].as_f64() == Some(80.0)));
}

#[tokio::test]
async fn answer_that_is_lost_on_its_way_leaves_what_was_written() {
    let (sim, reader, agents) = desk(88).await;
    let items = json!([item(&agents[0], json!(80))]);
    for (name, is_held) in [("http_429", false), ("http_503", false), ("reset", false), ("cut_body", true)] {
        sim.set_faults(serde_json::from_value(json!({name: 1.0, "max_per_key": 1})).unwrap());
        let first = write(&reader, items.clone()).await;
        assert!(first.map_or(true, |got| got.status != 200), "{name}");
        assert_eq!(sim.external_metrics().as_array().unwrap().len(), usize::from(is_held), "{name}");
        assert_eq!(write(&reader, items.clone()).await.unwrap().status, 200, "{name}");
        sim.set_faults(Faults::default());
        write(&reader, json!([item(&agents[0], Value::Null)])).await.unwrap();
    }
}

#[tokio::test]
async fn stage_doors_show_interactions_roster_and_metrics() {
    let (sim, reader, agents) = desk(89).await;
    write(&reader, json!([item(&agents[0], json!(80))])).await.unwrap();
    let get = async |path: &str| reader.once_with(reader.url(path, &[]), ("accept", "*/*")).await.unwrap();
    assert_eq!(get("/_sim/external-metrics").await.json(), sim.external_metrics());
    assert_eq!(get("/_sim/interactions.csv").await.text, sim.interactions_csv(Platform::Genesys));
    let roster = reader.once_with(reader.url("/_sim/roster.csv", &[("tenant", "acme")]), ("accept", "*/*")).await.unwrap();
    assert_eq!(roster.text, sim.roster_csv(&[(Platform::Genesys, "acme")]));
    assert_eq!(roster.header("content-type"), "text/csv; charset=utf-8");
}
