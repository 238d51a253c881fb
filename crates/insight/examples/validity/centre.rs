//! The simulated centre: agents with skill, evaluators with leniency, calls that are easy or hard, questions with difficulty.
//! Chances add up in points and never leave 0..100, so a change of x points is x points on every question, whatever its weight.
//! The same agents and evaluators work on every form version unless a scenario says otherwise.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::StdRng;
use scorelake_insight::interval::AgentSum;
use scorelake_insight::side::{AnswerSums, FormQuestion, Side};

/// A question on a form: its steps are equal parts of its maximum.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) key: &'static str,
    pub(crate) weight: f64,
    pub(crate) max_score: f64,
    /// Steps from 0 to the maximum: 1 is yes or no.
    pub(crate) n_steps: u32,
    /// The share of the maximum that an average agent gets from an average evaluator.
    pub(crate) ease: f64,
    /// The chance that it does not apply.
    pub(crate) na: f64,
}

pub(crate) const fn question(key: &'static str, weight: f64, max_score: f64, n_steps: u32, ease: f64, na: f64) -> Question {
    Question { key, weight, max_score, n_steps, ease, na }
}

/// The first form: eight questions, a mean of about 73.
pub(crate) const FIRST: [Question; 8] = [
    question("greet", 2.0, 5.0, 2, 0.76, 0.0),
    question("verify", 10.0, 1.0, 1, 0.76, 0.0),
    question("listen", 3.0, 4.0, 4, 0.70, 0.0),
    question("hold", 1.0, 4.0, 2, 0.74, 0.1),
    question("solve", 4.0, 5.0, 2, 0.64, 0.1),
    question("offer", 2.0, 5.0, 1, 0.62, 0.05),
    question("tone", 2.0, 4.0, 4, 0.76, 0.0),
    question("close", 1.0, 5.0, 2, 0.76, 0.0),
];

/// The second form: two heavy questions more, and two of the first weighed otherwise. The mean falls by about 11 points.
pub(crate) fn second() -> Vec<Question> {
    let reweighted = FIRST.iter().map(|one| match one.key {
        "tone" => Question { weight: 4.0, ..*one },
        "solve" => Question { weight: 3.0, ..*one },
        _ => *one,
    });
    reweighted.chain([question("consent", 20.0, 1.0, 1, 0.35, 0.0), question("disclose", 16.0, 1.0, 1, 0.30, 0.0)]).collect()
}

/// What differs from one span to another, in shares of the maximum.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weather {
    /// The true change of performance on every question.
    pub(crate) change: f64,
    /// Half the range of what each agent's change differs from it.
    pub(crate) own_change: f64,
    /// Every evaluator is that much stricter.
    pub(crate) severity: f64,
    /// Half the range of what each evaluator is stricter or more lenient than before, each for himself.
    pub(crate) own_severity: f64,
    /// `greet` is read otherwise: its ease falls by as much.
    pub(crate) drift: f64,
    /// `solve` and `offer` do not apply with this chance, if it is above 0.
    pub(crate) na: f64,
    /// The share of zeros on `solve` that are recorded as not applicable.
    pub(crate) zeros_as_na: f64,
    /// How much more often the least skilled agents are assessed: 0 all alike, 1 the best never and the least twice as often.
    pub(crate) slant: f64,
    /// The first evaluator at work, of those of the centre.
    pub(crate) first_evaluator: usize,
}

/// The people of one centre.
pub(crate) struct Centre {
    agents: Vec<Person>,
    evaluators: Vec<Person>,
    n_evaluators: usize,
    /// Each agent is assessed by one evaluator only.
    pub(crate) has_own_evaluators: bool,
}

struct Person {
    /// Skill or leniency.
    level: f64,
    /// What he changes when the weather lets people change, -1..1.
    turn: f64,
}

/// Half the ranges: standard deviations of 4.6, 2.3 and 2.9 points.
pub(crate) const SKILL: f64 = 0.08;
const LENIENCY: f64 = 0.04;
const CALL: f64 = 0.05;

/// One assessment: the agent, the evaluator and the points of each question, none where it does not apply.
pub(crate) struct Assessment {
    agent: usize,
    evaluator: usize,
    points: Vec<Option<f64>>,
}

impl Centre {
    /// As many agents as asked for; twice as many evaluators, of whom half work at a time.
    pub(crate) fn new(n_agents: usize, n_evaluators: usize, skill: f64, generator: &mut StdRng) -> Self {
        let mut person = |range: f64| Person { level: even(generator, range), turn: even(generator, 1.0) };
        let agents = (0..n_agents).map(|_| person(skill)).collect();
        let evaluators = (0..2 * n_evaluators).map(|_| person(LENIENCY)).collect();
        Self { agents, evaluators, n_evaluators, has_own_evaluators: false }
    }

    /// Makes some agents worse, or better, by as much.
    pub(crate) fn shift(&mut self, n_agents: usize, by: f64) {
        self.agents.iter_mut().take(n_agents).for_each(|agent| agent.level += by);
    }

    /// The mean normalized score that an agent tends to on a form without N/A, in points.
    pub(crate) fn tendency(&self, agent: usize, form: &[Question]) -> f64 {
        let whole: f64 = form.iter().map(|one| one.weight * one.max_score).sum();
        let ease: f64 = form.iter().map(|one| one.weight * one.max_score * one.ease).sum::<f64>() / whole;
        let leniency = self.evaluators.iter().take(self.n_evaluators).map(|one| one.level).sum::<f64>() / self.n_evaluators as f64;
        100.0 * (ease + leniency + self.agents.get(agent).map_or(0.0, |agent| agent.level))
    }

    pub(crate) fn assessments(&self, n: usize, form: &[Question], weather: Weather, generator: &mut StdRng) -> Vec<Assessment> {
        (0..n).filter_map(|_| self.assessment(self.drawn_agent(weather, generator), form, weather, generator)).collect()
    }

    /// One of an agent; none for an agent whom there is not.
    pub(crate) fn assessment(&self, agent: usize, form: &[Question], weather: Weather, generator: &mut StdRng) -> Option<Assessment> {
        let own = if self.has_own_evaluators { agent } else { generator.random_range(0..self.n_evaluators) };
        let evaluator = weather.first_evaluator + own % self.n_evaluators;
        let (skilled, lenient) = (self.agents.get(agent)?, self.evaluators.get(evaluator)?);
        let shift = skilled.level + lenient.level + weather.change + skilled.turn * weather.own_change - weather.severity
            + lenient.turn * weather.own_severity
            + even(generator, CALL);
        let points = form.iter().map(|one| answer(one, shift, weather, generator)).collect();
        Some(Assessment { agent, evaluator, points })
    }

    fn drawn_agent(&self, weather: Weather, generator: &mut StdRng) -> usize {
        loop {
            let place = generator.random_range(0..self.agents.len());
            let level = self.agents.get(place).map_or(0.0, |agent| agent.level);
            let chance = (1.0 - weather.slant * level / SKILL) / (1.0 + weather.slant);
            if generator.random::<f64>() < chance {
                return place;
            }
        }
    }
}

fn even(generator: &mut StdRng, half_range: f64) -> f64 {
    half_range * (2.0 * generator.random::<f64>() - 1.0)
}

fn answer(question: &Question, shift: f64, weather: Weather, generator: &mut StdRng) -> Option<f64> {
    let is_hard = matches!(question.key, "solve" | "offer");
    let na = if is_hard && weather.na > 0.0 { weather.na } else { question.na };
    if generator.random::<f64>() < na {
        return None;
    }
    let drift = if question.key == "greet" { weather.drift } else { 0.0 };
    let chance = question.ease + shift - drift;
    assert!((0.0..=1.0).contains(&chance), "a chance of {chance} on `{}`", question.key);
    let n_hits = (0..question.n_steps).filter(|_| generator.random::<f64>() < chance).count();
    if n_hits == 0 && question.key == "solve" && generator.random::<f64>() < weather.zeros_as_na {
        return None;
    }
    Some(question.max_score * n_hits as f64 / f64::from(question.n_steps))
}

/// The normalized score; none if no question applied.
pub(crate) fn normalized(assessment: &Assessment, form: &[Question]) -> Option<f64> {
    let answered = || form.iter().zip(&assessment.points).filter_map(|(one, points)| Some((one, (*points)?)));
    let possible: f64 = answered().map(|(one, _)| one.weight * one.max_score).sum();
    (possible > 0.0).then(|| 100.0 * answered().map(|(one, points)| one.weight * points).sum::<f64>() / possible)
}

/// What the store would compute of one side.
pub(crate) fn side(assessments: &[Assessment], form: &[Question]) -> Side {
    let mut sums = vec![AnswerSums::default(); form.len()];
    let mut n_by_evaluator: BTreeMap<usize, u64> = BTreeMap::new();
    let (mut n, mut total) = (0, 0.0);
    for assessment in assessments {
        let Some(score) = normalized(assessment, form) else { continue };
        n += 1;
        total += score;
        *n_by_evaluator.entry(assessment.evaluator).or_default() += 1;
        for ((one, points), sums) in form.iter().zip(&assessment.points).zip(&mut sums) {
            let Some(points) = points else { continue };
            sums.n += 1;
            sums.sum_score += points;
            sums.sum_max += one.max_score;
            sums.sum_share += points / one.max_score;
        }
    }
    Side {
        n,
        mean: (n > 0).then(|| total / n as f64),
        form: form.iter().map(form_question).collect(),
        answers: form.iter().zip(sums).map(|(one, sums)| (one.key.to_owned(), sums)).collect(),
        n_by_evaluator: n_by_evaluator.into_iter().map(|(evaluator, n)| (format!("e{evaluator}"), n)).collect(),
        n_without_evaluator: 0,
    }
}

fn form_question(question: &Question) -> FormQuestion {
    let step = |hits| question.max_score * f64::from(hits) / f64::from(question.n_steps);
    FormQuestion {
        key: question.key.to_owned(),
        weight: question.weight,
        max_score: question.max_score,
        options: Some((0..=question.n_steps).map(step).collect()),
    }
}

/// The sums by agent of any score of an assessment; those without one are left out.
pub(crate) fn by_agent(assessments: &[Assessment], score: impl Fn(&Assessment) -> Option<f64>) -> BTreeMap<String, AgentSum> {
    let mut sums: BTreeMap<usize, AgentSum> = BTreeMap::new();
    for (agent, score) in assessments.iter().filter_map(|one| Some((one.agent, score(one)?))) {
        let sum = sums.entry(agent).or_insert(AgentSum { n: 0, sum: 0.0 });
        sum.n += 1;
        sum.sum += score;
    }
    sums.into_iter().map(|(agent, sum)| (format!("a{agent}"), sum)).collect()
}

/// The score on the common questions with the weights found for them.
pub(crate) fn rescored(assessment: &Assessment, form: &[Question], weights: &BTreeMap<String, f64>) -> Option<f64> {
    let common =
        || form.iter().zip(&assessment.points).filter_map(|(one, points)| Some((weights.get(one.key)?, (*points)? / one.max_score)));
    let weight: f64 = common().map(|(weight, _)| weight).sum();
    (weight > 0.0).then(|| 100.0 * common().map(|(weight, share)| weight * share).sum::<f64>() / weight)
}
