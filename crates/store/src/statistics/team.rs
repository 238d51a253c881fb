//! Teams: where their assessments count besides. Who knows the sums of a place and of all its teams but one knows that one.

use rusqlite::Row;

use crate::error::StoreError;
use crate::statistics::slice::{ScopePlace, scope_of};
use crate::store::Store;

/// A team and a division or site in which assessments of it count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TeamPlace {
    /// Whose.
    pub tenant: String,
    /// The team's id.
    pub team_id: String,
    /// The division or site.
    pub place: ScopePlace,
}

impl Store {
    /// Every team with each division and site in which it has assessments, by tenant, team, kind and id.
    ///
    /// # Errors
    /// Those of reading.
    pub fn team_places(&self) -> Result<Vec<TeamPlace>, StoreError> {
        let sql = "SELECT DISTINCT team.tenant, team.scope_id, place.scope_kind, place.scope_id
            FROM assessment_scope AS team JOIN assessment_scope AS place
                ON place.tenant = team.tenant AND place.assessment_id = team.assessment_id AND place.scope_kind IN ('division', 'site')
            WHERE team.scope_kind = 'team' ORDER BY 1, 2, 3, 4";
        let read = |row: &Row<'_>| Ok(TeamPlace { tenant: row.get(0)?, team_id: row.get(1)?, place: scope_of(row, 2)? });
        self.read(|connection| connection.prepare_cached(sql)?.query_map([], read)?.collect())
    }
}
