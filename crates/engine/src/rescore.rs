//! Reading again what is kept as raw source: assessments whose form version became known, and records in quarantine
//! that a later version of the program can read. Nothing is asked of the source but form versions.

use std::collections::HashMap;
use std::sync::Arc;

use model::counter::Counter;
use model::form::FormVersion;
use model::id::{FormVersionId, RecordId};
use model::record::{Record, Stream};
use serde_json::Value;
use store::{PageLanding, QuarantineEntry};

use crate::reader::{Reader, ready};
use crate::source::Failure;

/// Rows read again at a time.
const BATCH: u32 = 200;

/// Asks again for form versions that the platform did not know, and scores their assessments anew once it does.
///
/// # Errors
/// [`Failure`] of the source or the store.
pub async fn unknown_forms(reader: &Reader) -> Result<(), Failure> {
    let unknown = reader.ledger.with(|store| store.unverified_form_versions(&reader.tenant.name))?;
    for id in unknown {
        if let Some(form) = reader.forms.version(&id).await? {
            rescore(reader, &id, &form)?;
        }
    }
    Ok(())
}

fn rescore(reader: &Reader, id: &FormVersionId, form: &Arc<FormVersion>) -> Result<(), Failure> {
    let origin = reader.origin();
    let forms = HashMap::from([(id.clone(), Arc::clone(form))]);
    let mut after: Option<RecordId> = None;
    loop {
        let batch = reader.ledger.with(|store| store.unverified(&reader.tenant.name, id, after.as_ref(), BATCH))?;
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.id.clone());
        let landings: Vec<_> = batch
            .into_iter()
            .filter_map(|kept| {
                let source: Value = serde_json::from_str(&kept.source).ok()?;
                let record = reader.source.dialect().read_record(Stream::Assessments, source).ok()?;
                Some(ready(&origin, &record, &forms, kept.listed_by.as_ref(), kept.source_hash, kept.source))
            })
            .collect();
        let n = reader.ledger.with(|store| store.land_rescored(&reader.tenant.name, &landings, reader.observed_at))?;
        reader.count(Counter::Rescored, n);
    }
}

/// What a replay of the quarantine did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Entries that could be read and were landed.
    pub n_landed: u64,
    /// Entries that still cannot be read.
    pub n_kept: u64,
}

/// Reads quarantined records again; those that can be read are landed and leave the quarantine.
///
/// # Errors
/// [`Failure`] of form look-ups and of the store; entries landed before it are out of quarantine.
pub async fn replay(reader: &Reader, entries: &[QuarantineEntry]) -> Result<Replayed, Failure> {
    let mut replayed = Replayed::default();
    for entry in entries {
        let source: Option<Value> = serde_json::from_str(&entry.record.raw).ok();
        let record = source.map(|source| reader.source.dialect().read_record(entry.stream, source));
        let Some(Ok(record)) = record else {
            replayed.n_kept += 1;
            continue;
        };
        let mut forms = HashMap::new();
        if let Record::Assessment(assessment) = &record
            && let Some(id) = &assessment.form_version_id
            && let Some(form) = reader.forms.version(id).await?
        {
            forms.insert(id.clone(), form);
        }
        let landing = ready(
            &reader.origin(),
            &record,
            &forms,
            entry.record.scope_id.as_ref(),
            model::canonical::sha256_hex(entry.record.raw.as_bytes()),
            entry.record.raw.clone(),
        );
        reader.ledger.with(|store| {
            store.land_page(&PageLanding {
                tenant: &reader.tenant.name,
                stream: entry.stream,
                listed_by: entry.record.scope_id.as_ref(),
                observed_at: reader.observed_at,
                sweep_id: None,
                policy: reader.tenant.deleted,
                landings: std::slice::from_ref(&landing),
                quarantined: &[],
                progress: None,
            })?;
            store.quarantine_drop(&reader.tenant.name, entry.stream, &entry.quarantine_id)
        })?;
        replayed.n_landed += 1;
    }
    Ok(replayed)
}
