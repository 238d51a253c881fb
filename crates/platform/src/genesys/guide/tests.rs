//! Objects of the contract, read; the URL of each call.

use model::window::Span;
use serde_json::json;
use wire::http::Answer;

use super::*;
use crate::suite::{Fixture, check};

fn full_assessment() -> Value {
    json!({
        "id": "a-1", "formVersionId": "f-1", "status": "submitted", "agentId": "ag-1", "evaluatorId": "ev-1",
        "divisionId": "d-1", "interactionId": "i-1", "externalReferenceId": "x-1",
        "interactionEndTime": "2024-01-01T08:00:00.000Z", "dateSubmitted": "2024-01-01T10:00:00.000Z",
        "dateModified": "2024-01-01T11:00:00.000Z", "score": "87.5", "comments": "gut", "failedCritical": true,
        "unheardOf": {"n": 1.10},
        "questions": [
            {"id": "q1", "text": "Greeting?", "groupId": "g1", "weight": 2, "score": "4.5", "maxScore": 5, "markedNA": false, "critical": true, "comments": "c", "z": 1},
            {"id": "q2", "weight": null, "score": null, "maxScore": 5, "markedNA": true},
        ],
    })
}

fn feedback_entry() -> Value {
    json!({
        "id": "fb-1", "dateCreated": "2024-01-01T10:00:00.000Z", "dateModified": "2024-01-01T11:00:00.000Z",
        "agentId": "ag-1", "authorId": "su-1", "divisionId": "d-1", "interactionId": null, "content": "well done",
        "tags": ["a", "b"], "status": "draft", "unheardOf": 7,
    })
}

#[test]
fn the_common_suite_holds() {
    let fixture = Fixture { assessment: full_assessment(), feedback: feedback_entry(), modified_field: "dateModified" };
    assert_eq!(check(&Guide, &fixture), Ok(()));
}

#[test]
fn every_named_field_of_an_assessment_is_read_and_the_rest_kept() {
    let Ok(Record::Assessment(read)) = Guide.read_record(Stream::Assessments, full_assessment()) else { panic!("readable") };
    assert_eq!(read.raw_score, Some(87.5));
    assert!(read.failed_critical);
    assert_eq!(read.scope_ids, [model::id::ScopeId::new("d-1")]);
    assert_eq!(Value::Object(read.extra), json!({"unheardOf": {"n": 1.10}}));
    let first = &read.questions[0];
    assert_eq!((first.score, first.max_score, first.payload_weight, first.critical), (Some(4.5), Some(5.0), Some(2.0), Some(true)));
    assert_eq!(Value::Object(first.extra.clone()), json!({"z": 1}));
    assert!(read.questions[1].not_applicable());
}

#[test]
fn every_optional_field_may_be_absent() {
    let Ok(Record::Assessment(read)) = Guide.read_record(Stream::Assessments, json!({"id": "a"})) else { panic!("readable") };
    assert_eq!((read.questions.len(), read.failed_critical, read.raw_score), (0, false, None));
    let Ok(Record::Feedback(read)) = Guide.read_record(Stream::Feedback, json!({"id": "a"})) else { panic!("readable") };
    assert_eq!((read.tags.len(), read.status), (0, None));
}

#[test]
fn what_cannot_be_read_names_the_field() {
    let reason = |change: fn(&mut Value)| {
        let mut source = full_assessment();
        change(&mut source);
        Guide.read_record(Stream::Assessments, source).map(|_| ()).map_err(|unreadable| unreadable.reason)
    };
    let wrong = |words: &str| Err(words.to_owned());
    assert_eq!(reason(|source| source["score"] = json!("NaN")), wrong("`score`: text `NaN` is not a number"));
    assert_eq!(reason(|source| source["score"] = json!(true)), wrong("`score`: boolean `true` where a number belongs"));
    assert_eq!(reason(|source| source["questions"][0]["score"] = json!("4,5")), wrong("question 1: `score`: text `4,5` is not a number"));
    assert_eq!(reason(|source| source["questions"][1]["weight"] = json!("n/a")), wrong("question 2: `weight`: text `n/a` is not a number"));
    assert_eq!(reason(|source| source["questions"][1] = json!("q")), wrong("question 2: not an object"));
    assert_eq!(reason(|source| source["id"] = json!("")), wrong("no `id`"));
    assert_eq!(reason(|source| source["id"] = json!(7)), wrong("`id`: a number where text belongs"));
    assert_eq!(
        reason(|source| source["dateSubmitted"] = json!("yesterday")),
        wrong("`dateSubmitted`: `yesterday` is not an RFC 3339 time with an offset")
    );
}

#[test]
fn form_version_maps_questions_to_weights() {
    let read = Guide
        .read_form_version(json!({
            "id": "f-1", "formId": "form", "name": "Sales", "version": 3, "publishedDate": "2024-01-01T00:00:00Z", "active": true,
            "maxPossibleScore": "20", "weightDistribution": {"q1": 2, "q2": "0.5", "q3": null}, "more": [1],
        }))
        .unwrap();
    assert_eq!(read.version.as_deref(), Some("3"));
    assert_eq!(read.max_possible_score, Some(20.0));
    let weights: Vec<_> = read.questions.iter().map(|(id, question)| (id.as_str(), question.weight)).collect();
    assert_eq!(weights, [("q1", Some(2.0)), ("q2", Some(0.5)), ("q3", None)]);
    assert_eq!(Value::Object(read.extra), json!({"more": [1]}));
}

#[test]
fn each_call_has_the_parameters_of_the_contract() {
    let span = Span { from: "2024-01-01T05:00:00Z".parse().unwrap(), to: "2024-01-02T05:00:00Z".parse().unwrap() };
    let ask = |stream, range_of, scope, status: Option<&str>| {
        let status = status.map(str::to_owned);
        let request = Guide.records(&RecordListing { stream, scope, range_of, span, status, page_size: 500 }).first();
        format!("{}?{}", request.path, request.encoded_query())
    };
    let division = ScopeAsk::One(ScopeKind::Division, model::id::ScopeId::new("d 1"));
    assert_eq!(
        ask(Stream::Assessments, RangeOf::Own, division, Some("submitted")),
        "/api/v2/quality/assessments?dateFrom=2024-01-01T05%3A00%3A00.000Z&dateTo=2024-01-02T05%3A00%3A00.000Z&status=submitted&divisionId=d%201&pageSize=500"
    );
    assert_eq!(
        ask(Stream::Feedback, RangeOf::Modified, ScopeAsk::Everything, None),
        "/api/v2/quality/feedback?dateModifiedFrom=2024-01-01T05%3A00%3A00.000Z&dateModifiedTo=2024-01-02T05%3A00%3A00.000Z&divisionId=all&pageSize=500"
    );
    assert_eq!(Guide.form_version(&FormVersionId::new("f/1")).path, "/api/v2/quality/forms/versions/f%2F1");
    assert_eq!(Guide.scopes(ScopeKind::Division, 100).first().path, "/api/v2/divisions");
    assert_eq!(Guide.form_versions(100).unwrap().first().path, "/api/v2/quality/forms/versions");
    assert_eq!(Guide.feedback(&RecordId::new("x")), None);
}

#[test]
fn a_refusal_names_what_was_asked_for() {
    let span = Span { from: "2024-01-01T05:00:00Z".parse().unwrap(), to: "2024-01-02T05:00:00Z".parse().unwrap() };
    let listing = RecordListing {
        stream: Stream::Feedback,
        scope: ScopeAsk::One(ScopeKind::Division, model::id::ScopeId::new("APAC")),
        range_of: RangeOf::Own,
        span,
        status: None,
        page_size: 500,
    };
    let body = br#"{"status":403,"code":"missing.permission","message":"missing quality:feedback:read"}"#.to_vec();
    let error = Guide.records(&listing).next(&Answer { status: 403, headers: Vec::new(), body }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "genesys feedback, division `APAC`, 2024-01-01T05:00:00.000Z..2024-01-02T05:00:00.000Z: 403 `missing.permission`: missing quality:feedback:read"
    );
}
