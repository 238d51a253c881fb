//! Forms and their versions (rubrics on CXone). A published version never changes, save for its `active` mark.
//! The first revision of a form adds two mandatory heavy compliance questions. They depress the mean by about twelve points for
//! the same work, and are less than half of the form.

use std::sync::Arc;

use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::{DAY_MS, stamp};
use crate::world::json::ObjectWriter;
use crate::world::text;

/// A question of one form version.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) text: &'static str,
    pub(crate) group: &'static str,
    pub(crate) weight: f64,
    pub(crate) max_score: f64,
    pub(crate) critical: bool,
    pub(crate) na_share: f64,
    pub(crate) full_share: f64,
    /// Points that are not full lie between this share and half of the maximum above it.
    pub(crate) partial_from: f64,
}

/// One published version of a form.
#[derive(Clone, Debug)]
pub(crate) struct FormVersion {
    pub(crate) id: Arc<str>,
    pub(crate) form: usize,
    pub(crate) version: u32,
    pub(crate) published_ms: i64,
    pub(crate) questions: Vec<Question>,
}

impl FormVersion {
    pub(crate) fn max_possible_score(&self) -> f64 {
        self.questions.iter().map(|question| question.max_score).sum()
    }

    /// The version as its platform gives it out.
    pub(crate) fn body(&self, platform: Platform, form_id: &str, active: bool) -> String {
        let mut object = ObjectWriter::new(1024);
        object.text("id", &self.id);
        let name = text::FORMS.get(self.form).copied().unwrap_or("Form");
        object.text("name", name);
        object.number("version", f64::from(self.version));
        object.number("maxPossibleScore", self.max_possible_score());
        match platform {
            Platform::Genesys => {
                object.text("formId", form_id);
                object.text("publishedDate", &stamp(self.published_ms));
                object.flag("active", active);
                object.raw("weightDistribution", &self.weight_distribution());
            }
            Platform::Cxone => {
                object.text("publishedAt", &stamp(self.published_ms));
                let questions: Vec<String> = self.questions.iter().map(|question| self.rubric_question(question)).collect();
                object.raw("questions", &format!("[{}]", questions.join(",")));
            }
        }
        object.end()
    }

    fn weight_distribution(&self) -> String {
        let mut object = ObjectWriter::new(512);
        for (place, question) in self.questions.iter().enumerate() {
            self.weight(&mut object, &question.id, place, question.weight);
        }
        object.end()
    }

    fn rubric_question(&self, question: &Question) -> String {
        let mut object = ObjectWriter::new(64);
        object.text("id", &question.id);
        self.weight(&mut object, "weight", usize::from(question.critical), question.weight);
        object.number("maxScore", question.max_score);
        object.end()
    }

    /// Every second version writes one of its weights as text.
    fn weight(&self, object: &mut ObjectWriter, name: &str, place: usize, weight: f64) {
        if self.version.is_multiple_of(2) && place == 1 {
            object.number_as_text(name, weight);
        } else {
            object.number(name, weight);
        }
    }
}

/// All forms of one tenant with all versions published so far, in the order of their publication.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    pub(crate) ids: Vec<String>,
    pub(crate) versions: Vec<FormVersion>,
}

impl Forms {
    /// The first version of each form, published long before the world's start.
    pub(crate) fn first(platform: Platform, seed: u64, start_ms: i64) -> Self {
        let mut rng = Rng::of(seed, &[platform.number(), 21]);
        let n_forms = 2 + rng.below(2);
        let mut forms = Self::default();
        for form in 0..n_forms {
            forms.ids.push(text::opaque_id(seed, &format!("{}-form", platform.name()), form as u32));
            let questions = first_questions(&mut rng, form);
            let published_ms = start_ms - rng.between(60, 200) * DAY_MS - (n_forms - form) as i64;
            forms.publish(platform, seed, form, published_ms, questions);
        }
        forms.versions.sort_by_key(|version| version.published_ms);
        forms
    }

    /// The place of the version of this form that was current at this time.
    pub(crate) fn current(&self, form: usize, time_ms: i64) -> Option<usize> {
        let fits = |version: &FormVersion| version.form == form && version.published_ms <= time_ms;
        self.versions.iter().rposition(fits).or_else(|| self.versions.iter().position(|version| version.form == form))
    }

    /// Publishes the next version of a form.
    pub(crate) fn revise(&mut self, platform: Platform, seed: u64, form: usize, time_ms: i64) {
        let Some(latest) = self.current(form, time_ms) else { return };
        let Some(old) = self.versions.get(latest) else { return };
        let mut questions = old.questions.clone();
        let version = old.version + 1;
        let mut rng = Rng::of(seed, &[platform.number(), 22, form as u64, u64::from(version)]);
        if version == 2 {
            let added = compliance_questions(form, &questions);
            questions.extend(added);
        } else {
            reweigh(&mut rng, &mut questions, form, version);
        }
        self.publish(platform, seed, form, time_ms, questions);
    }

    fn publish(&mut self, platform: Platform, seed: u64, form: usize, published_ms: i64, questions: Vec<Question>) {
        let version = 1 + self.versions.iter().filter(|version| version.form == form).count() as u32;
        let id = form_version_id(platform, seed, form, version);
        self.versions.push(FormVersion { id: id.into(), form, version, published_ms, questions });
    }

    pub(crate) fn is_active(&self, place: usize) -> bool {
        self.versions.get(place).is_some_and(|version| self.current(version.form, i64::MAX) == Some(place))
    }

    pub(crate) fn body(&self, platform: Platform, place: usize) -> Option<String> {
        let version = self.versions.get(place)?;
        let form_id = self.ids.get(version.form).map_or("", String::as_str);
        Some(version.body(platform, form_id, self.is_active(place)))
    }
}

/// Ids of form versions stand in URL paths and in folder names, so the first form's ids hold what must be escaped there.
fn form_version_id(platform: Platform, seed: u64, form: usize, version: u32) -> String {
    let letters = Rng::of(seed, &[platform.number(), 23, form as u64, u64::from(version)]).next() & 0xffff_ffff;
    let kind = if platform == Platform::Genesys { "fv" } else { "rubric" };
    match form {
        0 => format!("{kind}/{letters:08x} é={version}"),
        1 => format!("{letters:08x}-0000-4000-8000-{version:012}"),
        _ => format!("{kind}-{letters:08x}.v{version}"),
    }
}

fn first_questions(rng: &mut Rng, form: usize) -> Vec<Question> {
    let n_questions = 15 + rng.below(3);
    let offset = form * 5;
    let mut questions = Vec::with_capacity(n_questions + 2);
    for place in 0..n_questions {
        let critical = place == 1 || place == 9;
        let text = text::QUESTIONS.get((place + offset) % text::QUESTIONS.len()).copied().unwrap_or("Question");
        let group = text::GROUPS.get(place * text::GROUPS.len() / n_questions).copied().unwrap_or("other");
        let weight = rng.pick(&[0.5, 1.0, 1.0, 1.5, 2.0, 2.0, 3.0, 5.0]).copied().unwrap_or(1.0);
        let max_score = rng.pick(&[1.0, 1.0, 4.0, 5.0, 5.0, 10.0]).copied().unwrap_or(5.0);
        let na_share = if rng.chance(0.4) { 0.0 } else { 0.02 + 0.23 * rng.share() };
        questions.push(Question {
            id: question_id(form, place),
            text,
            group,
            weight: if critical { 4.0 } else { weight },
            max_score: if critical { 1.0 } else { max_score },
            critical,
            na_share: if critical { 0.0 } else { na_share },
            full_share: if critical { 0.965 } else { 0.7 + 0.25 * rng.share() },
            partial_from: 0.45,
        });
    }
    questions
}

fn question_id(form: usize, place: usize) -> String {
    match place {
        3 => format!("q{form}.{place}-ü"),
        4 => format!("{form}{place:03}"),
        _ => format!("q{form}-{place}"),
    }
}

/// Points by which the mean of assessments that are not perfect on purpose falls when the compliance questions come in.
const DROP: f64 = 14.5;

/// Their share of the revised form. What stays is well above half, so the versions can be compared even if some questions seem to drift.
const COMPLIANCE_SHARE: f64 = 0.34;

/// Points that are not full are this share of the maximum, about: for most questions, and for those of compliance.
const PARTIAL: f64 = 0.58;
const PARTIAL_COMPLIANCE: f64 = 0.44;

/// Two questions that are as heavy and as hard as the drop wants, whatever the form is.
fn compliance_questions(form: usize, others: &[Question]) -> [Question; 2] {
    let heft = |question: &Question| question.weight * question.max_score * (1.0 - question.na_share);
    let attained = |question: &Question| {
        let partial = if question.max_score <= 1.0 { 0.0 } else { PARTIAL };
        question.full_share + (1.0 - question.full_share) * partial
    };
    let heft_of_others: f64 = others.iter().map(heft).sum();
    let attained_before = others.iter().map(|question| heft(question) * attained(question)).sum::<f64>() / heft_of_others.max(1.0);
    let attained_by_these = attained_before - DROP / 100.0 / COMPLIANCE_SHARE;
    let full_share = ((attained_by_these - PARTIAL_COMPLIANCE) / (1.0 - PARTIAL_COMPLIANCE)).clamp(0.02, 0.95);
    let weight = heft_of_others * COMPLIANCE_SHARE / (1.0 - COMPLIANCE_SHARE) / 10.0;
    [0.9, 1.1].map(|part| Question {
        id: format!("q{form}-compliance-{}", u8::from(part > 1.0)),
        text: text::COMPLIANCE.get((form * 2 + usize::from(part > 1.0)) % text::COMPLIANCE.len()).copied().unwrap_or("Mandatory"),
        group: "compliance",
        weight: (2.0 * weight * part).round() / 2.0,
        max_score: 5.0,
        critical: false,
        na_share: 0.0,
        full_share,
        partial_from: 0.3,
    })
}

/// Replaces one plain question and changes three weights.
fn reweigh(rng: &mut Rng, questions: &mut [Question], form: usize, version: u32) {
    for _ in 0..3 {
        let place = rng.below(questions.len());
        if let Some(question) = questions.get_mut(place).filter(|question| !question.critical) {
            question.weight += 0.5;
        }
    }
    let place = 2 + rng.below(6);
    if let Some(question) = questions.get_mut(place).filter(|question| !question.critical) {
        question.id = format!("q{form}-{place}-v{version}");
        question.text = text::QUESTIONS.get((place + 11) % text::QUESTIONS.len()).copied().unwrap_or("Question");
    }
}
