//! Replay: records in quarantine are read again, as a later version of the program may be able to.
//! Those that can be read are landed by the same rules as a page and leave the quarantine. Nothing is asked of the source
//! but form versions that are not here yet.

use std::sync::Arc;

use model::id::TenantName;
use model::record::Stream;
use serde_json::Value;
use store::{Lease, QuarantineEntry};
use wire::http::Request;

use crate::reader::Reader;
use crate::report::{TenantReport, held};
use crate::run::{Engine, note};
use crate::settings::{SyncOptions, Tenant};
use crate::source::{Failure, Source};

/// Entries read again at a time.
const BATCH: u32 = 200;

/// What a replay of the quarantine did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Entries that could be read and left the quarantine.
    pub n_landed: u64,
    /// Entries that still cannot be read.
    pub n_kept: u64,
}

impl Engine {
    /// Replays the quarantine of one tenant, of all its streams or one.
    pub async fn replay(&self, tenant: &Arc<Tenant>, stream: Option<Stream>, run_id: &str) -> (TenantReport, Replayed) {
        let mut report = TenantReport { tenant: Some(tenant.name.clone()), ..TenantReport::default() };
        let mut replayed = Replayed::default();
        let lease = match Lease::take(&self.workspace.store, &tenant.name) {
            Ok(lease) => lease,
            Err(error) => {
                report.troubles.push(held(&error));
                return (report, replayed);
            }
        };
        match Source::new(tenant, self.http.clone(), Arc::clone(&self.clock), Arc::clone(&self.stop)) {
            Err(trouble) => report.troubles.push(trouble),
            Ok(source) => match self.reader(tenant, source, &SyncOptions::default(), run_id) {
                Err(failure) => note(&mut report, &failure),
                Ok(reader) => {
                    for stream in Stream::ALL.into_iter().filter(|one| stream.is_none_or(|stream| stream == *one)) {
                        if let Err(failure) = replay_stream(&reader, &tenant.name, stream, &mut replayed).await {
                            note(&mut report, &failure);
                            break;
                        }
                    }
                    self.close(&reader, &mut report).await;
                }
            },
        }
        drop(lease);
        (report, replayed)
    }
}

async fn replay_stream(reader: &Reader, tenant: &TenantName, stream: Stream, replayed: &mut Replayed) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let batch = reader.ledger.with(|store| store.quarantine_batch(tenant, stream, after.as_deref(), BATCH))?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.quarantine_id.clone());
        for entry in &batch {
            if replay_one(reader, entry).await? {
                replayed.n_landed += 1;
            } else {
                replayed.n_kept += 1;
            }
        }
    }
}

/// Lands one entry if it can be read; a crash between landing and dropping leaves it to be landed again, which changes nothing.
async fn replay_one(reader: &Reader, entry: &QuarantineEntry) -> Result<bool, Failure> {
    let Ok(source) = serde_json::from_str::<Value>(&entry.record.raw) else { return Ok(false) };
    if reader.source.dialect().read_record(entry.stream, source.clone()).is_err() {
        return Ok(false);
    }
    let from = Request::get(entry.record.source_url.clone(), "a record in quarantine");
    reader.land_kept(entry.stream, entry.record.scope_id.as_ref(), &from, source).await?;
    reader.ledger.with(|store| store.quarantine_drop(&entry.tenant, entry.stream, &entry.quarantine_id))?;
    Ok(true)
}
