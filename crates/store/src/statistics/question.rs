//! Questions of cohorts: how they were answered week by week, and what the form says of them.
//! A question's key is its id. An answer counts when it is applicable and its maximum is above 0.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rusqlite::{Connection, Row, params_from_iter};

use crate::cell::{Count, Day};
use crate::error::StoreError;
use crate::statistics::slice::{Bindings, COHORT, Cohort, ScopePlace, Slice, cohort_of, placed, scope_of};
use crate::store::Store;

/// The questions of the assessments of a subquery `chosen`, a row each; goes after `FROM`.
pub(super) const ASKED: &str = "chosen
    CROSS JOIN assessment ON assessment.tenant = chosen.tenant AND assessment.assessment_id = chosen.assessment_id
    CROSS JOIN jsonb_each(assessment.questions) AS question";

/// What [`ASKED`] knows of a question.
pub(super) const FIELDS: &str = "question.value ->> 'question_id' AS question_key, question.value ->> 'text' AS text,
    question.value ->> 'group_id' AS group_id, CAST(question.value ->> 'ordinal' AS INTEGER) AS ordinal,
    CAST(question.value ->> 'score' AS REAL) AS score, CAST(question.value ->> 'max_score' AS REAL) AS max_score,
    CAST(question.value ->> 'weight' AS REAL) AS weight, question.value ->> 'not_applicable' AS not_applicable";

/// The condition that an answer counts.
pub(super) const ANSWERED: &str = "not_applicable = 0 AND max_score > 0";

/// 1 for the weight and maximum that most assessments of the window `one` have: a single assessment may have got another.
pub(super) const USUAL: &str = "ROW_NUMBER() OVER (one ORDER BY COUNT(*) DESC, weight, max_score)";

/// A question of a cohort and scope in one week.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionWeek {
    /// Which cohort.
    pub cohort: Cohort,
    /// In which scope.
    pub scope: ScopePlace,
    /// The question.
    pub question_key: String,
    /// The Monday of the week.
    pub week_start: Date,
    /// Answers that count.
    pub n: u64,
    /// How often it was not applicable.
    pub n_not_applicable: u64,
    /// Sum of points.
    pub sum_score: f64,
    /// Sum of maxima.
    pub sum_max: f64,
}

/// A question of a cohort's form.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortQuestion {
    /// Which cohort.
    pub cohort: Cohort,
    /// The question.
    pub question_key: String,
    /// The wording, where an assessment gives it.
    pub text: Option<String>,
    /// The group it stands in, where an assessment gives it.
    pub group_id: Option<String>,
    /// Its place among the cohort's questions, from 1.
    pub ordinal: u64,
    /// Its weight in the form version, else the one that was used.
    pub weight: Option<f64>,
    /// Its maximum in the form version, else the one that was used.
    pub max_score: Option<f64>,
}

impl Store {
    /// The questions of the cohorts of a slice in each scope of a kind, by cohort, scope, question and week.
    ///
    /// # Errors
    /// Those of reading; `Bug` for a kind that is none.
    pub fn question_weeks(&self, slice: &Slice, kind: &str) -> Result<Vec<QuestionWeek>, StoreError> {
        let mut bindings = Bindings::default();
        let chosen = placed(slice, &[kind], &["week_start"], &mut bindings)?;
        let key = format!("{COHORT}, scope_kind, scope_id, question_key, week_start");
        let sql = format!(
            "WITH chosen AS {chosen}, asked AS (SELECT chosen.*, {FIELDS} FROM {ASKED})
             SELECT {key}, COUNT(*) FILTER (WHERE {ANSWERED}), SUM(not_applicable), TOTAL(score) FILTER (WHERE {ANSWERED}),
                TOTAL(max_score) FILTER (WHERE {ANSWERED})
             FROM asked GROUP BY {key} ORDER BY {key}"
        );
        let read = |row: &Row<'_>| {
            Ok(QuestionWeek {
                cohort: cohort_of(row, 0)?,
                scope: scope_of(row, 6)?,
                question_key: row.get(8)?,
                week_start: row.get::<_, Day>(9)?.0,
                n: row.get::<_, Count>(10)?.0,
                n_not_applicable: row.get::<_, Count>(11)?.0,
                sum_score: row.get(12)?,
                sum_max: row.get(13)?,
            })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), read)?.collect())
    }

    /// The questions of the cohorts of a slice, those of the form version and any others that its assessments have: by
    /// cohort, in the order of the assessments, and those that no assessment has at the end.
    ///
    /// # Errors
    /// Those of reading.
    pub fn cohort_questions(&self, slice: &Slice) -> Result<Vec<CohortQuestion>, StoreError> {
        let mut bindings = Bindings::default();
        let chosen = placed(slice, &["tenant"], &["week_start"], &mut bindings)?;
        let sql = format!(
            "WITH chosen AS {chosen}, asked AS (SELECT chosen.*, {FIELDS} FROM {ASKED})
             SELECT * FROM (
                SELECT {COHORT}, question_key, MAX(MAX(text)) OVER one, MAX(MAX(group_id)) OVER one, weight, max_score,
                    MIN(MIN(ordinal)) OVER one AS first_ordinal, {USUAL} AS place
                FROM asked GROUP BY {COHORT}, question_key, weight, max_score WINDOW one AS (PARTITION BY {COHORT}, question_key))
             WHERE place = 1 ORDER BY {COHORT}, first_ordinal, question_key"
        );
        let read = |row: &Row<'_>| {
            Ok(CohortQuestion {
                cohort: cohort_of(row, 0)?,
                question_key: row.get(6)?,
                text: row.get(7)?,
                group_id: row.get(8)?,
                ordinal: 0,
                weight: row.get(9)?,
                max_score: row.get(10)?,
            })
        };
        let cohorts: BTreeSet<Cohort> = self.cohorts(slice, &["tenant"])?.into_iter().map(|row| row.cohort).collect();
        self.read(|connection| {
            let values = params_from_iter(bindings.values);
            let asked: Vec<CohortQuestion> = connection.prepare_cached(&sql)?.query_map(values, read)?.collect::<rusqlite::Result<_>>()?;
            let mut asked_of: BTreeMap<Cohort, Vec<CohortQuestion>> = BTreeMap::new();
            for question in asked {
                asked_of.entry(question.cohort.clone()).or_default().push(question);
            }
            let mut whole = Vec::new();
            for cohort in cohorts {
                let asked = asked_of.remove(&cohort).unwrap_or_default();
                whole.extend(completed(asked, &cohort, form_questions(connection, &cohort)?));
            }
            Ok(whole)
        })
    }
}

/// What a form version says of its questions: weight and maximum by id.
pub(super) type FormQuestions = BTreeMap<String, (Option<f64>, Option<f64>)>;

/// The questions of a cohort's form version; none of one that its assessments were scored without.
pub(super) fn form_questions(connection: &Connection, cohort: &Cohort) -> rusqlite::Result<FormQuestions> {
    if cohort.content_hash.is_empty() {
        return Ok(FormQuestions::new());
    }
    let sql = "SELECT question_id, weight, max_score FROM form_question WHERE tenant = ?1 AND form_version_id = ?2";
    let read = |row: &Row<'_>| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)));
    connection.prepare_cached(sql)?.query_map([&cohort.tenant, &cohort.form_version_id], read)?.collect()
}

fn completed(asked: Vec<CohortQuestion>, cohort: &Cohort, mut form: FormQuestions) -> Vec<CohortQuestion> {
    let mut questions = asked;
    for question in &mut questions {
        if let Some((weight, max_score)) = form.remove(&question.question_key) {
            question.weight = weight.or(question.weight);
            question.max_score = max_score.or(question.max_score);
        }
    }
    questions.extend(form.into_iter().map(|(question_key, (weight, max_score))| CohortQuestion {
        cohort: cohort.clone(),
        question_key,
        text: None,
        group_id: None,
        ordinal: 0,
        weight,
        max_score,
    }));
    for (question, ordinal) in questions.iter_mut().zip(1..) {
        question.ordinal = ordinal;
    }
    questions
}
