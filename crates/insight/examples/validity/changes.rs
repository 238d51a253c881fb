//! One boundary: the difference of the means before and after against performance and its interval.

use rand::rngs::StdRng;
use scorelake_insight::anchor::{QuestionState, anchors};
use scorelake_insight::side::{Side, SplitSettings};
use scorelake_insight::split::{ChangeSplit, change_split};

use crate::Study;
use crate::centre::{Assessment, Centre, FIRST, Question, SKILL, Weather, by_agent, normalized, rescored, second, side};
use crate::tally::{Tally, percent};

/// What is played, beside the weather after the boundary.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    n_agents: usize,
    n_side: usize,
    after: Weather,
    settings: Settings,
}

/// Which house rules are off.
#[derive(Clone, Copy, PartialEq)]
enum Settings {
    House,
    NoDriftRule,
    NoEvaluatorRule,
}

const PLAIN: Weather = Weather {
    change: 0.0,
    own_change: 0.02,
    severity: 0.0,
    own_severity: 0.0,
    drift: 0.0,
    na: 0.0,
    zeros_as_na: 0.0,
    slant: 0.0,
    first_evaluator: 0,
};
const BASE: Scenario = Scenario { name: "baseline", n_agents: 20, n_side: 150, after: PLAIN, settings: Settings::House };
const N_EVALUATORS: usize = 4;

fn scenarios() -> Vec<Scenario> {
    let after = |name, after| Scenario { name, after, ..BASE };
    let sized = |name, n_agents, n_side| Scenario { name, n_agents, n_side, after: Weather { change: -0.03, ..PLAIN }, ..BASE };
    let drifting = Weather { drift: 0.3, ..PLAIN };
    let replaced = Weather { first_evaluator: N_EVALUATORS, ..PLAIN };
    vec![
        after("baseline, no change", PLAIN),
        after("baseline, +2", Weather { change: 0.02, ..PLAIN }),
        after("baseline, -3", Weather { change: -0.03, ..PLAIN }),
        sized("5 agents, -3", 5, 150),
        sized("10 agents, -3", 10, 150),
        sized("40 agents, -3", 40, 150),
        sized("40 agents, 400 a side, -3", 40, 400),
        sized("30 assessments a side, -3", 20, 30),
        sized("30 a side of 5 agents, -3", 5, 30),
        after("other N/A mix after, no change", Weather { na: 0.6, ..PLAIN }),
        Scenario { settings: Settings::NoDriftRule, ..after("no question drifts, -3, drift rule off", Weather { change: -0.03, ..PLAIN }) },
        Scenario { settings: Settings::NoDriftRule, ..after("one question drifts, drift rule off", drifting) },
        after("one question drifts, drift rule on", drifting),
        after("evaluators replaced", replaced),
        Scenario { settings: Settings::NoEvaluatorRule, ..after("evaluators replaced, rule off", replaced) },
        after("**all evaluators 2.5 stricter**", Weather { severity: 0.025, ..PLAIN }),
        after("**all 2.5 stricter, truly +2**", Weather { severity: 0.025, change: 0.02, ..PLAIN }),
        after("**each evaluator drifts by himself**", Weather { own_severity: 0.04, ..PLAIN }),
        after("**half the zeros become N/A**", Weather { zeros_as_na: 0.5, ..PLAIN }),
        after("**weaker agents assessed more often**", Weather { slant: 0.8, ..PLAIN }),
    ]
}

/// What one scenario came to.
#[derive(Default)]
struct Outcome {
    naive: Tally,
    ours: Tally,
    /// The same interval moved so that its middle is performance itself.
    centred: Tally,
    n_drifting: u64,
    n_flagged: u64,
}

pub(crate) fn print(study: Study) {
    println!("\n## One boundary\n");
    println!(
        "| scenario | naive bias | naive RMSE | naive coverage | published | our bias | our RMSE | our coverage | about performance | half width | 0 outside | a question left out | `na_sensitive` |"
    );
    println!("|{}", " --- |".repeat(13));
    for scenario in scenarios() {
        let mut generator = study.generator(scenario.name);
        let mut outcome = Outcome::default();
        (0..study.replications).for_each(|_| play(scenario, &mut outcome, &mut generator));
        let Outcome { naive, ours, centred, n_drifting, n_flagged } = &outcome;
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            scenario.name,
            naive.bias(),
            naive.rmse(),
            naive.coverage(),
            ours.share_of(study.replications),
            ours.bias(),
            ours.rmse(),
            ours.coverage(),
            centred.coverage(),
            ours.half_width(),
            ours.seen(),
            percent(*n_drifting, study.replications),
            percent(*n_flagged, study.replications),
        );
    }
}

fn play(scenario: Scenario, outcome: &mut Outcome, generator: &mut StdRng) {
    let centre = Centre::new(scenario.n_agents, N_EVALUATORS, SKILL, generator);
    let (form_a, form_b) = (FIRST.to_vec(), second());
    let a = centre.assessments(scenario.n_side, &form_a, Weather::default(), generator);
    let b = centre.assessments(scenario.n_side, &form_b, scenario.after, generator);
    let truth = 100.0 * scenario.after.change;
    let split = split((&a, &form_a), (&b, &form_b), &scenario.settings.of_split());
    if let Ok(naive) = naive((&a, &form_a), (&b, &form_b)).rescored {
        outcome.naive.add(naive.delta, truth, naive.interval.ok());
    }
    outcome.n_drifting += u64::from(0 < split.n_in_state(QuestionState::Drifting));
    outcome.n_flagged += u64::from(split.is_na_sensitive);
    if let Some(performance) = split.published_performance() {
        let interval = split.rescored.ok().and_then(|rescored| rescored.interval.ok());
        outcome.ours.add(performance, truth, interval);
        if let Some(interval) = interval {
            let reach = (interval.high - interval.low) / 2.0;
            outcome.centred.add_interval(performance - reach, performance + reach, truth);
        }
    }
}

impl Settings {
    fn of_split(self) -> SplitSettings {
        let house = SplitSettings::default();
        match self {
            Self::House => house,
            Self::NoDriftRule => SplitSettings { drift_limit: f64::INFINITY, ..house },
            Self::NoEvaluatorRule => SplitSettings { same_evaluators: 0.0, ..house },
        }
    }
}

/// The assessments of a side and their form.
type Played<'a> = (&'a [Assessment], &'a [Question]);

/// The split as the engine would have it made.
pub(crate) fn split((a, form_a): Played, (b, form_b): Played, settings: &SplitSettings) -> ChangeSplit {
    let (side_a, side_b) = (side(a, form_a), side(b, form_b));
    let anchors = anchors(&side_a, &side_b, settings);
    let of_a = by_agent(a, |one| rescored(one, form_a, &anchors.weights));
    let of_b = by_agent(b, |one| rescored(one, form_b, &anchors.weights));
    change_split(&side_a, &side_b, &anchors, &of_a, &of_b, settings)
}

/// The difference of the mean normalized scores with the same kind of interval: only its `rescored` means anything.
fn naive((a, form_a): Played, (b, form_b): Played) -> ChangeSplit {
    let (nothing, settings) = (Side::default(), SplitSettings::default());
    let (of_a, of_b) = (by_agent(a, |one| normalized(one, form_a)), by_agent(b, |one| normalized(one, form_b)));
    change_split(&nothing, &nothing, &anchors(&nothing, &nothing, &settings), &of_a, &of_b, &settings)
}
