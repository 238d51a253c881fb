//! How long after they were made records were last changed.

use jiff::Timestamp;
use model::id::TenantName;
use model::record::Stream;

use crate::cell::Moment;
use crate::error::{StoreError, VisitError};
use crate::store::Store;

/// Upper edges of lags for each factor of ten.
const EDGES_PER_DECADE: i32 = 20;
/// The last upper edge: 100 days.
const HOURS_MAX: f64 = 2400.0;

/// Records that were last changed after a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EditLag {
    /// The longest time that counts here, in hours, the one before it excluded; none for whatever is longer than all.
    pub hours: Option<f64>,
    /// How many records.
    pub n: u64,
}

impl Store {
    /// How long after it was made each live record of a stream was last changed, those never changed aside: counts by
    /// upper edge, 20 a decade from 1 hour on, the last 100 days, and whatever is beyond. Edges without records are there.
    ///
    /// # Errors
    /// Those of reading.
    pub fn edit_lags(&self, tenant: &TenantName, stream: Stream) -> Result<Vec<EditLag>, StoreError> {
        let edges = edges();
        let mut counts = vec![0_u64; edges.len() + 1];
        let (table, made_at) = (stream.table().name, stream.time_column());
        let sql = format!("SELECT {made_at}, modified_at FROM {table} WHERE tenant = ?1 AND is_archived = 0 AND modified_at > {made_at}");
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Moment>(0)?.0, row.get::<_, Moment>(1)?.0));
        let mut count = |(made_at, modified_at): (Timestamp, Timestamp)| -> Result<(), StoreError> {
            let hours = modified_at.duration_since(made_at).as_secs_f64() / 3600.0;
            if let Some(n) = counts.get_mut(edges.partition_point(|edge| *edge < hours)) {
                *n += 1;
            }
            Ok(())
        };
        self.visit(&sql, [tenant.as_str()], read, &mut count).map_err(|error: VisitError<StoreError>| error.or(|error| error))?;
        Ok(edges.into_iter().map(Some).chain([None]).zip(counts).map(|(hours, n)| EditLag { hours, n }).collect())
    }
}

fn edges() -> Vec<f64> {
    let below = (0..).map(|place| 10_f64.powf(f64::from(place) / f64::from(EDGES_PER_DECADE))).take_while(|edge| *edge < HOURS_MAX);
    below.chain([HOURS_MAX]).collect()
}
