//! Who was assessed by whom: the cells that the leniency of evaluators is estimated from.

use rusqlite::{Row, params_from_iter};

use crate::cell::Count;
use crate::error::StoreError;
use crate::statistics::slice::{Bindings, COHORT, Cohort, Slice, cohort_of, conditions};
use crate::store::Store;

/// An agent's assessments by one evaluator within a cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct LeniencyCell {
    /// Which cohort.
    pub cohort: Cohort,
    /// The agent.
    pub agent_id: String,
    /// The evaluator.
    pub evaluator_id: String,
    /// Assessments.
    pub n: u64,
    /// Sum of normalized scores.
    pub sum_y: f64,
    /// Sum of squared differences from the cell's own mean.
    pub ss_within: f64,
}

impl Store {
    /// The cells of a slice, by cohort, agent and evaluator. Assessments that name no evaluator are in none.
    ///
    /// # Errors
    /// Those of reading.
    pub fn leniency_cells(&self, slice: &Slice) -> Result<Vec<LeniencyCell>, StoreError> {
        let mut bindings = Bindings::default();
        let conditions = conditions(slice, &mut bindings);
        let key = format!("{COHORT}, agent_id, evaluator_id");
        let sql = format!(
            "SELECT {key}, COUNT(*), SUM(normalized_score), SUM((normalized_score - mean) * (normalized_score - mean))
             FROM (
                SELECT {key}, normalized_score, AVG(normalized_score) OVER (PARTITION BY {key}) AS mean
                FROM assessment_measure AS measure WHERE {conditions} AND evaluator_id IS NOT NULL
             ) GROUP BY {key} ORDER BY {key}"
        );
        let read = |row: &Row<'_>| {
            Ok(LeniencyCell {
                cohort: cohort_of(row, 0)?,
                agent_id: row.get(6)?,
                evaluator_id: row.get(7)?,
                n: row.get::<_, Count>(8)?.0,
                sum_y: row.get(9)?,
                ss_within: row.get(10)?,
            })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), read)?.collect())
    }
}
