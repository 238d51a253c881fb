//! Tells the story of a world by its own truth: `cargo run -p scorelake-sim --example story -- [SEED]`.
//! For each platform: the form versions with their cohorts, what changed at each boundary, the evaluators, the joins.
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "it prints, and its data is its own simulator's")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use scorelake_sim::{Platform, Sim, SimOptions, WorldOptions};
use serde_json::Value;

/// Days on each side of a boundary.
const SPAN_DAYS: i32 = 90;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(7), |seed| seed.parse())?;
    for (name, options) in [("three months", WorldOptions::scaled(seed, 1.0)), ("half a year", WorldOptions::half_year(seed, 1.0))] {
        let end = options.end + SignedDuration::from_hours(17);
        let sim = Sim::start_blocking(SimOptions { world: WorldOptions { end, ..options }, ..SimOptions::default() })?;
        sim.advance_days(3);
        for platform in Platform::ALL {
            println!("\n## {name}, seed {seed}, {}", platform.name());
            tell(&sim.truth(platform));
        }
    }
    Ok(())
}

/// One scored assessment.
struct Scored<'a> {
    version: &'a str,
    date: Date,
    score: f64,
    /// Achieved and possible points by question, without what is not applicable.
    points: BTreeMap<&'a str, (f64, f64)>,
    evaluator: &'a str,
}

fn tell(truth: &Value) {
    let scored: Vec<Scored<'_>> = objects(&truth["assessments"]).filter_map(|(_, entry)| read(truth, entry)).collect();
    println!("{} scored assessments of agents in visible scopes", scored.len());
    let mut forms: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
    for (id, entry) in objects(&truth["form_versions"]) {
        let form = entry["record"]["formId"].as_str().or(entry["record"]["name"].as_str()).unwrap_or_default();
        forms.entry(form).or_default().push((id, &entry["record"]));
    }
    for mut versions in forms.into_values() {
        versions.sort_by_key(|(_, record)| record["version"].as_u64());
        let mut before: Option<(&str, &Value)> = None;
        for (id, record) in versions {
            let of_version: Vec<&Scored<'_>> = scored.iter().filter(|one| one.version == id).collect();
            let weeks: BTreeSet<Date> = of_version.iter().map(|one| week_start(one.date)).collect();
            let (first, last) = (of_version.iter().map(|one| one.date).min(), of_version.iter().map(|one| one.date).max());
            println!(
                "  {} v{} `{id}`: n {}, {} weeks, {} .. {}, mean {:.2}, published {}",
                record["name"].as_str().unwrap_or_default(),
                record["version"],
                of_version.len(),
                weeks.len(),
                first.map_or_else(String::new, |date| format!("{date} {:?}", date.weekday())),
                last.map_or_else(String::new, |date| date.to_string()),
                mean(of_version.iter().map(|one| one.score)),
                record["publishedDate"].as_str().or(record["publishedAt"].as_str()).unwrap_or_default()
            );
            if let (Some(before), Some(boundary)) = (before, first) {
                split(&scored, before, (id, record), boundary);
            }
            before = Some((id, record));
        }
    }
    evaluators(truth, &scored);
    for stream in ["assessments", "feedback"] {
        let mut joins: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, entry) in objects(&truth[stream]).filter(|(_, entry)| entry["visible"] == true && entry["deleted"] == false) {
            *joins.entry(entry["join"].as_str().unwrap_or("unreadable")).or_default() += 1;
        }
        println!("  joins of {stream}: {joins:?}");
    }
}

/// What changed from one version to the next: the means, the performance on the common questions, the questions that drifted.
fn split(scored: &[Scored<'_>], a: (&str, &Value), b: (&str, &Value), boundary: Date) {
    let near = |one: &&Scored<'_>| (one.date.since(boundary).map_or(i32::MAX, |span| span.get_days())).abs() <= SPAN_DAYS;
    let side = |id: &str| -> Vec<&Scored<'_>> { scored.iter().filter(near).filter(|one| one.version == id).collect() };
    let (side_a, side_b) = (side(a.0), side(b.0));
    let (weights_a, weights_b) = (weights(a.1, &side_a), weights(b.1, &side_b));
    let common: Vec<&str> = weights_a.keys().copied().filter(|key| weights_b.contains_key(key)).collect();
    let share = |weights: &BTreeMap<&str, f64>| common.iter().filter_map(|key| weights.get(key)).sum::<f64>();
    let (common_a, common_b) = (share(&weights_a), share(&weights_b));
    let (mut performance, mut drifts) = (0.0, Vec::new());
    for key in &common {
        let weight = (weights_a[key] / common_a + weights_b[key] / common_b) / 2.0;
        performance += weight * (attained(&side_b, key) - attained(&side_a, key));
        drifts.push((log_odds(&side_b, key) - log_odds(&side_a, key), *key));
    }
    drifts.sort_by(|one, other| one.0.total_cmp(&other.0));
    let at = |share: f64| {
        let place = share * (drifts.len() as f64 - 1.0);
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        drifts[low].0 + (drifts[high].0 - drifts[low].0) * place.fract()
    };
    let (median, range) = (at(0.5), at(0.75) - at(0.25));
    let drifting: Vec<String> = drifts
        .iter()
        .map(|(drift, key)| (key, (drift - median) / (0.74 * range)))
        .filter(|(_, ratio)| ratio.abs() > 2.5)
        .map(|(key, ratio)| format!("{key} {ratio:.1}"))
        .collect();
    let (mean_a, mean_b) = (mean(side_a.iter().map(|one| one.score)), mean(side_b.iter().map(|one| one.score)));
    println!(
        "    boundary {boundary} {:?}: n {} | {}, mean {mean_a:.2} -> {mean_b:.2} ({:+.2}), performance {performance:+.2}, common share {common_a:.3} | {common_b:.3}, drifting {drifting:?}",
        boundary.weekday(),
        side_a.len(),
        side_b.len(),
        mean_b - mean_a
    );
    let daily = (-3..=3).map(|days| {
        let date = boundary + jiff::Span::new().days(days);
        let of_form: Vec<f64> =
            scored.iter().filter(|one| one.date == date && (one.version == a.0 || one.version == b.0)).map(|one| one.score).collect();
        format!("{:?} {:.1} ({})", date.weekday(), mean(of_form.iter().copied()), of_form.len())
    });
    println!("    day by day: {}", daily.collect::<Vec<_>>().join(", "));
}

fn evaluators(truth: &Value, scored: &[Scored<'_>]) {
    for (id, entry) in objects(&truth["evaluators"]) {
        let own: Vec<&Scored<'_>> = scored.iter().filter(|one| one.evaluator == id).collect();
        if own.is_empty() {
            continue;
        }
        let of_version = |version: &str| mean(scored.iter().filter(|one| one.version == version).map(|one| one.score));
        let versions: BTreeSet<&str> = own.iter().map(|one| one.version).collect();
        let means: BTreeMap<&str, f64> = versions.into_iter().map(|version| (version, of_version(version))).collect();
        let deviation = mean(own.iter().map(|one| one.score - means[one.version]));
        println!(
            "  evaluator `{id}`: leniency {:+.2} of log odds, n {}, raw deviation {deviation:+.2} points, {} scopes",
            entry["leniency"].as_f64().unwrap_or_default(),
            own.len(),
            entry["scope_ids"].as_array().map_or(0, Vec::len)
        );
    }
}

fn read<'a>(truth: &'a Value, entry: &'a Value) -> Option<Scored<'a>> {
    let record = &entry["record"];
    let is_scored = matches!(entry["status"].as_str()?, "submitted" | "released" | "disputed");
    if !is_scored || entry["visible"] != true || entry["deleted"] == true {
        return None;
    }
    let scope = entry["scope_ids"][0].as_str();
    let zone = truth["scopes"].as_array()?.iter().find(|known| known["id"].as_str() == scope).and_then(|known| known["timezone"].as_str());
    let ended: Timestamp = record["interactionEndTime"].as_str()?.parse().ok()?;
    let answered = |question: &&Value| question["markedNA"] != true && question["notApplicable"] != true;
    let points = record["questions"]
        .as_array()?
        .iter()
        .filter(answered)
        .filter_map(|question| Some((question["id"].as_str()?, (number(&question["score"])?, number(&question["maxScore"])?))));
    Some(Scored {
        version: record["formVersionId"].as_str().or(record["rubricId"].as_str())?,
        date: ended.to_zoned(TimeZone::get(zone.unwrap_or("UTC")).ok()?).date(),
        score: entry["expected"]["normalized_score"].as_f64()?,
        points: points.collect(),
        evaluator: record["evaluatorId"].as_str().unwrap_or_default(),
    })
}

/// The share of each question of a form version, by weight times maximum.
fn weights<'a>(record: &'a Value, side: &[&Scored<'_>]) -> BTreeMap<&'a str, f64> {
    let in_rubric = record["questions"].as_array().into_iter().flatten();
    let in_rubric = in_rubric.filter_map(|question| Some((question["id"].as_str()?, number(&question["weight"])?)));
    let in_form = objects(&record["weightDistribution"]).filter_map(|(id, weight)| Some((id, number(weight)?)));
    let hefts: BTreeMap<&str, f64> = in_rubric
        .chain(in_form)
        .filter_map(|(id, weight)| Some((id, weight * side.iter().find_map(|one| one.points.get(id)).map(|(_, max)| *max)?)))
        .collect();
    let total: f64 = hefts.values().sum();
    hefts.into_iter().map(|(id, heft)| (id, heft / total)).collect()
}

fn attained(side: &[&Scored<'_>], key: &str) -> f64 {
    let points = || side.iter().filter_map(|one| one.points.get(key));
    100.0 * points().map(|(score, _)| score).sum::<f64>() / points().map(|(_, max)| max).sum::<f64>()
}

fn log_odds(side: &[&Scored<'_>], key: &str) -> f64 {
    let shares: Vec<f64> = side.iter().filter_map(|one| one.points.get(key)).map(|(score, max)| score / max).collect();
    let share = (shares.iter().sum::<f64>() + 0.5) / (shares.len() as f64 + 1.0);
    (share / (1.0 - share)).ln()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}

fn week_start(date: Date) -> Date {
    date - jiff::Span::new().days(i64::from(date.weekday().to_monday_zero_offset()))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn objects(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
