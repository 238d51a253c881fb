//! The rule: what of one assessment enters sums, in which cohort, on which day and in which scopes, or why it does not.
//! Pure. The definitions stand in `docs/analytics.md`; no number is guessed.

use std::collections::{BTreeMap, BTreeSet};

use insight::show::compared;
use jiff::Timestamp;
use jiff::civil::Date;
use model::day::{business_date, week_start};
use model::record::{Platform, ScopeKind};
use serde::Deserialize;
use serde_json::{Number, Value};
use store::{DateSource, LeftOut, Measure, MeasureForm, MeasureInput, Measured};

use crate::measure::settings::{BusinessDay, DateFallback, MeasureSettings};

/// Statuses of assessments that count.
const STATUSES: [&str; 3] = ["submitted", "released", "disputed"];
/// Raw and normalized scores that differ by more points than this do not agree.
const PARITY_POINTS: f64 = 0.5;

/// Measures one assessment.
pub fn measure(input: &MeasureInput<'_>, settings: &MeasureSettings) -> Measured {
    let scopes = scopes(input);
    let defaulted = BusinessDay::default();
    let day = day_of(input, &scopes, settings).unwrap_or(&defaulted);
    let (date_source, date) = dated(input, day, settings.date_fallback);
    let questions = questions(&input.questions);
    let sums = sums(&questions);
    let whole_max = input.form.and_then(|form| whole_max(form, &questions));
    let parity_diff = input.raw_score.zip(input.normalized_score).map(|(raw, normalized)| raw - normalized);
    let differs = parity_diff.is_some_and(|diff| compared(diff.abs()) > PARITY_POINTS);
    let mut measure = Measure {
        tenant: input.tenant.clone(),
        assessment_id: input.assessment_id.clone(),
        platform: input.platform,
        form_id: form_id(input),
        form_version_id: input.form_version_id.clone().unwrap_or_default(),
        content_hash: input.form.map(|form| form.content_hash.clone()).unwrap_or_default(),
        scored_by: named(&input.scored_by).unwrap_or_else(|| "unknown".to_owned()),
        agent_id: named(&input.agent_id),
        evaluator_id: named(&input.evaluator_id),
        submitted_at: input.submitted_at,
        interaction_end_time: input.interaction_end_time,
        business_date: date,
        week_start: date.map(week_start),
        date_source,
        zone: day.zone_name(),
        zone_defaulted: day.zone_defaulted,
        weighted_points: sums.map(|sums| sums.points),
        weighted_max: sums.map(|sums| sums.max),
        whole_max,
        raw_score: input.raw_score,
        normalized_score: input.normalized_score,
        final_score: input.final_score,
        critical_score: critical_score(&questions),
        applicable_share: sums.zip(whole_max).map(|(sums, whole)| sums.max / whole).filter(|share| share.is_finite()),
        parity_diff,
        score_parity: differs && !input.failed_critical,
        failed_critical: input.failed_critical,
        disputed: input.status.as_deref() == Some("disputed"),
        passed: passed(input, settings.pass_score),
        left_out: None,
    };
    measure.left_out = left_out(input, &measure);
    let mut places: BTreeSet<(String, String)> =
        scopes.iter().flat_map(|(kind, ids)| ids.iter().map(|id| (kind.word().to_owned(), (*id).to_owned()))).collect();
    let team = measure.agent_id.as_ref().and_then(|agent_id| settings.teams.get(&(input.tenant.clone(), agent_id.clone())));
    places.extend(team.map(|team| ("team".to_owned(), team.clone())));
    Measured { measure, scopes: places }
}

/// An id that is empty names nobody.
fn named(id: &Option<String>) -> Option<String> {
    id.clone().filter(|id| !id.is_empty())
}

/// The scopes by kind. One that the platform does not list is a division on Genesys; on CXone it is a queue where sites are
/// listed, because queues are not by default, and else a site.
fn scopes<'a>(input: &'a MeasureInput<'_>) -> BTreeMap<ScopeKind, BTreeSet<&'a str>> {
    let unlisted = match input.platform {
        Platform::Genesys => [ScopeKind::Division],
        Platform::Cxone if input.lists_sites => [ScopeKind::Queue],
        Platform::Cxone => [ScopeKind::Site],
    };
    let mut scopes: BTreeMap<ScopeKind, BTreeSet<&str>> = BTreeMap::new();
    for (id, listed) in &input.scopes {
        let kinds = if listed.is_empty() { &unlisted[..] } else { listed };
        for kind in kinds {
            scopes.entry(*kind).or_default().insert(id);
        }
    }
    scopes
}

/// How its business day is cut: as its division has it, else its site, its queue, its tenant. Of several of a kind, the
/// first by id.
fn day_of<'a>(
    input: &MeasureInput<'_>,
    scopes: &BTreeMap<ScopeKind, BTreeSet<&str>>,
    settings: &'a MeasureSettings,
) -> Option<&'a BusinessDay> {
    let of_tenant = settings.tenants.get(&input.tenant)?;
    let of_scopes = [ScopeKind::Division, ScopeKind::Site, ScopeKind::Queue]
        .iter()
        .filter_map(|kind| scopes.get(kind))
        .flatten()
        .find_map(|id| of_tenant.scopes.get(*id));
    Some(of_scopes.unwrap_or(&of_tenant.day))
}

fn dated(input: &MeasureInput<'_>, day: &BusinessDay, fallback: DateFallback) -> (DateSource, Option<Date>) {
    let date = |moment: Timestamp| Some(business_date(moment, &day.zone, day.day_start));
    match (input.interaction_end_time, input.submitted_at, fallback) {
        (Some(end), _, _) => (DateSource::InteractionEnd, date(end)),
        (None, Some(submitted_at), DateFallback::Submitted) => (DateSource::Submitted, date(submitted_at)),
        (None, _, _) => (DateSource::None, None),
    }
}

/// A platform without form ids has the form's name; of a version nothing is known of, the version is the form.
fn form_id(input: &MeasureInput<'_>) -> String {
    let version = input.form.map(|form| &form.version);
    let of_name = || version.and_then(|version| version.name.as_ref()).map(|name| format!("name:{name}"));
    let of_version = || named(&input.form_version_id).map(|id| format!("version:{id}"));
    version.and_then(|version| named(&version.form_id)).or_else(of_name).or_else(of_version).unwrap_or_default()
}

/// Why it enters no sum; the first reason that holds.
fn left_out(input: &MeasureInput<'_>, measure: &Measure) -> Option<LeftOut> {
    if !is_performance(input.extra.as_deref()) {
        return Some(LeftOut::NotPerformance);
    }
    if !input.status.as_deref().is_some_and(|status| STATUSES.contains(&status)) {
        return Some(LeftOut::Status);
    }
    if measure.normalized_score.is_none() || measure.final_score.is_none() || measure.weighted_max.is_none() {
        return Some(LeftOut::NoScore);
    }
    if measure.agent_id.is_none() {
        return Some(LeftOut::NoAgent);
    }
    if measure.form_version_id.is_empty() {
        return Some(LeftOut::NoFormVersion);
    }
    measure.business_date.is_none().then_some(LeftOut::NoBusinessDate)
}

fn is_performance(extra: Option<&str>) -> bool {
    #[derive(Deserialize)]
    struct Extra {
        purpose: Option<Value>,
    }
    // Most have no such field, and reading all of it would cost more than everything else here.
    let Some(extra) = extra.filter(|extra| extra.contains("\"purpose\"")) else { return true };
    let purpose = serde_json::from_str::<Extra>(extra).ok().and_then(|extra| extra.purpose);
    purpose.is_none_or(|purpose| purpose.as_str() == Some("performance"))
}

fn passed(input: &MeasureInput<'_>, pass_score: Option<f64>) -> Option<bool> {
    let last = input.final_score.filter(|_| input.normalized_score.is_some())?;
    Some(pass_score.map_or(!input.failed_critical, |pass_score| compared(last) >= compared(pass_score)))
}

/// A question as the row has it: with the weight and the maximum that were used.
#[derive(Deserialize)]
struct Question {
    question_id: String,
    score: Option<Number>,
    max_score: Option<Number>,
    weight: Option<Number>,
    not_applicable: bool,
    critical: Option<bool>,
}

impl Question {
    fn max_score(&self) -> Option<f64> {
        self.max_score.as_ref().and_then(Number::as_f64)
    }

    fn possible(&self) -> Option<f64> {
        Some(self.max_score()? * self.weight.as_ref().and_then(Number::as_f64)?)
    }

    /// The points of an applicable answer.
    fn points(&self) -> Option<f64> {
        self.score.as_ref().and_then(Number::as_f64).filter(|_| !self.not_applicable)
    }
}

fn questions(text: &str) -> Vec<Question> {
    // Written by `model::row`, so it can be read.
    serde_json::from_str(text).unwrap_or_default()
}

#[derive(Debug, Clone, Copy)]
struct Sums {
    points: f64,
    max: f64,
}

/// Sums over what was answered, as the normalized score has them; none where a number is missing or nothing was possible.
fn sums(questions: &[Question]) -> Option<Sums> {
    let mut sums = Sums { points: 0.0, max: 0.0 };
    for question in questions {
        let Some(points) = question.points() else { continue };
        sums.points += points * question.weight.as_ref().and_then(Number::as_f64)?;
        sums.max += question.possible()?;
    }
    (sums.max != 0.0 && sums.points.is_finite() && sums.max.is_finite()).then_some(sums)
}

/// Sum of maxima times weights over the questions of the assessment and those of its form that it does not have.
fn whole_max(form: &MeasureForm, questions: &[Question]) -> Option<f64> {
    let asked: f64 = questions.iter().map(Question::possible).sum::<Option<f64>>()?;
    let ids: BTreeSet<&str> = questions.iter().map(|question| question.question_id.as_str()).collect();
    let others = form.version.questions.iter().filter(|(id, _)| !ids.contains(id.as_str()));
    let others: f64 = others.map(|(_, question)| Some(question.max_score? * question.weight?)).sum::<Option<f64>>()?;
    Some(asked + others).filter(|whole| whole.is_finite())
}

fn critical_score(questions: &[Question]) -> Option<f64> {
    let (mut points, mut max) = (0.0, 0.0);
    for question in questions.iter().filter(|question| question.critical == Some(true)) {
        let Some(of_answer) = question.points() else { continue };
        points += of_answer;
        max += question.max_score()?;
    }
    Some(100.0 * points / max).filter(|score| score.is_finite())
}

#[cfg(test)]
mod tests;
