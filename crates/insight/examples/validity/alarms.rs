//! Alarms and verdicts: how often they speak when nothing happened, and how often when something did.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use rand::RngExt;
use rand::rngs::StdRng;
use scorelake_insight::breakpoint::segmentation;
use scorelake_insight::control::{ControlPoint, Signal, WeekCount, WeekMean, p_chart, xmr_chart};
use scorelake_insight::many::{AgentCount, Naming, stand_out_by_rate, stand_out_by_score};
use scorelake_insight::trend::{Verdict, WeekPoint, trend};

use crate::Study;
use crate::agents::means;
use crate::centre::{Centre, FIRST, SKILL, Weather, by_agent, normalized};
use crate::tally::percent;

const N_AGENTS: usize = 20;
const N_EVALUATORS: usize = 4;
const N_WEEKS: i64 = 26;
/// Assessments a week.
const N_WEEK: usize = 30;
/// The first week after a step, counted from 0.
const STEP_WEEK: i64 = 14;
const BASELINE: usize = 8;
const FLAT_SLOPE: f64 = 0.1;

/// What happens in half a year.
#[derive(Clone, Copy, Default)]
struct Year {
    /// At the week of the step, in shares of the maximum.
    step: f64,
    /// From the first week to the last.
    slope: f64,
    /// Half the range of a shock that comes anew each week and half of which stays for the next.
    shock: f64,
    /// In the middle a form version comes whose level is that much lower; the strata are two.
    boundary: f64,
}

const YEARS: [(&str, Year); 7] = [
    ("nothing happens", Year { step: 0.0, slope: 0.0, shock: 0.0, boundary: 0.0 }),
    ("nothing happens, weeks resemble their neighbours", Year { step: 0.0, slope: 0.0, shock: 0.02, boundary: 0.0 }),
    ("a step of -3 after week 14", Year { step: -0.03, slope: 0.0, shock: 0.0, boundary: 0.0 }),
    ("a step of -8 after week 14", Year { step: -0.08, slope: 0.0, shock: 0.0, boundary: 0.0 }),
    ("a fall of 3 over the half year", Year { step: 0.0, slope: -0.03, shock: 0.0, boundary: 0.0 }),
    ("a new version 12 lower after week 13, nothing else", Year { step: 0.0, slope: 0.0, shock: 0.0, boundary: -0.12 }),
    ("the same, and a fall of 3 over the half year", Year { step: 0.0, slope: -0.03, shock: 0.0, boundary: -0.12 }),
];

pub(crate) fn print(study: Study) {
    println!("\n## Weekly means of half a year\n");
    println!(
        "| {N_WEEKS} weeks of {N_WEEK} assessments | XmR, any | outside | range | run | change point | at the right week | rising | falling |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (name, year) in YEARS {
        print_year(study, name, year);
    }
    print_rates(study);
    print_named(study);
}

fn monday(week: i64) -> Date {
    date(2024, 1, 1) + (7 * week).days()
}

fn weeks(year: Year, generator: &mut StdRng) -> Vec<WeekMean> {
    let centre = Centre::new(N_AGENTS, N_EVALUATORS, SKILL, generator);
    let mut shock = 0.0;
    (0..N_WEEKS)
        .filter_map(|week| {
            shock = 0.5 * shock + year.shock * (2.0 * generator.random::<f64>() - 1.0);
            let step = if week >= STEP_WEEK { year.step } else { 0.0 };
            let version = if 2 * week >= N_WEEKS { year.boundary } else { 0.0 };
            let change = step + version + shock + year.slope * week as f64 / (N_WEEKS - 1) as f64;
            let assessments = centre.assessments(N_WEEK, &FIRST, Weather { change, ..Weather::default() }, generator);
            let sums = by_agent(&assessments, |one| normalized(one, &FIRST));
            let n: u64 = sums.values().map(|agent| agent.n).sum();
            let total: f64 = sums.values().map(|agent| agent.sum).sum();
            (n > 0).then(|| WeekMean { week_start: monday(week), mean: total / n as f64 })
        })
        .collect()
}

/// The weeks of each form version.
fn strata(year: Year, weeks: &[WeekMean]) -> Vec<Vec<WeekMean>> {
    let (first, second) = weeks.split_at(weeks.len() / 2);
    if year.boundary == 0.0 { vec![weeks.to_vec()] } else { vec![first.to_vec(), second.to_vec()] }
}

fn print_year(study: Study, name: &str, year: Year) {
    let mut generator = study.generator(name);
    let [mut n_any, mut n_outside, mut n_range, mut n_run, mut n_broken, mut n_located, mut n_rising, mut n_falling] = [0; 8];
    for _ in 0..study.replications {
        let strata = strata(year, &weeks(year, &mut generator));
        let points: Vec<ControlPoint> =
            strata.iter().filter_map(|weeks| xmr_chart(weeks, BASELINE).ok()).flatten().filter(|point| !point.baseline).collect();
        let has = |signal: Signal| u64::from(points.iter().any(|point| point.signals.contains(&signal)));
        n_any += u64::from(points.iter().any(|point| !point.signals.is_empty()));
        n_outside += has(Signal::Outside);
        n_range += has(Signal::Range);
        n_run += has(Signal::Run);
        let breaks: Vec<Date> = strata
            .iter()
            .filter_map(|weeks| segmentation(weeks).ok())
            .flat_map(|found| found.segments.into_iter().skip(1).map(|segment| segment.first_week))
            .collect();
        n_broken += u64::from(!breaks.is_empty());
        n_located += u64::from(breaks.iter().any(|week| monday(STEP_WEEK - 1) <= *week && *week <= monday(STEP_WEEK + 1)));
        let verdict = trend(&strata.iter().map(|weeks| points_of(weeks)).collect::<Vec<_>>(), FLAT_SLOPE).verdict;
        n_rising += u64::from(verdict == Verdict::Rising);
        n_falling += u64::from(verdict == Verdict::Falling);
    }
    let shares = [n_any, n_outside, n_range, n_run, n_broken, n_located, n_rising, n_falling].map(|n| percent(n, study.replications));
    println!("| {name} | {} |", shares.join(" | "));
}

fn points_of(weeks: &[WeekMean]) -> Vec<WeekPoint> {
    weeks.iter().map(|week| WeekPoint { week: f64::from((week.week_start - monday(0)).get_days()) / 7.0, mean: week.mean }).collect()
}

fn print_rates(study: Study) {
    println!("\n## Weekly rates of failed critical questions\n");
    println!("| {N_WEEKS} weeks of {N_WEEK} assessments | series with a p-chart | with a signal after the baseline |");
    println!("| --- | --- | --- |");
    for (name, before, after) in [("5 % throughout", 0.05, 0.05), ("20 % throughout", 0.2, 0.2), ("5 %, 20 % after week 14", 0.05, 0.2)] {
        let mut generator = study.generator(name);
        let (mut n_charts, mut n_signals) = (0, 0);
        for _ in 0..study.replications {
            let weeks: Vec<WeekCount> = (0..N_WEEKS)
                .map(|week| {
                    let rate = if week < STEP_WEEK { before } else { after };
                    let x = (0..N_WEEK).filter(|_| generator.random::<f64>() < rate).count() as u64;
                    WeekCount { week_start: monday(week), n: N_WEEK as u64, x }
                })
                .collect();
            let Ok(points) = p_chart(&weeks, BASELINE) else { continue };
            n_charts += 1;
            n_signals += u64::from(points.iter().any(|point| !point.baseline && !point.signals.is_empty()));
        }
        println!("| {name} | {} | {} |", percent(n_charts, study.replications), percent(n_signals, n_charts));
    }
}

/// A list of agents of whom some are worse by a share of the maximum.
struct List {
    name: &'static str,
    n_agents: usize,
    n_worse: usize,
    worse: f64,
    sizes: (u64, u64),
    has_own_evaluators: bool,
}

fn print_named(study: Study) {
    println!("\n## Agents named\n");
    println!("| list | lists that name an agent who is no worse | of those named no worse, mean over lists | of those worse, named |");
    println!("| --- | --- | --- | --- |");
    let alike = List {
        name: "40 agents of 15, all equally good",
        n_agents: 40,
        n_worse: 0,
        worse: 0.0,
        sizes: (15, 15),
        has_own_evaluators: false,
    };
    for list in [
        List { ..alike },
        List { name: "40 agents of 2 to 6, all equally good", sizes: (2, 6), ..alike },
        List { name: "the same 40 of 15, each with one evaluator only", has_own_evaluators: true, ..alike },
        List { name: "40 of 15, 4 of them 3 worse", n_worse: 4, worse: 0.03, ..alike },
        List { name: "40 of 15, 4 of them 10 worse", n_worse: 4, worse: 0.10, ..alike },
        List { name: "40 of 60, 4 of them 10 worse", n_worse: 4, worse: 0.10, sizes: (60, 60), ..alike },
    ] {
        print_list(study, &list);
    }
    print_rate_list(study);
}

fn naming(least_effect: f64) -> Naming {
    Naming { false_discovery_rate: 0.05, least_effect }
}

fn print_list(study: Study, list: &List) {
    let mut generator = study.generator(list.name);
    let [mut n_lists, mut n_found] = [0; 2];
    let mut wrong_shares = 0.0;
    for _ in 0..study.replications {
        let mut centre = Centre::new(list.n_agents, N_EVALUATORS, 0.0, &mut generator);
        centre.has_own_evaluators = list.has_own_evaluators;
        centre.shift(list.n_worse, -list.worse);
        let agents = means(&centre, list.n_agents, list.sizes, &FIRST, &mut generator);
        let findings = stand_out_by_score(&agents, naming(2.0)).unwrap_or_default();
        let is_worse = |place: usize| place < list.n_worse;
        let named: Vec<bool> = findings.iter().enumerate().filter(|(_, one)| one.named).map(|(place, _)| is_worse(place)).collect();
        let n_right = named.iter().filter(|is_worse| **is_worse).count() as u64;
        n_found += n_right;
        wrong_shares += (named.len() as u64 - n_right) as f64 / named.len().max(1) as f64;
        n_lists += u64::from(n_right < named.len() as u64);
    }
    let mean_share = format!("{:.1} %", 100.0 * wrong_shares / study.replications as f64);
    let n_worse = study.replications * list.n_worse as u64;
    println!("| {} | {} | {} | {} |", list.name, percent(n_lists, study.replications), mean_share, percent(n_found, n_worse));
}

fn print_rate_list(study: Study) {
    let name = "rates: 40 agents of 15, 5 % each";
    let mut generator = study.generator(name);
    let mut n_lists = 0;
    for _ in 0..study.replications {
        let counts: Vec<AgentCount> = (0..40)
            .map(|agent| {
                let x = (0..15).filter(|_| generator.random::<f64>() < 0.05).count() as u64;
                AgentCount { agent_id: format!("a{agent:03}"), n: 15, x }
            })
            .collect();
        n_lists += u64::from(stand_out_by_rate(&counts, naming(0.02)).unwrap_or_default().iter().any(|one| one.named));
    }
    let share = percent(n_lists, study.replications);
    println!("| {name} | {share} | {share} | - |");
}
