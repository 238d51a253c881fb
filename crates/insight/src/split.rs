//! The change split: what a new form version did to the mean, and what performance did, part by part.
//! The parts always add up to the change of the mean. Whether they may be published is decided here too, with every reason
//! that speaks against it; unpublished parts are still given, for the table. Sentences about it stand in `sentence`.

use std::collections::{BTreeMap, BTreeSet};

use crate::anchor::{AnchorQuestion, Anchors, QuestionState};
use crate::interval::{AgentSum, Interval, clustered};
use crate::reason::Reason;
use crate::show::compared;
use crate::side::{Side, SplitSettings};
use crate::sum::sum;

/// Performance from means and from rescored assessments may differ by this much before N/A answers are to blame.
const NA_SENSITIVE_POINTS: f64 = 0.5;

/// The parts of a change, in points. They add up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// What the attainment of common questions changed, under the mean of both weightings.
    pub performance: f64,
    /// What the new weights of common questions changed.
    pub reweighting: f64,
    /// What leaving questions out changed.
    pub removed: f64,
    /// What new questions changed.
    pub added: f64,
    /// What the mix of answers that do not apply changed.
    pub na_mix: f64,
}

impl Parts {
    /// The sum of the parts: the change of the mean.
    pub fn total(&self) -> f64 {
        sum([self.performance, self.reweighting, self.removed, self.added, self.na_mix])
    }

    /// What the new form did: reweighting, removed and added questions.
    pub fn form(&self) -> f64 {
        sum([self.reweighting, self.removed, self.added])
    }
}

/// One question's part in the change. Both terms are `None` outside C, and where C weighs nothing on one of the sides.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionTerm {
    /// The question, its state, attainments and shares.
    pub question: AnchorQuestion,
    /// Its term of performance, in points.
    pub performance: Option<f64>,
    /// Its term of reweighting, in points.
    pub reweighting: Option<f64>,
}

/// Performance as the rescored assessments give it, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rescored {
    /// The difference of the means of the rescored assessments.
    pub delta: f64,
    /// Its interval, clustered over the agents of both sides.
    pub interval: Result<Interval, Reason>,
}

/// What a change of form version did to the mean.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSplit {
    /// Scored assessments on the first side.
    pub n_a: u64,
    /// Scored assessments on the second side.
    pub n_b: u64,
    /// The mean of the first side.
    pub mean_a: Option<f64>,
    /// The mean of the second side.
    pub mean_b: Option<f64>,
    /// `mean_b - mean_a`; `None` if a side is empty.
    pub change: Option<f64>,
    /// The parts; `None` if a side is empty or nothing in common has any weight.
    pub parts: Option<Parts>,
    /// Every question of either form, by key.
    pub questions: Vec<QuestionTerm>,
    /// Performance from rescored assessments; absent ([`Reason::NTooSmall`]) if a side has none that answers a question of C.
    pub rescored: Result<Rescored, Reason>,
    /// Whether `performance` and the rescored difference are so far apart that N/A answers matter.
    pub is_na_sensitive: bool,
    /// `A_C`.
    pub common_share_a: f64,
    /// `B_C`.
    pub common_share_b: f64,
    /// Whether performance may be published and the chained index carried on; else every reason against it.
    pub bridge: Result<(), Vec<Reason>>,
}

impl ChangeSplit {
    /// Performance, if it may be published: the step of the chained index.
    pub fn published_performance(&self) -> Option<f64> {
        self.bridge.is_ok().then_some(self.parts?.performance)
    }

    /// The number of questions in a state.
    pub fn n_in_state(&self, state: QuestionState) -> u64 {
        self.questions.iter().filter(|term| term.question.state == state).count() as u64
    }
}

/// Splits the change from side `a` to side `b`.
///
/// `rescored_a` and `rescored_b` hold, by agent, the assessments rescored on C with the weights of `anchors`
/// (`100 * sum(g*s/m) / sum(g)` over the answers in C; assessments without such an answer are left out).
pub fn change_split(
    a: &Side,
    b: &Side,
    anchors: &Anchors,
    rescored_a: &BTreeMap<String, AgentSum>,
    rescored_b: &BTreeMap<String, AgentSum>,
    settings: &SplitSettings,
) -> ChangeSplit {
    let means = filled_mean(a).zip(filled_mean(b));
    let parts = means.and_then(|means| parts(a, b, anchors, means));
    let rescored = rescored(rescored_a, rescored_b);
    let is_na_sensitive = parts
        .zip(rescored.ok())
        .is_some_and(|(parts, rescored)| compared((rescored.delta - parts.performance).abs()) > NA_SENSITIVE_POINTS);
    let reasons = reasons(a, b, anchors, parts.is_some(), settings);
    ChangeSplit {
        n_a: a.n,
        n_b: b.n,
        mean_a: filled_mean(a),
        mean_b: filled_mean(b),
        change: means.map(|(mean_a, mean_b)| mean_b - mean_a),
        parts,
        questions: anchors.questions.iter().map(|question| term(question, anchors)).collect(),
        rescored,
        is_na_sensitive,
        common_share_a: anchors.common_share_a,
        common_share_b: anchors.common_share_b,
        bridge: if reasons.is_empty() { Ok(()) } else { Err(reasons) },
    }
}

fn filled_mean(side: &Side) -> Option<f64> {
    side.mean.filter(|mean| side.n > 0 && mean.is_finite())
}

fn term(question: &AnchorQuestion, anchors: &Anchors) -> QuestionTerm {
    let terms = common_terms(question, anchors);
    QuestionTerm { question: question.clone(), performance: terms.map(|terms| terms.0), reweighting: terms.map(|terms| terms.1) }
}

/// The terms of performance and reweighting of a question of C.
fn common_terms(question: &AnchorQuestion, anchors: &Anchors) -> Option<(f64, f64)> {
    let (weight_a, weight_b) = common_weights(question, anchors)?;
    let (p_a, p_b) = (question.attainment_a?, question.attainment_b?);
    Some((f64::midpoint(weight_a, weight_b) * (p_b - p_a), (weight_b - weight_a) * f64::midpoint(p_a, p_b)))
}

/// alpha' and beta': the question's shares of C.
fn common_weights(question: &AnchorQuestion, anchors: &Anchors) -> Option<(f64, f64)> {
    let is_weighed = question.state == QuestionState::Common && anchors.common_share_a > 0.0 && anchors.common_share_b > 0.0;
    is_weighed.then_some((question.share_a? / anchors.common_share_a, question.share_b? / anchors.common_share_b))
}

fn parts(a: &Side, b: &Side, anchors: &Anchors, (mean_a, mean_b): (f64, f64)) -> Option<Parts> {
    let (all_a, all_b) = (Side::mean_of_form(&a.kept())?, Side::mean_of_form(&b.kept())?);
    let common: Vec<(f64, f64, &AnchorQuestion)> = anchors
        .questions
        .iter()
        .filter_map(|question| common_weights(question, anchors).map(|(weight_a, weight_b)| (weight_a, weight_b, question)))
        .collect();
    if common.is_empty() {
        return None;
    }
    let common_a = sum(common.iter().filter_map(|(weight_a, _, question)| Some(weight_a * question.attainment_a?)));
    let common_b = sum(common.iter().filter_map(|(_, weight_b, question)| Some(weight_b * question.attainment_b?)));
    let terms: Vec<(f64, f64)> = common.iter().filter_map(|(_, _, question)| common_terms(question, anchors)).collect();
    Some(Parts {
        performance: sum(terms.iter().map(|(performance, _)| *performance)),
        reweighting: sum(terms.iter().map(|(_, reweighting)| *reweighting)),
        removed: common_a - all_a,
        added: all_b - common_b,
        na_mix: sum([mean_b, -all_b, -mean_a, all_a]),
    })
}

fn rescored(a: &BTreeMap<String, AgentSum>, b: &BTreeMap<String, AgentSum>) -> Result<Rescored, Reason> {
    let (n_a, mean_a) = n_and_mean(a).ok_or(Reason::NTooSmall)?;
    let (n_b, mean_b) = n_and_mean(b).ok_or(Reason::NTooSmall)?;
    let delta = mean_b - mean_a;
    let influence = |side: &BTreeMap<String, AgentSum>, agent: &str, n: f64, mean: f64| {
        side.get(agent).map_or(0.0, |agent| (agent.sum - agent.n as f64 * mean) / n)
    };
    let agents: BTreeSet<&str> = a.iter().chain(b).filter(|(_, agent)| agent.n > 0).map(|(id, _)| id.as_str()).collect();
    let residuals: Vec<f64> = agents.into_iter().map(|agent| influence(b, agent, n_b, mean_b) - influence(a, agent, n_a, mean_a)).collect();
    Ok(Rescored { delta, interval: clustered(delta, residuals.into_iter()) })
}

fn n_and_mean(side: &BTreeMap<String, AgentSum>) -> Option<(f64, f64)> {
    let n = side.values().map(|agent| agent.n).sum::<u64>() as f64;
    (n > 0.0).then(|| (n, sum(side.values().filter(|agent| agent.n > 0).map(|agent| agent.sum)) / n))
}

fn reasons(a: &Side, b: &Side, anchors: &Anchors, has_parts: bool, settings: &SplitSettings) -> Vec<Reason> {
    let is_filled = a.n > 0 && b.n > 0;
    let is_short = |share: Option<f64>, least: f64| share.is_some_and(|share| compared(share) < least);
    let common_share = anchors.common_share_a.min(anchors.common_share_b);
    let conditions = [
        // An empty side has nothing to compare; only its emptiness is worth saying.
        (Reason::FewCommon, is_filled && (is_short(Some(common_share), settings.common_share) || !has_parts)),
        (Reason::FewAssessments, !is_filled || a.n.min(b.n) < settings.side_assessments),
        (
            Reason::EvaluatorsChanged,
            is_filled
                && (is_short(a.share_of_same_evaluators(b), settings.same_evaluators)
                    || is_short(b.share_of_same_evaluators(a), settings.same_evaluators)),
        ),
        (Reason::AnchorDrift, anchors.has_drifted_away()),
    ];
    conditions.into_iter().filter_map(|(reason, fails)| fails.then_some(reason)).collect()
}

#[cfg(test)]
mod tests;
