//! Cuts pages out of the world. A page costs what its rows cost: the texts are ready and are only joined.
//! Listings run over live data in the order `(time, id)`; rows that move, come or go between two pages are met as they stand.

use std::sync::Arc;

use crate::answer::{Answer, Refusal};
use crate::ask::{Ask, PageAsk};
use crate::cursor::Cursor;
use crate::faults::Faults;
use crate::platform::Platform;
use crate::tamper::served;
use crate::trouble::PageTricks;
use crate::wanted::{RecordListing, Wanted};
use crate::world::{Order, Record, ScopeKind, Stream, Tenant, World};

/// What a page is cut with.
pub(crate) struct Knife<'a> {
    pub(crate) world: &'a World,
    pub(crate) faults: &'a Faults,
    pub(crate) ask: &'a Ask,
    /// Called once for a page, with whether it has a token and how many empty pages came before it.
    pub(crate) tricks: &'a mut dyn FnMut(bool, u32) -> PageTricks,
}

/// One row of any listing.
struct Row {
    time_ms: i64,
    id: Arc<str>,
    body: Arc<str>,
    /// An older text of the same row that a careless server might give as well.
    stale: Option<Arc<str>>,
}

impl Knife<'_> {
    pub(crate) fn answer(&mut self, wanted: &Wanted) -> Result<Answer, Refusal> {
        let tenant = self.world.tenant(self.ask.platform);
        match wanted {
            Wanted::Records { listing, page } => {
                let filter = RecordFilter::new(tenant, listing, self.faults);
                self.page(page, listing.from_ms, |cursor| filter.rows(cursor), |id| filter.again(id))
            }
            Wanted::FormVersions { page } => {
                let rows = form_version_rows(tenant, self.faults);
                self.page(page, i64::MIN, |cursor| after(&rows, cursor), |_| None)
            }
            Wanted::FormVersion { id } => form_version(tenant, self.faults, id),
            Wanted::Scopes { kind, page } => {
                let rows = scope_rows(tenant, *kind);
                self.page(page, i64::MIN, |cursor| after(&rows, cursor), |_| None)
            }
            Wanted::FeedbackEntry { id } => feedback_entry(tenant, self.faults, id),
        }
    }

    /// Cuts one page. `rows` gives the rows after a cursor, `again` the row that a cursor names, if it is still there.
    fn page<Rows: Iterator<Item = Row>>(
        &mut self,
        page: &PageAsk,
        from_ms: i64,
        rows: impl FnOnce(&Cursor) -> Rows,
        again: impl FnOnce(&str) -> Option<Row>,
    ) -> Result<Answer, Refusal> {
        let seed = self.world.options().seed;
        let listing = self.ask.listing();
        let cursor = match &page.token {
            None => Cursor { time_ms: from_ms, ..Cursor::first() },
            Some(token) => {
                Cursor::open(token, seed, listing).ok_or_else(|| Refusal::cursor("`nextPageToken` is not the token of this listing"))?
            }
        };
        let tricks = (self.tricks)(page.token.is_some(), cursor.n_hops);
        if tricks.expired {
            return Err(Refusal::new(400, "cursor.expired", "the cursor has expired; begin the listing again"));
        }
        let (rows, next) = if tricks.empty {
            (Vec::new(), Some(Cursor { n_hops: cursor.n_hops + 1, ..cursor }))
        } else {
            cut(rows(&cursor), page.size, &cursor, from_ms, tricks, again)
        };
        let next = match (&page.token, tricks.looped) {
            (Some(token), true) => Some(token.clone()),
            _ => next.map(|next| next.seal(seed, listing)),
        };
        Ok(written(&rows, next, listing, self.faults))
    }
}

/// The rows of a page and where the listing goes on, if it does.
fn cut(
    rows: impl Iterator<Item = Row>,
    size: usize,
    cursor: &Cursor,
    from_ms: i64,
    tricks: PageTricks,
    again: impl FnOnce(&str) -> Option<Row>,
) -> (Vec<Arc<str>>, Option<Cursor>) {
    let n_wanted = tricks.short.map_or(size, |share| ((size as f64 * share) as usize).max(1));
    // A page with a row twice is not longer than others.
    let duplicate = tricks.duplicate && n_wanted > 1;
    let n_fresh = n_wanted - usize::from(duplicate);
    let mut bodies = Vec::with_capacity(n_wanted.min(1000));
    let mut last: Option<(i64, Arc<str>)> = None;
    let mut stale = None;
    let mut rows = rows.peekable();
    while bodies.len() < n_fresh {
        let Some(row) = rows.next() else { break };
        stale = stale.or(row.stale);
        bodies.push(row.body);
        last = Some((row.time_ms, row.id));
    }
    let more = rows.peek().is_some();
    if duplicate {
        let twice = stale.or_else(|| again(&cursor.id).map(|row| row.body)).or_else(|| bodies.first().cloned());
        bodies.extend(twice);
    }
    let here = last.map_or_else(|| cursor.clone(), |(time_ms, id)| Cursor { time_ms, id: id.to_string(), n_hops: 0, ..*cursor });
    let next = match (more, tricks.endless, tricks.looped) {
        (true, _, _) | (_, _, true) => Some(here),
        (_, true, _) => Some(Cursor { time_ms: from_ms, n_laps: cursor.n_laps + 1, ..Cursor::first() }),
        _ => None,
    };
    (bodies, next)
}

/// Listings end in one of the three ways that the contract knows: a null token, none, or an empty one.
fn written(bodies: &[Arc<str>], next: Option<String>, listing: u64, faults: &Faults) -> Answer {
    let length: usize = bodies.iter().map(|body| body.len() + 1).sum();
    let mut out = Vec::with_capacity(length + 256);
    out.extend_from_slice(b"{\"entities\":[");
    for (place, body) in bodies.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(body.as_bytes());
    }
    out.push(b']');
    if faults.extra_fields > 0.0 {
        out.extend_from_slice(b",\"pageInfo\":{\"took\":12,\"warnings\":[]}");
    }
    match next {
        Some(token) => out.extend_from_slice(format!(",\"nextPageToken\":{}", serde_json::Value::from(token)).as_bytes()),
        None if listing.is_multiple_of(3) => {}
        None if listing % 3 == 1 => out.extend_from_slice(b",\"nextPageToken\":\"\""),
        None => out.extend_from_slice(b",\"nextPageToken\":null"),
    }
    out.push(b'}');
    Answer { n_rows: bodies.len(), ..Answer::json(200, out) }
}

/// The rows of a short listing that is kept in one piece.
fn after<'a>(rows: &'a [Row], cursor: &Cursor) -> impl Iterator<Item = Row> + use<'a> {
    let from = rows.partition_point(|row| (row.time_ms, &*row.id) <= (cursor.time_ms, cursor.id.as_str()));
    let rest = rows.get(from..).unwrap_or_default();
    rest.iter().map(|row| Row { time_ms: row.time_ms, id: Arc::clone(&row.id), body: Arc::clone(&row.body), stale: None })
}

/// Whether a record's rows are shown at all: its division is visible, and no fault hides its scopes.
pub(crate) fn is_visible(tenant: &Tenant, record: &Record, faults: &Faults) -> bool {
    record
        .scopes
        .iter()
        .flatten()
        .filter_map(|place| tenant.scope(*place))
        .all(|scope| scope.visible && !faults.hidden_scopes.contains(&scope.id))
}

struct RecordFilter<'a> {
    tenant: &'a Tenant,
    listing: &'a RecordListing,
    faults: &'a Faults,
    /// Places of the scopes asked for; `None` if one of them does not exist.
    scopes: Option<Vec<u16>>,
    agent: Option<Option<u32>>,
    from_ms: i64,
    to_ms: i64,
    order: Order,
}

impl<'a> RecordFilter<'a> {
    fn new(tenant: &'a Tenant, listing: &'a RecordListing, faults: &'a Faults) -> Self {
        let place_of = |(kind, id): &(ScopeKind, String)| {
            tenant.people.scopes.iter().position(|scope| scope.kind == *kind && scope.id == *id).map(|place| place as u16)
        };
        let agent_of = |id: &String| tenant.people.agents.iter().position(|agent| agent.id == *id).map(|place| place as u32);
        let ignored = faults.ignore_modified_range && listing.order == Order::Modified;
        Self {
            tenant,
            listing,
            faults,
            scopes: listing.scopes.iter().map(place_of).collect(),
            agent: listing.agent_id.as_ref().map(agent_of),
            from_ms: if ignored { i64::MIN } else { listing.from_ms },
            to_ms: if ignored { i64::MAX } else { listing.to_ms },
            order: if ignored { Order::Time } else { listing.order },
        }
    }

    fn rows<'s>(&'s self, cursor: &Cursor) -> impl Iterator<Item = Row> + use<'s, 'a> {
        let shelf = self.tenant.shelf(self.listing.stream);
        let after = (!cursor.id.is_empty()).then(|| (cursor.time_ms, Arc::from(cursor.id.as_str())));
        let records = shelf.range(self.order, self.from_ms, self.to_ms, after);
        records.filter(|(_, record)| self.takes(record)).map(|(time_ms, record)| self.row(time_ms, record))
    }

    fn again(&self, id: &str) -> Option<Row> {
        let record = self.tenant.shelf(self.listing.stream).by_id(id).filter(|record| self.takes(record))?;
        Some(self.row(0, record))
    }

    fn takes(&self, record: &Record) -> bool {
        let Some(scopes) = &self.scopes else { return false };
        let gone = self.tenant.platform == Platform::Cxone && record.is_deleted();
        !gone
            && self.listing.status.is_none_or(|status| record.making.status == status)
            && scopes.iter().all(|scope| record.scopes.contains(&Some(*scope)))
            && self.agent.is_none_or(|agent| agent == Some(record.agent))
            && is_visible(self.tenant, record, self.faults)
    }

    fn row(&self, time_ms: i64, record: &Record) -> Row {
        let text = |body: &Arc<str>| served(record, body, self.tenant.platform, self.listing.stream, self.faults).body;
        let stale_fits = self.listing.stream == Stream::Feedback && self.listing.order == Order::Time;
        let stale = record.previous.as_ref().filter(|_| stale_fits).map(text);
        Row { time_ms, id: Arc::clone(&record.id), body: text(&record.body), stale }
    }
}

/// Places of the form versions that no look-up finds.
pub(crate) fn is_missing(place: usize, faults: &Faults) -> bool {
    place < faults.form_versions_missing as usize
}

fn form_version_rows(tenant: &Tenant, faults: &Faults) -> Vec<Row> {
    let n_listed = tenant.forms.versions.len().saturating_sub(faults.form_versions_unlisted as usize);
    let listed = tenant.forms.versions.iter().enumerate().take(n_listed).filter(|(place, _)| !is_missing(*place, faults));
    let rows = listed.filter_map(|(place, version)| {
        let body = tenant.forms.body(tenant.platform, place)?;
        Some(Row { time_ms: version.published_ms, id: Arc::clone(&version.id), body: body.into(), stale: None })
    });
    sorted(rows)
}

fn form_version(tenant: &Tenant, faults: &Faults, id: &str) -> Result<Answer, Refusal> {
    if faults.form_versions_failing {
        return Err(Refusal::of_status(500));
    }
    let found = tenant.forms.versions.iter().position(|version| *version.id == *id).filter(|place| !is_missing(*place, faults));
    let body = found.and_then(|place| tenant.forms.body(tenant.platform, place));
    body.map(|body| Answer { n_rows: 1, ..Answer::json(200, body) }).ok_or_else(|| Refusal::not_found("no such form version"))
}

fn scope_rows(tenant: &Tenant, kind: ScopeKind) -> Vec<Row> {
    let scopes = tenant.people.scopes.iter().enumerate().filter(|(_, scope)| scope.kind == kind);
    let rows = scopes.map(|(place, scope)| {
        let mut body = serde_json::json!({"id": scope.id, "name": scope.name});
        if kind == ScopeKind::Division
            && place == 0
            && let Some(object) = body.as_object_mut()
        {
            object.insert("homeDivision".to_owned(), true.into());
        }
        Row { time_ms: place as i64, id: scope.id.as_str().into(), body: body.to_string().into(), stale: None }
    });
    sorted(rows)
}

fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|one, other| (one.time_ms, &one.id).cmp(&(other.time_ms, &other.id)));
    rows
}

fn feedback_entry(tenant: &Tenant, faults: &Faults, id: &str) -> Result<Answer, Refusal> {
    let record = tenant.feedback.by_id(id).filter(|record| !record.is_deleted() && is_visible(tenant, record, faults));
    let record = record.ok_or_else(|| Refusal::not_found("no such feedback"))?;
    let body = served(record, &record.body, tenant.platform, Stream::Feedback, faults).body;
    Ok(Answer { n_rows: 1, ..Answer::json(200, body.as_bytes()) })
}
