//! NICE CXone as the extraction guide describes it (`docs/sources.md`).

use std::collections::BTreeMap;

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
        Platform::Cxone
    }

    fn word(&self) -> &'static str {
        "guide"
    }

    fn abilities(&self) -> Abilities {
        Abilities { feedback_by_modified: true, feedback_lookup: true, feedback_marks_deleted: false, form_listing: false }
    }

    fn scope_kinds(&self) -> &'static [ScopeKind] {
        &[ScopeKind::Site, ScopeKind::Queue]
    }

    fn needed_oauth_scopes(&self, _stream: Stream) -> &'static [&'static str] {
        &["quality:read"]
    }

    fn token_path(&self) -> &'static str {
        "/oauth/token"
    }

    fn records(&self, listing: &RecordListing) -> Box<dyn Conversation> {
        let (path, what) = match listing.stream {
            Stream::Assessments => ("/api/v2/quality/assessments", "cxone assessments"),
            Stream::Feedback => ("/api/v2/agent-performance/feedback", "cxone feedback"),
        };
        let (parameter, words) = match &listing.scope {
            ScopeAsk::Everything => (None, "all sites".to_owned()),
            ScopeAsk::One(ScopeKind::Queue, id) => (Some(("queueId", id)), format!("queue `{id}`")),
            ScopeAsk::One(_, id) => (Some(("siteId", id)), format!("site `{id}`")),
        };
        let (from, to, coverage) = match listing.range_of {
            RangeOf::Own => ("dateFrom", "dateTo", Coverage::Whole(listing.span)),
            RangeOf::Modified => ("updatedFrom", "updatedTo", Coverage::Modified(listing.span)),
        };
        let mut request = Request::get(path, format!("{what}, {words}, {}", listing.span))
            .with(from, model::time::text(listing.span.from))
            .with(to, model::time::text(listing.span.to));
        if let Some(status) = &listing.status {
            request = request.with("status", status);
        }
        if let Some((parameter, id)) = parameter {
            request = request.with(parameter, id.as_str());
        }
        let conversation = Listing::new(request.with("pageSize", listing.page_size.to_string()), coverage);
        match listing.range_of {
            RangeOf::Own => Box::new(conversation),
            RangeOf::Modified => Box::new(conversation.keeping_to("updatedAt", listing.span)),
        }
    }

    fn form_versions(&self, _page_size: u32) -> Option<Box<dyn Conversation>> {
        None
    }

    fn scopes(&self, kind: ScopeKind, page_size: u32) -> Box<dyn Conversation> {
        let (path, what) = match kind {
            ScopeKind::Queue => ("/api/v2/queues", "cxone queues"),
            _ => ("/api/v2/sites", "cxone sites"),
        };
        let request = Request::get(path, what).with("pageSize", page_size.to_string());
        Box::new(Listing::new(request, Coverage::Catalogue))
    }

    fn form_version(&self, id: &FormVersionId) -> Request {
        Request::get(format!("/api/v2/quality/rubrics/{}", segment(id.as_str())), format!("cxone rubric `{id}`"))
    }

    fn feedback(&self, id: &RecordId) -> Option<Request> {
        let path = format!("/api/v2/agent-performance/feedback/{}", segment(id.as_str()));
        Some(Request::get(path, format!("cxone feedback `{id}`")))
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
        rubric(source)
    }

    fn read_scope(&self, kind: ScopeKind, source: Value) -> Result<Scope, Unreadable> {
        crate::fields::scope(kind, source)
    }
}

fn assessment(source: Value) -> Result<Assessment, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    Ok(Assessment {
        id: fields.record_id()?,
        form_version_id: fields.text("rubricId")?.map(FormVersionId::new),
        status: fields.text("status")?,
        agent_id: fields.text("agentId")?,
        evaluator_id: fields.text("evaluatorId")?,
        scope_ids: fields.scope_ids(&["siteId", "queueId"])?,
        interaction_id: fields.text("interactionId")?,
        external_reference_id: fields.text("externalReferenceId")?,
        interaction_end_time: fields.time("interactionEndTime")?,
        submitted_at: fields.time("submittedAt")?,
        modified_at: fields.time("updatedAt")?,
        scored_by: None,
        raw_score: fields.number("qualityScore")?,
        failed_critical: fields.truth("failedCritical")?.unwrap_or(false),
        comments: fields.text("comments")?,
        questions: crate::fields::questions(fields.list("questions")?, "notApplicable")?,
        extra: fields.extra(),
    })
}

fn feedback(source: Value) -> Result<Feedback, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    Ok(Feedback {
        id: fields.record_id()?,
        agent_id: fields.text("agentId")?,
        author_id: fields.text("authorId")?,
        scope_ids: fields.scope_ids(&["siteId", "queueId"])?,
        interaction_id: fields.text("interactionId")?,
        created_at: fields.time("createdAt")?,
        modified_at: fields.time("updatedAt")?,
        content: fields.text("message")?,
        tags: Vec::new(),
        category: fields.text("category")?,
        status: None,
        extra: fields.extra(),
    })
}

fn rubric(source: Value) -> Result<FormVersion, Unreadable> {
    let mut fields = Fields::of(source, "")?;
    let id = FormVersionId::new(fields.id("id")?);
    let mut questions = BTreeMap::new();
    let mut unknown = Vec::new();
    for (index, source) in fields.list("questions")?.into_iter().enumerate() {
        let mut fields = Fields::of(source, format!("question {}: ", index + 1))?;
        let question =
            FormQuestion { weight: fields.number("weight")?, max_score: fields.number("maxScore")?, critical: fields.truth("critical")? };
        let question_id = fields.id("id")?;
        let mut extra = fields.extra();
        if !extra.is_empty() {
            extra.insert("id".to_owned(), Value::String(question_id.clone()));
            unknown.push(Value::Object(extra));
        }
        questions.insert(question_id, question);
    }
    if !unknown.is_empty() {
        fields.put_back("questions", Value::Array(unknown));
    }
    Ok(FormVersion {
        id,
        form_id: None,
        name: fields.text("name")?,
        version: fields.label("version")?,
        published_at: fields.time("publishedAt")?,
        active: None,
        max_possible_score: fields.number("maxPossibleScore")?,
        questions,
        extra: fields.extra(),
    })
}

#[cfg(test)]
mod tests;
