//! Agents: shrunken scores, pass rates, ranks with their intervals, and who stands out, within one cohort and pool.

use std::collections::BTreeMap;

use insight::leniency::Leniencies;
use insight::many::{self, AgentCount, Finding, Naming};
use insight::passrate::{self, AgentPasses, PassRate, PassRates};
use insight::reason::Reason;
use insight::shrinkage::{self, AgentMean, AgentScore, Shrinkage};
use model::table::analytics::AGENT_SCORE;
use model::table::{Cell, Row};
use store::statistics::{Cohort, CohortAgent, LeniencyCell, ScopePlace};

use crate::analysis::Days;
use crate::analysis::evaluators::{Fits, fit_of};
use crate::analysis::layout::{count, date, fill, real, row, text, version_cells};
use crate::analysis::settings::Analytics;
use crate::analysis::trends::Crowds;

/// What is known of one pool.
pub(crate) struct PoolFigures {
    pub(crate) shrinkage: Result<Shrinkage, Reason>,
    pub(crate) passes: Result<PassRates, Reason>,
    pub(crate) by_score: Result<Vec<Finding>, Reason>,
    pub(crate) by_failures: Result<Vec<Finding>, Reason>,
}

/// Everything that is computed of one pool.
pub(crate) fn figures(agents: &[CohortAgent], settings: &Analytics) -> PoolFigures {
    let means: Vec<AgentMean> = agents.iter().map(mean_of).collect();
    let passes: Vec<AgentPasses> = agents
        .iter()
        .map(|agent| AgentPasses { agent_id: agent.agent_id.clone(), n: agent.n_with_pass, n_passed: agent.n_passed })
        .collect();
    let failures: Vec<AgentCount> =
        agents.iter().map(|agent| AgentCount { agent_id: agent.agent_id.clone(), n: agent.n, x: agent.n_failed_critical }).collect();
    let naming = |least_effect| Naming { false_discovery_rate: settings.false_discovery_rate, least_effect };
    PoolFigures {
        shrinkage: shrinkage::shrink(&means),
        passes: passrate::pass_rates(&passes),
        by_score: many::stand_out_by_score(&means, naming(settings.least_effect)),
        by_failures: many::stand_out_by_rate(&failures, naming(settings.least_rate_effect)),
    }
}

fn mean_of(agent: &CohortAgent) -> AgentMean {
    let mean = if agent.n == 0 { 0.0 } else { agent.sum_y / agent.n as f64 };
    AgentMean { agent_id: agent.agent_id.clone(), n: agent.n, mean, ss_within: agent.ss_within }
}

/// How many assessments of an agent in a cohort each evaluator made.
pub(crate) type Assessors<'a> = BTreeMap<(&'a Cohort, &'a str), Vec<(&'a str, u64)>>;

/// Sorts cells by cohort and agent.
pub(crate) fn assessors(cells: &[LeniencyCell]) -> Assessors<'_> {
    let mut assessors = Assessors::new();
    for cell in cells {
        assessors.entry((&cell.cohort, cell.agent_id.as_str())).or_default().push((cell.evaluator_id.as_str(), cell.n));
    }
    assessors
}

/// Rows of `agent_score` for all pools.
pub(crate) fn rows(pools: &Crowds, span: Days, fits: &Fits, assessors: &Assessors<'_>, settings: &Analytics) -> Vec<Row> {
    let mut rows = Vec::new();
    for ((cohort, scope), agents) in pools {
        let figures = figures(agents, settings);
        let fit = fit_of(fits, cohort);
        for agent in agents {
            let adjusted = fit.and_then(|fit| adjusted_mean(fit, agent, assessors.get(&(cohort, agent.agent_id.as_str()))));
            rows.push(agent_row(cohort, scope, agent, &figures, span, adjusted, settings));
        }
    }
    rows
}

/// None unless every one of the agent's assessments in the pool has an evaluator whose effect is known.
fn adjusted_mean(fit: &Leniencies, agent: &CohortAgent, by_evaluator: Option<&Vec<(&str, u64)>>) -> Option<f64> {
    let by_evaluator = by_evaluator?;
    let n: u64 = by_evaluator.iter().map(|(_, n)| n).sum();
    if n != agent.n {
        return None;
    }
    fit.adjusted_mean(agent.sum_y / agent.n as f64, by_evaluator.iter().copied()).ok()
}

fn agent_row(
    cohort: &Cohort,
    scope: &ScopePlace,
    agent: &CohortAgent,
    figures: &PoolFigures,
    (span_from, span_to): Days,
    adjusted: Option<f64>,
    settings: &Analytics,
) -> Row {
    let mut cells = row(&AGENT_SCORE, version_cells(cohort));
    let name = settings.roster.person(&cohort.tenant, &agent.agent_id).and_then(|person| person.name.clone());
    fill(
        &AGENT_SCORE,
        &mut cells,
        [
            ("pool_kind", text(&scope.kind)),
            ("pool_id", text(&scope.id)),
            ("agent_id", text(&agent.agent_id)),
            ("agent_name", Cell::text(name)),
            ("span_from", date(span_from)),
            ("span_to", date(span_to)),
            ("n", count(agent.n)),
            ("mean", real((agent.n != 0).then(|| agent.sum_y / agent.n as f64))),
            ("adjusted_mean", real(adjusted)),
            ("n_passed", count(agent.n_passed)),
        ],
    );
    match &figures.shrinkage {
        Ok(shrinkage) => {
            let of_pool = [("within_variance", real(Some(shrinkage.pool.within_variance))), ("pool_mean", real(Some(shrinkage.pool.mean)))];
            fill(&AGENT_SCORE, &mut cells, of_pool);
            if let Some(score) = of_agent(&shrinkage.agents, &agent.agent_id, |score| &score.agent_id) {
                fill_score(&mut cells, score);
            }
        }
        Err(reason) => fill(&AGENT_SCORE, &mut cells, [("reason", text(reason.word())), ("rank_reason", text(reason.word()))]),
    }
    match &figures.passes {
        Ok(passes) => {
            if let Some(rate) = of_agent(&passes.agents, &agent.agent_id, |rate| &rate.agent_id) {
                fill_pass(&mut cells, rate);
            }
        }
        Err(reason) => fill(&AGENT_SCORE, &mut cells, [("pass_reason", text(reason.word()))]),
    }
    if let Some(finding) = figures.by_score.as_ref().ok().and_then(|found| of_agent(found, &agent.agent_id, |finding| &finding.agent_id)) {
        let cells_of_test = [
            ("cohort_mean", real(Some(finding.expected))),
            ("p", real(Some(finding.p))),
            ("p_adjusted", real(Some(finding.p_adjusted))),
            ("named", Cell::Bool(finding.named)),
        ];
        fill(&AGENT_SCORE, &mut cells, cells_of_test);
    }
    cells
}

/// The entry of an agent in a list that is in the order of agent ids.
pub(crate) fn of_agent<'a, T>(list: &'a [T], agent_id: &str, id: impl Fn(&T) -> &String) -> Option<&'a T> {
    list.binary_search_by(|one| id(one).as_str().cmp(agent_id)).ok().and_then(|place| list.get(place))
}

fn fill_score(cells: &mut Row, score: &AgentScore) {
    let rank = score.rank.as_ref();
    let place = |value: Option<u64>| value.map_or(Cell::Null, count);
    fill(
        &AGENT_SCORE,
        cells,
        [
            ("score", real(Some(score.score))),
            ("low", real(Some(score.low))),
            ("high", real(Some(score.high))),
            ("reliability", real(Some(score.reliability))),
            ("rank", place(rank.ok().map(|rank| rank.place))),
            ("rank_low", place(rank.ok().map(|rank| rank.low))),
            ("rank_high", place(rank.ok().map(|rank| rank.high))),
            ("rank_reason", Cell::text(rank.err().map(|reason| reason.word()))),
        ],
    );
}

fn fill_pass(cells: &mut Row, rate: &PassRate) {
    let of_rate = [("pass_rate", real(Some(rate.rate))), ("pass_low", real(Some(rate.low))), ("pass_high", real(Some(rate.high)))];
    fill(&AGENT_SCORE, cells, of_rate);
}
