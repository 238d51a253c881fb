//! The feed delivered to the simulator's external metrics: what it holds afterwards is the feed, whatever happened on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::deliver::{Delivering, DeliveryReport};
use engine::measure::{BusinessDay, MeasureSettings, TenantDays};
use engine::model::id::TenantName;
use engine::model::record::Platform;
use engine::report::TroubleKind;
use engine::roster::Roster;
use engine::settings::Tenant;
use engine::sink::feed::{FeedMeasure, MeasureKind, MeasureValue};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use sim::{Faults, SimOptions};

use crate::harness::{Rig, SEED, small_world};
use crate::look::sql;

const METRICS: [&str; 2] = ["quality-score", "quality-score-whole"];

/// A world whose client may write external metrics, read once and measured.
async fn rig() -> Rig {
    let options = SimOptions::default();
    let scopes_genesys = format!("{} {}", options.scopes_genesys, options.scope_external_metrics);
    let rig = Rig::with(SimOptions { world: small_world(SEED), scopes_genesys, gzip: false, ..options }).await;
    rig.sync_one(&Arc::new(rig.tenant(Platform::Genesys))).await;
    restate(&rig, "UTC");
    rig
}

/// Days are cut in this zone from here on.
fn restate(rig: &Rig, zone: &str) {
    let day = BusinessDay { zone: TimeZone::get(zone).unwrap(), day_start: Time::midnight(), zone_defaulted: false };
    let days = TenantDays { day, scopes: BTreeMap::new() };
    let settings = MeasureSettings { tenants: [(TenantName::new("genesys"), days)].into(), ..MeasureSettings::default() };
    let engine = rig.engine();
    engine.keep_feed(&settings, &engine.new_run_id()).unwrap();
}

/// A metric for each of the two forms with most agent-days.
fn delivering(rig: &Rig) -> Delivering {
    let forms = sql(rig, "SELECT form_id FROM agent_day WHERE form_id NOT LIKE 'version:%' GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 2");
    assert_eq!(forms.len(), METRICS.len());
    let measure = |(form_id, (metric_id, precision)): (&String, (&str, u8))| FeedMeasure {
        form_id: form_id.clone(),
        scored_by: "unknown".to_owned(),
        metric_id: metric_id.to_owned(),
        name: "Quality score".to_owned(),
        precision,
        kind: MeasureKind::Percent,
        value: MeasureValue::MeanNormalized,
    };
    let measures = forms.iter().zip(METRICS.into_iter().zip([2, 0])).map(measure).collect();
    Delivering { name: "wfm".to_owned(), measures }
}

async fn deliver(rig: &Rig) -> DeliveryReport {
    deliver_as(rig, rig.tenant(Platform::Genesys)).await
}

async fn deliver_as(rig: &Rig, tenant: Tenant) -> DeliveryReport {
    let tenant = Arc::new(tenant);
    rig.engine().deliver(&tenant, &delivering(rig), &Roster::default()).await
}

/// What the simulator holds, by agent, day and metric.
fn held(rig: &Rig) -> BTreeMap<(String, String, String), f64> {
    let held = rig.sim.external_metrics();
    let word = |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap().to_owned();
    held.as_array()
        .unwrap()
        .iter()
        .map(|entry| ((word(entry, "userId"), word(entry, "dateOccurred"), word(entry, "metricId")), entry["value"].as_f64().unwrap()))
        .collect()
}

/// What it should hold, straight from the live agent-days; days with two form versions are left to the renderer's own tests.
#[track_caller]
fn assert_holds_the_feed(rig: &Rig) {
    let measures = delivering(rig).measures;
    let mut expected = BTreeMap::new();
    let rows = sql(
        rig,
        "SELECT form_id, agent_id, business_date, SUM(mean_normalized), COUNT(*) FROM agent_day
         WHERE n > 0 AND scored_by = 'unknown' GROUP BY 1, 2, 3",
    );
    let mut held = held(rig);
    for row in rows {
        let fields: Vec<&str> = row.split('|').collect();
        let Some(measure) = measures.iter().find(|measure| measure.form_id == fields[0]) else { continue };
        let key = (fields[1].to_owned(), fields[2].to_owned(), measure.metric_id.clone());
        if fields[4] != "1" {
            assert!(held.remove(&key).is_some(), "{key:?}");
            continue;
        }
        let scale = 10_f64.powi(i32::from(measure.precision));
        expected.insert(key, (fields[3].parse::<f64>().unwrap() * scale).round() / scale);
    }
    assert!(expected.values().all(|value| value.is_finite()) && 20 < expected.len());
    assert_eq!(held, expected);
}

fn n_posts(rig: &Rig) -> usize {
    rig.sim.requests().lines.iter().filter(|line| line.path.contains("externalmetrics")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_holds_the_feed_and_a_repeat_sends_nothing() {
    let rig = rig().await;
    let report = deliver(&rig).await;
    assert_eq!((report.troubles.as_slice(), report.n_refused), ([].as_slice(), 0), "{:?}", report.warnings);
    assert_eq!(report.n_acknowledged, report.n_due);
    assert_holds_the_feed(&rig);
    let n_sent = n_posts(&rig);
    assert_eq!(n_sent as u64, report.n_due.div_ceil(100));
    let again = deliver(&rig).await;
    assert_eq!((again.n_due, again.n_unchanged), (0, report.n_due));
    assert_eq!(n_posts(&rig), n_sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_and_moved_agent_days_are_taken_back_there() {
    let rig = rig().await;
    deliver(&rig).await;
    let before = held(&rig);
    restate(&rig, "Pacific/Auckland");
    let report = deliver(&rig).await;
    assert_eq!(report.n_refused, 0, "{:?}", report.warnings);
    assert!(0 < report.n_due && report.n_unchanged != 0);
    assert_ne!(held(&rig), before);
    assert_holds_the_feed(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_values_stay_due_with_their_message_until_they_are_taken() {
    let rig = rig().await;
    rig.sim.set_faults(Faults { metric_unprocessed: 0.3, ..Faults::default() });
    let report = deliver(&rig).await;
    assert!(0 < report.n_refused && report.n_acknowledged + report.n_refused == report.n_due, "{report:?}");
    assert!(report.warnings.iter().any(|warning| warning.contains("internal.error: the item was not processed")), "{:?}", report.warnings);
    rig.sim.set_faults(Faults::default());
    let again = deliver(&rig).await;
    assert_eq!((again.n_due, again.n_acknowledged), (report.n_refused, report.n_refused));
    assert_holds_the_feed(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_total_that_differs_from_what_was_sent_is_told_and_sent_again() {
    let rig = rig().await;
    rig.sim.set_faults(Faults { metric_total_wrong: 1.0, ..Faults::default() });
    let report = deliver(&rig).await;
    assert_eq!((report.n_acknowledged, report.n_refused), (0, report.n_due));
    assert!(report.warnings.iter().any(|warning| warning.contains("the receiver's total is")), "{:?}", report.warnings);
    rig.sim.set_faults(Faults::default());
    assert_eq!(deliver(&rig).await.n_acknowledged, report.n_due);
    assert_holds_the_feed(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_whose_answer_was_lost_is_taken_back_when_it_is_withdrawn() {
    let rig = rig().await;
    // The answer is lost, though what it answers was done, and nobody asks again.
    rig.sim.set_faults(Faults { cut_body: 1.0, only_paths: vec!["externalmetrics".to_owned()], ..Faults::default() });
    let mut tenant = rig.tenant(Platform::Genesys);
    tenant.retry.attempts = 1;
    let report = deliver_as(&rig, tenant).await;
    assert_eq!(report.n_acknowledged, 0);
    assert_eq!(report.troubles.iter().map(|trouble| trouble.kind).collect::<Vec<_>>(), [TroubleKind::Source]);
    assert!(!held(&rig).is_empty());
    rig.sim.set_faults(Faults::default());
    restate(&rig, "Pacific/Auckland");
    deliver(&rig).await;
    assert_holds_the_feed(&rig);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_nothing_is_lost_and_the_scope_is_named() {
    let rig = Rig::new(small_world(SEED)).await;
    rig.sync_one(&Arc::new(rig.tenant(Platform::Genesys))).await;
    restate(&rig, "UTC");
    let report = deliver(&rig).await;
    assert_eq!(report.troubles.len(), 1);
    let trouble = &report.troubles[0];
    assert_eq!(trouble.kind, TroubleKind::Configuration);
    assert!(trouble.message.contains("403") && trouble.message.contains("externalMetricData"), "{}", trouble.message);
    assert_eq!(report.n_batches, 1);
    assert_eq!(deliver(&rig).await.n_due, report.n_due);
}
