//! Where assessments were left on the way to the sums, and what reconciliation last said.

use std::collections::BTreeMap;

use model::id::TenantName;
use model::table::{RECONCILIATION, Row};

use crate::cell::{Count, row_of};
use crate::error::StoreError;
use crate::statement;
use crate::store::Store;

/// What became of a tenant's live assessments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOutCounts {
    /// From which platform; none where nothing was measured.
    pub platform: Option<String>,
    /// Assessments that have a measure: all live ones.
    pub n_measured: u64,
    /// Those that enter sums.
    pub n_scored: u64,
    /// Those among them whose business date is of UTC, because no zone is known.
    pub n_zone_defaulted: u64,
    /// Those among them whose business date is of the submission.
    pub n_dated_by_submission: u64,
    /// The others, by the word for why they enter none.
    pub left_out: BTreeMap<String, u64>,
}

impl Store {
    /// What became of a tenant's live assessments. Those that enter sums and those left out add up to all.
    ///
    /// # Errors
    /// Those of reading.
    pub fn left_out_counts(&self, tenant: &TenantName) -> Result<LeftOutCounts, StoreError> {
        let sql = "SELECT left_out, COUNT(*), SUM(zone_defaulted), SUM(date_source = 'submitted'), MAX(platform) FROM assessment_measure
            WHERE tenant = ?1 GROUP BY left_out ORDER BY left_out";
        self.read(|connection| {
            let mut counts = LeftOutCounts::default();
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_str()])?;
            while let Some(row) = rows.next()? {
                let n = row.get::<_, Count>(1)?.0;
                counts.n_measured += n;
                counts.platform = row.get(4)?;
                match row.get::<_, Option<String>>(0)? {
                    Some(word) => {
                        counts.left_out.insert(word, n);
                    }
                    None => {
                        counts.n_scored = n;
                        counts.n_zone_defaulted = row.get::<_, Count>(2)?.0;
                        counts.n_dated_by_submission = row.get::<_, Count>(3)?.0;
                    }
                }
            }
            Ok(counts)
        })
    }

    /// The rows of the last reconciliation of each of a tenant's streams, by stream, scope and dates.
    ///
    /// # Errors
    /// Those of reading.
    pub fn latest_reconciliation(&self, tenant: &TenantName) -> Result<Vec<Row>, StoreError> {
        let columns = statement::columns(&RECONCILIATION);
        let sql = format!(
            "SELECT {columns} FROM reconciliation WHERE tenant = ?1 AND run_id = (
                SELECT run_id FROM reconciliation AS newest WHERE newest.tenant = ?1 AND newest.stream = reconciliation.stream
                ORDER BY change_seq DESC LIMIT 1
             ) ORDER BY stream, scope_id, date_from, date_to"
        );
        let read = |row: &rusqlite::Row<'_>| row_of(&RECONCILIATION, row, 0);
        self.read(|connection| connection.prepare_cached(&sql)?.query_map([tenant.as_str()], read)?.collect())
    }
}
