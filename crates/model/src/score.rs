//! The score of one assessment, with the weights of its own form version. The table of cases is in the README of
//! the score rules (`docs/scores.md`); every row of it is a test here.
//!
//! `normalized_score = 100 * sum(score * weight) / sum(max_score * weight)` over the answered questions.
//! Nothing is clamped, nothing is guessed: where a number cannot be supported there is none, and a flag says why.

use std::collections::BTreeSet;

use crate::flag::Flag;
use crate::form::{FormQuestion, FormVersion};
use crate::record::{Assessment, Question};

/// Where the weights of a score came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightSource {
    /// All from the form version.
    FormVersion,
    /// All from the payload.
    Payload,
    /// Some from each.
    Mixed,
    /// No question has a weight.
    None,
}

impl WeightSource {
    /// The word in `weight_source`.
    pub fn word(self) -> &'static str {
        match self {
            Self::FormVersion => "form_version",
            Self::Payload => "payload",
            Self::Mixed => "mixed",
            Self::None => "none",
        }
    }
}

/// A question with the numbers that were used for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredQuestion {
    /// The weight that was used; none when there is none anywhere.
    pub weight: Option<f64>,
    /// The maximum that was used.
    pub max_score: Option<f64>,
    /// Critical by the payload, else by the form version.
    pub critical: Option<bool>,
    /// Out of both sums.
    pub not_applicable: bool,
}

/// What one assessment is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The platform's own, untouched.
    pub raw: Option<f64>,
    /// In points of 100; none where it cannot be computed.
    pub normalized: Option<f64>,
    /// 0 for a failed critical question, else the normalized score.
    pub final_score: Option<f64>,
    /// Answered share of the whole form, by `max_score * weight`, 0 to 1.
    pub applicable_share: Option<f64>,
    /// Questions out of both sums.
    pub na_questions: u32,
    /// The platform failed it for a critical question.
    pub failed_critical: bool,
    /// Reservations, in the order of their words.
    pub flags: BTreeSet<Flag>,
    /// Where the weights came from.
    pub weight_source: WeightSource,
    /// The questions in the order of the assessment.
    pub questions: Vec<ScoredQuestion>,
}

/// Scores one assessment with its own form version, or without one when the platform does not know it.
pub fn score(assessment: &Assessment, form: Option<&FormVersion>) -> Score {
    let mut flags = BTreeSet::new();
    if form.is_none() {
        flags.insert(Flag::UnverifiedFormVersion);
    }
    let questions: Vec<ScoredQuestion> =
        assessment.questions.iter().map(|question| settle(question, form_question(form, question))).collect();
    let pairs = || assessment.questions.iter().zip(&questions);

    for (question, used) in pairs() {
        flag_question(question, used, form_question(form, question), &mut flags);
    }
    if let Some(form) = form {
        flag_maximum(assessment, form, &questions, &mut flags);
    }
    if form.is_none() && questions.iter().any(|used| used.weight.is_none()) {
        // An unknown rubric leaves even questions that do not apply without a weight.
        flags.insert(Flag::MissingWeight);
    }
    let normalized = normalize(&assessment.questions, &questions, &mut flags);
    Score {
        raw: assessment.raw_score,
        normalized,
        final_score: if assessment.failed_critical { Some(0.0) } else { normalized },
        applicable_share: form.and_then(|form| applicable_share(assessment, form, &questions)),
        na_questions: u32::try_from(questions.iter().filter(|used| used.not_applicable).count()).unwrap_or(u32::MAX),
        failed_critical: assessment.failed_critical,
        weight_source: weight_source(assessment, form),
        flags,
        questions,
    }
}

fn form_question<'a>(form: Option<&'a FormVersion>, question: &Question) -> Option<&'a FormQuestion> {
    form.and_then(|form| form.questions.get(&question.id))
}

/// The form version's weight goes before the payload's; the payload's maximum before the form version's.
fn settle(question: &Question, of_form: Option<&FormQuestion>) -> ScoredQuestion {
    ScoredQuestion {
        weight: of_form.and_then(|of_form| of_form.weight).or(question.payload_weight),
        max_score: question.max_score.or(of_form.and_then(|of_form| of_form.max_score)),
        critical: question.critical.or(of_form.and_then(|of_form| of_form.critical)),
        not_applicable: question.not_applicable(),
    }
}

fn flag_question(question: &Question, used: &ScoredQuestion, of_form: Option<&FormQuestion>, flags: &mut BTreeSet<Flag>) {
    if let (Some(ours), Some(theirs)) = (of_form.and_then(|of_form| of_form.weight), question.payload_weight)
        && ours != theirs
    {
        flags.insert(Flag::WeightMismatch);
    }
    if used.weight.is_some_and(|weight| weight < 0.0) || used.max_score.is_some_and(|max| max < 0.0) {
        flags.insert(Flag::OutOfRange);
    }
    let (false, Some(points)) = (used.not_applicable, question.score) else { return };
    if points < 0.0 || used.max_score.is_some_and(|max| max < points) {
        flags.insert(Flag::OutOfRange);
    }
    if used.weight.is_none() {
        flags.insert(Flag::MissingWeight);
    }
    if used.max_score.is_none() {
        flags.insert(Flag::MissingMaxScore);
    }
}

fn flag_maximum(assessment: &Assessment, form: &FormVersion, questions: &[ScoredQuestion], flags: &mut BTreeSet<Flag>) {
    let Some(declared) = form.max_possible_score else { return };
    if assessment.questions.iter().any(Question::not_applicable) {
        return;
    }
    let Some(sum) = questions.iter().map(|used| used.max_score).sum::<Option<f64>>() else { return };
    if (sum - declared).abs() > 1e-9 * declared.abs().max(1.0) {
        flags.insert(Flag::MaxScoreMismatch);
    }
}

fn normalize(questions: &[Question], used: &[ScoredQuestion], flags: &mut BTreeSet<Flag>) -> Option<f64> {
    let (mut points, mut possible) = (0.0, 0.0);
    for (question, used) in questions.iter().zip(used) {
        let (false, Some(score)) = (used.not_applicable, question.score) else { continue };
        let (max, weight) = (used.max_score?, used.weight?);
        points += score * weight;
        possible += max * weight;
    }
    if possible == 0.0 {
        flags.insert(Flag::NoDenominator);
        return None;
    }
    let normalized = 100.0 * points / possible;
    if normalized.is_finite() {
        return Some(normalized);
    }
    flags.insert(Flag::OutOfRange);
    None
}

/// Answered sum of `max_score * weight` over the whole form's; none where a needed number is unknown or the form's sum is 0.
fn applicable_share(assessment: &Assessment, form: &FormVersion, questions: &[ScoredQuestion]) -> Option<f64> {
    let (mut answered, mut whole) = (0.0, 0.0);
    for used in questions {
        let possible = used.max_score? * used.weight?;
        whole += possible;
        if !used.not_applicable {
            answered += possible;
        }
    }
    for (id, of_form) in &form.questions {
        if !assessment.questions.iter().any(|question| question.id == *id) {
            whole += of_form.max_score? * of_form.weight?;
        }
    }
    let share = answered / whole;
    share.is_finite().then_some(share)
}

fn weight_source(assessment: &Assessment, form: Option<&FormVersion>) -> WeightSource {
    let (mut of_form, mut of_payload) = (false, false);
    for question in &assessment.questions {
        if form_question(form, question).is_some_and(|of_form| of_form.weight.is_some()) {
            of_form = true;
        } else if question.payload_weight.is_some() {
            of_payload = true;
        }
    }
    match (of_form, of_payload) {
        (true, false) => WeightSource::FormVersion,
        (false, true) => WeightSource::Payload,
        (true, true) => WeightSource::Mixed,
        (false, false) => WeightSource::None,
    }
}

#[cfg(test)]
mod tests;
