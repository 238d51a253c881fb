//! How the false Genesys Cloud CX is asked: its paths, its parameters, the scopes it demands.

use crate::answer::Refusal;
use crate::ask::{Ask, Params};
use crate::wanted::{RecordListing, Wanted, one_range, status, submitted_range};
use crate::world::{Order, ScopeKind, Stream};

const PAGING: [&str; 2] = ["pageSize", "nextPageToken"];
const ASSESSMENTS: [&str; 7] = ["dateFrom", "dateTo", "status", "divisionId", "agentId", "pageSize", "nextPageToken"];
const FEEDBACK: [&str; 8] =
    ["dateFrom", "dateTo", "dateModifiedFrom", "dateModifiedTo", "divisionId", "agentId", "pageSize", "nextPageToken"];

/// Understands a request.
///
/// # Errors
/// 404 for an unknown path, 400 for parameters that make no sense.
pub(crate) fn route(ask: &Ask, page_size_max: u32) -> Result<Wanted, Refusal> {
    let segments = ask.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["api", "v2", "quality", "assessments"] => assessments(ask, page_size_max),
        ["api", "v2", "quality", "feedback"] => feedback(ask, page_size_max),
        ["api", "v2", "quality", "forms", "versions"] => {
            Ok(Wanted::FormVersions { page: Params::read(ask, &PAGING)?.page(page_size_max)? })
        }
        ["api", "v2", "quality", "forms", "versions", id] => {
            Params::read(ask, &[])?;
            Ok(Wanted::FormVersion { id: (*id).to_owned() })
        }
        ["api", "v2", "divisions"] => {
            Ok(Wanted::Scopes { kind: ScopeKind::Division, page: Params::read(ask, &PAGING)?.page(page_size_max)? })
        }
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
        scopes: divisions(&params),
        agent_id: params.get("agentId").map(str::to_owned),
    };
    Ok(Wanted::Records { listing, page: params.page(page_size_max)? })
}

fn feedback(ask: &Ask, page_size_max: u32) -> Result<Wanted, Refusal> {
    let params = Params::read(ask, &FEEDBACK)?;
    let (order, from_ms, to_ms) = one_range(&params, ("dateFrom", "dateTo"), ("dateModifiedFrom", "dateModifiedTo"))?;
    let listing = RecordListing {
        stream: Stream::Feedback,
        order,
        from_ms,
        to_ms,
        status: None,
        scopes: divisions(&params),
        agent_id: params.get("agentId").map(str::to_owned),
    };
    Ok(Wanted::Records { listing, page: params.page(page_size_max)? })
}

/// `all` is the same as no division at all.
fn divisions(params: &Params<'_>) -> Vec<(ScopeKind, String)> {
    let asked = params.get("divisionId").filter(|id| *id != "all");
    asked.map(|id| (ScopeKind::Division, id.to_owned())).into_iter().collect()
}

/// The OAuth scope that a request needs.
pub(crate) fn scope_needed(wanted: &Wanted) -> Option<&'static str> {
    match wanted.stream() {
        "assessments" | "forms" => Some("quality:assessment:read"),
        "feedback" => Some("quality:feedback:read"),
        _ => None,
    }
}
