//! Verdicts: what to do with an outcome, as a table from (status, kind, headers) to a value.
//! Nothing is counted, waited for or sent here; the loop in `client` only obeys.
//! A status that is not retried is taken: what it means is for the dialect to say.

use std::time::Duration;

use jiff::Timestamp;

use crate::headers;
use crate::http::{Answer, HttpErrorKind};

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The answer stands.
    Take,
    /// Ask again: after the told wait, or after a backoff if none was told.
    Retry {
        /// The wait that a header asks for.
        wait: Option<Duration>,
        /// Who is in trouble.
        reason: Reason,
    },
    /// The token was refused: get another and ask again, once.
    RenewToken,
    /// Asking again cannot help.
    GiveUp,
}

/// Why to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// We ask too fast: everyone of this tenant waits.
    RateLimited,
    /// The source is in trouble: this request waits.
    Unavailable,
    /// The way there and back is in trouble: this request waits.
    Network,
}

/// The verdict on an answer; `now` is what a `Retry-After` date is relative to if the answer has no `Date`.
#[must_use]
pub fn of_answer(answer: &Answer, now: Timestamp) -> Verdict {
    match answer.status {
        200..300 if answer.status != 204 && !is_json(&answer.body) => Verdict::Retry { wait: None, reason: Reason::Network },
        401 => Verdict::RenewToken,
        429 => {
            let reset = || headers::rate_limit(answer, now)?.reset.filter(|reset| !reset.is_zero());
            Verdict::Retry { wait: headers::retry_after(answer, now).or_else(reset), reason: Reason::RateLimited }
        }
        408 | 500..600 => Verdict::Retry { wait: headers::retry_after(answer, now), reason: Reason::Unavailable },
        _ => Verdict::Take,
    }
}

/// The verdict on a failure to get an answer.
#[must_use]
pub fn of_failure(kind: HttpErrorKind) -> Verdict {
    match kind {
        // The same certificate and the same length will be there the next time.
        HttpErrorKind::Tls | HttpErrorKind::TooLarge => Verdict::GiveUp,
        HttpErrorKind::Resolve
        | HttpErrorKind::Connect
        | HttpErrorKind::Reset
        | HttpErrorKind::ConnectTimeout
        | HttpErrorKind::FirstByteTimeout
        | HttpErrorKind::BodyTimeout
        | HttpErrorKind::Truncated
        | HttpErrorKind::Encoding
        | HttpErrorKind::Other => Verdict::Retry { wait: None, reason: Reason::Network },
    }
}

/// Whether a body is one whole JSON value in UTF-8; what is cut off anywhere is not.
fn is_json(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    fn now() -> Timestamp {
        "2024-01-01T00:00:00Z".parse().unwrap()
    }

    fn shown(verdict: Verdict) -> String {
        match verdict {
            Verdict::Take => "take".to_owned(),
            Verdict::RenewToken => "renew token".to_owned(),
            Verdict::GiveUp => "give up".to_owned(),
            Verdict::Retry { wait: None, reason } => format!("retry ({reason:?})"),
            Verdict::Retry { wait: Some(wait), reason } => format!("retry after {} s ({reason:?})", wait.as_secs()),
        }
    }

    /// Runs of statuses with the same verdict.
    fn table(headers: &[(&str, &str)]) -> String {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for status in 100..600 {
            let verdict = shown(of_answer(&answer(status, headers, "{}"), now()));
            match runs.last_mut() {
                Some(run) if run.2 == verdict => run.1 = status,
                _ => runs.push((status, status, verdict)),
            }
        }
        runs.iter().map(|(from, to, verdict)| format!("{from}..={to} {verdict}\n")).collect()
    }

    #[test]
    fn every_status_has_its_verdict() {
        assert_eq!(
            table(&[]),
            "100..=400 take\n\
             401..=401 renew token\n\
             402..=407 take\n\
             408..=408 retry (Unavailable)\n\
             409..=428 take\n\
             429..=429 retry (RateLimited)\n\
             430..=499 take\n\
             500..=599 retry (Unavailable)\n"
        );
    }

    #[test]
    fn told_wait_is_taken_wherever_it_is_retried() {
        assert_eq!(
            table(&[("retry-after", "7")]),
            "100..=400 take\n\
             401..=401 renew token\n\
             402..=407 take\n\
             408..=408 retry after 7 s (Unavailable)\n\
             409..=428 take\n\
             429..=429 retry after 7 s (RateLimited)\n\
             430..=499 take\n\
             500..=599 retry after 7 s (Unavailable)\n"
        );
    }

    #[test]
    fn reset_stands_in_for_a_missing_retry_after() {
        let with_reset = answer(429, &[("x-ratelimit-reset", "20")], "");
        assert_eq!(shown(of_answer(&with_reset, now())), "retry after 20 s (RateLimited)");
        let with_both = answer(429, &[("x-ratelimit-reset", "20"), ("retry-after", "3")], "");
        assert_eq!(shown(of_answer(&with_both, now())), "retry after 3 s (RateLimited)");
    }

    #[test]
    fn success_that_is_no_whole_json_is_asked_again() {
        for body in ["", "<html>", r#"{"entities":["#, "{} {}", "{\"a\":NaN}"] {
            assert_eq!(shown(of_answer(&answer(200, &[], body), now())), "retry (Network)", "{body}");
        }
        let not_text = Answer { status: 200, headers: Vec::new(), body: b"{\"a\":\"\xff\"}".to_vec() };
        assert_eq!(shown(of_answer(&not_text, now())), "retry (Network)");
        assert_eq!(shown(of_answer(&answer(204, &[], ""), now())), "take");
        assert_eq!(shown(of_answer(&answer(202, &[], "\"job-1\""), now())), "take");
    }

    #[test]
    fn failures_that_cannot_heal_are_given_up() {
        use HttpErrorKind::{
            BodyTimeout, Connect, ConnectTimeout, Encoding, FirstByteTimeout, Other, Reset, Resolve, Tls, TooLarge, Truncated,
        };
        let kinds = [Resolve, Connect, Tls, Reset, ConnectTimeout, FirstByteTimeout, BodyTimeout, Truncated, Encoding, TooLarge, Other];
        let given_up: Vec<HttpErrorKind> = kinds.into_iter().filter(|kind| of_failure(*kind) == Verdict::GiveUp).collect();
        assert_eq!(given_up, [Tls, TooLarge]);
    }
}
