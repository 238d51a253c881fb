//! Landing: one page of a listing goes in, rows, raw source, quarantine, sightings and progress in one transaction.
//! What becomes of each record is decided in `verdict`; here it is carried out.
//! Landing the same page again changes nothing, and every landing is counted exactly once.

use jiff::Timestamp;
use model::id::{RecordId, ScopeId, TenantName};
use model::record::Stream;
use model::row::Landing;
use rusqlite::params;

use crate::cell::{Moment, list_text};
use crate::current::{retire, standing};
use crate::error::StoreError;
use crate::progress::{self, WindowProgress};
use crate::quarantine::{self, Quarantined};
use crate::statement;
use crate::store::{Store, Writing};
use crate::tombstone::{self, Tombstone};
use crate::verdict::{DeletedPolicy, HistoryCause, Known, Standing, Verdict, effective, verdict};

/// One page, ready to be landed.
#[derive(Debug, Clone, Copy)]
pub struct PageLanding<'a> {
    /// Whose page.
    pub tenant: &'a TenantName,
    /// Of which stream.
    pub stream: Stream,
    /// The scope whose listing it is, if it was asked by scope.
    pub listed_by: Option<&'a ScopeId>,
    /// The moment of landing.
    pub observed_at: Timestamp,
    /// The sweep it belongs to; its records then count as seen.
    pub sweep_id: Option<i64>,
    /// What becomes of records that the source calls deleted.
    pub policy: DeletedPolicy,
    /// The records that could be read, in the order of the page.
    pub landings: &'a [Landing],
    /// The records that could not.
    pub quarantined: &'a [Quarantined],
    /// How far the window has come with this page.
    pub progress: Option<&'a WindowProgress>,
}

/// What became of a page: each landing is in one of the first six counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Landed {
    /// Seen for the first time.
    pub inserted: u64,
    /// Took the place of an earlier version.
    pub updated: u64,
    /// Here already as they are.
    pub unchanged: u64,
    /// Older than the current version and not here before: in history only.
    pub late: u64,
    /// The source says deleted, and did not when last seen.
    pub deleted: u64,
    /// Deleted or vanished before, and back.
    pub resurrected: u64,
    /// Unreadable and not here before.
    pub quarantined_new: u64,
}

impl Landed {
    /// Adds what became of another page.
    pub fn add(&mut self, other: &Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.late += other.late;
        self.deleted += other.deleted;
        self.resurrected += other.resurrected;
        self.quarantined_new += other.quarantined_new;
    }
}

impl Store {
    /// Lands one page in one transaction. Landing it again changes nothing but the counts of its quarantine.
    ///
    /// # Errors
    /// Those of writing; nothing of the page is then in the store.
    pub fn land_page(&mut self, page: &PageLanding<'_>) -> Result<Landed, StoreError> {
        self.write(|writing| {
            let mut landed = Landed::default();
            for landing in page.landings {
                land(writing, page, landing, &mut landed)?;
                sight(writing, page, &landing.id)?;
            }
            for unreadable in page.quarantined {
                let is_new = quarantine::keep(writing, page.tenant, page.stream, unreadable, page.observed_at)?;
                landed.quarantined_new += u64::from(is_new);
                // A record that cannot be read has not vanished.
                if let Some(id) = &unreadable.record_id {
                    sight(writing, page, id)?;
                }
            }
            if let Some(window) = page.progress {
                progress::put_window(writing, window)?;
            }
            Ok(landed)
        })
    }
}

/// One record among its page, with what every step of its landing needs.
struct Step<'a> {
    tenant: &'a TenantName,
    stream: Stream,
    landing: &'a Landing,
    observed_at: Timestamp,
}

fn land(writing: &mut Writing<'_>, page: &PageLanding<'_>, landing: &Landing, landed: &mut Landed) -> rusqlite::Result<()> {
    let step = Step { tenant: page.tenant, stream: page.stream, landing, observed_at: page.observed_at };
    let tombstone = tombstone::find_seen(writing, page.tenant, page.stream, &landing.id)?;
    let known = known(writing, &step, tombstone.as_ref())?;
    let verdict = verdict(landing, &known, page.policy);
    if verdict != Verdict::Unchanged {
        step.keep_source(writing)?;
    }
    match verdict {
        Verdict::Unchanged => {
            if let Known::Current { standing, .. } = &known {
                step.add_scope(writing, page.listed_by, standing)?;
            }
            landed.unchanged += 1;
        }
        Verdict::Insert => {
            step.put(writing)?;
            landed.inserted += 1;
        }
        Verdict::Replace => {
            step.retire(writing, HistoryCause::Superseded)?;
            step.put(writing)?;
            landed.updated += 1;
        }
        Verdict::Resurrect => {
            let same = matches!(&known, Known::Current { standing, .. } if standing.source_hash == landing.source_hash);
            step.retire(writing, if same { HistoryCause::Resurrected } else { HistoryCause::Superseded })?;
            step.put(writing)?;
            tombstone::lift(writing, page.tenant, page.stream, &landing.id, page.observed_at)?;
            landed.resurrected += 1;
        }
        Verdict::Archive | Verdict::ReplaceDeleted => {
            step.retire(writing, HistoryCause::Superseded)?;
            step.put(writing)?;
            step.bury(writing)?;
            tombstone::forget_removal(writing, page.tenant, page.stream, &landing.id)?;
            *(if verdict == Verdict::Archive { &mut landed.deleted } else { &mut landed.updated }) += 1;
        }
        Verdict::Exclude | Verdict::FileDeleted => {
            step.retire(writing, HistoryCause::Superseded)?;
            step.file(writing, HistoryCause::Deleted)?;
            if matches!(known, Known::Current { .. }) {
                tombstone::take_out(writing, page.tenant, page.stream, &landing.id)?;
            }
            step.bury(writing)?;
            *(if verdict == Verdict::Exclude { &mut landed.deleted } else { &mut landed.updated }) += 1;
        }
        Verdict::Late => {
            let is_new = step.file(writing, HistoryCause::Late)?;
            *(if is_new { &mut landed.late } else { &mut landed.unchanged }) += 1;
        }
    }
    Ok(())
}

fn known(writing: &Writing<'_>, step: &Step<'_>, tombstone: Option<&Tombstone>) -> rusqlite::Result<Known> {
    let dead = tombstone.filter(|tombstone| tombstone.is_dead());
    if let Some(standing) = standing(writing, step.tenant, step.stream, &step.landing.id)? {
        return Ok(Known::Current { standing, is_dead: dead.is_some() });
    }
    Ok(match dead {
        Some(dead) => Known::Excluded { deleted_as_of: dead.source_modified_at, is_filed: step.is_filed(writing)? },
        None => Known::Nothing,
    })
}

impl Step<'_> {
    fn keep_source(&self, writing: &Writing<'_>) -> rusqlite::Result<()> {
        let sql = "INSERT INTO source (tenant, stream, id, source_hash, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let (id, hash) = (self.landing.id.as_str(), &self.landing.source_hash);
        let values = params![self.tenant.as_str(), self.stream.word(), id, hash, self.landing.source];
        writing.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// The landing's row becomes the current one.
    fn put(&self, writing: &mut Writing<'_>) -> rusqlite::Result<()> {
        let seq = writing.next_seq();
        let more: [&dyn rusqlite::ToSql; 3] = [&seq, &Moment(self.observed_at), &!self.landing.names_its_scopes];
        let table = self.stream.table();
        statement::run(writing, &statement::of(self.stream).put, table, &self.landing.row, &more)?;
        Ok(())
    }

    /// The row that is current, if any, goes to history as well.
    fn retire(&self, writing: &mut Writing<'_>, cause: HistoryCause) -> rusqlite::Result<()> {
        retire(writing, self.tenant, self.stream, &self.landing.id, self.observed_at, cause)
    }

    /// The landing's row goes to history, once per source hash. Tells whether it was not there.
    fn file(&self, writing: &mut Writing<'_>, cause: HistoryCause) -> rusqlite::Result<bool> {
        if self.is_filed(writing)? {
            return Ok(false);
        }
        let seq = writing.next_seq();
        let now = Moment(self.observed_at);
        let more: [&dyn rusqlite::ToSql; 5] = [&seq, &now, &now, &cause.word(), &!self.landing.names_its_scopes];
        let table = self.stream.table();
        statement::run(writing, &statement::of(self.stream).file, table, &self.landing.row, &more)?;
        Ok(true)
    }

    fn is_filed(&self, writing: &Writing<'_>) -> rusqlite::Result<bool> {
        let mut statement = writing.prepare_cached(&statement::of(self.stream).is_filed)?;
        statement.query_row([self.tenant.as_str(), self.landing.id.as_str(), &self.landing.source_hash], |row| row.get(0))
    }

    /// The source says that the record is deleted.
    fn bury(&self, writing: &mut Writing<'_>) -> rusqlite::Result<()> {
        let as_of = effective(self.landing.modified_at, self.landing.happened_at);
        let cause = tombstone::Cause::Deleted;
        tombstone::stand(writing, self.tenant, self.stream, &self.landing.id, cause, as_of, self.observed_at)
    }

    /// A record that names no scopes of its own is in each scope that lists it.
    fn add_scope(&self, writing: &mut Writing<'_>, listed_by: Option<&ScopeId>, standing: &Standing) -> rusqlite::Result<()> {
        let Some(scope) = listed_by.map(ToString::to_string) else { return Ok(()) };
        if self.landing.names_its_scopes || standing.scope_ids.contains(&scope) {
            return Ok(());
        }
        let mut scopes = standing.scope_ids.clone();
        scopes.push(scope);
        scopes.sort_unstable();
        let seq = writing.next_seq();
        let values = params![self.tenant.as_str(), self.landing.id.as_str(), list_text(&scopes), seq];
        writing.prepare_cached(&statement::of(self.stream).set_scopes)?.execute(values)?;
        Ok(())
    }
}

fn sight(writing: &Writing<'_>, page: &PageLanding<'_>, id: &RecordId) -> rusqlite::Result<()> {
    let Some(sweep_id) = page.sweep_id else { return Ok(()) };
    let sql = "INSERT INTO sighting (tenant, stream, sweep_id, id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    writing.prepare_cached(sql)?.execute(params![page.tenant.as_str(), page.stream.word(), sweep_id, id.as_str()])?;
    Ok(())
}

#[cfg(test)]
mod tests;
