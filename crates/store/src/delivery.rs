//! Deliveries of the feed: what a receiver has acknowledged and what it refused, one row an agent, day and measure.
//! Whatever is not acknowledged is due again; the rows of `agent_day` themselves are the outbox.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::id::TenantName;
use rusqlite::params;

use crate::cell::Moment;
use crate::error::StoreError;
use crate::store::Store;

/// What a value is delivered under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// Whose value.
    pub agent_id: String,
    /// Of which day, `2024-01-31`.
    pub business_date: String,
    /// The receiver's id of the measure.
    pub measure: String,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What the receiver holds: the value as it was sent, or the word `retracted`.
    pub acknowledged: Option<String>,
    /// What it refused last, until something is acknowledged.
    pub refused: Option<String>,
    /// Why.
    pub message: Option<String>,
}

/// How one attempt at a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The receiver holds it.
    Acknowledged(String),
    /// It does not, for this reason.
    Refused(String, String),
}

impl Store {
    /// Where all deliveries of a publication to a tenant stand.
    ///
    /// # Errors
    /// Those of reading.
    pub fn deliveries(&self, publication: &str, tenant: &TenantName) -> Result<BTreeMap<DeliveryKey, Delivery>, StoreError> {
        let sql = "SELECT agent_id, business_date, measure, acknowledged, refused, message FROM feed_delivery
                   WHERE publication = ?1 AND tenant = ?2";
        let read = |row: &rusqlite::Row<'_>| {
            let key = DeliveryKey { agent_id: row.get(0)?, business_date: row.get(1)?, measure: row.get(2)? };
            Ok((key, Delivery { acknowledged: row.get(3)?, refused: row.get(4)?, message: row.get(5)? }))
        };
        self.read(|connection| connection.prepare_cached(sql)?.query_map([publication, tenant.as_str()], read)?.collect())
    }

    /// Notes how a batch of deliveries ended, in one transaction. A refusal leaves what was acknowledged before.
    ///
    /// # Errors
    /// Those of writing; nothing is then noted.
    pub fn note_deliveries(
        &mut self,
        publication: &str,
        tenant: &TenantName,
        outcomes: &[(DeliveryKey, Delivered)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let acknowledge = "INSERT INTO feed_delivery (publication, tenant, agent_id, business_date, measure, acknowledged, acknowledged_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (publication, tenant, agent_id, business_date, measure) DO UPDATE SET
                acknowledged = excluded.acknowledged, acknowledged_at = excluded.acknowledged_at, refused = NULL, message = NULL";
        let refuse = "INSERT INTO feed_delivery (publication, tenant, agent_id, business_date, measure, refused, message)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (publication, tenant, agent_id, business_date, measure) DO UPDATE SET
                refused = excluded.refused, message = excluded.message";
        self.write(|writing| {
            for (key, outcome) in outcomes {
                let (agent_id, date, measure) = (&key.agent_id, &key.business_date, &key.measure);
                match outcome {
                    Delivered::Acknowledged(value) => writing.prepare_cached(acknowledge)?.execute(params![
                        publication,
                        tenant.as_str(),
                        agent_id,
                        date,
                        measure,
                        value,
                        Moment(now)
                    ])?,
                    Delivered::Refused(value, message) => writing.prepare_cached(refuse)?.execute(params![
                        publication,
                        tenant.as_str(),
                        agent_id,
                        date,
                        measure,
                        value,
                        message
                    ])?,
                };
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{acme, day};

    fn key(agent_id: &str) -> DeliveryKey {
        DeliveryKey { agent_id: agent_id.to_owned(), business_date: "2031-02-03".to_owned(), measure: "m-1".to_owned() }
    }

    #[test]
    fn a_refusal_leaves_what_was_acknowledged_and_an_acknowledgement_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db"), day(1)).unwrap();
        let standing = |store: &Store| {
            let found = store.deliveries("wfm", &acme()).unwrap().remove(&key("a")).unwrap_or_default();
            (found.acknowledged, found.refused, found.message)
        };
        let word = |text: &str| Some(text.to_owned());
        store.note_deliveries("wfm", &acme(), &[(key("a"), Delivered::Acknowledged("82.5".to_owned()))], day(2)).unwrap();
        assert_eq!(standing(&store), (word("82.5"), None, None));
        store
            .note_deliveries("wfm", &acme(), &[(key("a"), Delivered::Refused("80".to_owned(), "no such user".to_owned()))], day(3))
            .unwrap();
        assert_eq!(standing(&store), (word("82.5"), word("80"), word("no such user")));
        store.note_deliveries("wfm", &acme(), &[(key("a"), Delivered::Acknowledged("80".to_owned()))], day(4)).unwrap();
        assert_eq!(standing(&store), (word("80"), None, None));
        assert_eq!(store.deliveries("other", &acme()).unwrap(), BTreeMap::new());
    }
}
