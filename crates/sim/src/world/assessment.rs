//! Assessments: how one is made up from its serial number, marked, scored by its platform and written out.
//! The same making always gives the same text, so an edit is the same record made again with one number changed.

use std::sync::Arc;

use crate::options::Rates;
use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::{DAY_MS, MINUTE_MS, stamp};
use crate::world::form::{FormVersion, Question};
use crate::world::json::ObjectWriter;
use crate::world::people::{Evaluator, People};
use crate::world::shelf::{Making, Record};
use crate::world::text;
use crate::world::words::{Status, Stream, words};

/// What a full step of skill, from 0 to 1, does to the log odds of full marks.
const SKILL: f64 = 1.4;

/// What of the tenant a record is made from.
pub(crate) struct Makers<'a> {
    pub(crate) platform: Platform,
    pub(crate) seed: u64,
    pub(crate) rates: &'a Rates,
    pub(crate) people: &'a People,
    pub(crate) n_unscoped: u32,
    /// No call ended before this, or it would have been the day before the world's first in some zones.
    pub(crate) first_call_ms: i64,
}

impl Makers<'_> {
    /// Randomness for one concern of one record.
    pub(crate) fn rng(&self, stream: Stream, serial: u32, concern: u64) -> Rng {
        Rng::of(self.seed, &[self.platform.number(), stream.number(), u64::from(serial), concern])
    }

    /// The scopes of a record: its division, or its site and queue, each of which may be missing.
    pub(crate) fn scopes(&self, stream: Stream, making: &Making) -> [Option<u16>; 2] {
        if making.serial % 97 == 5 && making.serial / 97 < self.n_unscoped {
            return [None, None];
        }
        if self.platform == Platform::Genesys {
            return [Some(making.scope), None];
        }
        let mut rng = self.rng(stream, making.serial, 2);
        let queues = self.people.queues();
        let nth = rng.weighted(queues.clone().map(|(_, queue)| queue.weight));
        let queue = queues.clone().nth(nth).map(|(place, _)| place as u16);
        let has_site = !rng.chance(self.rates.site_missing);
        let has_queue = !rng.chance(3.0 * self.rates.site_missing);
        [has_site.then_some(making.scope), queue.filter(|_| has_queue)]
    }

    /// Who is spoken of. Feedback on an assessed call is for the agent of that call.
    pub(crate) fn agent(&self, stream: Stream, making: &Making) -> u32 {
        if let Some(about) = making.about {
            return about.agent;
        }
        let agents = self.people.agents_of_scope.get(usize::from(making.scope)).map_or(&[][..], Vec::as_slice);
        self.rng(stream, making.serial, 3).pick(agents).copied().unwrap_or(0)
    }

    /// Who assesses, or writes the feedback: one of those who work in the scope.
    pub(crate) fn evaluator(&self, stream: Stream, making: &Making) -> Option<&Evaluator> {
        let here = self.people.evaluators_of_scope.get(usize::from(making.scope))?;
        let nth = self.rng(stream, making.serial, 11).weighted(here.iter().map(|(_, share)| *share));
        self.people.evaluators.get(here.get(nth)?.0 as usize)
    }

    pub(crate) fn interaction_id(&self, serial: u32) -> String {
        text::opaque_id(self.seed, &format!("{}-interaction", self.platform.name()), serial)
    }

    pub(crate) fn external_reference_id(&self, serial: u32) -> String {
        format!("CRM-{:07}", u64::from(serial) * 7)
    }

    /// When the call ended that an assessment born at this moment is about: some time before it on the same day, or about the
    /// same time on one of the days before. It stands whenever the assessment is submitted in the end.
    pub(crate) fn interaction_end_ms(&self, serial: u32, born_ms: i64) -> i64 {
        let mut rng = self.rng(Stream::Assessments, serial, 12);
        let within_day_ms = rng.exponential(90.0 * MINUTE_MS as f64) as i64;
        let ended_ms = born_ms - 20 * MINUTE_MS - within_day_ms - rng.exponential(1.2) as i64 * DAY_MS;
        if ended_ms < self.first_call_ms { born_ms - MINUTE_MS } else { ended_ms }
    }

    pub(crate) fn write_scopes(&self, object: &mut ObjectWriter, scopes: [Option<u16>; 2]) {
        let names: &[&str] = if self.platform == Platform::Genesys { &["divisionId"] } else { &["siteId", "queueId"] };
        for (name, scope) in names.iter().zip(scopes) {
            if let Some(scope) = scope.and_then(|place| self.people.scopes.get(usize::from(place))) {
                object.text(name, &scope.id);
            }
        }
    }
}

/// The oddities of the contract's score table, one a record at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Oddity {
    UnknownFormVersion,
    WeightMismatch,
    WeightOnlyInForm,
    WeightOnlyInPayload,
    WeightNowhere,
    AllNotApplicable,
    AllNotApplicableButFailed,
    NoQuestions,
    Bonus,
    NegativeScore,
    MaxScoreMismatch,
    ZeroWeights,
}

const ODDITIES_GENESYS: [Oddity; 12] = [
    Oddity::UnknownFormVersion,
    Oddity::WeightMismatch,
    Oddity::WeightOnlyInForm,
    Oddity::WeightOnlyInPayload,
    Oddity::WeightNowhere,
    Oddity::AllNotApplicable,
    Oddity::AllNotApplicableButFailed,
    Oddity::NoQuestions,
    Oddity::Bonus,
    Oddity::NegativeScore,
    Oddity::MaxScoreMismatch,
    Oddity::ZeroWeights,
];

const ODDITIES_CXONE: [Oddity; 7] = [
    Oddity::UnknownFormVersion,
    Oddity::WeightNowhere,
    Oddity::AllNotApplicable,
    Oddity::NoQuestions,
    Oddity::Bonus,
    Oddity::NegativeScore,
    Oddity::MaxScoreMismatch,
];

/// One question as marked in one assessment.
struct Mark<'a> {
    id: &'a str,
    text: &'a str,
    group: &'a str,
    /// The weight in the payload; CXone writes none.
    weight: Option<f64>,
    score: Option<f64>,
    max_score: f64,
    not_applicable: bool,
    critical: bool,
    comment: Option<&'static str>,
}

/// Makes the record. `form_version` is the one named by the making.
pub(crate) fn make(makers: &Makers<'_>, form_version: &FormVersion, making: Making) -> Record {
    let serial = making.serial;
    let id: Arc<str> = text::opaque_id(makers.seed, &format!("{}-a", makers.platform.name()), serial).into();
    let agent = makers.agent(Stream::Assessments, &making);
    let scopes = makers.scopes(Stream::Assessments, &making);
    let oddity = oddity(makers, &making);
    let marks = marks(makers, form_version, &making, agent, oddity);
    let failed_critical = makers.platform == Platform::Genesys
        && making.scored
        && (oddity == Some(Oddity::AllNotApplicableButFailed)
            || marks.iter().any(|mark| mark.critical && mark.score.is_some_and(|score| score <= 0.0)));
    let raw_score = if making.scored { platform_score(form_version, &marks) } else { None };
    let raw_score = if failed_critical { Some(0.0) } else { raw_score };
    let version_id = match oddity {
        Some(Oddity::UnknownFormVersion) => format!("withdrawn-{}", serial % 3),
        Some(Oddity::ZeroWeights) => "withdrawn-zero".to_owned(),
        _ => form_version.id.to_string(),
    };
    let sheet =
        Sheet { makers, making: &making, id: &id, version_id: &version_id, agent, scopes, marks: &marks, raw_score, failed_critical };
    let body: Arc<str> = sheet.write(form_version).into();
    Record { id, body, previous: None, scopes, agent, making, status_before: None }
}

fn oddity(makers: &Makers<'_>, making: &Making) -> Option<Oddity> {
    let mut rng = makers.rng(Stream::Assessments, making.serial, 4);
    let is_odd = rng.chance(makers.rates.odd_scores) && making.scored;
    let oddities: &[Oddity] = if makers.platform == Platform::Genesys { &ODDITIES_GENESYS } else { &ODDITIES_CXONE };
    rng.pick(oddities).copied().filter(|_| is_odd)
}

fn marks<'a>(makers: &Makers<'_>, form_version: &'a FormVersion, making: &Making, agent: u32, oddity: Option<Oddity>) -> Vec<Mark<'a>> {
    let mut rng = makers.rng(Stream::Assessments, making.serial, 5);
    let skill = makers.people.agents.get(agent as usize).map_or(0.0, |agent| agent.skill);
    let leniency = makers.evaluator(Stream::Assessments, making).map_or(0.0, |evaluator| evaluator.leniency);
    let shift = SKILL * skill + leniency;
    let perfect = rng.chance(makers.rates.perfect);
    let scored = making.scored;
    let mark = |question: &'a Question| Mark {
        id: &question.id,
        text: question.text,
        group: question.group,
        weight: Some(question.weight),
        score: None,
        max_score: question.max_score,
        not_applicable: false,
        critical: question.critical,
        comment: None,
    };
    let mut marks: Vec<Mark<'a>> = form_version.questions.iter().map(mark).collect();
    for (mark, question) in marks.iter_mut().zip(&form_version.questions) {
        // The same numbers are drawn for every status, so that a pending assessment is marked later as if it had been so at once.
        let not_applicable = rng.chance(question.na_share);
        let full = perfect || rng.chance(shifted(question.full_share, shift));
        let share = question.partial_from + 0.5 * rng.share();
        let marked = rng.chance(0.8);
        let commented = rng.chance(0.12);
        if !scored {
            continue;
        }
        mark.comment = rng.pick(&text::COMMENTS).copied().filter(|_| commented);
        if not_applicable {
            mark.not_applicable = marked;
        } else {
            mark.score = Some(if full { question.max_score } else { partial_score(question, share) });
        }
    }
    if scored {
        for edit in 1..=making.n_edits {
            rescore(&mut makers.rng(Stream::Assessments, making.serial, 100 + u64::from(edit)), &mut marks);
        }
        if let Some(oddity) = oddity {
            apply_oddity(&mut rng, &mut marks, oddity);
        }
    }
    marks
}

/// A probability moved on the scale of log odds.
fn shifted(probability: f64, shift: f64) -> f64 {
    probability / (probability + (1.0 - probability) * (-shift).exp())
}

fn partial_score(question: &Question, share: f64) -> f64 {
    if question.max_score <= 1.0 {
        return 0.0;
    }
    let steps = if question.max_score > 5.0 { 2.0 } else { 1.0 };
    ((question.max_score * share * steps).floor() / steps).min(question.max_score - 1.0 / steps)
}

/// One answered question that is not critical gets another score.
fn rescore(rng: &mut Rng, marks: &mut [Mark<'_>]) {
    let first = rng.below(marks.len());
    let (head, tail) = marks.split_at_mut(first);
    let answered = tail.iter_mut().chain(head).find(|mark| mark.score.is_some() && !mark.critical);
    if let Some(mark) = answered {
        mark.score = if mark.score == Some(mark.max_score) { Some(0.0) } else { Some(mark.max_score) };
        mark.comment = Some("Rescored after calibration");
    }
}

fn apply_oddity(rng: &mut Rng, marks: &mut Vec<Mark<'_>>, oddity: Oddity) {
    match oddity {
        Oddity::UnknownFormVersion => {}
        Oddity::WeightMismatch => {
            if let Some(mark) = any_answered(rng, marks) {
                mark.weight = mark.weight.map(|weight| weight * 2.0 + 1.0);
            }
        }
        Oddity::WeightOnlyInForm => marks.iter_mut().step_by(3).for_each(|mark| mark.weight = None),
        Oddity::WeightOnlyInPayload => marks.push(extra_mark(Some(2.0))),
        Oddity::WeightNowhere => marks.push(extra_mark(None)),
        Oddity::AllNotApplicable | Oddity::AllNotApplicableButFailed => {
            for (place, mark) in marks.iter_mut().enumerate() {
                mark.score = None;
                mark.not_applicable = place % 4 != 3;
            }
        }
        Oddity::NoQuestions => marks.clear(),
        Oddity::Bonus => {
            if let Some(mark) = any_answered(rng, marks) {
                mark.score = Some(mark.max_score + 2.5);
            }
        }
        Oddity::NegativeScore => {
            if let Some(mark) = any_answered(rng, marks) {
                mark.score = Some(-1.0);
            }
        }
        Oddity::MaxScoreMismatch => {
            for mark in marks.iter_mut().filter(|mark| mark.score.is_none()) {
                mark.not_applicable = false;
                mark.score = Some(mark.max_score);
            }
            if let Some(mark) = marks.first_mut() {
                mark.max_score *= 2.0;
            }
        }
        Oddity::ZeroWeights => marks.iter_mut().for_each(|mark| mark.weight = Some(0.0)),
    }
}

/// An answered question that is not critical, so that no critical failure is made up on the way.
fn any_answered<'a, 'b>(rng: &mut Rng, marks: &'a mut [Mark<'b>]) -> Option<&'a mut Mark<'b>> {
    let first = rng.below(marks.len());
    let (head, tail) = marks.split_at_mut(first);
    tail.iter_mut().chain(head).find(|mark| mark.score.is_some() && !mark.critical)
}

fn extra_mark<'a>(weight: Option<f64>) -> Mark<'a> {
    Mark {
        id: "q-local-addition",
        text: "Added by the local team",
        group: "local",
        weight,
        score: Some(3.0),
        max_score: 4.0,
        not_applicable: false,
        critical: false,
        comment: None,
    }
}

/// The raw score: what the platform makes of the marks, with two decimals.
fn platform_score(form_version: &FormVersion, marks: &[Mark<'_>]) -> Option<f64> {
    let mut points = 0.0;
    let mut points_max = 0.0;
    for mark in marks {
        let weight = form_version.questions.iter().find(|question| question.id == mark.id).map(|question| question.weight);
        if let (Some(score), Some(weight)) = (mark.score, weight.or(mark.weight)) {
            points += score * weight;
            points_max += mark.max_score * weight;
        }
    }
    (points_max != 0.0).then(|| (10_000.0 * points / points_max).round() / 100.0)
}

/// Everything that is written on one assessment.
struct Sheet<'a> {
    makers: &'a Makers<'a>,
    making: &'a Making,
    id: &'a str,
    version_id: &'a str,
    agent: u32,
    scopes: [Option<u16>; 2],
    marks: &'a [Mark<'a>],
    raw_score: Option<f64>,
    failed_critical: bool,
}

impl Sheet<'_> {
    fn write(&self, form_version: &FormVersion) -> String {
        let words = words(self.makers.platform);
        let mut rng = self.makers.rng(Stream::Assessments, self.making.serial, 6);
        let as_text = rng.chance(0.5 * self.makers.rates.odd_fields);
        let mut object = ObjectWriter::new(3500);
        object.text("id", self.id);
        object.text(words.form_version, self.version_id);
        if self.makers.platform == Platform::Cxone && rng.chance(0.7) {
            object.number("rubricVersion", f64::from(form_version.version));
        }
        object.text("status", self.making.status.name());
        object.text("agentId", self.makers.people.agents.get(self.agent as usize).map_or("", |agent| &agent.id));
        self.makers.write_scopes(&mut object, self.scopes);
        self.write_references(&mut object, &mut rng);
        object.text(words.submitted, &stamp(self.making.time_ms));
        match self.making.modified_ms {
            Some(modified_ms) => object.text(words.modified, &stamp(modified_ms)),
            None => match rng.below(20) {
                0 | 1 => {}
                2 => object.null(words.modified),
                _ => object.text(words.modified, &stamp(self.making.time_ms)),
            },
        }
        match self.raw_score {
            Some(score) if as_text => object.number_as_text(words.score, score),
            Some(score) => object.number(words.score, score),
            None => object.null(words.score),
        }
        self.write_remarks(&mut object);
        object.raw("questions", &self.questions(as_text));
        self.write_unknown(&mut object);
        object.end()
    }

    fn write_references(&self, object: &mut ObjectWriter, rng: &mut Rng) {
        if self.makers.platform == Platform::Genesys {
            let evaluator = self.makers.evaluator(Stream::Assessments, self.making);
            optional(object, rng, "evaluatorId", evaluator.map_or("", |evaluator| &evaluator.id));
        }
        optional(object, rng, "interactionId", &self.makers.interaction_id(self.making.serial));
        if rng.chance(0.4) {
            optional(object, rng, "externalReferenceId", &self.makers.external_reference_id(self.making.serial));
        }
        let ended_ms = self.makers.interaction_end_ms(self.making.serial, self.making.born_ms);
        optional(object, rng, "interactionEndTime", &stamp(ended_ms));
    }

    fn write_remarks(&self, object: &mut ObjectWriter) {
        let mut rng = self.makers.rng(Stream::Assessments, self.making.serial, 7 + 1000 * u64::from(self.making.n_edits));
        if self.makers.platform == Platform::Genesys {
            match (self.failed_critical, rng.below(4)) {
                (true, _) => object.flag("failedCritical", true),
                (false, 0) => object.null("failedCritical"),
                (false, 1) => {}
                (false, _) => object.flag("failedCritical", false),
            }
        }
        if rng.chance(0.1) {
            object.null("comments");
        } else {
            object.text("comments", &text::comment(&mut rng));
        }
    }

    fn questions(&self, as_text: bool) -> String {
        let mut rng = self.makers.rng(Stream::Assessments, self.making.serial, 8);
        let hinted = rng.chance(0.5 * self.makers.rates.odd_fields);
        let mut out = String::with_capacity(3000);
        out.push('[');
        for (place, mark) in self.marks.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            out.push_str(&self.question(mark, &mut rng, as_text && place % 2 == 0, hinted));
        }
        out.push(']');
        out
    }

    fn question(&self, mark: &Mark<'_>, rng: &mut Rng, as_text: bool, hinted: bool) -> String {
        let mut object = ObjectWriter::new(220);
        let number = |object: &mut ObjectWriter, name: &str, value: f64| match as_text {
            true => object.number_as_text(name, value),
            false => object.number(name, value),
        };
        object.text("id", mark.id);
        if self.makers.platform == Platform::Genesys {
            object.text("text", mark.text);
            object.text("groupId", mark.group);
            match mark.weight {
                Some(weight) => number(&mut object, "weight", weight),
                None if rng.chance(0.5) => object.null("weight"),
                None => {}
            }
        }
        match mark.score {
            Some(score) => number(&mut object, "score", score),
            // A question marked as not applicable may keep a score of 0, which counts for nothing.
            None if mark.not_applicable && rng.chance(0.3) => object.number("score", 0.0),
            None => object.null("score"),
        }
        number(&mut object, "maxScore", mark.max_score);
        if mark.not_applicable {
            object.flag(words(self.makers.platform).not_applicable, true);
        } else if rng.chance(0.5) {
            object.flag(words(self.makers.platform).not_applicable, false);
        }
        if self.makers.platform == Platform::Genesys {
            if mark.critical {
                object.flag("critical", true);
            }
            if let Some(comment) = mark.comment {
                object.text("comments", comment);
            }
        }
        if hinted {
            object.raw("aiHint", "{\"confidence\":0.73,\"modèle\":\"v3\",\"spans\":[[1,2],[3,4]]}");
        }
        object.end()
    }

    fn write_unknown(&self, object: &mut ObjectWriter) {
        let mut rng = self.makers.rng(Stream::Assessments, self.making.serial, 9);
        if rng.chance(self.makers.rates.odd_fields) {
            object.raw("calibration", "{\"round\":\"K-7\",\"score\":1.250e1,\"geprüft\":true,\"peers\":[]}");
            object.null("legacyRef");
        }
    }
}

/// Writes a field that is absent or null now and then.
pub(crate) fn optional(object: &mut ObjectWriter, rng: &mut Rng, name: &str, value: &str) {
    match rng.below(50) {
        0 => {}
        1 => object.null(name),
        _ => object.text(name, value),
    }
}

/// The status an assessment has at first, and whether it will be marked later.
pub(crate) fn first_status(makers: &Makers<'_>, serial: u32) -> Status {
    let share = makers.rng(Stream::Assessments, serial, 10).share();
    match share / makers.rates.assessment_moves_status.max(f64::MIN_POSITIVE) {
        part if part < 0.3 => Status::Pending,
        part if part < 0.5 => Status::InProgress,
        _ => Status::Submitted,
    }
}
