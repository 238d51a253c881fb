//! The sides of a change of form version: their sums, their answers, and their assessments scored anew on common questions.
//! The sides of all scopes are made at once, because they are made of the same assessments.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::id::TenantName;
use rusqlite::{Connection, params_from_iter};

use crate::cell::Day;
use crate::error::StoreError;
use crate::statistics::answer::{Answer, Asked, Sheets, Total};
use crate::statistics::question::{FormQuestions, form_questions};
use crate::statistics::slice::{Bindings, Cohort, ScopePlace, Slice, conditions};
use crate::store::Store;

/// Which assessments make the sides of one cohort: one side a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidesOf {
    /// The cohort.
    pub cohort: Cohort,
    /// The scopes, each with its own span.
    pub spans: BTreeMap<ScopePlace, Span>,
}

/// A half-open span of business dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From this one on.
    pub from: Option<Date>,
    /// Up to, and without, this one.
    pub to: Option<Date>,
}

impl Span {
    fn contains(self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date < to)
    }

    /// The least span that contains all of them.
    fn around(spans: impl Iterator<Item = Self> + Clone) -> Self {
        let from = spans.clone().map(|span| span.from).min().flatten();
        let to = spans.map(|span| span.to).try_fold(None, |last: Option<Date>, to| to.map(|to| Some(last.map_or(to, |last| last.max(to)))));
        Self { from, to: to.flatten() }
    }
}

/// The sums of a side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitSide {
    /// Assessments.
    pub n: u64,
    /// Sum of normalized scores.
    pub sum_y: f64,
    /// The questions that its assessments have, by key.
    pub answers: Vec<AnswerSums>,
    /// The questions of the form version, by key; of one that nothing is known of, those that its assessments have.
    pub form: Vec<SideQuestion>,
    /// Assessments by evaluator; none is whoever is not named.
    pub by_evaluator: Vec<(Option<String>, u64)>,
    /// Assessments and the sum of their normalized scores, by agent.
    pub by_agent: Vec<AgentSum>,
}

/// The answers to one question. An answer counts when it is applicable and its maximum is above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerSums {
    /// The question.
    pub question_key: String,
    /// The wording, where an assessment gives it.
    pub text: Option<String>,
    /// Answers that count.
    pub n: u64,
    /// Sum of their points.
    pub sum_score: f64,
    /// Sum of their maxima.
    pub sum_max: f64,
    /// Sum of their points divided by their maxima.
    pub sum_share: f64,
    /// How often it was not applicable.
    pub n_not_applicable: u64,
}

/// What the form says of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct SideQuestion {
    /// The question.
    pub question_key: String,
    /// Its weight in the form version, else the one that was used.
    pub weight: Option<f64>,
    /// Its maximum in the form version, else the one that was used.
    pub max_score: Option<f64>,
}

/// A sum of scores of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSum {
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Sum of their scores.
    pub sum: f64,
}

impl Store {
    /// The sums of each side.
    ///
    /// # Errors
    /// Those of reading.
    pub fn split_sides(&self, sides: &SidesOf) -> Result<BTreeMap<ScopePlace, SplitSide>, StoreError> {
        self.read(|connection| {
            let mut tallies: BTreeMap<&ScopePlace, Tally> = sides.spans.keys().map(|place| (place, Tally::default())).collect();
            visit(connection, sides, &mut |assessment, places, answers| {
                for place in places {
                    if let Some(tally) = tallies.get_mut(place) {
                        tally.add(assessment, answers);
                    }
                }
            })?;
            let form = form_questions(connection, &sides.cohort)?;
            Ok(tallies.into_iter().map(|(place, tally)| (place.clone(), tally.side(form.clone()))).collect())
        })
    }

    /// The assessments of each side scored on its weighted questions alone, summed by agent: for each assessment
    /// `100 * sum(weight * points / maximum) / sum(weight)` over its answers to them that count. One without any such
    /// answer, or whose weights sum to 0, is left out. A side without weights has no sums.
    ///
    /// # Errors
    /// Those of reading.
    pub fn rescore_sides(
        &self,
        sides: &SidesOf,
        weights: &BTreeMap<ScopePlace, BTreeMap<String, f64>>,
    ) -> Result<BTreeMap<ScopePlace, Vec<AgentSum>>, StoreError> {
        self.read(|connection| {
            let mut sums: BTreeMap<&ScopePlace, ByAgent> = BTreeMap::new();
            visit(connection, sides, &mut |assessment, places, answers| {
                for (place, weights) in places.iter().filter_map(|place| weights.get_key_value(place)) {
                    if let Some(score) = rescored(answers, weights) {
                        sums.entry(place).or_default().add(&assessment.agent_id, score);
                    }
                }
            })?;
            Ok(sums.into_iter().map(|(place, by_agent)| (place.clone(), by_agent.sums())).collect())
        })
    }
}

/// An assessment of a side.
struct Assessment {
    agent_id: String,
    evaluator_id: Option<String>,
    normalized_score: f64,
}

/// Sums by agent.
#[derive(Default)]
struct ByAgent(BTreeMap<String, (u64, Total)>);

impl ByAgent {
    fn add(&mut self, agent_id: &str, score: f64) {
        let (n, sum) = self.0.entry(agent_id.to_owned()).or_default();
        *n += 1;
        sum.add(score);
    }

    fn sums(self) -> Vec<AgentSum> {
        self.0.into_iter().map(|(agent_id, (n, sum))| AgentSum { agent_id, n, sum: sum.value() }).collect()
    }
}

/// What was counted of a side so far.
#[derive(Default)]
struct Tally {
    n: u64,
    sum_y: Total,
    asked: BTreeMap<String, Asked>,
    by_evaluator: BTreeMap<Option<String>, u64>,
    by_agent: ByAgent,
}

impl Tally {
    fn add(&mut self, assessment: &Assessment, answers: &[Answer]) {
        self.n += 1;
        self.sum_y.add(assessment.normalized_score);
        *self.by_evaluator.entry(assessment.evaluator_id.clone()).or_default() += 1;
        self.by_agent.add(&assessment.agent_id, assessment.normalized_score);
        for answer in answers {
            self.asked.entry(answer.question_key.clone()).or_default().add(answer);
        }
    }

    fn side(self, mut form: FormQuestions) -> SplitSide {
        let is_known = !form.is_empty();
        let mut answers = Vec::new();
        for (question_key, asked) in self.asked {
            // What a known form does not have is no part of it, though single assessments may have it.
            if !is_known || form.contains_key(&question_key) {
                let (weight, max_score) = asked.usual();
                let of_form = form.entry(question_key.clone()).or_default();
                *of_form = (of_form.0.or(weight), of_form.1.or(max_score));
            }
            answers.push(answer_sums(question_key, asked));
        }
        let question = |(question_key, (weight, max_score))| SideQuestion { question_key, weight, max_score };
        SplitSide {
            n: self.n,
            sum_y: self.sum_y.value(),
            answers,
            form: form.into_iter().map(question).collect(),
            by_evaluator: self.by_evaluator.into_iter().collect(),
            by_agent: self.by_agent.sums(),
        }
    }
}

fn answer_sums(question_key: String, asked: Asked) -> AnswerSums {
    let sums = asked.sums();
    AnswerSums {
        question_key,
        n: sums.n,
        sum_score: sums.score.value(),
        sum_max: sums.max.value(),
        sum_share: sums.share.value(),
        n_not_applicable: sums.n_not_applicable,
        text: asked.text,
    }
}

/// None for an assessment without an answer that counts, or whose weights sum to 0.
fn rescored(answers: &[Answer], weights: &BTreeMap<String, f64>) -> Option<f64> {
    let (mut got, mut whole, mut n) = (Total::default(), Total::default(), 0_u64);
    for answer in answers {
        let (Some(weight), Some(max_score)) = (weights.get(&answer.question_key), answer.counted()) else { continue };
        whole.add(*weight);
        if let Some(score) = answer.score {
            got.add(weight * (score / max_score));
            n += 1;
        }
    }
    (n != 0 && whole.value() != 0.0).then(|| 100.0 * got.value() / whole.value())
}

/// Takes in an assessment with its scopes and its answers.
type Visit<'v> = dyn FnMut(&Assessment, &[ScopePlace], &[Answer]) + 'v;

/// Visits each assessment of any side once, with the scopes of the sides that it is in and its answers.
fn visit(connection: &Connection, sides: &SidesOf, each: &mut Visit<'_>) -> rusqlite::Result<()> {
    let mut bindings = Bindings::default();
    let mut statement = connection.prepare_cached(&chosen(sides, &mut bindings))?;
    let mut rows = statement.query(params_from_iter(bindings.values))?;
    let mut sheets = Sheets::new(connection)?;
    while let Some(row) = rows.next()? {
        let (assessment_id, date) = (row.get_ref(0)?.as_str()?, row.get::<_, Day>(1)?.0);
        let mut places = sheets.scopes(&sides.cohort.tenant, assessment_id)?;
        places.retain(|place| sides.spans.get(place).is_some_and(|span| span.contains(date)));
        if !places.is_empty() {
            let answers = sheets.answers(&sides.cohort.tenant, assessment_id)?;
            let assessment = Assessment { agent_id: row.get(2)?, evaluator_id: row.get(3)?, normalized_score: row.get(4)? };
            each(&assessment, &places, &answers);
        }
    }
    Ok(())
}

/// The measures of all sides, and of the days between them.
fn chosen(sides: &SidesOf, bindings: &mut Bindings) -> String {
    let cohort = &sides.cohort;
    let Span { from, to } = Span::around(sides.spans.values().copied());
    let slice = Slice { tenant: Some(TenantName::new(&cohort.tenant)), from, to, ..Slice::default() };
    let mut sql = format!(
        "SELECT measure.assessment_id, measure.business_date, measure.agent_id, measure.evaluator_id, measure.normalized_score
         FROM assessment_measure AS measure WHERE {}",
        conditions(&slice, bindings)
    );
    let equal = [
        ("platform", &cohort.platform),
        ("form_id", &cohort.form_id),
        ("scored_by", &cohort.scored_by),
        ("form_version_id", &cohort.form_version_id),
        ("content_hash", &cohort.content_hash),
    ];
    for (column, value) in equal {
        sql += &format!(" AND measure.{column} = {}", bindings.bind(value.clone()));
    }
    sql
}
