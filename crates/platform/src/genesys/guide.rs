//! Genesys Cloud CX as the extraction guide describes it (`docs/sources.md`).

use model::coverage::Coverage;
use model::form::{FormQuestion, FormVersion};
use model::id::{FormVersionId, RecordId};
use model::record::{Assessment, Feedback, Platform, Record, Scope, ScopeKind, Stream, Unreadable};
use serde_json::Value;
use wire::http::{Answer, Request, segment};

use crate::dialect::{Abilities, Conversation, Dialect, DialectError, Found, RangeOf, RecordListing, ScopeAsk};
use crate::fields::Fields;
use crate::paging::{Listing, read_lookup};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Guide;

impl Dialect for Guide {
    fn platform(&self) -> Platform {
        Platform::Genesys
    }

    fn word(&self) -> &'static str {
        "guide"
    }

    fn abilities(&self) -> Abilities {
        Abilities { feedback_by_modified: true, feedback_lookup: false, feedback_marks_deleted: true, form_listing: true }
    }

    fn scope_kinds(&self) -> &'static [ScopeKind] {
        &[ScopeKind::Division]
    }

    fn needed_oauth_scopes(&self, stream: Stream) -> &'static [&'static str] {
        match stream {
            Stream::Assessments => &["quality:assessment:read"],
            Stream::Feedback => &["quality:feedback:read"],
        }
    }

    fn token_path(&self) -> &'static str {
        "/oauth/token"
    }

    fn records(&self, listing: &RecordListing) -> Box<dyn Conversation> {
        let (path, what) = match listing.stream {
            Stream::Assessments => ("/api/v2/quality/assessments", "genesys assessments"),
            Stream::Feedback => ("/api/v2/quality/feedback", "genesys feedback"),
        };
        let (division, words) = match &listing.scope {
            ScopeAsk::Everything => ("all", "all divisions".to_owned()),
            ScopeAsk::One(_, id) => (id.as_str(), format!("division `{id}`")),
        };
        let (from, to, coverage) = match listing.range_of {
            RangeOf::Own => ("dateFrom", "dateTo", Coverage::Whole(listing.span)),
            RangeOf::Modified => ("dateModifiedFrom", "dateModifiedTo", Coverage::Modified(listing.span)),
        };
        let mut request = Request::get(path, format!("{what}, {words}, {}", listing.span))
            .with(from, model::time::text(listing.span.from))
            .with(to, model::time::text(listing.span.to));
        if let Some(status) = &listing.status {
            request = request.with("status", status);
        }
        let request = request.with("divisionId", division).with("pageSize", listing.page_size.to_string());
        let conversation = Listing::new(request, coverage);
        match listing.range_of {
            RangeOf::Own => Box::new(conversation),
            RangeOf::Modified => Box::new(conversation.keeping_to("dateModified", listing.span)),
        }
    }

    fn form_versions(&self, page_size: u32) -> Option<Box<dyn Conversation>> {
        let request = Request::get("/api/v2/quality/forms/versions", "genesys form versions");
        Some(Box::new(Listing::new(request.with("pageSize", page_size.to_string()), Coverage::Catalogue)))
    }

    fn scopes(&self, _kind: ScopeKind, page_size: u32) -> Box<dyn Conversation> {
        let request = Request::get("/api/v2/divisions", "genesys divisions").with("pageSize", page_size.to_string());
        Box::new(Listing::new(request, Coverage::Catalogue))
    }

    fn form_version(&self, id: &FormVersionId) -> Request {
        Request::get(format!("/api/v2/quality/forms/versions/{}", segment(id.as_str())), format!("genesys form version `{id}`"))
    }

    fn feedback(&self, _id: &RecordId) -> Option<Request> {
        None
    }

    fn read_lookup(&self, what: &str, answer: &Answer) -> Result<Found, DialectError> {
        read_lookup(what, answer)
    }

    fn read_record(&self, stream: Stream, source: Value) -> Result<Record, Unreadable> {
        match stream {
            Stream::Assessments => assessment(source).map(Record::Assessment),
            Stream::Feedback => feedback(source).map(Record::Feedback),
        }
    }

    fn read_form_version(&self, source: Value) -> Result<FormVersion, Unreadable> {
        form_version(source)
    }

    fn read_scope(&self, kind: ScopeKind, source: Value) -> Result<Scope, Unreadable> {
        crate::fields::scope(kind, source)
    }
}

fn assessment(source: Value) -> Result<Assessment, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    Ok(Assessment {
        id: fields.record_id()?,
        form_version_id: fields.text("formVersionId")?.map(FormVersionId::new),
        status: fields.text("status")?,
        agent_id: fields.text("agentId")?,
        evaluator_id: fields.text("evaluatorId")?,
        scope_ids: fields.scope_ids(&["divisionId"])?,
        interaction_id: fields.text("interactionId")?,
        external_reference_id: fields.text("externalReferenceId")?,
        interaction_end_time: fields.time("interactionEndTime")?,
        submitted_at: fields.time("dateSubmitted")?,
        modified_at: fields.time("dateModified")?,
        scored_by: None,
        raw_score: fields.number("score")?,
        failed_critical: fields.truth("failedCritical")?.unwrap_or(false),
        comments: fields.text("comments")?,
        questions: crate::fields::questions(fields.list("questions")?, "markedNA")?,
        extra: fields.extra(),
    })
}

fn feedback(source: Value) -> Result<Feedback, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    Ok(Feedback {
        id: fields.record_id()?,
        agent_id: fields.text("agentId")?,
        author_id: fields.text("authorId")?,
        scope_ids: fields.scope_ids(&["divisionId"])?,
        interaction_id: fields.text("interactionId")?,
        created_at: fields.time("dateCreated")?,
        modified_at: fields.time("dateModified")?,
        content: fields.text("content")?,
        tags: fields.texts("tags")?,
        category: None,
        status: fields.text("status")?,
        extra: fields.extra(),
    })
}

/// The version's questions are the keys of `weightDistribution`; their maxima stand only in the assessments.
fn form_version(source: Value) -> Result<FormVersion, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    let id = FormVersionId::new(fields.id("id")?);
    let weights = match fields.value("weightDistribution") {
        Value::Null => serde_json::Map::new(),
        Value::Object(weights) => weights,
        _ => return Err(Unreadable { reason: "`weightDistribution`: not an object".to_owned() }),
    };
    let questions = weights
        .into_iter()
        .map(|(question, weight)| {
            let weight = model::number::read(&weight)
                .map_err(|reason| Unreadable { reason: format!("`weightDistribution`, question `{question}`: {reason}") })?;
            Ok((question, FormQuestion { weight, max_score: None, critical: None }))
        })
        .collect::<Result<_, Unreadable>>()?;
    Ok(FormVersion {
        id,
        form_id: fields.text("formId")?,
        name: fields.text("name")?,
        version: fields.label("version")?,
        published_at: fields.time("publishedDate")?,
        active: fields.truth("active")?,
        max_possible_score: fields.number("maxPossibleScore")?,
        questions,
        extra: fields.extra(),
    })
}

#[cfg(test)]
mod tests;
