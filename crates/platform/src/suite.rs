//! What every dialect of pages must do, whichever vendor: asserted with canned answers, without clock or socket.
//! A new dialect calls [`check`] from its tests with a fixture of its own.

use model::coverage::Coverage;
use model::record::{ScopeKind, Stream};
use model::window::Span;
use serde_json::{Value, json};
use wire::http::{Answer, Request};

use crate::dialect::{Conversation, Dialect, DialectError, Next, RangeOf, RecordListing, ScopeAsk};

/// One source object a stream, as the vendor writes it, with an unknown field `unheardOf` in it.
pub struct Fixture {
    /// An assessment.
    pub assessment: Value,
    /// A feedback entry.
    pub feedback: Value,
    /// The field of the feedback's modification time.
    pub modified_field: &'static str,
}

/// Runs the suite; the text of the first thing that does not hold, or nothing.
///
/// # Errors
/// The broken rule in words.
pub fn check(dialect: &dyn Dialect, fixture: &Fixture) -> Result<(), String> {
    for stream in Stream::ALL {
        for range_of in [RangeOf::Own, RangeOf::Modified] {
            token_travels_with_the_same_parameters(dialect, stream, range_of)?;
        }
        refusals_end_a_listing_without_coverage(dialect, stream)?;
    }
    listings_of_scopes_differ(dialect)?;
    ignored_range_is_noticed(dialect, fixture)?;
    records_keep_what_has_no_name(dialect, fixture)?;
    unreadable_records_say_why(dialect, fixture)
}

fn span() -> Result<Span, String> {
    Ok(Span { from: model::time::read("2024-01-01T00:00:00Z")?, to: model::time::read("2024-01-02T00:00:00Z")? })
}

fn listing(stream: Stream, range_of: RangeOf, scope: ScopeAsk) -> Result<RecordListing, String> {
    Ok(RecordListing { stream, scope, range_of, span: span()?, status: None, page_size: 500 })
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn holds(truth: bool, rule: &str) -> Result<(), String> {
    if truth { Ok(()) } else { Err(rule.to_owned()) }
}

fn ask(next: Next) -> Result<Request, String> {
    match next {
        Next::Ask(request) => Ok(request),
        other => Err(format!("a page with a token must be followed, not {other:?}")),
    }
}

fn token_travels_with_the_same_parameters(dialect: &dyn Dialect, stream: Stream, range_of: RangeOf) -> Result<(), String> {
    let mut talk = dialect.records(&listing(stream, range_of, ScopeAsk::Everything)?);
    let first = talk.first();
    let bound = |half: &str| first.query.iter().any(|(_, value)| value == half);
    holds(bound("2024-01-01T00:00:00.000Z") && bound("2024-01-02T00:00:00.000Z"), "a range is asked for in UTC with milliseconds")?;
    let token = "+/=&% é\u{1F600}?";
    let page = answer(200, &json!({"entities": [], "nextPageToken": token}));
    let reply = talk.next(&page).map_err(|error| error.to_string())?;
    let second = ask(reply.next)?;
    let mut expected = first.clone();
    expected.query.push(("nextPageToken".to_owned(), token.to_owned()));
    holds(second == expected, "the next page is the same request plus the token verbatim")?;
    let looped = talk.next(&page);
    holds(matches!(looped, Err(DialectError::Listing(_))), "a repeated token is an error")
}

fn refusals_end_a_listing_without_coverage(dialect: &dyn Dialect, stream: Stream) -> Result<(), String> {
    let open = || Ok::<Box<dyn Conversation>, String>(dialect.records(&listing(stream, RangeOf::Own, ScopeAsk::Everything)?));
    for status in [400_u16, 403, 404, 409] {
        let refused = open()?.next(&answer(status, &json!({"status": status, "code": "x", "message": "m", "correlationId": "c-1"})));
        let Err(error) = refused else { return Err(format!("status {status} must not end a listing well")) };
        holds(error.to_string().contains("c-1"), "a refusal names the correlation id")?;
        holds(matches!(error, DialectError::Permission(_)) == (status == 403), "a 403 and only a 403 is a matter of permission")?;
    }
    let expired = open()?.next(&answer(400, &json!({"status": 400, "code": "cursor.expired"})));
    holds(expired.is_ok_and(|reply| reply.next == Next::Restart), "an expired cursor restarts the listing")
}

fn listings_of_scopes_differ(dialect: &dyn Dialect) -> Result<(), String> {
    let first = |scope: ScopeAsk| Ok::<Request, String>(dialect.records(&listing(Stream::Assessments, RangeOf::Own, scope)?).first());
    let everything = first(ScopeAsk::Everything)?;
    for kind in dialect.scope_kinds() {
        let one = first(ScopeAsk::One(*kind, model::id::ScopeId::new("s&1")))?;
        holds(one.query != everything.query, "a scope is a parameter of the listing")?;
        holds(one.query.iter().any(|(_, value)| value == "s&1"), "a scope's id is passed as it is")?;
    }
    Ok(())
}

fn ignored_range_is_noticed(dialect: &dyn Dialect, fixture: &Fixture) -> Result<(), String> {
    if !dialect.abilities().feedback_by_modified {
        return Ok(());
    }
    let mut outside = fixture.feedback.clone();
    if let Some(fields) = outside.as_object_mut() {
        fields.insert(fixture.modified_field.to_owned(), json!("2019-01-01T00:00:00.000Z"));
    }
    let mut talk = dialect.records(&listing(Stream::Feedback, RangeOf::Modified, ScopeAsk::Everything)?);
    let reply = talk.next(&answer(200, &json!({"entities": [outside]}))).map_err(|error| error.to_string())?;
    holds(reply.sources.is_empty(), "a row outside the modified range is left out")?;
    holds(matches!(reply.next, Next::Done(Coverage::RangeIgnored(_))), "a row outside the modified range is told")
}

fn records_keep_what_has_no_name(dialect: &dyn Dialect, fixture: &Fixture) -> Result<(), String> {
    for (stream, source) in [(Stream::Assessments, &fixture.assessment), (Stream::Feedback, &fixture.feedback)] {
        let record = dialect.read_record(stream, source.clone()).map_err(|unreadable| unreadable.reason)?;
        let extra = match &record {
            model::record::Record::Assessment(assessment) => &assessment.extra,
            model::record::Record::Feedback(feedback) => &feedback.extra,
        };
        holds(extra.get("unheardOf") == source.get("unheardOf"), "an unknown field survives as it came")?;
        holds(record.happened_at().is_some(), "a record has its own time")?;
    }
    let scope = dialect.scope_kinds().first().copied().unwrap_or(ScopeKind::Division);
    let read = dialect.read_scope(scope, json!({"id": "s-1", "name": "S", "unheardOf": 1}));
    holds(read.is_ok_and(|scope| scope.extra.contains_key("unheardOf")), "an unknown field of a scope survives")
}

fn unreadable_records_say_why(dialect: &dyn Dialect, fixture: &Fixture) -> Result<(), String> {
    let mut without_id = fixture.assessment.clone();
    if let Some(fields) = without_id.as_object_mut() {
        fields.remove("id");
    }
    let mut odd = vec![(without_id, "no `id`"), (json!([]), "not an object"), (json!("x"), "not an object")];
    let mut no_array = fixture.assessment.clone();
    if let Some(fields) = no_array.as_object_mut() {
        fields.insert("questions".to_owned(), json!({}));
    }
    odd.push((no_array, "`questions`: an object where an array belongs"));
    for (source, reason) in odd {
        let read = dialect.read_record(Stream::Assessments, source);
        holds(read.err().is_some_and(|unreadable| unreadable.reason == reason), &format!("unreadable: {reason}"))?;
    }
    Ok(())
}
