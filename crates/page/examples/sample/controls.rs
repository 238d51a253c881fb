//! Control charts, questions by week, edit lags, reconciliation, and what was left on the way.

use model::table::analytics::{CONTROL_POINT, EDIT_LAG, QUESTION_WEEK, WATERFALL};
use model::table::{Cell, RECONCILIATION, Row, Table};

use super::{Centre, Scope, Version, int, real, row, text};

pub(crate) fn tables(centre: &Centre, versions: &[Version]) -> Vec<(&'static Table, Vec<Row>)> {
    let (scopes, divisions) = (centre.scopes(), centre.divisions());
    let is_used = |version: &Version, scope: &Scope| version.tenant == "aurora" || scope.kind == "tenant";
    let (mut points, mut questions) = (Vec::new(), Vec::new());
    for version in versions {
        for scope in scopes.iter().filter(|scope| is_used(version, scope)) {
            points.extend(control(centre, version, scope));
        }
        for scope in divisions.iter().filter(|scope| is_used(version, scope)) {
            questions.extend(question_rows(centre, version, scope));
        }
    }
    vec![
        (&CONTROL_POINT, points),
        (&QUESTION_WEEK, questions),
        (&EDIT_LAG, lags()),
        (&RECONCILIATION, reconciliation(centre)),
        (&WATERFALL, waterfall()),
    ]
}

fn scoped(version: &Version, scope: &Scope) -> Vec<(&'static str, Cell)> {
    let mut cells = version.columns();
    cells.extend([("scope_kind", text(scope.kind)), ("scope_id", text(&scope.id))]);
    cells
}

fn control(centre: &Centre, version: &Version, scope: &Scope) -> Vec<Row> {
    let n_weeks = version.weeks.len();
    let mut rows = Vec::new();
    for (index, week) in version.weeks.clone().enumerate() {
        let n = 20 + (60.0 * centre.even() * scope.share) as usize;
        let common = [("week_start", text(&centre.week(week))), ("n", int(n)), ("baseline", Cell::Bool(index < 8))];
        let mut mean = scoped(version, scope);
        mean.extend(common.clone());
        let is_thin = index == 3;
        let is_out = index + 2 == n_weeks && 8 <= index;
        let value = version.mean + 1.1 * centre.normal() + if is_out { 7.0 } else { 0.0 };
        mean.extend([("chart", text("xmr")), ("value", real(value))]);
        if 0 < index {
            mean.push(("range", real(if is_out { 7.9 } else { 0.4 + 2.0 * centre.even() })));
        }
        let mut rate = scoped(version, scope);
        rate.extend(common);
        let p = 0.035;
        let spread = 3.0 * (p * (1.0 - p) / n as f64).sqrt();
        let observed = if is_out { p + spread + 0.03 } else { (p + 0.012 * centre.normal()).max(0.0) };
        rate.extend([("chart", text("p")), ("value", real(observed))]);
        if is_thin {
            mean.push(("reason", text("n_too_small")));
            rate.push(("reason", text("n_too_small")));
        } else if n_weeks < 8 {
            mean.push(("reason", text("too_short")));
            rate.push(("reason", text("too_short")));
        } else {
            mean.extend([
                ("centre", real(version.mean)),
                ("low", real(version.mean - 4.4)),
                ("high", real(version.mean + 4.4)),
                ("range_limit", real(5.4)),
            ]);
            rate.extend([("centre", real(p)), ("low", real((p - spread).max(0.0))), ("high", real(p + spread))]);
            let words = |words: &[&str]| Cell::TextList(words.iter().map(|word| (*word).to_owned()).collect());
            mean.push(("signals", words(if is_out { &["outside", "range"] } else { &[] })));
            rate.push(("signals", words(if is_out { &["outside"] } else { &[] })));
        }
        rows.push(row(&CONTROL_POINT, mean));
        rows.push(row(&CONTROL_POINT, rate));
    }
    rows
}

fn question_rows(centre: &Centre, version: &Version, scope: &Scope) -> Vec<Row> {
    const GROUPS: [&str; 4] = ["Opening", "Understanding", "Solving", "Closing"];
    const TEXTS: [&str; 6] = [
        "Greets and gives the name",
        "Verifies the caller before naming any account detail",
        "Asks until the concern is clear",
        "Explains the next step and by when",
        "Keeps a calm and friendly tone throughout the call",
        "Writes the note in the customer's words",
    ];
    let mut rows = Vec::new();
    for question in 0..centre.n_questions {
        let changed = match (question, version.number) {
            (2, 2) => text("weight"),
            (3, 3) => text("added"),
            _ => Cell::Null,
        };
        let level = 70.0 + 28.0 * centre.even();
        for week in version.weeks.clone() {
            let n = (40.0 * scope.share.sqrt() * (0.4 + centre.even())).round() as usize;
            let mut cells = scoped(version, scope);
            cells.extend([
                ("question_key", text(&format!("q{question:02}"))),
                // Nobody knows what the last one asks.
                (
                    "text",
                    if question + 1 == centre.n_questions {
                        Cell::Null
                    } else {
                        text(&format!("{} ({})", TEXTS[question % 6], question + 1))
                    },
                ),
                ("group_id", text(GROUPS[question * 4 / centre.n_questions])),
                ("weight_share", real((1.0 + (question % 4) as f64) / (2.5 * centre.n_questions as f64))),
                ("week_start", text(&centre.week(week))),
                ("n", int(n)),
                ("n_not_applicable", int(if question % 5 == 1 { n / 2 } else { n / 30 })),
                ("changed", changed.clone()),
            ]);
            if n < 5 {
                cells.push(("reason", text("n_too_small")));
            } else {
                cells.push(("attainment", real((level + 6.0 * centre.normal()).clamp(0.0, 100.0))));
            }
            rows.push(row(&QUESTION_WEEK, cells));
        }
    }
    rows
}

fn lags() -> Vec<Row> {
    let mut rows = Vec::new();
    for (stream, n, scale) in [("assessments", 1840, 30.0), ("feedback", 212, 9.0)] {
        for step in 0..=68 {
            let hours = 10_f64.powf(f64::from(step) / 20.0);
            // The last row has what came later than all others.
            let is_last = step == 68;
            let share = if is_last { 1.0 } else { 1.0 - (-(hours / scale).powf(0.55)).exp() };
            let cells = vec![
                ("tenant", text("aurora")),
                ("platform", text("genesys")),
                ("stream", text(stream)),
                ("hours", if is_last { Cell::Null } else { real(hours) }),
                ("n_edited", int((share * f64::from(n)).round() as usize)),
                ("share", real(share)),
            ];
            rows.push(row(&EDIT_LAG, cells));
        }
    }
    rows
}

fn reconciliation(centre: &Centre) -> Vec<Row> {
    let mut rows = Vec::new();
    for stream in ["assessments", "feedback"] {
        for (index, scope) in centre.divisions().iter().enumerate() {
            let reported = if scope.id == "*" { 9_480 } else { 700 + 31 * index };
            let (extracted, reported, verdict, cause) = match (stream, index) {
                ("assessments", 0) => (9_011, Some(reported), "ok", None),
                ("assessments", 2) => {
                    (0, Some(12), "alert", Some("scope `APAC` is listed but none of its records is visible: the OAuth client lacks it"))
                }
                ("assessments", 3) => (
                    reported + 9,
                    Some(reported),
                    "excess",
                    Some("more than reported: the totals are older than the extraction, or leave something out"),
                ),
                ("assessments", 4) => (81, None, "unverified", Some("no total reported")),
                ("feedback", 0) => (320, None, "unverified", Some("no totals for this stream")),
                ("feedback", _) => continue,
                _ => (reported - 3, Some(reported), "ok", None),
            };
            let mut cells = vec![
                ("run_id", text("run-2031-12-29-0500")),
                ("tenant", text("aurora")),
                ("stream", text(stream)),
                ("scope_id", text(&scope.id)),
                ("date_from", text("2031-12-01")),
                ("date_to", text("2031-12-28")),
                ("extracted", int(extracted)),
                ("verdict", text(verdict)),
                ("cause", Cell::text(cause)),
            ];
            if let Some(reported) = reported {
                cells.extend([("reported", int(reported)), ("percent", real(100.0 * extracted as f64 / reported as f64))]);
            }
            rows.push(row(&RECONCILIATION, cells));
        }
    }
    rows
}

fn waterfall() -> Vec<Row> {
    let steps = [
        ("console", 9_480, 0, None),
        ("extracted", 9_411, 69, Some("hidden_or_not_read")),
        ("accepted", 9_411, 0, None),
        ("left_out", 9_384, 27, Some("not_performance")),
        ("left_out", 9_072, 312, Some("no_score")),
        ("left_out", 9_011, 61, Some("no_business_date")),
        ("scored", 9_011, 0, None),
    ];
    let row_of = |(index, (step, n, n_lost, reason)): (usize, (&str, usize, usize, Option<&str>))| {
        let cells = vec![
            ("tenant", text("aurora")),
            ("platform", text("genesys")),
            ("ordinal", int(index + 1)),
            ("step", text(step)),
            ("n", int(n)),
            ("n_lost", int(n_lost)),
            ("reason", Cell::text(reason)),
        ];
        row(&WATERFALL, cells)
    };
    steps.into_iter().enumerate().map(row_of).collect()
}
