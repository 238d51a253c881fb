//! Scoring again from the raw source: assessments whose form version became known.
//! Nothing is asked of the source but form versions.

use std::collections::HashMap;
use std::sync::Arc;

use model::counter::Counter;
use model::form::FormVersion;
use model::id::{FormVersionId, RecordId};
use model::record::Stream;
use serde_json::Value;

use crate::board::DOWN_AFTER;
use crate::reader::{Reader, ready};
use crate::source::Failure;

/// Rows read again at a time.
const BATCH: u32 = 200;

/// Asks again for form versions that the platform did not know, and scores their assessments anew once it does.
///
/// # Errors
/// [`Failure`] of the source or the store. One without an answer is told at the end; the others are scored before.
pub async fn unknown_forms(reader: &Reader) -> Result<(), Failure> {
    let unknown = reader.ledger.with(|store| store.unverified_form_versions(&reader.tenant.name))?;
    let (mut unanswered, mut n_unanswered) = (Ok(()), 0);
    for id in unknown {
        match reader.forms.version(&id).await {
            Ok(Some(form)) => rescore(reader, &id, &form)?,
            Ok(None) => {}
            Err(failure @ Failure::FormVersion(_)) if n_unanswered < DOWN_AFTER => {
                n_unanswered += 1;
                unanswered = Err(failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    unanswered
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
