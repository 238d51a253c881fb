//! Means by week and cohort, verdicts, and what changes of form did.

use model::table::analytics::{CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, TREND_COHORT, TREND_VERDICT};
use model::table::{Cell, Row, SCOPE, Table};

use super::{Centre, HOSTILE, Scope, Version, int, real, row, text};

pub(crate) fn tables(centre: &Centre, versions: &[Version]) -> Vec<(&'static Table, Vec<Row>)> {
    let scopes = centre.scopes();
    let (mut weeks, mut cohorts) = (Vec::new(), Vec::new());
    for version in versions {
        for scope in scopes.iter().filter(|scope| is_used(version, scope)) {
            let index = version.number as f64 * 0.8 + version.mean - 4.0;
            cohorts.push(cohort(centre, version, scope, index));
            weeks.extend(version.weeks.clone().map(|week| trend(centre, version, scope, week)));
        }
    }
    let names = centre.divisions().into_iter().skip(1).map(|scope| {
        let name = if scope.id == "LATAM" { HOSTILE.to_owned() } else { format!("{} division", scope.id) };
        row(
            &SCOPE,
            vec![
                ("tenant", text("aurora")),
                ("platform", text("genesys")),
                ("kind", text("division")),
                ("scope_id", text(&scope.id)),
                ("name", text(&name)),
            ],
        )
    });
    let splits: Vec<(Split, &Scope)> = splits(versions)
        .into_iter()
        .flat_map(|split| scopes.iter().filter(|scope| scope.kind != "team" && is_used(split.to, scope)).map(move |scope| (split, scope)))
        .collect();
    vec![
        (&TREND_COHORT, weeks),
        (&COHORT, cohorts),
        (&TREND_VERDICT, verdicts(versions, &scopes)),
        (&CHANGE_SPLIT, splits.iter().map(|(split, scope)| split_row(centre, *split, scope)).collect()),
        (&CHANGE_SPLIT_QUESTION, splits.iter().flat_map(|(split, scope)| questions(centre, *split, scope)).collect()),
        (&SCOPE, names.collect()),
    ]
}

/// The second tenant has no divisions and no teams.
fn is_used(version: &Version, scope: &Scope) -> bool {
    version.tenant == "aurora" || scope.kind == "tenant"
}

fn scoped(scope: &Scope) -> Vec<(&'static str, Cell)> {
    vec![("scope_kind", text(scope.kind)), ("scope_id", text(&scope.id))]
}

/// The last team has so few agents that nothing is told of it.
fn is_small_team(centre: &Centre, scope: &Scope) -> bool {
    scope.id == format!("team-{:02}", centre.n_teams)
}

fn n_agents(centre: &Centre, scope: &Scope) -> usize {
    ((centre.n_agents as f64 * scope.share).round() as usize).max(1)
}

fn trend(centre: &Centre, version: &Version, scope: &Scope, week: usize) -> Row {
    let n_agents = n_agents(centre, scope);
    let is_edge = week == version.weeks.start || week + 1 == version.weeks.end;
    let n = if is_edge { 3 + (n_agents / 12) } else { (n_agents as f64 * (1.6 + centre.even())).round() as usize }.max(1);
    let mean = version.mean + 0.9 * centre.normal() / scope.share.sqrt().max(0.3) + (week as f64 / 9.0).sin();
    let half = 2.6 / (n as f64 / 8.0).sqrt();
    let is_small = is_small_team(centre, scope);
    let is_hidden = is_small || scope.kind == "team" && week % 7 == 3;
    let mut cells = version.columns();
    cells.extend(scoped(scope));
    cells.push(("week_start", text(&centre.week(week))));
    if is_hidden {
        cells.push(("reason", text("k_anonymity")));
        return row(&TREND_COHORT, cells);
    }
    cells.extend([("n", int(n)), ("n_agents", int(n_agents.min(n))), ("provisional", Cell::Bool(n < 10))]);
    cells.extend([("mean", real(mean)), ("mean_by_agent", real(mean + 0.1)), ("n_failed_critical", int(n / 25))]);
    if n_agents == 1 {
        cells.push(("reason", text("one_agent")));
    } else {
        cells.extend([("low", real(mean - half)), ("high", real(mean + half))]);
    }
    row(&TREND_COHORT, cells)
}

fn cohort(centre: &Centre, version: &Version, scope: &Scope, index: f64) -> Row {
    let n_agents = n_agents(centre, scope);
    let n = n_agents * 2 * version.weeks.len();
    let (mean, rate) = (version.mean + 0.2 * centre.normal(), 0.03 + 0.02 * centre.even());
    let n_failed = (rate * n as f64).round();
    let mut cells = version.columns();
    cells.extend(scoped(scope));
    cells.extend([
        ("form_name", text(version.form_name)),
        ("form_version", text(&version.number.to_string())),
        ("first_date", text(&centre.day(version.weeks.start, 1))),
        ("last_date", text(&centre.day(version.weeks.end.saturating_sub(1), 4))),
    ]);
    if is_small_team(centre, scope) {
        cells.push(("reason", text("k_anonymity")));
        return row(&COHORT, cells);
    }
    cells.extend([
        ("n", int(n)),
        ("n_agents", int(n_agents)),
        ("mean", real(mean)),
        ("pooled", real(mean - 0.3)),
        ("n_failed_critical", int(n_failed as usize)),
        ("failed_critical_rate", real(n_failed / n as f64)),
        ("failed_critical_low", real((n_failed / n as f64 - 0.012).max(0.0))),
        ("failed_critical_high", real(n_failed / n as f64 + 0.014)),
        ("n_score_parity", int(if version.form_id == "f-sales" { n / 7 } else { 0 })),
        ("version_alarm", Cell::Bool(version.form_id == "f-sales")),
    ]);
    if n_agents == 1 {
        cells.push(("reason", text("one_agent")));
    } else {
        cells.extend([
            ("low", real(mean - 0.8)),
            ("high", real(mean + 0.8)),
            ("pooled_low", real(mean - 1.1)),
            ("pooled_high", real(mean + 0.5)),
        ]);
    }
    let is_broken = version.form_id == "f-service" && version.number == 3;
    if version.scored_by == "human" {
        cells.extend([("chain_id", int(if is_broken { 2 } else { 1 })), ("index", real(if is_broken { mean } else { index }))]);
    }
    row(&COHORT, cells)
}

fn verdicts(versions: &[Version], scopes: &[Scope]) -> Vec<Row> {
    let mut rows = Vec::new();
    for version in versions.iter().filter(|version| version.number == 1 || version.scored_by == "ai") {
        for scope in scopes.iter().filter(|scope| is_used(version, scope)) {
            let mut cells = version.columns();
            cells.extend(scoped(scope));
            if version.scored_by == "ai" {
                cells.extend([("n_points", int(6)), ("n_strata", int(1)), ("verdict", text("too_short"))]);
            } else {
                let (slope, verdict) = if version.form_id == "f-sales" { (0.31, "rising") } else { (-0.04, "flat") };
                cells.extend([
                    ("n_points", int(28)),
                    ("n_strata", int(3)),
                    ("n_pairs", int(130)),
                    ("slope", real(slope)),
                    ("low", real(slope - 0.12)),
                    ("high", real(slope + 0.1)),
                ]);
                cells.extend([
                    ("s", int(40)),
                    ("variance", real(310.25)),
                    ("z", real(2.21)),
                    ("p", real(if verdict == "flat" { 0.41 } else { 0.0271 })),
                    ("verdict", text(verdict)),
                ]);
            }
            rows.push(row(&TREND_VERDICT, cells));
        }
    }
    rows
}

/// A change of version and what kind of split it shows.
#[derive(Clone, Copy)]
struct Split<'a> {
    from: &'a Version,
    to: &'a Version,
}

impl Split<'_> {
    /// The reasons for which it is withheld.
    fn reasons(self, scope: &Scope) -> Vec<&'static str> {
        match (self.to.form_id, self.to.number) {
            ("f-service", 3) => vec!["few_common", "evaluators_changed"],
            ("f-mail", 2) => vec!["few_common"],
            _ if scope.share < 0.05 => vec!["few_assessments"],
            _ => Vec::new(),
        }
    }

    /// Nothing in common, so nothing to split.
    fn is_apart(self) -> bool {
        self.to.form_id == "f-mail" && self.to.number == 2
    }

    fn key(self, scope: &Scope) -> Vec<(&'static str, Cell)> {
        let mut cells = self.to.columns();
        cells.extend(scoped(scope));
        cells.extend([("from_version_id", text(&self.from.id())), ("from_hash", text(&self.from.hash()))]);
        cells.extend([("to_version_id", text(&self.to.id())), ("to_hash", text(&self.to.hash()))]);
        cells
    }
}

fn splits(versions: &[Version]) -> Vec<Split<'_>> {
    let human = |version: &&Version| version.scored_by == "human";
    let next = |from: &Version| versions.iter().filter(human).find(|to| to.form_id == from.form_id && to.number == from.number + 1);
    versions.iter().filter(human).filter_map(|from| Some(Split { from, to: next(from)? })).collect()
}

fn split_row(centre: &Centre, split: Split<'_>, scope: &Scope) -> Row {
    let reasons = split.reasons(scope);
    let (mean_from, mean_to) = (split.from.mean, split.to.mean);
    let change = mean_to - mean_from;
    let performance = 0.04 + 0.6 * f64::from(u8::from(split.to.form_id == "f-sales"));
    let (reweighting, removed, na_mix) = (0.21 * change, 0.02, -0.08);
    let added = change - performance - reweighting - removed - na_mix;
    let mut cells = split.key(scope);
    cells.extend([
        ("boundary_date", text(&centre.day(split.to.weeks.start, 1))),
        ("n_from", int((640.0 * scope.share) as usize)),
        ("n_to", int((700.0 * scope.share) as usize)),
        ("mean_from", real(mean_from)),
        ("mean_to", real(mean_to)),
        ("change", real(change)),
        ("bridge", text(if reasons.is_empty() { "published" } else { "none" })),
        ("reasons", Cell::TextList(reasons.iter().map(|word| (*word).to_owned()).collect())),
        ("na_sensitive", Cell::Bool(split.to.form_id == "f-sales" && split.to.number == 3)),
        ("n_common", int(if split.is_apart() { 0 } else { 8 })),
        ("n_drifting", int(1)),
        ("chain_id_to", int(if reasons.is_empty() { 1 } else { 2 })),
        ("sentence", text(&sentence(mean_from, mean_to, performance, &reasons))),
    ]);
    if !split.is_apart() {
        cells.extend([
            ("performance", real(performance)),
            ("reweighting", real(reweighting)),
            ("removed", real(removed)),
            ("added", real(added)),
            ("na_mix", real(na_mix)),
        ]);
        cells.extend([
            ("performance_delta", real(performance + 0.62)),
            ("performance_low", real(performance - 0.9)),
            ("performance_high", real(performance + 0.9)),
        ]);
        cells.extend([("common_share_from", real(0.91)), ("common_share_to", real(0.58))]);
    }
    row(&CHANGE_SPLIT, cells)
}

fn sentence(from: f64, to: f64, performance: f64, reasons: &[&str]) -> String {
    let (verb, size) = (if to < from { "fell" } else { "rose" }, (to - from).abs());
    let head = format!("The mean {verb} from {from:.1} to {to:.1}, by {size:.1} points");
    if reasons.is_empty() {
        let form = size - performance.copysign(to - from).abs().min(0.04);
        format!(
            "{head}; of the {size:.1} points, {form:.1} are the new form, and performance changed by {performance:+.1}. The 95 % interval of performance is {:.1} .. {:.1}.",
            performance - 0.9,
            performance + 0.9
        )
    } else {
        format!("{head}; how much of it is the new form cannot be said. The two forms can not be bridged: {}.", reasons.join(", "))
    }
}

fn questions(centre: &Centre, split: Split<'_>, scope: &Scope) -> Vec<Row> {
    const STATES: [&str; 12] =
        ["common", "common", "common", "common", "common", "common", "common", "common", "drifting", "removed", "added", "added"];
    let row_of = |(index, state): (usize, &&str)| {
        let mut cells = split.key(scope);
        let text_of = if *state == "added" {
            format!("Compliance statement {index} read in full")
        } else {
            format!("Question {index} of the {} form", split.to.form_name)
        };
        cells.extend([("question_key", text(&format!("q{index:02}"))), ("text", text(&text_of)), ("state", text(state))]);
        if *state != "added" {
            cells.extend([("n_from", int(400)), ("attainment_from", real(80.0 + 15.0 * centre.even())), ("share_from", real(0.1))]);
        }
        if *state != "removed" {
            cells.extend([("n_to", int(420)), ("attainment_to", real(80.0 + 15.0 * centre.even())), ("share_to", real(0.08))]);
        }
        if matches!(*state, "common" | "drifting") {
            cells.extend([("drift", real(0.1 * centre.normal())), ("drift_z", real(if *state == "drifting" { 3.4 } else { 0.4 }))]);
        }
        if *state == "common" {
            cells.extend([("performance", real(0.01)), ("reweighting", real(0.02))]);
        }
        row(&CHANGE_SPLIT_QUESTION, cells)
    };
    STATES.iter().enumerate().map(row_of).collect()
}
