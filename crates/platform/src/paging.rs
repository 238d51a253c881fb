//! Listings of the guide's shape: `{"entities": [...], "nextPageToken": ...}`, asked for with the same parameters
//! and the token verbatim. It knows no vendor; parameters and field names come in.

use model::coverage::Coverage;
use model::window::Span;
use serde::Deserialize;
use serde_json::Value;
use wire::http::{Answer, Problem, Request};
use wire::pages::{CursorGuard, PAGES_MAX};

use crate::dialect::{Conversation, DialectError, Found, Next, Reply};

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    entities: Option<Vec<Value>>,
    #[serde(rename = "nextPageToken", default)]
    next_page_token: Option<Value>,
}

/// One listing, page by page.
pub struct Listing {
    request: Request,
    coverage: Coverage,
    /// The field that rows of a modified range must have within it, and the range.
    kept_to: Option<(&'static str, Span)>,
    guard: CursorGuard,
    range_ignored: bool,
}

impl Listing {
    /// A listing that proves `coverage` when it ends; `request` has every parameter but the token.
    pub fn new(request: Request, coverage: Coverage) -> Self {
        Self { request, coverage, kept_to: None, guard: CursorGuard::new(PAGES_MAX), range_ignored: false }
    }

    /// The same, leaving out rows whose `field` lies outside the span: the sign of a server that ignores the range.
    #[must_use]
    pub fn keeping_to(mut self, field: &'static str, span: Span) -> Self {
        self.kept_to = Some((field, span));
        self
    }

    fn keeps(&mut self, source: &Value) -> bool {
        let Some((field, span)) = self.kept_to else { return true };
        let changed = source.get(field).and_then(Value::as_str).and_then(|words| model::time::read(words).ok());
        let keeps = changed.is_none_or(|changed| span.contains(changed));
        self.range_ignored |= !keeps;
        keeps
    }
}

impl Conversation for Listing {
    fn first(&mut self) -> Request {
        self.request.clone()
    }

    fn next(&mut self, answer: &Answer) -> Result<Reply, DialectError> {
        let what = &self.request.what;
        if !answer.is_success() {
            let problem = answer.problem();
            if answer.status == 400 && problem.code.as_deref() == Some("cursor.expired") {
                return Ok(Reply { sources: Vec::new(), next: Next::Restart });
            }
            return Err(refused(what, &problem));
        }
        let page: Page = serde_json::from_slice(&answer.body)
            .map_err(|error| DialectError::Contract(format!("{what}: the answer is no page of entities: {error}")))?;
        let token = match page.next_page_token {
            None | Some(Value::Null) => None,
            Some(Value::String(token)) => Some(token),
            Some(other) => {
                return Err(DialectError::Contract(format!("{what}: `nextPageToken` is not text: `{other}`")));
            }
        };
        let entities = page.entities.ok_or_else(|| DialectError::Contract(format!("{what}: the answer has no `entities`")))?;
        let n_rows = entities.len();
        let next =
            self.guard.after_page(token, n_rows).map_err(|error| DialectError::Listing(format!("{}: {error}", self.request.what)))?;
        let sources = entities.into_iter().filter(|source| self.keeps(source)).collect();
        let next = match next {
            Some(token) => Next::Ask(self.request.clone().with("nextPageToken", token)),
            None => Next::Done(self.proved()),
        };
        Ok(Reply { sources, next })
    }
}

impl Listing {
    fn proved(&self) -> Coverage {
        match (&self.coverage, self.range_ignored) {
            (Coverage::Modified(span), true) => Coverage::RangeIgnored(*span),
            (coverage, _) => coverage.clone(),
        }
    }
}

/// A refusal that is not retried, by what the operator can do about it.
pub fn refused(what: &str, problem: &Problem) -> DialectError {
    let words = format!("{what}: {problem}");
    if problem.status == 403 { DialectError::Permission(words) } else { DialectError::Contract(words) }
}

/// Reads the answer to a look-up by id: a success is the object, a 404 its absence, anything else proves nothing.
///
/// # Errors
/// [`DialectError`] for any other status and for a body that is no object.
pub fn read_lookup(what: &str, answer: &Answer) -> Result<Found, DialectError> {
    if answer.status == 404 {
        return Ok(Found::Gone);
    }
    if !answer.is_success() {
        return Err(refused(what, &answer.problem()));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(object)) => Ok(Found::Present(Value::Object(object))),
        Ok(_) => Err(DialectError::Contract(format!("{what}: the answer is no object"))),
        Err(error) => Err(DialectError::Contract(format!("{what}: the answer is no object: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> Span {
        Span { from: "2024-01-01T00:00:00Z".parse().unwrap(), to: "2024-01-02T00:00:00Z".parse().unwrap() }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    /// Shows the answers one after the other and writes down what came of each.
    #[track_caller]
    fn check(coverage: Coverage, answers: &[(u16, &str)], expected: &[&str]) {
        let mut listing = Listing::new(Request::get("/x", "a listing").with("pageSize", "2"), coverage);
        if matches!(listing.coverage, Coverage::Modified(_)) {
            listing = listing.keeping_to("dateModified", span());
        }
        assert_eq!(listing.first().query, [("pageSize".to_owned(), "2".to_owned())]);
        let seen: Vec<String> = answers
            .iter()
            .map(|(status, body)| match listing.next(&answer(*status, body)) {
                Err(error) => format!("{error:?}"),
                Ok(Reply { sources, next }) => {
                    let next = match next {
                        Next::Ask(request) => request.encoded_query(),
                        Next::Done(coverage) => format!("{coverage:?}").split('(').next().unwrap_or_default().to_owned(),
                        other => format!("{other:?}"),
                    };
                    format!("{} rows, {next}", sources.len())
                }
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn token_is_passed_verbatim_with_the_same_parameters() {
        check(
            Coverage::Whole(span()),
            &[(200, r#"{"entities":[{},{}],"nextPageToken":"a+b/c= &é%20"}"#), (200, r#"{"entities":[{}],"nextPageToken":null}"#)],
            &["2 rows, pageSize=2&nextPageToken=a%2Bb%2Fc%3D%20%26%C3%A9%2520", "1 rows, Whole"],
        );
    }

    #[test]
    fn null_absent_and_empty_tokens_are_the_end() {
        for body in [r#"{"entities":[]}"#, r#"{"entities":[],"nextPageToken":""}"#, r#"{"entities":[],"nextPageToken":null}"#] {
            check(Coverage::Whole(span()), &[(200, body)], &["0 rows, Whole"]);
        }
    }

    #[test]
    fn empty_page_with_a_token_is_followed() {
        check(
            Coverage::Whole(span()),
            &[(200, r#"{"entities":[],"nextPageToken":"t"}"#), (200, r#"{"entities":[{}]}"#)],
            &["0 rows, pageSize=2&nextPageToken=t", "1 rows, Whole"],
        );
    }

    #[test]
    fn repeated_token_is_an_error() {
        let page = r#"{"entities":[{}],"nextPageToken":"t"}"#;
        check(
            Coverage::Whole(span()),
            &[(200, page), (200, page)],
            &["1 rows, pageSize=2&nextPageToken=t", "Listing(\"a listing: the same token came after page 1 and after page 2\")"],
        );
    }

    #[test]
    fn expired_cursor_restarts_and_an_invalid_one_is_an_error() {
        check(Coverage::Whole(span()), &[(400, r#"{"status":400,"code":"cursor.expired"}"#)], &["0 rows, Restart"]);
        check(
            Coverage::Whole(span()),
            &[(400, r#"{"status":400,"code":"invalid.cursor","message":"no"}"#)],
            &["Contract(\"a listing: 400 `invalid.cursor`: no\")"],
        );
    }

    #[test]
    fn rows_outside_a_modified_range_are_left_out_and_told() {
        check(
            Coverage::Modified(span()),
            &[(200, r#"{"entities":[{"dateModified":"2024-01-01T10:00:00Z"},{"dateModified":"2023-01-01T10:00:00Z"},{}]}"#)],
            &["2 rows, RangeIgnored"],
        );
        check(Coverage::Modified(span()), &[(200, r#"{"entities":[{"dateModified":"2024-01-01T10:00:00Z"}]}"#)], &["1 rows, Modified"]);
    }

    #[test]
    fn an_answer_of_another_shape_is_an_error_and_not_an_end() {
        check(Coverage::Whole(span()), &[(200, "{}")], &["Contract(\"a listing: the answer has no `entities`\")"]);
        check(
            Coverage::Whole(span()),
            &[(200, r#"{"entities":[],"nextPageToken":7}"#)],
            &["Contract(\"a listing: `nextPageToken` is not text: `7`\")"],
        );
    }

    #[test]
    fn only_a_404_says_that_something_is_gone() {
        assert_eq!(read_lookup("x", &answer(404, "")), Ok(Found::Gone));
        assert_eq!(read_lookup("x", &answer(200, "{\"id\":\"a\"}")), Ok(Found::Present(serde_json::json!({"id": "a"}))));
        for status in [400, 401, 403, 409, 410, 500, 503] {
            assert!(read_lookup("x", &answer(status, "")).is_err(), "{status}");
        }
        assert!(read_lookup("x", &answer(200, "[]")).is_err());
    }
}
