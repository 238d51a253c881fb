//! How the false NICE CXone is asked: its paths, its parameters, the scope it demands.

use crate::answer::Refusal;
use crate::ask::{Ask, Params};
use crate::wanted::{RecordListing, Wanted, one_range, status, submitted_range};
use crate::world::{Order, ScopeKind, Stream};

const PAGING: [&str; 2] = ["pageSize", "nextPageToken"];
const ASSESSMENTS: [&str; 7] = ["dateFrom", "dateTo", "status", "siteId", "queueId", "pageSize", "nextPageToken"];
const FEEDBACK: [&str; 8] = ["dateFrom", "dateTo", "updatedFrom", "updatedTo", "siteId", "queueId", "pageSize", "nextPageToken"];

/// Understands a request.
///
/// # Errors
/// 404 for an unknown path, 400 for parameters that make no sense.
pub(crate) fn route(ask: &Ask, page_size_max: u32) -> Result<Wanted, Refusal> {
    let segments = ask.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["api", "v2", "quality", "assessments"] => assessments(ask, page_size_max),
        ["api", "v2", "quality", "rubrics", id] => {
            Params::read(ask, &[])?;
            Ok(Wanted::FormVersion { id: (*id).to_owned() })
        }
        ["api", "v2", "agent-performance", "feedback"] => feedback(ask, page_size_max),
        ["api", "v2", "agent-performance", "feedback", id] => {
            Params::read(ask, &[])?;
            Ok(Wanted::FeedbackEntry { id: (*id).to_owned() })
        }
        ["api", "v2", "sites"] => scopes(ask, ScopeKind::Site, page_size_max),
        ["api", "v2", "queues"] => scopes(ask, ScopeKind::Queue, page_size_max),
        _ => Err(Refusal::not_found("no such path")),
    }
}

fn assessments(ask: &Ask, page_size_max: u32) -> Result<Wanted, Refusal> {
    let params = Params::read(ask, &ASSESSMENTS)?;
    let (from_ms, to_ms) = submitted_range(&params)?;
    let listing = RecordListing {
        stream: Stream::Assessments,
        order: Order::Time,
        from_ms,
        to_ms,
        status: status(&params)?,
        scopes: sites_and_queues(&params),
        agent_id: None,
    };
    Ok(Wanted::Records { listing, page: params.page(page_size_max)? })
}

fn feedback(ask: &Ask, page_size_max: u32) -> Result<Wanted, Refusal> {
    let params = Params::read(ask, &FEEDBACK)?;
    let (order, from_ms, to_ms) = one_range(&params, ("dateFrom", "dateTo"), ("updatedFrom", "updatedTo"))?;
    let listing =
        RecordListing { stream: Stream::Feedback, order, from_ms, to_ms, status: None, scopes: sites_and_queues(&params), agent_id: None };
    Ok(Wanted::Records { listing, page: params.page(page_size_max)? })
}

fn scopes(ask: &Ask, kind: ScopeKind, page_size_max: u32) -> Result<Wanted, Refusal> {
    Ok(Wanted::Scopes { kind, page: Params::read(ask, &PAGING)?.page(page_size_max)? })
}

fn sites_and_queues(params: &Params<'_>) -> Vec<(ScopeKind, String)> {
    let asked = [(ScopeKind::Site, "siteId"), (ScopeKind::Queue, "queueId")];
    asked.into_iter().filter_map(|(kind, name)| params.get(name).map(|id| (kind, id.to_owned()))).collect()
}

/// The OAuth scope that every request needs.
pub(crate) const SCOPE_NEEDED: &str = "quality:read";
