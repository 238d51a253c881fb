//! One side of a change of form version: its sums, its answers, and its assessments scored anew on common questions.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::id::TenantName;
use rusqlite::{Connection, Row, params_from_iter};

use crate::cell::Count;
use crate::error::StoreError;
use crate::statistics::question::{ANSWERED, ASKED, FIELDS, USUAL, form_questions};
use crate::statistics::slice::{Bindings, Cohort, ScopePlace, Slice, conditions};
use crate::store::Store;

/// Which assessments make a side: one cohort, in one scope, over a half-open span of business dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideOf {
    /// The cohort.
    pub cohort: Cohort,
    /// The scope.
    pub scope: ScopePlace,
    /// From this business date on.
    pub from: Option<Date>,
    /// Up to, and without, this business date.
    pub to: Option<Date>,
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
    /// The sums of a side.
    ///
    /// # Errors
    /// Those of reading.
    pub fn split_side(&self, side: &SideOf) -> Result<SplitSide, StoreError> {
        self.read(|connection| {
            let (n, sum_y) = totals(connection, side)?;
            let (answers, form) = questions(connection, side)?;
            let (by_evaluator, by_agent) = (by_evaluator(connection, side)?, by_agent(connection, side)?);
            Ok(SplitSide { n, sum_y, answers, form, by_evaluator, by_agent })
        })
    }

    /// The assessments of a side scored on the weighted questions alone, summed by agent: for each assessment
    /// `100 * sum(weight * points / maximum) / sum(weight)` over its answers to them that count. One without any such
    /// answer, or whose weights sum to 0, is left out.
    ///
    /// # Errors
    /// Those of reading.
    pub fn rescore_side(&self, side: &SideOf, weights: &BTreeMap<String, f64>) -> Result<Vec<AgentSum>, StoreError> {
        let mut bindings = Bindings::default();
        let chosen = chosen(side, &mut bindings);
        let pairs: Vec<(&String, f64)> = weights.iter().map(|(key, weight)| (key, *weight)).collect();
        let weights = bindings.bind(serde_json::json!(pairs).to_string());
        let sql = format!(
            "WITH chosen AS ({chosen}),
                weighted AS MATERIALIZED (SELECT value ->> 0 AS weighted_key, CAST(value ->> 1 AS REAL) AS g FROM json_each({weights})),
                asked AS (SELECT chosen.*, {FIELDS} FROM {ASKED}),
                rescored AS (
                    SELECT agent_id, assessment_id, 100.0 * SUM(g * (score / max_score)) / SUM(g) AS r
                    FROM asked CROSS JOIN weighted ON weighted_key = question_key WHERE {ANSWERED} GROUP BY agent_id, assessment_id
                )
             SELECT agent_id, COUNT(*), SUM(r) FROM rescored WHERE r IS NOT NULL GROUP BY agent_id ORDER BY agent_id"
        );
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), agent_sum)?.collect())
    }
}

/// The measures of a side.
fn chosen(side: &SideOf, bindings: &mut Bindings) -> String {
    let SideOf { cohort, scope, from, to } = side;
    let slice = Slice {
        tenant: Some(TenantName::new(&cohort.tenant)),
        platform: None,
        scope: Some(scope.clone()),
        form: None,
        from: *from,
        to: *to,
    };
    let mut sql = format!(
        "SELECT measure.tenant, measure.assessment_id, measure.agent_id, measure.evaluator_id, measure.normalized_score
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

/// Runs `select`, in which `chosen` stands for the measures of the side.
fn rows<T>(
    connection: &Connection,
    side: &SideOf,
    select: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut bindings = Bindings::default();
    let sql = format!("WITH chosen AS ({}) {select}", chosen(side, &mut bindings));
    connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), read)?.collect()
}

fn totals(connection: &Connection, side: &SideOf) -> rusqlite::Result<(u64, f64)> {
    let found =
        rows(connection, side, "SELECT COUNT(*), TOTAL(normalized_score) FROM chosen", |row| Ok((row.get::<_, Count>(0)?.0, row.get(1)?)))?;
    Ok(found.first().copied().unwrap_or_default())
}

fn questions(connection: &Connection, side: &SideOf) -> rusqlite::Result<(Vec<AnswerSums>, Vec<SideQuestion>)> {
    let select = format!(
        ", asked AS (SELECT chosen.*, {FIELDS} FROM {ASKED})
         SELECT * FROM (
            SELECT question_key, MAX(MAX(text)) OVER one, SUM(COUNT(*) FILTER (WHERE {ANSWERED})) OVER one,
                SUM(TOTAL(score) FILTER (WHERE {ANSWERED})) OVER one, SUM(TOTAL(max_score) FILTER (WHERE {ANSWERED})) OVER one,
                SUM(TOTAL(score / max_score) FILTER (WHERE {ANSWERED})) OVER one, SUM(SUM(not_applicable)) OVER one,
                weight, max_score, {USUAL} AS place
            FROM asked GROUP BY question_key, weight, max_score WINDOW one AS (PARTITION BY question_key))
         WHERE place = 1 ORDER BY question_key"
    );
    let read = |row: &Row<'_>| {
        let answers = AnswerSums {
            question_key: row.get(0)?,
            text: row.get(1)?,
            n: row.get::<_, Count>(2)?.0,
            sum_score: row.get(3)?,
            sum_max: row.get(4)?,
            sum_share: row.get(5)?,
            n_not_applicable: row.get::<_, Count>(6)?.0,
        };
        Ok((answers, (row.get::<_, Option<f64>>(7)?, row.get::<_, Option<f64>>(8)?)))
    };
    let found = rows(connection, side, &select, read)?;
    let mut form = form_questions(connection, &side.cohort)?;
    let is_known = !form.is_empty();
    for (answers, (weight, max_score)) in &found {
        // What a known form does not have is no part of it, though single assessments may have it.
        if is_known && !form.contains_key(&answers.question_key) {
            continue;
        }
        let of_form = form.entry(answers.question_key.clone()).or_default();
        *of_form = (of_form.0.or(*weight), of_form.1.or(*max_score));
    }
    let form = form.into_iter().map(|(question_key, (weight, max_score))| SideQuestion { question_key, weight, max_score }).collect();
    Ok((found.into_iter().map(|(answers, _)| answers).collect(), form))
}

fn by_evaluator(connection: &Connection, side: &SideOf) -> rusqlite::Result<Vec<(Option<String>, u64)>> {
    let select = "SELECT evaluator_id, COUNT(*) FROM chosen GROUP BY evaluator_id ORDER BY evaluator_id";
    rows(connection, side, select, |row| Ok((row.get(0)?, row.get::<_, Count>(1)?.0)))
}

fn by_agent(connection: &Connection, side: &SideOf) -> rusqlite::Result<Vec<AgentSum>> {
    let select = "SELECT agent_id, COUNT(*), SUM(normalized_score) FROM chosen GROUP BY agent_id ORDER BY agent_id";
    rows(connection, side, select, agent_sum)
}

fn agent_sum(row: &Row<'_>) -> rusqlite::Result<AgentSum> {
    Ok(AgentSum { agent_id: row.get(0)?, n: row.get::<_, Count>(1)?.0, sum: row.get(2)? })
}
