//! The contract of a dialect: one way in which one vendor talks.
//!
//! A dialect is a set of conversations, not a list of endpoints. A conversation is a pure state machine: shown the last
//! answer it says what was in it and what to do next. Paging, job polling and look-ups all have this shape, so the
//! engine drives every vendor without an `if`.

use std::time::Duration;

use model::coverage::Coverage;
use model::form::FormVersion;
use model::id::{FormVersionId, RecordId, ScopeId};
use model::record::{Platform, Record, Scope, ScopeKind, Stream, Unreadable};
use model::window::Span;
use serde_json::Value;
use wire::http::{Answer, Request};

/// What a listing of records is restricted to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeAsk {
    /// All that the token may see, records that name no scope among them.
    Everything,
    /// One division, site or queue.
    One(ScopeKind, ScopeId),
}

impl ScopeAsk {
    /// The id in progress rows; `*` for everything.
    pub fn id(&self) -> &str {
        match self {
            Self::Everything => "*",
            Self::One(_, id) => id.as_str(),
        }
    }
}

/// Which time of a record a range is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RangeOf {
    /// The record's own time: submission or creation.
    Own,
    /// Its last change.
    Modified,
}

/// A listing of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordListing {
    /// Of which stream.
    pub stream: Stream,
    /// Restricted to what.
    pub scope: ScopeAsk,
    /// Which time the span is about.
    pub range_of: RangeOf,
    /// The half-open span.
    pub span: Span,
    /// Only this status; none for all.
    pub status: Option<String>,
    /// Rows a page.
    pub page_size: u32,
}

/// What a dialect can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Feedback can be listed by modification.
    pub feedback_by_modified: bool,
    /// Feedback can be looked up by id, and a 404 proves its deletion.
    pub feedback_lookup: bool,
    /// The source marks deleted feedback in its listings instead of dropping it.
    pub feedback_marks_deleted: bool,
    /// Form versions can be listed.
    pub form_listing: bool,
}

/// What an answer held and what to do next.
#[derive(Debug, PartialEq)]
pub struct Reply {
    /// The source objects of this answer, in its order, as they came.
    pub sources: Vec<Value>,
    /// What to do next.
    pub next: Next,
}

/// What to do next in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Send this and show the answer.
    Ask(Request),
    /// Wait so long, then send this and show the answer.
    WaitThenAsk(Duration, Request),
    /// The listing ended; this is what it proved.
    Done(Coverage),
    /// The source forgot the cursor: what was read stays, the conversation is begun again from its start.
    Restart,
}

/// Why a conversation cannot go on. The text is one line that names the thing and the fact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// The client lacks a scope or permission; the text names it as the source did.
    #[error("{0}")]
    Permission(String),
    /// The source sent what it may not.
    #[error("{0}")]
    Contract(String),
    /// The listing turns in a circle or does not end.
    #[error("{0}")]
    Listing(String),
}

/// One conversation with the source, from its first request to its end.
///
/// `first` is called once; then `next` once for every answer, in order, until it says [`Next::Done`], [`Next::Restart`]
/// or an error. After an error nothing is known of the rest, and everything before it stands.
pub trait Conversation: Send {
    /// What to ask first.
    fn first(&mut self) -> Request;

    /// Reads an answer that is a success or a refusal that is not retried.
    ///
    /// # Errors
    /// [`DialectError`] when the answer ends the conversation without an end of the listing.
    fn next(&mut self, answer: &Answer) -> Result<Reply, DialectError>;
}

/// What a look-up by id told.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// The source has it: the object as it came.
    Present(Value),
    /// The source says that there is none of this id (404).
    Gone,
}

/// One way in which one vendor talks. All methods are pure and may be called in any order from any task.
pub trait Dialect: Send + Sync {
    /// The vendor.
    fn platform(&self) -> Platform;

    /// The word in the configuration.
    fn word(&self) -> &'static str;

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// What divides this vendor's tenants.
    fn scope_kinds(&self) -> &'static [ScopeKind];

    /// The OAuth scopes that one stream needs.
    fn needed_oauth_scopes(&self, stream: Stream) -> &'static [&'static str];

    /// Where tokens come from, under the base URL.
    fn token_path(&self) -> &'static str;

    /// Opens a listing of records.
    fn records(&self, listing: &RecordListing) -> Box<dyn Conversation>;

    /// Opens the listing of form versions, where there is one.
    fn form_versions(&self, page_size: u32) -> Option<Box<dyn Conversation>>;

    /// Opens the listing of divisions, sites or queues.
    fn scopes(&self, kind: ScopeKind, page_size: u32) -> Box<dyn Conversation>;

    /// The request for one form version or rubric.
    fn form_version(&self, id: &FormVersionId) -> Request;

    /// The request for one feedback entry, where there is one.
    fn feedback(&self, id: &RecordId) -> Option<Request>;

    /// Reads the answer to a look-up by id.
    ///
    /// # Errors
    /// [`DialectError`] for anything but a success and a 404: nothing is concluded from it.
    fn read_lookup(&self, what: &str, answer: &Answer) -> Result<Found, DialectError>;

    /// Reads a record from its source object.
    ///
    /// # Errors
    /// [`Unreadable`] with the field and the fact; the record then goes to quarantine.
    fn read_record(&self, stream: Stream, source: Value) -> Result<Record, Unreadable>;

    /// Reads a form version or rubric from its source object.
    ///
    /// # Errors
    /// [`Unreadable`] with the field and the fact.
    fn read_form_version(&self, source: Value) -> Result<FormVersion, Unreadable>;

    /// Reads a division, site or queue from its source object.
    ///
    /// # Errors
    /// [`Unreadable`] with the field and the fact.
    fn read_scope(&self, kind: ScopeKind, source: Value) -> Result<Scope, Unreadable>;
}
