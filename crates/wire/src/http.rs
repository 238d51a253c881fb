//! Requests and answers as values, and the one function that the network is.
//! No I/O here, and no opinion on what a status means: that is `verdict`.
//! A `Debug` of anything here shows neither query values, nor bodies, nor the bearer token.

mod problem;

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

pub use futures_util::future::BoxFuture;
pub use problem::Problem;

/// What may stand bare in a path segment or a query; everything else is percent-encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The HTTP methods that sources are asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Sends a body.
    Post,
}

impl Method {
    /// As it stands in the request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One request to a source, before base URL, token and pace.
///
/// `path` is relative to the base URL and already percent-encoded (see [`segment`]); query values are plain text
/// and are encoded once, when the request is sent.
#[derive(Clone, PartialEq)]
pub struct Request {
    /// How to ask.
    pub method: Method,
    /// Where, under the base URL.
    pub path: String,
    /// Parameters in the order in which they are sent.
    pub query: Vec<(String, String)>,
    /// Sent as JSON.
    pub body: Option<Value>,
    /// Words for messages: "genesys feedback, division `APAC`, 2024-01-01..2024-01-02".
    pub what: String,
}

impl Request {
    /// A `GET` without parameters.
    pub fn get(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), query: Vec::new(), body: None, what: what.into() }
    }

    /// The same request with one parameter more; the value is plain text.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((key.into(), value.into()));
        self
    }

    /// The query as it is sent: every value percent-encoded once, a space as `%20`. It may hold a cursor: not for messages.
    #[must_use]
    pub fn encoded_query(&self) -> String {
        let pairs: Vec<String> = self.query.iter().map(|(key, value)| format!("{}={}", segment(key), segment(value))).collect();
        pairs.join("&")
    }

    /// The whole URL under `base`, or why there is none.
    pub(crate) fn url(&self, base: &Url) -> Result<Url, String> {
        let path = format!("{}/{}", base.path().trim_end_matches('/'), self.path.trim_start_matches('/'));
        let mut url = base.clone();
        url.set_path(&path);
        if url.path() != path {
            // A URL cannot hold `.` or `..` as a segment, however it is encoded: it would name another resource.
            return Err(format!("`{}` cannot stand in a URL", self.path));
        }
        url.set_query((!self.query.is_empty()).then(|| self.encoded_query()).as_deref());
        Ok(url)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.query.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &names.join("&"))
            .field("has_body", &self.body.is_some())
            .field("what", &self.what)
            .finish()
    }
}

/// Percent-encodes an id so that it is one segment of a path.
#[must_use]
pub fn segment(id: &str) -> String {
    utf8_percent_encode(id, ENCODED).to_string()
}

/// What came back, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the source says went wrong, as far as it can be read.
    #[must_use]
    pub fn problem(&self) -> Problem {
        problem::read(self)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("n_headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// One request as it leaves: whole URL, signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// How to ask.
    pub method: Method,
    /// Where, with the query.
    pub url: Url,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Option<Vec<u8>>,
}

impl Outgoing {
    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let masked = name.eq_ignore_ascii_case("authorization");
                format!("{name}: {}", if masked { "***" } else { value })
            })
            .collect();
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("url", &place(&self.url))
            .field("headers", &headers)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}

/// A URL for messages: scheme, host, port and path; no user, no query, no fragment.
pub(crate) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// The network, as one function.
///
/// `send` is called once an attempt and may be called from many tasks at a time. It sends the request once, follows no
/// redirect, repeats nothing, and gives the answer only when its body is whole. Dropping the future gives the request up.
pub trait HttpService: Send + Sync {
    /// Sends one request and brings the answer back.
    ///
    /// # Errors
    /// [`HttpError`] if there is no whole answer; a status of any kind is an answer.
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, HttpError>>;
}

/// Why there is no whole answer. The message names no query and no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HttpError {
    /// What decides whether to ask again.
    pub kind: HttpErrorKind,
    /// One line for people.
    pub message: String,
}

impl HttpError {
    /// An error of that kind.
    pub fn new(kind: HttpErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// The ways in which the network fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpErrorKind {
    /// The host's name has no address.
    Resolve,
    /// No connection: refused, unreachable, or the proxy would not.
    Connect,
    /// The other side cannot be trusted, or may not be asked in plain text.
    Tls,
    /// The connection was closed or reset before there was an answer.
    Reset,
    /// No connection in time.
    ConnectTimeout,
    /// Connected, asked, and no answer in time.
    FirstByteTimeout,
    /// The answer began and did not end in time.
    BodyTimeout,
    /// The answer ended early.
    Truncated,
    /// The body cannot be decompressed.
    Encoding,
    /// The answer is longer than may be.
    TooLarge,
    /// Anything else.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_url(base: &str, request: &Request, expected: &str) {
        let base = Url::parse(base).unwrap();
        assert_eq!(request.url(&base).map_or_else(|why| why, |url| url.to_string()), expected);
    }

    #[test]
    fn query_values_are_encoded_once() {
        let request = Request::get("/api/v2/x", "x").with("nextPageToken", "a+b/c=d&e%20f é~").with("pageSize", "500");
        check_url(
            "https://source.test",
            &request,
            "https://source.test/api/v2/x?nextPageToken=a%2Bb%2Fc%3Dd%26e%2520f%20%C3%A9~&pageSize=500",
        );
    }

    #[test]
    fn path_stands_under_the_path_of_the_base() {
        check_url("https://gateway.test/genesys/", &Request::get("/api/v2/x", "x"), "https://gateway.test/genesys/api/v2/x");
        check_url("https://gateway.test", &Request::get("api/v2/x", "x"), "https://gateway.test/api/v2/x");
    }

    #[test]
    fn id_is_one_segment_whatever_it_holds() {
        let path = format!("/forms/{}", segment("a/b?c#d %2F é"));
        check_url("https://s.test", &Request::get(path, "x"), "https://s.test/forms/a%2Fb%3Fc%23d%20%252F%20%C3%A9");
    }

    #[test]
    fn id_that_would_name_another_resource_is_refused() {
        for id in ["..", "."] {
            let request = Request::get(format!("/forms/{}", segment(id)), "x");
            check_url("https://s.test", &request, &format!("`/forms/{id}` cannot stand in a URL"));
        }
    }

    #[test]
    fn debug_shows_no_query_value_token_or_body() {
        let request = Request::get("/x", "x").with("nextPageToken", "CURSOR");
        let outgoing = Outgoing {
            method: Method::Post,
            url: request.url(&Url::parse("https://user:SECRET@s.test").unwrap()).unwrap(),
            headers: vec![("authorization".into(), "Bearer TOKEN".into()), ("accept".into(), "*/*".into())],
            body: Some(b"SECRET".to_vec()),
        };
        let answer = Answer { status: 200, headers: vec![("x".into(), "TOKEN".into())], body: b"TOKEN".to_vec() };
        assert_eq!(
            format!("{request:?}\n{outgoing:?}\n{answer:?}"),
            "Request { method: Get, path: \"/x\", query: \"nextPageToken\", has_body: false, what: \"x\" }\n\
             Outgoing { method: Post, url: \"https://s.test/x\", headers: [\"authorization: ***\", \"accept: */*\"], body_bytes: Some(6) }\n\
             Answer { status: 200, n_headers: 1, body_bytes: 5 }"
        );
    }
}
