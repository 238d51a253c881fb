//! Objects of the contract, read; the URL of each call.

use model::window::Span;
use serde_json::json;

use super::*;
use crate::suite::{Fixture, check};

fn full_assessment() -> Value {
    json!({
        "id": "a-1", "rubricId": "r-1", "rubricVersion": "7", "status": "submitted", "agentId": "ag-1", "siteId": "s-1", "queueId": "q-1",
        "interactionId": "i-1", "externalReferenceId": "x-1", "interactionEndTime": "2024-01-01T08:00:00.000Z",
        "submittedAt": "2024-01-01T10:00:00.000Z", "updatedAt": "2024-01-01T11:00:00.000Z", "qualityScore": 80, "comments": "ok",
        "unheardOf": null,
        "questions": [{"id": "q1", "score": 4, "maxScore": 5}, {"id": "q2", "score": 1, "maxScore": 5, "notApplicable": true}],
    })
}

#[test]
fn the_common_suite_holds() {
    let feedback = json!({
        "id": "fb-1", "createdAt": "2024-01-01T10:00:00.000Z", "updatedAt": "2024-01-01T11:00:00.000Z", "agentId": "ag-1",
        "authorId": "su-1", "message": "well done", "category": "praise", "siteId": "s-1", "unheardOf": [1],
    });
    assert_eq!(check(&Guide, &Fixture { assessment: full_assessment(), feedback, modified_field: "updatedAt" }), Ok(()));
}

#[test]
fn an_assessment_has_no_weights_and_both_scopes() {
    let Ok(Record::Assessment(read)) = Guide.read_record(Stream::Assessments, full_assessment()) else { panic!("readable") };
    assert_eq!(read.form_version_id, Some(FormVersionId::new("r-1")));
    assert_eq!(read.scope_ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["s-1", "q-1"]);
    assert!(read.questions.iter().all(|question| question.payload_weight.is_none()));
    assert_eq!(read.questions.iter().map(model::record::Question::not_applicable).collect::<Vec<_>>(), [false, true]);
    assert_eq!(read.extra.get("rubricVersion"), Some(&json!("7")));
}

#[test]
fn rubric_gives_weights_and_maxima_and_keeps_the_rest() {
    let read = Guide
        .read_form_version(json!({
            "id": "r-1", "name": "Service", "version": "2", "publishedAt": "2024-01-01T00:00:00Z", "maxPossibleScore": 10,
            "questions": [{"id": "q1", "weight": 2, "maxScore": 5, "hint": "h"}, {"id": "q2", "weight": "3", "maxScore": 5}],
        }))
        .unwrap();
    let questions: Vec<_> = read.questions.iter().map(|(id, question)| (id.as_str(), question.weight, question.max_score)).collect();
    assert_eq!(questions, [("q1", Some(2.0), Some(5.0)), ("q2", Some(3.0), Some(5.0))]);
    assert_eq!(Value::Object(read.extra), json!({"questions": [{"id": "q1", "hint": "h"}]}));
}

#[test]
fn a_status_on_feedback_has_no_meaning_here_and_is_kept() {
    let Ok(Record::Feedback(read)) = Guide.read_record(Stream::Feedback, json!({"id": "f", "status": "deleted"})) else {
        panic!("readable")
    };
    assert_eq!(read.status, None);
    assert_eq!(read.extra.get("status"), Some(&json!("deleted")));
}

#[test]
fn each_call_has_the_parameters_of_the_contract() {
    let span = Span { from: "2024-01-01T05:00:00Z".parse().unwrap(), to: "2024-01-02T05:00:00Z".parse().unwrap() };
    let ask = |stream, range_of, scope| {
        let request = Guide.records(&RecordListing { stream, scope, range_of, span, status: None, page_size: 100 }).first();
        format!("{}?{}", request.path, request.encoded_query())
    };
    let one = |kind| ScopeAsk::One(kind, model::id::ScopeId::new("x"));
    let range = "=2024-01-01T05%3A00%3A00.000Z";
    assert_eq!(
        ask(Stream::Assessments, RangeOf::Own, one(ScopeKind::Site)),
        format!("/api/v2/quality/assessments?dateFrom{range}&dateTo=2024-01-02T05%3A00%3A00.000Z&siteId=x&pageSize=100")
    );
    assert_eq!(
        ask(Stream::Feedback, RangeOf::Modified, one(ScopeKind::Queue)),
        format!("/api/v2/agent-performance/feedback?updatedFrom{range}&updatedTo=2024-01-02T05%3A00%3A00.000Z&queueId=x&pageSize=100")
    );
    assert_eq!(
        ask(Stream::Feedback, RangeOf::Own, ScopeAsk::Everything),
        format!("/api/v2/agent-performance/feedback?dateFrom{range}&dateTo=2024-01-02T05%3A00%3A00.000Z&pageSize=100")
    );
    assert_eq!(Guide.feedback(&RecordId::new("a b")).unwrap().path, "/api/v2/agent-performance/feedback/a%20b");
    assert_eq!(Guide.form_version(&FormVersionId::new("r")).path, "/api/v2/quality/rubrics/r");
    assert_eq!(Guide.scopes(ScopeKind::Queue, 10).first().path, "/api/v2/queues");
    assert_eq!(Guide.scopes(ScopeKind::Site, 10).first().path, "/api/v2/sites");
}
