//! Questions of cohorts: how they were answered week by week, and what the form says of them.
//! A question's key is its id. An answer counts when it is applicable and its maximum is above 0.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, Row, params_from_iter};

use crate::cell::Day;
use crate::error::StoreError;
use crate::statistics::answer::{Answer, Asked, Sheets, Sums};
use crate::statistics::slice::{Bindings, COHORT, Cohort, ScopePlace, Slice, check_kinds, cohort_of, conditions};
use crate::store::Store;

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

/// The questions of a slice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Questions {
    /// Those of the form version of each cohort and any others that its assessments have: by cohort, in the order of the
    /// assessments, and those that no assessment has at the end.
    pub of_cohorts: Vec<CohortQuestion>,
    /// By cohort, scope, question and week.
    pub weeks: Vec<QuestionWeek>,
}

impl Store {
    /// The questions of the cohorts of a slice, and how they were answered week by week in each scope of these kinds.
    ///
    /// # Errors
    /// Those of reading; `Bug` for a kind that is none.
    pub fn questions(&self, slice: &Slice, kinds: &[&str]) -> Result<Questions, StoreError> {
        check_kinds(kinds)?;
        let mut bindings = Bindings::default();
        let sql = format!(
            "SELECT {COHORT}, assessment_id, week_start FROM assessment_measure AS measure WHERE {}",
            conditions(slice, &mut bindings)
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(bindings.values))?;
            let mut sheets = Sheets::new(connection)?;
            let mut tally = Tally::default();
            while let Some(row) = rows.next()? {
                let (cohort, week_start) = (cohort_of(row, 0)?, row.get::<_, Day>(7)?.0);
                let assessment_id = row.get_ref(6)?.as_str()?;
                let mut places = sheets.scopes(&cohort.tenant, assessment_id)?;
                places.retain(|place| kinds.contains(&place.kind.as_str()) && slice.shows(place));
                let answers = sheets.answers(&cohort.tenant, assessment_id)?;
                tally.add(cohort, places, week_start, &answers);
            }
            tally.finished(connection)
        })
    }
}

/// What was counted so far.
#[derive(Default)]
struct Tally {
    of_cohorts: BTreeMap<Cohort, BTreeMap<String, Asked>>,
    weeks: BTreeMap<(Cohort, ScopePlace), BTreeMap<String, BTreeMap<Date, Sums>>>,
}

impl Tally {
    fn add(&mut self, cohort: Cohort, places: Vec<ScopePlace>, week_start: Date, answers: &[Answer]) {
        let asked = self.of_cohorts.entry(cohort.clone()).or_default();
        for answer in answers {
            asked.entry(answer.question_key.clone()).or_default().add(answer);
        }
        for place in places {
            let questions = self.weeks.entry((cohort.clone(), place)).or_default();
            for answer in answers {
                questions.entry(answer.question_key.clone()).or_default().entry(week_start).or_default().add(answer);
            }
        }
    }

    fn finished(self, connection: &Connection) -> rusqlite::Result<Questions> {
        let mut questions = Questions::default();
        for (cohort, asked) in self.of_cohorts {
            let form = form_questions(connection, &cohort)?;
            questions.of_cohorts.extend(completed(asked_questions(&cohort, asked), &cohort, form));
        }
        for ((cohort, scope), of_place) in self.weeks {
            for (question_key, weeks) in of_place {
                questions.weeks.extend(weeks.into_iter().map(|(week_start, sums)| QuestionWeek {
                    cohort: cohort.clone(),
                    scope: scope.clone(),
                    question_key: question_key.clone(),
                    week_start,
                    n: sums.n,
                    n_not_applicable: sums.n_not_applicable,
                    sum_score: sums.score.value(),
                    sum_max: sums.max.value(),
                }));
            }
        }
        Ok(questions)
    }
}

fn asked_questions(cohort: &Cohort, asked: BTreeMap<String, Asked>) -> Vec<CohortQuestion> {
    let mut asked: Vec<(String, Asked)> = asked.into_iter().collect();
    asked.sort_by_key(|(_, asked)| asked.ordinal);
    let question = |(question_key, asked): (String, Asked)| {
        let (weight, max_score) = asked.usual();
        CohortQuestion { cohort: cohort.clone(), question_key, text: asked.text, group_id: asked.group_id, ordinal: 0, weight, max_score }
    };
    asked.into_iter().map(question).collect()
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
