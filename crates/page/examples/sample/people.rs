//! Agents, evaluators, and what single agents did last.

use model::table::analytics::{AGENT_RECENT, AGENT_SCORE, ALARM, EVALUATOR_LENIENCY};
use model::table::{Cell, Row, Table};

use super::{Centre, HOSTILE, Version, int, real, row, text};

const FIRST: [&str; 12] = ["Ada", "Bo", "Chidi", "Dana", "Emeka", "Farah", "Gil", "Hana", "Ivo", "Jun", "Kemi", "Lars"];
const LAST: [&str; 10] = ["Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Sato", "Tanaka", "Usman", "Vega"];

pub(crate) fn tables(centre: &Centre, versions: &[Version]) -> Vec<(&'static Table, Vec<Row>)> {
    let last = centre.n_weeks.saturating_sub(13);
    let recent: Vec<&Version> = versions.iter().filter(|version| last < version.weeks.end).collect();
    let agents = recent.iter().flat_map(|version| agents(centre, version)).collect();
    let mut forms: Vec<&Version> = Vec::new();
    forms.extend(recent.iter().find(|version| version.scored_by == "human" && version.platform == "genesys"));
    vec![
        (&AGENT_SCORE, agents),
        (&EVALUATOR_LENIENCY, forms.iter().flat_map(|form| evaluators(centre, form)).collect()),
        (&AGENT_RECENT, recent_rows(centre, &recent)),
        (&ALARM, alarms(centre, &recent)),
    ]
}

fn agent_name(index: usize) -> String {
    match index {
        1 => HOSTILE.to_owned(),
        _ => format!("{} {}", FIRST[index % 12], LAST[(index / 12 + index) % 10]),
    }
}

fn agents(centre: &Centre, version: &Version) -> Vec<Row> {
    // The false second tenant is small, and so is its pool: no shrinkage there.
    let is_lone = version.platform == "cxone";
    let n_agents = if is_lone { 2 } else { centre.n_agents };
    let (within, between) = (62.0_f64, 9.0_f64);
    (0..n_agents)
        .map(|index| {
            let n = if index % 11 == 4 { 2 } else { 4 + (centre.even() * 38.0) as usize };
            let shift = match index {
                1 => -9.5,
                5 => 8.5,
                8 => -8.0,
                _ => 2.0 * centre.normal(),
            };
            let n = if matches!(index, 1 | 5 | 8) { 30 } else { n };
            let mean = (version.mean + shift).min(100.0);
            let reliability = between / (between + within / n as f64);
            let score = version.mean + reliability * (mean - version.mean);
            let half = 1.96 * (reliability * within / n as f64).sqrt();
            let n_passed = (n as f64 * (0.86 + shift / 60.0).clamp(0.0, 1.0)).round().min(n as f64);
            let mut cells = version.columns();
            cells.extend([
                ("pool_kind", text("tenant")),
                ("pool_id", text("*")),
                ("agent_id", text(&format!("a-{index:03}"))),
                ("agent_name", text(&agent_name(index))),
                ("span_from", text(&centre.day(centre.n_weeks.saturating_sub(13), 0))),
                ("span_to", text(&centre.day(centre.n_weeks.saturating_sub(1), 6))),
                ("n", int(n)),
                ("mean", real(mean)),
                ("named", Cell::Bool(matches!(index, 1 | 5 | 8) && !is_lone)),
            ]);
            if is_lone {
                cells.extend([("reason", text("n_too_small")), ("rank_reason", text("n_too_small")), ("pass_reason", text("n_too_small"))]);
                return row(&AGENT_SCORE, cells);
            }
            cells.extend([
                ("pool_mean", real(version.mean)),
                ("cohort_mean", real(version.mean)),
                ("score", real(score)),
                ("low", real(score - half)),
                ("high", real(score + half)),
                ("reliability", real(reliability)),
                ("adjusted_mean", real(mean + 0.4 * centre.normal())),
                ("n_passed", int(n_passed as usize)),
                ("pass_rate", real((18.0 + n_passed) / (20.0 + n as f64))),
                ("pass_low", real((15.0 + n_passed) / (20.0 + n as f64) * 0.95)),
                ("pass_high", real(((18.6 + n_passed) / (20.0 + n as f64) * 1.04).min(0.999))),
                ("within_variance", real(within)),
                ("p", real(centre.even())),
                ("p_adjusted", real(0.5 + centre.even() / 2.0)),
            ]);
            if reliability < 0.5 {
                cells.push(("rank_reason", text("low_reliability")));
            } else {
                cells.extend([
                    ("rank", int(index + 1)),
                    ("rank_low", int(index.saturating_sub(4) + 1)),
                    ("rank_high", int((index + 9).min(n_agents))),
                ]);
            }
            row(&AGENT_SCORE, cells)
        })
        .collect()
}

fn evaluators(centre: &Centre, form: &Version) -> Vec<Row> {
    let n = centre.n_evaluators;
    (0..n)
        .map(|index| {
            // The last is alone, the one before has few; the four before them are an island of their own.
            let (is_alone, is_few) = (index + 1 == n, index + 2 == n);
            let island = if is_alone { 3 } else { usize::from(n < index + 7) + 1 };
            let mut cells = form.columns();
            cells.extend([
                ("form_id", text("*")),
                ("evaluator_id", text(&format!("e-{index:02}"))),
                ("evaluator_name", text(&format!("{} {}", LAST[index % 10], FIRST[(index / 10 + index) % 12]))),
                ("span_from", text(&centre.day(0, 0))),
                ("span_to", text(&centre.day(centre.n_weeks.saturating_sub(1), 6))),
                ("n", int(if is_few { 6 } else { 20 + (centre.even() * 180.0) as usize })),
                ("n_agents", int(if is_few { 2 } else { 12 })),
                ("island_id", int(island)),
                ("variance_agent", real(49.851)),
                ("variance_evaluator", real(18.802)),
                ("variance_rest", real(21.968)),
            ]);
            let leniency = 2.4 * centre.normal();
            cells.push(("raw_deviation", real(leniency * 0.7 + centre.normal())));
            match (is_alone, is_few) {
                (true, _) => cells.push(("reason", text("not_connected"))),
                (_, true) => cells.push(("reason", text("n_too_small"))),
                _ => {
                    let error = 0.6 + centre.even();
                    cells.extend([
                        ("leniency", real(leniency)),
                        ("standard_error", real(error)),
                        ("low", real(leniency - 1.96 * error)),
                        ("high", real(leniency + 1.96 * error)),
                    ]);
                }
            }
            row(&EVALUATOR_LENIENCY, cells)
        })
        .collect()
}

fn recent_rows(centre: &Centre, versions: &[&Version]) -> Vec<Row> {
    let versions: Vec<&&Version> =
        versions.iter().filter(|version| version.platform == "genesys" && version.scored_by == "human").collect();
    let row_of = |agent: usize, place: usize| {
        let version = versions[(agent + place) % versions.len().min(2)];
        let week = centre.n_weeks.saturating_sub(1 + place);
        let mut cells = version.columns();
        cells.extend([
            ("agent_id", text(&format!("a-{agent:03}"))),
            ("assessment_id", text(&format!("as-{agent:03}-{place}"))),
            ("business_date", text(&centre.day(week, 2))),
        ]);
        cells.push(("failed_critical", Cell::Bool((agent + place).is_multiple_of(9))));
        if !(agent + place).is_multiple_of(23) {
            cells.push(("normalized_score", real((version.mean + 8.0 * centre.normal()).min(100.0))));
        }
        row(&AGENT_RECENT, cells)
    };
    (0..centre.n_agents).flat_map(|agent| (0..5).map(move |place| (agent, place))).map(|(agent, place)| row_of(agent, place)).collect()
}

fn alarms(centre: &Centre, versions: &[&Version]) -> Vec<Row> {
    let mut rows = Vec::new();
    for version in versions.iter().filter(|version| version.form_id == "f-service") {
        let week = version.weeks.end.saturating_sub(2);
        for (test, subject, value, expected, sentence) in [
            ("xmr_outside", "", version.mean + 5.2, version.mean, "the weekly mean is above the upper limit"),
            ("level_shift", "", version.mean + 1.1, version.mean - 1.4, "from this week on the weekly means have another level"),
            ("agent_score", "a-001", version.mean - 9.5, version.mean, "a-001: mean 9.5 points below the cohort"),
            ("agent_rate", "a-008", 0.71, 0.86, "a-008: more failed critical questions than the cohort"),
        ] {
            let mut cells = version.columns();
            cells.extend([
                ("scope_kind", text("tenant")),
                ("scope_id", text("*")),
                ("test", text(test)),
                ("subject", text(subject)),
                ("at", if subject.is_empty() { text(&centre.week(week)) } else { Cell::Null }),
            ]);
            cells.extend([
                ("value", real(value)),
                ("expected", real(expected)),
                ("low", real(expected - 4.0)),
                ("high", real(expected + 4.0)),
                ("effect", real(value - expected)),
                ("sentence", text(sentence)),
            ]);
            rows.push(row(&ALARM, cells));
        }
    }
    rows
}
