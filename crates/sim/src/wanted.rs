//! What a request wants once its path and parameters are understood. The platforms differ in how they ask, not in what for.

use crate::answer::Refusal;
use crate::ask::{PageAsk, Params};
use crate::world::{Order, ScopeKind, Status, Stream};

/// A request that made sense.
#[derive(Debug)]
pub(crate) enum Wanted {
    Records { listing: RecordListing, page: PageAsk },
    FormVersions { page: PageAsk },
    FormVersion { id: String },
    Scopes { kind: ScopeKind, page: PageAsk },
    FeedbackEntry { id: String },
}

/// Which records a listing gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordListing {
    pub(crate) stream: Stream,
    pub(crate) order: Order,
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) status: Option<Status>,
    /// Ids that the record's scopes of these kinds must have.
    pub(crate) scopes: Vec<(ScopeKind, String)>,
    pub(crate) agent_id: Option<String>,
}

impl Wanted {
    /// The name by which faults aim at it.
    pub(crate) fn stream(&self) -> &'static str {
        match self {
            Self::Records { listing, .. } => listing.stream.name(),
            Self::FormVersions { .. } | Self::FormVersion { .. } => "forms",
            Self::Scopes { .. } => "scopes",
            Self::FeedbackEntry { .. } => "feedback",
        }
    }

    pub(crate) fn scope_ids(&self) -> Vec<&str> {
        match self {
            Self::Records { listing, .. } => listing.scopes.iter().map(|(_, id)| id.as_str()).collect(),
            _ => Vec::new(),
        }
    }
}

/// The status that is asked for.
pub(crate) fn status(params: &Params<'_>) -> Result<Option<Status>, Refusal> {
    let Some(name) = params.get("status") else { return Ok(None) };
    let status = Status::of_assessment(name).ok_or_else(|| Refusal::parameter(&format!("unknown status `{name}`")))?;
    Ok(Some(status))
}

/// Names of the parameters for one half-open range.
pub(crate) type RangeNames = (&'static str, &'static str);

/// The range of creation times or of modification times: exactly one of them.
pub(crate) fn one_range(params: &Params<'_>, created: RangeNames, modified: RangeNames) -> Result<(Order, i64, i64), Refusal> {
    match (params.range(created.0, created.1)?, params.range(modified.0, modified.1)?) {
        (Some((from_ms, to_ms)), None) => Ok((Order::Time, from_ms, to_ms)),
        (None, Some((from_ms, to_ms))) => Ok((Order::Modified, from_ms, to_ms)),
        (None, None) => Err(Refusal::parameter(&format!("`{}` and `{}` are missing", created.0, created.1))),
        (Some(_), Some(_)) => Err(Refusal::parameter(&format!("`{}` and `{}` exclude each other", created.0, modified.0))),
    }
}

/// The range of submission times, which must be given.
pub(crate) fn submitted_range(params: &Params<'_>) -> Result<(i64, i64), Refusal> {
    params.range("dateFrom", "dateTo")?.ok_or_else(|| Refusal::parameter("`dateFrom` and `dateTo` are missing"))
}
