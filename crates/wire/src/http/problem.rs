//! What a source says went wrong: the error body of the contract, as far as it can be read.
//! The body may be missing, empty, HTML, plain text or cut off; what is there is taken, nothing is guessed.
//! Every text is one short line without control characters, bearer tokens or query strings.

use std::fmt;

use serde_json::Value;

use crate::http::Answer;

const CODE_NAMES: [&str; 3] = ["code", "error", "errorCode"];
const MESSAGE_NAMES: [&str; 3] = ["message", "error_description", "errorDescription"];
const CORRELATION_NAMES: [&str; 2] = ["correlationId", "contextId"];
const CORRELATION_HEADERS: [&str; 3] = ["inin-correlation-id", "x-correlation-id", "x-request-id"];
const MESSAGE_CHARS_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 80;

/// An error answer in a few words. Its `Display` is one line: "403 `missing.permission`: ... (correlation id `...`)".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status, whatever the body says.
    pub status: u16,
    /// The source's own word for it; for a token request the OAuth `error`.
    pub code: Option<String>,
    /// The source's own sentence, shortened.
    pub message: Option<String>,
    /// What the source's support asks for.
    pub correlation_id: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " `{code}`")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, " (correlation id `{id}`)")?;
        }
        Ok(())
    }
}

/// Reads an answer's problem.
pub(super) fn read(answer: &Answer) -> Problem {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim();
    let (code, message, correlation_id) = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(body)) => {
            let inner = body.get("error").and_then(Value::as_object).unwrap_or(&body);
            let field = |names: &[&str]| names.iter().find_map(|name| scalar(inner.get(*name)?));
            (field(&CODE_NAMES), field(&MESSAGE_NAMES), field(&CORRELATION_NAMES))
        }
        Ok(Value::String(sentence)) => (None, Some(sentence), None),
        Ok(_) => (None, None, None),
        Err(_) if text.starts_with('{') => (
            CODE_NAMES.iter().find_map(|name| cut_field(text, name, Cut::Drop)),
            MESSAGE_NAMES.iter().find_map(|name| cut_field(text, name, Cut::Keep)),
            CORRELATION_NAMES.iter().find_map(|name| cut_field(text, name, Cut::Drop)),
        ),
        Err(_) if text.starts_with('<') => (None, html_title(text), None),
        Err(_) => (None, Some(text.to_owned()), None),
    };
    let header = || CORRELATION_HEADERS.iter().find_map(|name| answer.header(name)).map(str::to_owned);
    Problem {
        status: answer.status,
        code: code.and_then(|code| line(&code, NAME_CHARS_MAX)),
        message: message.and_then(|message| line(&message, MESSAGE_CHARS_MAX)),
        correlation_id: correlation_id.or_else(header).and_then(|id| line(&id, NAME_CHARS_MAX)),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What to do with a value that the end of the body cuts: half a sentence helps, half a code misleads.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Drop,
    Keep,
}

fn cut_field(text: &str, name: &str, cut: Cut) -> Option<String> {
    let (_, after_name) = text.split_once(&format!("\"{name}\""))?;
    let value = after_name.trim_start().strip_prefix(':')?.trim_start();
    match serde_json::Deserializer::from_str(value).into_iter::<Value>().next()? {
        Ok(whole) => scalar(&whole),
        Err(_) if cut == Cut::Keep => value.strip_prefix('"').map(|rest| rest.trim_end_matches('\\').to_owned()),
        Err(_) => None,
    }
}

fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower.get(start..)?.find("</title>")?;
    text.get(start..end).map(str::to_owned)
}

/// One short line that is fit to print, or nothing if nothing is left of it.
fn line(text: &str, chars_max: usize) -> Option<String> {
    let printable: String = text.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
    let mut words: Vec<&str> = Vec::new();
    for word in printable.split_whitespace() {
        let after_bearer = words.last().is_some_and(|last| last.eq_ignore_ascii_case("bearer"));
        words.push(if after_bearer { "***" } else { without_query(word) });
    }
    let whole = words.join(" ");
    let mut short: String = whole.chars().take(chars_max).collect();
    if short.len() < whole.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

fn without_query(word: &str) -> &str {
    match word.split_once('?') {
        Some((before, query)) if query.contains('=') => before,
        _ => word,
    }
}

/// Control characters and the marks that turn the direction of text have no place on an operator's terminal.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let answer = Answer { status: 403, headers: Vec::new(), body: body.as_bytes().to_vec() };
        assert_eq!(read(&answer).to_string(), expected);
    }

    #[test]
    fn error_body_of_the_contract_is_read() {
        check(
            r#"{"status":500,"code":"missing.permission","message":"needs `quality:feedback:read`","correlationId":"c-1"}"#,
            "403 `missing.permission`: needs `quality:feedback:read` (correlation id `c-1`)",
        );
        check(r#"{"error":"invalid_client","error_description":"bad secret"}"#, "403 `invalid_client`: bad secret");
        check(r#"{"error":{"code":17,"message":"nested"}}"#, "403 `17`: nested");
    }

    #[test]
    fn odd_bodies_give_what_is_there() {
        check("", "403");
        check("null", "403");
        check("[1]", "403");
        check(r#"{"code":null,"message":""}"#, "403");
        check(r#""just a sentence""#, "403: just a sentence");
        check("plain text", "403: plain text");
        check("<!doctype html><html><head><TITLE>Bad\nGateway</TITLE></head>", "403: Bad Gateway");
        check("<html><body>no title", "403");
    }

    #[test]
    fn cut_off_bodies_give_what_is_whole() {
        check(r#"{"code":"too.many.requests","mess"#, "403 `too.many.requests`");
        check(r#"{"code":"too.many.requests","message":"slow do\"#, "403 `too.many.requests`: slow do");
        check(r#"{"code":"too.ma"#, "403");
        check(r#"{"correlationId":"c-1","code":"x","message":"y""#, "403 `x`: y (correlation id `c-1`)");
    }

    #[test]
    fn correlation_id_may_come_in_a_header() {
        let headers = vec![("inin-correlation-id".to_owned(), "c-2".to_owned())];
        let answer = Answer { status: 500, headers, body: b"\xff\xfe".to_vec() };
        assert_eq!(read(&answer).correlation_id.as_deref(), Some("c-2"));
    }

    #[test]
    fn text_is_one_short_line_without_secrets() {
        check("a\u{1b}[31mred\r\nline\u{202e}end", "403: a [31mred line end");
        check("token Bearer abc.def refused", "403: token Bearer *** refused");
        check("no route https://s.test/x?nextPageToken=abc here", "403: no route https://s.test/x here");
        check("why? because", "403: why? because");
        let long = "é".repeat(300);
        check(&long, &format!("403: {}…", "é".repeat(200)));
    }
}
