//! Sweeps: what a whole listing did not show. The only place that concludes from absence.
//!
//! A known record that a whole listing of its window and scope did not return is a suspect and nothing more. Where the
//! platform has a look-up by id, only its 404 buries; where it has none, absence from a whole sweep does. A 403, a 5xx or
//! an incomplete listing conclude nothing, a scope of which nothing is left is hidden and not deleted, and when too many
//! vanish at once all of them are held.

use std::collections::HashMap;

use futures_util::StreamExt as _;
use jiff::Timestamp;
use model::counter::Counter;
use model::id::{RecordId, ScopeId};
use model::record::Stream;
use model::table::Cell;
use model::window::Span;
use platform::dialect::{Found, ScopeAsk};
use store::{Cause, StoreError, VisitError};
use wire::error::WireError;
use wire::http::Request;

use crate::board::DOWN_AFTER;
use crate::reader::Reader;
use crate::report::Trouble;
use crate::settings::Limits;
use crate::source::Failure;

/// A scope of which at least so many records are known, and of which a sweep shows none, has been hidden from us
/// rather than emptied.
const HIDDEN_MIN: u64 = 5;

/// All time.
const ALWAYS: Span = Span { from: Timestamp::MIN, to: Timestamp::MAX };

/// What a conclusion told the operator.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// Lines for the operator.
    pub warnings: Vec<String>,
    /// Look-ups that failed; nothing was concluded from them.
    pub troubles: Vec<Trouble>,
}

/// Concludes from windows whose listings were all whole, in every scope, what the source no longer has.
///
/// # Errors
/// [`Failure`] if the source or the store gave out on the way; tombstones set before it stand.
pub async fn conclude(reader: &Reader, stream: Stream, spans: &[Span], limits: &Limits) -> Result<Conclusion, Failure> {
    let mut conclusion = Conclusion::default();
    let (suspects, n_live) = reader.ledger.with(|store| suspects(store, reader, stream, spans))?;
    if suspects.is_empty() {
        return Ok(conclusion);
    }
    reader.ledger.with(|store| store.note_missed(&reader.tenant.name, stream, &suspects, reader.observed_at))?;
    let looks_up = stream == Stream::Feedback && reader.source.dialect().abilities().feedback_lookup;
    let gone = if looks_up { look_up_all(reader, suspects, &mut conclusion).await? } else { suspects };
    let gone = without_hidden_scopes(reader, stream, spans, gone, &mut conclusion)?;
    // A 404 proves each case by itself and is held against all that is known; absence only against what was read again.
    let n_live = if looks_up { reader.ledger.with(|store| store.n_live(&reader.tenant.name, stream, ALWAYS))? } else { n_live };
    if too_many(gone.len(), n_live, limits.delete_percent) {
        reader.count(Counter::TombstonesHeld, gone.len() as u64);
        conclusion.warnings.push(format!(
            "{stream}: {} of {n_live} known records vanished at once, more than `delete_percent` = {}; no tombstone is set",
            gone.len(),
            limits.delete_percent
        ));
        return Ok(conclusion);
    }
    let n_buried = reader
        .ledger
        .with(|store| store.bury(&reader.tenant.name, stream, &gone, Cause::Deleted, reader.tenant.deleted, reader.observed_at))?;
    reader.count(Counter::Deleted, n_buried);
    Ok(conclusion)
}

/// More than the limit's share of what is known.
fn too_many(n_gone: usize, n_live: u64, limit_percent: f64) -> bool {
    100.0 * n_gone as f64 > limit_percent * n_live as f64
}

fn suspects(store: &store::Store, reader: &Reader, stream: Stream, spans: &[Span]) -> Result<(Vec<RecordId>, u64), StoreError> {
    let (mut suspects, mut n_live) = (Vec::new(), 0);
    for span in spans {
        n_live += store.n_live(&reader.tenant.name, stream, *span)?;
        let mut visit = |id: RecordId| {
            suspects.push(id);
            Ok::<(), StoreError>(())
        };
        let seen = store.missing(&reader.tenant.name, stream, *span, reader.sweep_id, &mut visit);
        seen.map_err(|error: VisitError<StoreError>| error.or(|error| error))?;
    }
    let asked: Vec<&str> = reader.asks.iter().map(ScopeAsk::id).collect();
    if !reader.asks.contains(&ScopeAsk::Everything) {
        // Nobody asked for the records of other scopes, so nobody missed them.
        let mut listed = Vec::new();
        for id in suspects {
            if scopes_of(store, reader, stream, &id)?.iter().any(|scope| asked.contains(&scope.as_str())) {
                listed.push(id);
            }
        }
        suspects = listed;
    }
    Ok((suspects, n_live))
}

/// Asks for each suspect by id. Only a 404 is a proof; one that is there after all is landed; of one without a usable
/// answer nothing is concluded.
async fn look_up_all(reader: &Reader, suspects: Vec<RecordId>, conclusion: &mut Conclusion) -> Result<Vec<RecordId>, Failure> {
    // An id that no path segment can hold cannot be looked up, and nothing is concluded of it.
    let nameable = suspects.into_iter().filter(|id| !matches!(id.as_str(), "." | ".."));
    let requests: Vec<(RecordId, Request)> = nameable.filter_map(|id| reader.source.dialect().feedback(&id).map(|ask| (id, ask))).collect();
    let lookups = requests.into_iter().map(|(id, request)| async move {
        let found = reader.source.look_up(&request).await;
        (id, request, found)
    });
    let mut answers = futures_util::stream::iter(lookups).buffer_unordered(reader.tenant.concurrency);
    let (mut gone, mut n_unanswered) = (Vec::new(), 0);
    while let Some((id, request, found)) = answers.next().await {
        let is_answered = !matches!(found, Err(Failure::Wire(_)));
        n_unanswered = if is_answered { 0 } else { n_unanswered + 1 };
        match found {
            Ok(Found::Gone) => gone.push(id),
            Ok(Found::Present(source)) => reader.land_found(Stream::Feedback, &request, vec![source]).await?,
            Err(failure @ (Failure::Dialect(_) | Failure::Wire(WireError::Unavailable { .. }))) if n_unanswered < DOWN_AFTER => {
                conclusion.troubles.extend(failure.trouble().map(unconcluded));
            }
            Err(failure) => return Err(failure),
        }
    }
    gone.sort_unstable();
    Ok(gone)
}

/// A look-up that told nothing.
fn unconcluded(trouble: Trouble) -> Trouble {
    trouble.with_hint("nothing is concluded of it; the next run asks again")
}

/// Leaves out the suspects of scopes of which nothing at all was seen: the client has lost sight of them.
fn without_hidden_scopes(
    reader: &Reader,
    stream: Stream,
    spans: &[Span],
    suspects: Vec<RecordId>,
    conclusion: &mut Conclusion,
) -> Result<Vec<RecordId>, Failure> {
    let scopes_of: HashMap<RecordId, Vec<String>> = reader.ledger.with(|store| {
        suspects.iter().map(|id| Ok((id.clone(), scopes_of(store, reader, stream, id)?))).collect::<Result<_, StoreError>>()
    })?;
    let mut n_missing: HashMap<&str, u64> = HashMap::new();
    for scope in scopes_of.values().flatten() {
        *n_missing.entry(scope).or_default() += 1;
    }
    let mut hidden: Vec<String> = Vec::new();
    for (scope, n_missing) in n_missing {
        let id = ScopeId::new(scope);
        let n_known: u64 =
            reader.ledger.with(|store| spans.iter().map(|span| store.n_extracted(&reader.tenant.name, stream, Some(&id), *span)).sum())?;
        if n_missing >= HIDDEN_MIN && n_missing == n_known {
            hidden.push(scope.to_owned());
        }
    }
    hidden.sort_unstable();
    for scope in &hidden {
        conclusion
            .warnings
            .push(format!("{stream}: scope `{scope}` returns nothing of its known records any more; taken as hidden, no tombstone is set"));
    }
    let is_hidden = |id: &RecordId| scopes_of.get(id).is_some_and(|scopes| scopes.iter().any(|scope| hidden.contains(scope)));
    let (held, gone): (Vec<RecordId>, Vec<RecordId>) = suspects.iter().cloned().partition(is_hidden);
    reader.count(Counter::TombstonesHeld, held.len() as u64);
    Ok(gone)
}

fn scopes_of(store: &store::Store, reader: &Reader, stream: Stream, id: &RecordId) -> Result<Vec<String>, StoreError> {
    let rows = store.current(Some(&reader.tenant.name), stream, id)?;
    let scopes = rows.iter().filter_map(|row| match stream.table().cell(row, "scope_ids") {
        Some(Cell::TextList(scopes)) => Some(scopes.clone()),
        _ => None,
    });
    Ok(scopes.flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_holds_only_above_its_share() {
        assert!(!too_many(5, 100, 5.0));
        assert!(too_many(6, 100, 5.0));
        assert!(!too_many(0, 0, 5.0));
        assert!(too_many(1, 0, 5.0));
        assert!(!too_many(10, 10, 100.0));
    }
}
