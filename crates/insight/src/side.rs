//! One side of a change of form version: what is known of the assessments made on one version, as sums.
//! A side is cut by version, not by date; which assessments belong to it is the store's business.

use std::collections::BTreeMap;

use crate::show::compared;
use crate::sum::sum;

/// A scorable question of a form version.
#[derive(Debug, Clone, PartialEq)]
pub struct FormQuestion {
    /// The id that stays the same across versions; else the question's own id.
    pub key: String,
    /// Its weight.
    pub weight: f64,
    /// The points it can give.
    pub max_score: f64,
    /// The values of its answer options, in any order; `None` if unknown.
    pub options: Option<Vec<f64>>,
}

/// The applicable answers to one question on one side, those with a maximum above 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct AnswerSums {
    /// Answers.
    pub n: u64,
    /// The sum of their points.
    pub sum_score: f64,
    /// The sum of their maxima.
    pub sum_max: f64,
    /// The sum of points by maximum.
    pub sum_share: f64,
}

/// The scored assessments of one form version, form and `scored_by` in one scope, near the boundary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Side {
    /// Scored assessments.
    pub n: u64,
    /// Their mean normalized score; `None` without any.
    pub mean: Option<f64>,
    /// The scorable questions of the form version.
    pub form: Vec<FormQuestion>,
    /// The answers by question key.
    pub answers: BTreeMap<String, AnswerSums>,
    /// Assessments by evaluator; of an artificial evaluator, by its model.
    pub n_by_evaluator: BTreeMap<String, u64>,
    /// Assessments whose evaluator is unknown. They count as made by someone else; where an unknown model shall not count, 0.
    pub n_without_evaluator: u64,
}

/// The house rules of the change split.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitSettings {
    /// The least share of each form that the common questions must carry.
    pub common_share: f64,
    /// The least number of scored assessments on each side.
    pub side_assessments: u64,
    /// The least share of each side's assessments made by evaluators active on both.
    pub same_evaluators: f64,
    /// How far a common question may move from the median, in robust standard deviations; infinite turns the rule off.
    pub drift_limit: f64,
}

impl Default for SplitSettings {
    fn default() -> Self {
        Self { common_share: 0.5, side_assessments: 30, same_evaluators: 0.7, drift_limit: 2.5 }
    }
}

/// A question as one side knows it: it has applicable answers there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptQuestion {
    /// Its share of the form over the questions kept; the shares sum to 1. 0 if the form has no weight at all.
    pub(crate) share: f64,
    /// 100 * sum(s) / sum(m).
    pub(crate) attainment: f64,
    pub(crate) answers: AnswerSums,
    max_score: f64,
    options: Option<Vec<f64>>,
}

impl KeptQuestion {
    /// Whether the answers to both mean the same: same maximum, same option values. Unknown options equal only unknown ones.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.max_score == other.max_score && self.options == other.options
    }
}

impl Side {
    /// The questions with applicable answers, by key.
    pub(crate) fn kept(&self) -> BTreeMap<&str, KeptQuestion> {
        let mut kept: BTreeMap<&str, (Vec<f64>, KeptQuestion)> = BTreeMap::new();
        for question in &self.form {
            let Some(answers) = self.answers.get(&question.key).filter(|answers| answers.n > 0 && answers.sum_max > 0.0) else { continue };
            let entry = kept.entry(&question.key).or_insert_with(|| (Vec::new(), KeptQuestion::new(question, *answers)));
            entry.0.push(question.weight * question.max_score);
        }
        let whole = sum(kept.values().flat_map(|(weighted, _)| weighted.iter().copied()));
        kept.into_iter()
            .map(|(key, (weighted, mut question))| {
                question.share = if whole > 0.0 { sum(weighted) / whole } else { 0.0 };
                (key, question)
            })
            .collect()
    }

    /// The mean that the attainments give with the shares of the whole form; `None` without a question of any weight.
    pub(crate) fn mean_of_form(kept: &BTreeMap<&str, KeptQuestion>) -> Option<f64> {
        let is_weighed = kept.values().any(|question| question.share > 0.0);
        is_weighed.then(|| sum(kept.values().map(|question| question.share * question.attainment)))
    }

    /// The share of the assessments made by evaluators who are active on the other side too; `None` without any to judge by.
    pub(crate) fn share_of_same_evaluators(&self, other: &Self) -> Option<f64> {
        let active = |side: &Self, evaluator: &str| side.n_by_evaluator.get(evaluator).is_some_and(|n| *n > 0);
        let same: u64 = self.n_by_evaluator.iter().filter(|(evaluator, _)| active(other, evaluator)).map(|(_, n)| n).sum();
        let all: u64 = self.n_by_evaluator.values().sum::<u64>() + self.n_without_evaluator;
        (all > 0).then(|| same as f64 / all as f64)
    }
}

impl KeptQuestion {
    fn new(question: &FormQuestion, answers: AnswerSums) -> Self {
        let options = question.options.as_ref().map(|options| {
            let mut options: Vec<f64> = options.iter().copied().map(compared).collect();
            options.sort_by(f64::total_cmp);
            options
        });
        let attainment = 100.0 * answers.sum_score / answers.sum_max;
        Self { share: 0.0, attainment, answers, max_score: compared(question.max_score), options }
    }
}
