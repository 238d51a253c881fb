//! The last assessments of each agent.

use jiff::civil::Date;
use rusqlite::{Row, params_from_iter};

use crate::cell::Day;
use crate::error::StoreError;
use crate::statistics::slice::{Bindings, Slice, conditions};
use crate::store::Store;

/// One of the last assessments of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    /// Whose.
    pub tenant: String,
    /// From which platform.
    pub platform: String,
    /// The agent.
    pub agent_id: String,
    /// The assessment.
    pub assessment_id: String,
    /// The form.
    pub form_id: String,
    /// The form version.
    pub form_version_id: String,
    /// `human`, `ai`, `ai_edited` or `unknown`.
    pub scored_by: String,
    /// The day it counts on.
    pub business_date: Date,
    /// The score with the weights of its form version.
    pub normalized_score: f64,
    /// The platform failed it for a critical question.
    pub failed_critical: bool,
}

impl Store {
    /// The last `n` assessments of each agent of a slice: by tenant, platform and agent, the newest first.
    ///
    /// # Errors
    /// Those of reading.
    pub fn recent_of_agents(&self, slice: &Slice, n: u32) -> Result<Vec<Recent>, StoreError> {
        let mut bindings = Bindings::default();
        let conditions = conditions(slice, &mut bindings);
        let n = bindings.bind(i64::from(n));
        let columns = "tenant, platform, agent_id, assessment_id, form_id, form_version_id, scored_by, business_date, normalized_score,
            failed_critical";
        let sql = format!(
            "SELECT {columns} FROM (
                SELECT {columns}, ROW_NUMBER() OVER (
                    PARTITION BY tenant, platform, agent_id ORDER BY business_date DESC, submitted_at DESC, assessment_id DESC
                ) AS place
                FROM assessment_measure AS measure WHERE {conditions}
             ) WHERE place <= {n} ORDER BY tenant, platform, agent_id, place"
        );
        let read = |row: &Row<'_>| {
            Ok(Recent {
                tenant: row.get(0)?,
                platform: row.get(1)?,
                agent_id: row.get(2)?,
                assessment_id: row.get(3)?,
                form_id: row.get(4)?,
                form_version_id: row.get(5)?,
                scored_by: row.get(6)?,
                business_date: row.get::<_, Day>(7)?.0,
                normalized_score: row.get(8)?,
                failed_critical: row.get(9)?,
            })
        };
        self.read(|connection| connection.prepare_cached(&sql)?.query_map(params_from_iter(bindings.values), read)?.collect())
    }
}
