//! Alarms: control charts and level shifts of each cohort, agents who stand out, form versions whose weights are in doubt.
//! Everything restarts at a form version: a step there is a change split and never an alarm.

use std::collections::BTreeMap;

use insight::breakpoint::{self, Segment};
use insight::cohort::{is_provisional, is_version_alarm};
use insight::control::{self, ControlPoint, Signal, WeekCount, WeekMean};
use insight::many::Finding;
use insight::reason::Reason;
use insight::show::{shown, shown_signed};
use jiff::civil::Date;
use model::table::analytics::{ALARM, CONTROL_POINT};
use model::table::{Cell, Row};
use store::statistics::{Cohort, CohortRow, ScopePlace};

use crate::analysis::agents;
use crate::analysis::crowd::Hidden;
use crate::analysis::layout::{cohort_cells, count, date, fill, real, row, sort, text};
use crate::analysis::settings::{Analytics, Look};
use crate::analysis::trends::Crowds;
use crate::analysis::week::Week;

/// The rows of `alarm` and of `control_point`.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) alarms: Vec<Row>,
    pub(crate) points: Vec<Row>,
}

/// One cohort in one scope, and whether its effects must be large to matter.
struct Place<'a> {
    cohort: &'a Cohort,
    scope: &'a ScopePlace,
    /// Scores by a machine are so many that any difference is significant.
    least_effect: Option<(f64, f64)>,
}

impl<'a> Place<'a> {
    fn new(cohort: &'a Cohort, scope: &'a ScopePlace, settings: &Analytics) -> Self {
        let is_ai = cohort.scored_by == "ai";
        Self { cohort, scope, least_effect: is_ai.then_some((settings.least_effect, settings.least_rate_effect)) }
    }

    fn row(&self, test: &str, subject: &str, at: Option<Date>) -> Row {
        let mut cells = row(&ALARM, cohort_cells(self.cohort, self.scope));
        fill(
            &ALARM,
            &mut cells,
            [("test", text(test)), ("subject", text(subject)), ("at", Cell::Text(at.map_or_else(String::new, |at| at.to_string())))],
        );
        cells
    }
}

/// Looks at every series and every pool.
///
/// Provisional weeks take no part in a chart: the limits know nothing of n, and a week of three assessments is far off by chance.
pub(crate) fn look(weeks: &[Week], hidden: &Hidden, cohorts: &[CohortRow], pools: &Crowds, look: &Look, settings: &Analytics) -> Found {
    let mut series: BTreeMap<(&Cohort, &ScopePlace), Vec<&Week>> = BTreeMap::new();
    for week in weeks.iter().filter(|week| !hidden.hides(week)) {
        series.entry((&week.cohort, &week.scope)).or_default().push(week);
    }
    let wanted = |at: Date| look.from.is_none_or(|from| from <= at) && look.to.is_none_or(|to| at < to);
    let mut found = Found::default();
    for ((cohort, scope), weeks) in series {
        let place = Place::new(cohort, scope, settings);
        let (weeks, thin): (Vec<&Week>, Vec<&Week>) =
            weeks.into_iter().partition(|week| !is_provisional(week.estimate.n, settings.provisional_below));
        for chart in ["xmr", "p"] {
            found.points.extend(bare_points(&place, &thin, chart, Reason::NTooSmall, &wanted));
        }
        watch_means(&place, &weeks, &wanted, settings, &mut found);
        watch_failures(&place, &weeks, &wanted, settings, &mut found);
        watch_level(&place, &weeks, &wanted, &mut found);
    }
    for ((cohort, scope), members) in pools {
        watch_agents(&Place::new(cohort, scope, settings), members, settings, &mut found);
    }
    for cohort in cohorts.iter().filter(|cohort| cohort.scope.kind == "tenant" && is_version_alarm(cohort.n, cohort.n_score_parity)) {
        found.alarms.push(doubt(&Place::new(&cohort.cohort, &cohort.scope, settings), cohort));
    }
    sort(&ALARM, &mut found.alarms);
    sort(&CONTROL_POINT, &mut found.points);
    found
}

fn means(weeks: &[&Week]) -> Vec<WeekMean> {
    let mean = |week: &&Week| week.estimate.value.ok().map(|mean| WeekMean { week_start: week.week_start, mean });
    weeks.iter().filter_map(mean).collect()
}

fn watch_means(place: &Place<'_>, weeks: &[&Week], wanted: &impl Fn(Date) -> bool, settings: &Analytics, found: &mut Found) {
    let points = match control::xmr_chart(&means(weeks), settings.baseline_points) {
        Ok(points) => points,
        Err(reason) => return found.points.extend(bare_points(place, weeks, "xmr", reason, wanted)),
    };
    let n_of: BTreeMap<Date, u64> = weeks.iter().map(|week| (week.week_start, week.estimate.n)).collect();
    for point in points.iter().filter(|point| wanted(point.week_start)) {
        found.points.push(point_row(place, "xmr", point, n_of.get(&point.week_start).copied()));
        for signal in &point.signals {
            let far = if *signal == Signal::Range { point.range.unwrap_or(0.0) } else { (point.value - point.centre).abs() };
            if place.least_effect.is_none_or(|(points, _)| points <= far) {
                found.alarms.push(mean_alarm(place, point, *signal));
            }
        }
    }
}

fn mean_alarm(place: &Place<'_>, point: &ControlPoint, signal: Signal) -> Row {
    let (mean, centre) = (shown(point.value), shown(point.centre));
    let sentence = match signal {
        Signal::Outside if point.value > point.high => format!("the weekly mean {mean} is above the upper limit {}", shown(point.high)),
        Signal::Outside => format!("the weekly mean {mean} is below the lower limit {}", shown(point.low)),
        Signal::Range => format!(
            "the weekly mean {mean} is {} from the week before, more than the limit {}",
            shown(point.range.unwrap_or(0.0)),
            shown(point.range_limit.unwrap_or(0.0))
        ),
        Signal::Run => format!("eight weekly means in a row are on one side of {centre}; the last is {mean}"),
    };
    let mut cells = place.row(&format!("xmr_{}", signal.word()), "", Some(point.week_start));
    fill(&ALARM, &mut cells, [("effect", real(Some(point.value - point.centre))), ("sentence", Cell::Text(sentence))]);
    fill_limits(&mut cells, point);
    cells
}

fn watch_failures(place: &Place<'_>, weeks: &[&Week], wanted: &impl Fn(Date) -> bool, settings: &Analytics, found: &mut Found) {
    let counts: Vec<WeekCount> =
        weeks.iter().map(|week| WeekCount { week_start: week.week_start, n: week.estimate.n, x: week.n_failed_critical }).collect();
    let points = match control::p_chart(&counts, settings.baseline_points) {
        Ok(points) => points,
        Err(reason) => return found.points.extend(bare_points(place, weeks, "p", reason, wanted)),
    };
    let n_of: BTreeMap<Date, u64> = counts.iter().map(|week| (week.week_start, week.n)).collect();
    for point in points.iter().filter(|point| wanted(point.week_start)) {
        found.points.push(point_row(place, "p", point, n_of.get(&point.week_start).copied()));
        let far = (point.value - point.centre).abs();
        if !point.signals.is_empty() && place.least_effect.is_none_or(|(_, rate)| rate <= far) {
            let limit = if point.value > point.high { point.high } else { point.low };
            let sentence = format!(
                "{} % failed a critical question in this week; the limit is {} %",
                shown(100.0 * point.value),
                shown(100.0 * limit)
            );
            let mut cells = place.row("p_chart", "", Some(point.week_start));
            fill(&ALARM, &mut cells, [("effect", real(Some(point.value - point.centre))), ("sentence", Cell::Text(sentence))]);
            fill_limits(&mut cells, point);
            found.alarms.push(cells);
        }
    }
}

fn fill_limits(cells: &mut Row, point: &ControlPoint) {
    let limits = [
        ("value", real(Some(point.value))),
        ("expected", real(Some(point.centre))),
        ("low", real(Some(point.low))),
        ("high", real(Some(point.high))),
    ];
    fill(&ALARM, cells, limits);
}

fn point_row(place: &Place<'_>, chart: &str, point: &ControlPoint, n: Option<u64>) -> Row {
    let mut cells = row(&CONTROL_POINT, cohort_cells(place.cohort, place.scope));
    fill(
        &CONTROL_POINT,
        &mut cells,
        [
            ("chart", text(chart)),
            ("week_start", date(Some(point.week_start))),
            ("n", n.map_or(Cell::Null, count)),
            ("value", real(Some(point.value))),
            ("centre", real(Some(point.centre))),
            ("low", real(Some(point.low))),
            ("high", real(Some(point.high))),
            ("range", real(point.range)),
            ("range_limit", real(point.range_limit)),
            ("baseline", Cell::Bool(point.baseline)),
            ("signals", Cell::TextList(point.signals.iter().map(|signal| signal.word().to_owned()).collect())),
        ],
    );
    cells
}

/// The values of a series that has no limits, with the reason.
fn bare_points(place: &Place<'_>, weeks: &[&Week], chart: &'static str, reason: Reason, wanted: &impl Fn(Date) -> bool) -> Vec<Row> {
    let bare = |week: &&&Week| {
        let value = match chart {
            "p" => (week.estimate.n != 0).then(|| week.n_failed_critical as f64 / week.estimate.n as f64),
            _ => week.estimate.value.ok(),
        };
        let mut cells = row(&CONTROL_POINT, cohort_cells(place.cohort, place.scope));
        fill(
            &CONTROL_POINT,
            &mut cells,
            [
                ("chart", text(chart)),
                ("week_start", date(Some(week.week_start))),
                ("n", count(week.estimate.n)),
                ("value", real(value)),
                ("signals", Cell::TextList(Vec::new())),
                ("reason", text(reason.word())),
            ],
        );
        cells
    };
    weeks.iter().filter(|week| wanted(week.week_start)).collect::<Vec<_>>().iter().map(bare).collect()
}

fn watch_level(place: &Place<'_>, weeks: &[&Week], wanted: &impl Fn(Date) -> bool, found: &mut Found) {
    let Ok(segmentation) = breakpoint::segmentation(&means(weeks)) else { return };
    for pair in segmentation.segments.windows(2) {
        let [before, after] = pair else { continue };
        let effect = after.mean - before.mean;
        if wanted(after.first_week) && place.least_effect.is_none_or(|(points, _)| points <= effect.abs()) {
            found.alarms.push(level_alarm(place, before, after));
        }
    }
}

fn level_alarm(place: &Place<'_>, before: &Segment, after: &Segment) -> Row {
    let sentence = format!(
        "from this week on the weekly means are about {}, before it about {} ({} points); no change of form lies between",
        shown(after.mean),
        shown(before.mean),
        shown_signed(after.mean - before.mean)
    );
    let mut cells = place.row("level_shift", "", Some(after.first_week));
    let values = [
        ("value", real(Some(after.mean))),
        ("expected", real(Some(before.mean))),
        ("effect", real(Some(after.mean - before.mean))),
        ("sentence", Cell::Text(sentence)),
    ];
    fill(&ALARM, &mut cells, values);
    cells
}

fn watch_agents(place: &Place<'_>, members: &[store::statistics::CohortAgent], settings: &Analytics, found: &mut Found) {
    let figures = agents::figures(members, settings);
    for (test, findings) in [("agent_score", &figures.by_score), ("agent_rate", &figures.by_failures)] {
        for finding in findings.iter().flatten().filter(|finding| finding.named) {
            found.alarms.push(agent_alarm(place, test, finding, settings));
        }
    }
}

fn agent_alarm(place: &Place<'_>, test: &str, finding: &Finding, settings: &Analytics) -> Row {
    let name = settings.roster.person(&place.cohort.tenant, &finding.agent_id).and_then(|person| person.name.as_deref());
    let who = name.unwrap_or(&finding.agent_id);
    let sentence = if test == "agent_rate" {
        format!(
            "{who}: {} % of {} failed a critical question, the cohort {} %; more than chance lets expect among so many agents",
            shown(100.0 * finding.value),
            assessments(finding.n),
            shown(100.0 * finding.expected)
        )
    } else {
        format!(
            "{who}: mean {} over {}, the cohort {}; more than chance lets expect among so many agents",
            shown(finding.value),
            assessments(finding.n),
            shown(finding.expected)
        )
    };
    let mut cells = place.row(test, &finding.agent_id, None);
    fill(
        &ALARM,
        &mut cells,
        [
            ("value", real(Some(finding.value))),
            ("expected", real(Some(finding.expected))),
            ("effect", real(Some(finding.effect))),
            ("p", real(Some(finding.p))),
            ("p_adjusted", real(Some(finding.p_adjusted))),
            ("sentence", Cell::Text(sentence)),
        ],
    );
    cells
}

fn assessments(n: u64) -> String {
    if n == 1 { "1 assessment".to_owned() } else { format!("{n} assessments") }
}

fn doubt(place: &Place<'_>, cohort: &CohortRow) -> Row {
    let share = cohort.n_score_parity as f64 / cohort.n as f64;
    let sentence = format!(
        "{} of {} scores differ by more than half a point from what the platform reports: the weights of this form version are in doubt",
        cohort.n_score_parity, cohort.n
    );
    let mut cells = place.row("version_weights", "", Some(cohort.first_date));
    fill(&ALARM, &mut cells, [("value", real(Some(share))), ("high", real(Some(0.1))), ("sentence", Cell::Text(sentence))]);
    cells
}
