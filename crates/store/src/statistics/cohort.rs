//! Cohorts by scope: their life, their agents, and their agents week by week.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params_from_iter};

use crate::cell::{Count, Day, Moment};
use crate::error::{StoreError, VisitError};
use crate::statistics::answer::Total;
use crate::statistics::slice::{Bindings, COHORT, Cohort, ScopePlace, Slice, cohort_of, placed, scope_of};
use crate::store::Store;

/// A cohort in a scope.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortRow {
    /// Which cohort.
    pub cohort: Cohort,
    /// In which scope.
    pub scope: ScopePlace,
    /// Business date of its first assessment.
    pub first_date: Date,
    /// Business date of its last assessment.
    pub last_date: Date,
    /// Assessments.
    pub n: u64,
    /// Distinct agents.
    pub n_agents: u64,
    /// Assessments whose raw and normalized scores differ by more than they may.
    pub n_score_parity: u64,
    /// Assessments that failed a critical question.
    pub n_failed_critical: u64,
    /// The form's name, where it is known.
    pub form_name: Option<String>,
    /// The version's number as the source writes it, where it is known.
    pub form_version: Option<String>,
    /// When the version was published, where that is known.
    pub published_at: Option<Timestamp>,
}

/// An agent in a cohort and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortAgent {
    /// Which cohort.
    pub cohort: Cohort,
    /// In which scope.
    pub scope: ScopePlace,
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Sum of normalized scores.
    pub sum_y: f64,
    /// Sum of squared differences from the agent's own mean here.
    pub ss_within: f64,
    /// Sum of points times weights over what was answered.
    pub sum_weighted_points: f64,
    /// Sum of maxima times weights over what was answered.
    pub sum_weighted_max: f64,
    /// Assessments that failed a critical question.
    pub n_failed_critical: u64,
    /// Assessments that passed.
    pub n_passed: u64,
    /// Assessments of which it is known whether they passed.
    pub n_with_pass: u64,
}

/// An agent in a week of a cohort and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortWeekAgent {
    /// Which cohort.
    pub cohort: Cohort,
    /// In which scope.
    pub scope: ScopePlace,
    /// The Monday of the week.
    pub week_start: Date,
    /// The agent.
    pub agent_id: String,
    /// Assessments.
    pub n: u64,
    /// Sum of normalized scores.
    pub sum_y: f64,
    /// Assessments that failed a critical question.
    pub n_failed_critical: u64,
}

impl Store {
    /// The cohorts of a slice in each scope of these kinds, by cohort and scope.
    ///
    /// # Errors
    /// Those of reading; `Bug` for a kind that is none.
    pub fn cohorts(&self, slice: &Slice, kinds: &[&str]) -> Result<Vec<CohortRow>, StoreError> {
        let mut bindings = Bindings::default();
        let placed = placed(slice, kinds, &["business_date", "agent_id", "score_parity", "failed_critical"], &mut bindings)?;
        let sql = format!(
            "WITH cohort AS (
                SELECT {COHORT}, scope_kind, scope_id, MIN(business_date) AS first_date, MAX(business_date) AS last_date, COUNT(*) AS n,
                    COUNT(DISTINCT agent_id) AS n_agents, SUM(score_parity) AS n_score_parity, SUM(failed_critical) AS n_failed_critical
                FROM {placed} GROUP BY {COHORT}, scope_kind, scope_id
            )
            SELECT cohort.tenant, cohort.platform, cohort.form_id, scored_by, cohort.form_version_id, cohort.content_hash, scope_kind,
                scope_id, first_date, last_date, n, n_agents, n_score_parity, n_failed_critical, name, version, published_at
            FROM cohort LEFT JOIN form_version
                ON form_version.tenant = cohort.tenant AND form_version.form_version_id = cohort.form_version_id
            ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
        );
        let read = |row: &Row<'_>| {
            let count = |index| row.get::<_, Count>(index).map(|count| count.0);
            Ok(CohortRow {
                cohort: cohort_of(row, 0)?,
                scope: scope_of(row, 6)?,
                first_date: row.get::<_, Day>(8)?.0,
                last_date: row.get::<_, Day>(9)?.0,
                n: count(10)?,
                n_agents: count(11)?,
                n_score_parity: count(12)?,
                n_failed_critical: count(13)?,
                form_name: row.get(14)?,
                form_version: row.get(15)?,
                published_at: row.get::<_, Option<Moment>>(16)?.map(|moment| moment.0),
            })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), read)?.collect())
    }

    /// The agents of the cohorts of a slice in each scope of these kinds, by cohort, scope and agent.
    ///
    /// # Errors
    /// Those of reading; `Bug` for a kind that is none.
    pub fn cohort_agents(&self, slice: &Slice, kinds: &[&str]) -> Result<Vec<CohortAgent>, StoreError> {
        let mut bindings = Bindings::default();
        let columns = ["agent_id", "normalized_score", "weighted_points", "weighted_max", "failed_critical", "passed"];
        let placed = placed(slice, kinds, &columns, &mut bindings)?;
        let key = format!("{COHORT}, scope_kind, scope_id, agent_id");
        // One sort, and no grouping in SQL: the squares need the mean first, for which SQLite would sort the same rows twice.
        let sql =
            format!("SELECT {key}, normalized_score, weighted_points, weighted_max, failed_critical, passed FROM {placed} ORDER BY {key}");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(bindings.values))?;
            let mut agents = Vec::new();
            let mut open: Option<Gathered> = None;
            while let Some(row) = rows.next()? {
                let (cohort, scope, agent_id) = (cohort_of(row, 0)?, scope_of(row, 6)?, row.get_ref(8)?.as_str()?);
                if !open.as_ref().is_some_and(|held| held.agent_id == agent_id && held.scope == scope && held.cohort == cohort) {
                    let next = Gathered::new(cohort, scope, agent_id.to_owned());
                    agents.extend(open.replace(next).map(Gathered::agent));
                }
                if let Some(held) = &mut open {
                    held.scores.push(row.get(9)?);
                    held.weighted_points.add(row.get(10)?);
                    held.weighted_max.add(row.get(11)?);
                    held.n_failed_critical += u64::from(row.get::<_, bool>(12)?);
                    let passed: Option<bool> = row.get(13)?;
                    held.n_passed += u64::from(passed == Some(true));
                    held.n_with_pass += u64::from(passed.is_some());
                }
            }
            agents.extend(open.map(Gathered::agent));
            Ok(agents)
        })
    }

    /// Visits the agents of each week of the cohorts of a slice in each scope of these kinds, by cohort, scope, week and agent.
    ///
    /// # Errors
    /// Those of reading, and the visitor's; `Bug` for a kind that is none.
    pub fn cohort_week_agents<E>(
        &self,
        slice: &Slice,
        kinds: &[&str],
        visit: &mut dyn FnMut(CohortWeekAgent) -> Result<(), E>,
    ) -> Result<(), VisitError<E>> {
        let mut bindings = Bindings::default();
        let placed = placed(slice, kinds, &["week_start", "agent_id", "normalized_score", "failed_critical"], &mut bindings)?;
        let key = format!("{COHORT}, scope_kind, scope_id, week_start, agent_id");
        let sql =
            format!("SELECT {key}, COUNT(*), SUM(normalized_score), SUM(failed_critical) FROM {placed} GROUP BY {key} ORDER BY {key}");
        let read = |row: &Row<'_>| {
            Ok(CohortWeekAgent {
                cohort: cohort_of(row, 0)?,
                scope: scope_of(row, 6)?,
                week_start: row.get::<_, Day>(8)?.0,
                agent_id: row.get(9)?,
                n: row.get::<_, Count>(10)?.0,
                sum_y: row.get(11)?,
                n_failed_critical: row.get::<_, Count>(12)?.0,
            })
        };
        self.visit(&sql, params_from_iter(bindings.values), read, visit)
    }
}

/// The assessments of one agent in one cohort and scope.
struct Gathered {
    cohort: Cohort,
    scope: ScopePlace,
    agent_id: String,
    scores: Vec<f64>,
    weighted_points: Total,
    weighted_max: Total,
    n_failed_critical: u64,
    n_passed: u64,
    n_with_pass: u64,
}

impl Gathered {
    fn new(cohort: Cohort, scope: ScopePlace, agent_id: String) -> Self {
        let (weighted_points, weighted_max) = (Total::default(), Total::default());
        Self {
            cohort,
            scope,
            agent_id,
            scores: Vec::new(),
            weighted_points,
            weighted_max,
            n_failed_critical: 0,
            n_passed: 0,
            n_with_pass: 0,
        }
    }

    /// The squares are of differences from the mean, because those of scores cancel out.
    fn agent(self) -> CohortAgent {
        let sum_y = self.scores.iter().copied().collect::<Total>().value();
        let mean = sum_y / self.scores.len() as f64;
        CohortAgent {
            cohort: self.cohort,
            scope: self.scope,
            agent_id: self.agent_id,
            n: self.scores.len() as u64,
            sum_y,
            ss_within: self.scores.iter().map(|score| (score - mean) * (score - mean)).collect::<Total>().value(),
            sum_weighted_points: self.weighted_points.value(),
            sum_weighted_max: self.weighted_max.value(),
            n_failed_critical: self.n_failed_critical,
            n_passed: self.n_passed,
            n_with_pass: self.n_with_pass,
        }
    }
}
