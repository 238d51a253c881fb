//! The reader: one listing of records from its first page to its end, each page read, scored and landed.
//! What a record is worth is decided in `model`, whether it is wanted here, and what becomes of it in `store`.
//! After a failure every page landed before it stands, and the window stays open.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use model::canonical;
use model::counter::{Counter, Counters};
use model::coverage::Coverage;
use model::form::FormVersion;
use model::id::{FormVersionId, RecordId, ScopeId};
use model::privacy::Privacy;
use model::record::{Record, Stream, Unreadable};
use model::row::{Landing, Origin, landing};
use model::score::score;
use platform::dialect::{Next, RecordListing, ScopeAsk};
use serde_json::Value;
use store::{Cause, Landed, PageLanding, Pass, Quarantined, Store, StoreError, WindowProgress, WindowState};
use wire::http::Request;

use crate::forms::FormBook;
use crate::ledger::{Ledger, blocking};
use crate::monitor::{Event, Monitor};
use crate::plan::{Present, Task, closes};
use crate::settings::Tenant;
use crate::source::{Failure, Source};

/// Everything the listings of one tenant's run share.
pub struct Reader {
    /// Whose.
    pub tenant: Arc<Tenant>,
    /// Its API.
    pub source: Source,
    /// The store.
    pub ledger: Ledger,
    /// Its form versions.
    pub forms: FormBook,
    /// What is taken out before anything is kept.
    pub privacy: Arc<Privacy>,
    /// Where events go.
    pub monitor: Arc<dyn Monitor>,
    /// The run.
    pub run_id: String,
    /// The moment of landing, the same for the whole run.
    pub observed_at: Timestamp,
    /// The present, as two clocks see it.
    pub present: Present,
    /// What is listed of every window.
    pub asks: Vec<ScopeAsk>,
    /// Records with an earlier time of their own are wanted only if they are known already.
    pub not_before: Timestamp,
    /// Under which sightings are noted.
    pub sweep_id: i64,
    /// What was counted.
    pub counters: std::sync::Mutex<Counters>,
    /// Unreadable records seen, known ones too.
    pub n_unreadable: AtomicU64,
    /// A listing by modification came with rows outside its range.
    pub range_ignored: AtomicBool,
}

/// A source object after privacy, and what could be read of it.
struct Item {
    hash: String,
    text: String,
    id: Option<RecordId>,
    record: Result<Record, Unreadable>,
}

/// How far one listing has come.
struct Course<'a> {
    task: &'a Task,
    n_pages: u32,
    n_records: u64,
    /// Records without a readable id.
    n_nameless: u64,
}

impl Reader {
    /// Reads one listing to its end.
    ///
    /// # Errors
    /// [`Failure`] if it did not come to its end; the window then stays open.
    pub async fn read(&self, task: &Task) -> Result<Coverage, Failure> {
        let listing = RecordListing {
            stream: task.stream,
            scope: task.ask.clone(),
            range_of: task.range_of,
            span: task.span,
            status: task.status.clone(),
            page_size: self.tenant.page_size,
        };
        for _ in 0..=self.source.restarts_max() {
            let mut talk = self.source.dialect().records(&listing);
            let mut request = talk.first();
            let mut course = Course { task, n_pages: 0, n_records: 0, n_nameless: 0 };
            loop {
                let answer = self.source.ask(&request).await?;
                let reply = talk.next(&answer)?;
                drop(answer);
                let ends = match &reply.next {
                    Next::Done(coverage) => Some(coverage.clone()),
                    _ => None,
                };
                self.land(&mut course, &request, reply.sources, ends.as_ref()).await?;
                match reply.next {
                    Next::Ask(next) => request = next,
                    Next::WaitThenAsk(pause, next) => {
                        self.source.pause(pause).await?;
                        request = next;
                    }
                    Next::Done(coverage) => {
                        if matches!(coverage, Coverage::RangeIgnored(_)) {
                            self.range_ignored.store(true, Ordering::Relaxed);
                        }
                        self.count(Counter::WindowsRead, 1);
                        return Ok(match coverage {
                            Coverage::Whole(span) if course.n_nameless > 0 => Coverage::Nameless(span),
                            coverage => coverage,
                        });
                    }
                    Next::Restart => {
                        self.count(Counter::CursorsExpired, 1);
                        break;
                    }
                }
            }
        }
        Err(self.source.expired_too_often(&self.source.dialect().records(&listing).first().what))
    }

    /// Lands objects that came from elsewhere than a listing: a look-up by id.
    ///
    /// # Errors
    /// [`Failure`] of form look-ups and of the store.
    pub async fn land_found(&self, stream: Stream, request: &Request, sources: Vec<Value>) -> Result<(), Failure> {
        let items = blocking(|| self.read_items(stream, sources));
        let forms = self.form_versions(&items).await?;
        self.land_items(stream, None, request, 1, items, &forms, true, None)?;
        Ok(())
    }

    /// Lands an object that was kept from an earlier listing of that scope.
    ///
    /// # Errors
    /// [`Failure`] of form look-ups and of the store.
    pub async fn land_kept(&self, stream: Stream, listed_by: Option<&ScopeId>, from: &Request, source: Value) -> Result<(), Failure> {
        let items = blocking(|| self.read_items(stream, vec![source]));
        let forms = self.form_versions(&items).await?;
        self.land_items(stream, listed_by, from, 1, items, &forms, false, None)
    }

    async fn land(&self, course: &mut Course<'_>, request: &Request, sources: Vec<Value>, ends: Option<&Coverage>) -> Result<(), Failure> {
        let task = course.task;
        course.n_pages += 1;
        course.n_records += sources.len() as u64;
        let n_records = sources.len() as u64;
        let items = blocking(|| self.read_items(task.stream, sources));
        course.n_nameless += items.iter().filter(|item| item.id.is_none()).count() as u64;
        let forms = self.form_versions(&items).await?;
        let listed_by = match &task.ask {
            ScopeAsk::Everything => None,
            ScopeAsk::One(_, id) => Some(id),
        };
        let progress = task.keeps_progress().then(|| self.progress(course, ends));
        self.land_items(task.stream, listed_by, request, course.n_pages, items, &forms, task.notes_sightings, progress.as_ref())?;
        if progress.is_some_and(|progress| progress.state == WindowState::Closed) {
            self.count(Counter::WindowsClosed, 1);
        }
        self.count(Counter::Pages, 1);
        self.monitor.event(&Event::Page { tenant: self.tenant.name.clone(), stream: task.stream, n_records });
        Ok(())
    }

    fn progress(&self, course: &Course<'_>, ends: Option<&Coverage>) -> WindowProgress {
        let task = course.task;
        let whole = matches!(ends, Some(Coverage::Whole(_)));
        let closed = whole && closes(task.window, self.present, self.tenant.lookback);
        WindowProgress {
            tenant: self.tenant.name.clone(),
            stream: task.stream,
            scope_id: task.ask.id().to_owned(),
            pass: Pass::Created,
            window: task.window,
            read_until: if whole { Some(task.span.to) } else { None },
            state: if closed { WindowState::Closed } else { WindowState::Open },
            n_records: course.n_records,
            n_pages: u64::from(course.n_pages),
            run_id: self.run_id.clone(),
            updated_at: self.observed_at,
        }
    }

    /// The hash is of the object as it came; what is kept of it is what privacy leaves.
    fn read_items(&self, stream: Stream, sources: Vec<Value>) -> Vec<Item> {
        sources
            .into_iter()
            .map(|mut source| {
                let mut text = canonical::text(&source);
                let hash = canonical::sha256_hex(text.as_bytes());
                if !self.privacy.is_none() {
                    self.privacy.apply(&mut source);
                    text = canonical::text(&source);
                }
                let id = source.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(RecordId::new);
                let record = self.source.dialect().read_record(stream, source);
                Item { hash, text, id, record }
            })
            .collect()
    }

    async fn form_versions(&self, items: &[Item]) -> Result<HashMap<FormVersionId, Arc<FormVersion>>, Failure> {
        let mut forms = HashMap::new();
        for item in items {
            let Ok(Record::Assessment(assessment)) = &item.record else { continue };
            let Some(id) = &assessment.form_version_id else { continue };
            if !forms.contains_key(id)
                && let Some(form) = self.forms.version(id).await?
            {
                forms.insert(id.clone(), form);
            }
        }
        Ok(forms)
    }

    #[expect(clippy::too_many_arguments, reason = "one call site for pages and one for look-ups; a struct would only rename them")]
    fn land_items(
        &self,
        stream: Stream,
        listed_by: Option<&ScopeId>,
        request: &Request,
        page: u32,
        items: Vec<Item>,
        forms: &HashMap<FormVersionId, Arc<FormVersion>>,
        notes_sightings: bool,
        progress: Option<&WindowProgress>,
    ) -> Result<(), Failure> {
        let origin = self.origin();
        let (mut landings, mut quarantined) = (Vec::new(), Vec::new());
        let n_read = items.len() as u64;
        blocking(|| {
            for item in items {
                match item.record {
                    Ok(record) => landings.push(ready(&origin, &record, forms, listed_by, item.hash, item.text)),
                    Err(unreadable) => quarantined.push(Quarantined {
                        record_id: item.id,
                        reason: unreadable.reason,
                        raw: item.text,
                        source_url: place(request),
                        page,
                        scope_id: listed_by.cloned(),
                        dialect: origin.dialect.to_owned(),
                    }),
                }
            }
        });
        self.n_unreadable.fetch_add(quarantined.len() as u64, Ordering::Relaxed);
        let mut sorted = Sorted::default();
        let landed = self.ledger.with(|store| {
            sorted = self.sort(store, stream, landings)?;
            let landed = store.land_page(&PageLanding {
                tenant: &self.tenant.name,
                stream,
                listed_by,
                observed_at: self.observed_at,
                sweep_id: notes_sightings.then_some(self.sweep_id),
                policy: self.tenant.deleted,
                landings: &sorted.wanted,
                quarantined: &quarantined,
                progress,
            })?;
            if !sorted.withdrawn.is_empty() {
                store.bury(&self.tenant.name, stream, &sorted.withdrawn, Cause::Hidden, self.tenant.deleted, self.observed_at)?;
            }
            Ok(landed)
        })?;
        self.count_landed(n_read, &landed, sorted.n_not_wanted);
        Ok(())
    }

    /// Which of a page's records are wanted: those of a wanted status and time, and those that are known already.
    fn sort(&self, store: &Store, stream: Stream, landings: Vec<Landing>) -> Result<Sorted, StoreError> {
        let mut sorted = Sorted::default();
        for landing in landings {
            let status = self.status_of(stream, &landing);
            let early = landing.happened_at.is_some_and(|happened_at| happened_at < self.not_before);
            let wanted_status = status.is_none_or(|status| self.tenant.statuses.is_empty() || self.tenant.statuses.contains(status));
            if wanted_status && !early {
                sorted.wanted.push(landing);
            } else if wanted_status || landing.is_deleted {
                match store.knows(&self.tenant.name, stream, &landing.id)? {
                    true => sorted.wanted.push(landing),
                    false => sorted.n_not_wanted += 1,
                }
            } else if store.is_live(&self.tenant.name, stream, &landing.id)? {
                sorted.withdrawn.push(landing.id.clone());
                sorted.wanted.push(landing);
            } else {
                sorted.n_not_wanted += 1;
            }
        }
        Ok(sorted)
    }

    /// The status that the configuration filters by: that of assessments.
    fn status_of<'a>(&self, stream: Stream, landing: &'a Landing) -> Option<&'a str> {
        match stream {
            Stream::Assessments => stream.table().cell(&landing.row, "status").and_then(model::table::Cell::as_text),
            Stream::Feedback => None,
        }
    }

    /// What is the same for every record landed in this run.
    pub fn origin(&self) -> Origin {
        Origin {
            tenant: self.tenant.name.clone(),
            platform: self.tenant.platform,
            dialect: self.source.dialect().word(),
            observed_at: self.observed_at,
        }
    }

    /// Adds to one counter.
    pub fn count(&self, counter: Counter, n: u64) {
        self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(counter, n);
    }

    fn count_landed(&self, n_read: u64, landed: &Landed, n_not_wanted: u64) {
        let counts = [
            (Counter::RecordsRead, n_read),
            (Counter::NotWanted, n_not_wanted),
            (Counter::Inserted, landed.inserted),
            (Counter::Updated, landed.updated),
            (Counter::Unchanged, landed.unchanged),
            (Counter::LateArrivals, landed.late),
            (Counter::Deleted, landed.deleted),
            (Counter::Resurrected, landed.resurrected),
            (Counter::Quarantined, landed.quarantined_new),
        ];
        for (counter, n) in counts {
            self.count(counter, n);
        }
    }
}

/// A page's records by what is to become of them.
#[derive(Default)]
struct Sorted {
    wanted: Vec<Landing>,
    /// Live until now and of a status that is not wanted: landed, and then taken out of the live rows.
    withdrawn: Vec<RecordId>,
    n_not_wanted: u64,
}

/// A record scored and laid out.
pub fn ready(
    origin: &Origin,
    record: &Record,
    forms: &HashMap<FormVersionId, Arc<FormVersion>>,
    listed_by: Option<&ScopeId>,
    hash: String,
    text: String,
) -> Landing {
    let Record::Assessment(assessment) = record else { return landing(origin, record, None, listed_by, hash, text) };
    let form = assessment.form_version_id.as_ref().and_then(|id| forms.get(id)).map(AsRef::as_ref);
    landing(origin, record, Some((&score(assessment, form), form)), listed_by, hash, text)
}

/// Where a page came from, for the quarantine: path and parameters, without the cursor. The token is in no URL.
fn place(request: &Request) -> String {
    let mut shown = request.clone();
    shown.query.retain(|(name, _)| name != "nextPageToken");
    format!("{}?{}", shown.path, shown.encoded_query())
}
