//! What the headers of an answer tell about time and allowance: `Date`, `Retry-After`, rate limits.
//! Reading only; what follows from them is decided in `verdict` and `pace`.
//! What cannot be read is as if it were not there.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::http::Answer;

/// No wait is longer than this, whatever a header says; it keeps the arithmetic safe.
const WAIT_MAX: Duration = Duration::from_secs(u32::MAX as u64);
/// The smallest number that is read as seconds since 1970 and not as a length.
const EPOCH_SECONDS_MIN: u64 = 1_000_000_000;
/// The smallest number that is read as milliseconds since 1970.
const EPOCH_MILLIS_MIN: u64 = 1_000_000_000_000;

/// The source's own clock as the answer shows it, whole seconds.
pub(crate) fn date(answer: &Answer) -> Option<Timestamp> {
    http_date(answer.header("date")?)
}

/// How long `Retry-After` asks to wait: whole seconds, or an HTTP date relative to the answer's own `Date`, else to `now`.
///
/// Zero, a date in the past and what cannot be read give `None`: the caller's own backoff is the politer reading.
pub(crate) fn retry_after(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let text = answer.header("retry-after")?.trim();
    let wait = match digits(text) {
        Some(seconds) => Duration::from_secs(seconds),
        None => until(http_date(text)?, date(answer).unwrap_or(now)),
    };
    (!wait.is_zero()).then_some(wait.min(WAIT_MAX))
}

/// What an answer's headers say of the request budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Requests allowed in the source's window.
    pub allowed: Option<u32>,
    /// Requests left in it.
    pub remaining: Option<u32>,
    /// Until the window begins anew.
    pub reset: Option<Duration>,
}

/// Reads `inin-ratelimit-*`, `x-ratelimit-*` and `ratelimit-*`, in that order; the first family that is there counts.
pub(crate) fn rate_limit(answer: &Answer, now: Timestamp) -> Option<RateLimit> {
    let count = |name: &str| answer.header(name).and_then(first_number).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let reset = |name: &str| answer.header(name).and_then(first_number).map(|n| reset_wait(n, answer, now));
    let allowed = count("inin-ratelimit-allowed");
    let used = count("inin-ratelimit-count");
    let inin = RateLimit {
        allowed,
        remaining: allowed.zip(used).map(|(allowed, used)| allowed.saturating_sub(used)),
        reset: reset("inin-ratelimit-reset"),
    };
    let family = |prefix: &str| RateLimit {
        allowed: count(&format!("{prefix}-limit")),
        remaining: count(&format!("{prefix}-remaining")),
        reset: reset(&format!("{prefix}-reset")),
    };
    [inin, family("x-ratelimit"), family("ratelimit")].into_iter().find(|limit| *limit != RateLimit::default())
}

/// A reset is told as seconds to go, or as a point in time.
fn reset_wait(number: u64, answer: &Answer, now: Timestamp) -> Duration {
    let at = match number {
        n if EPOCH_MILLIS_MIN <= n => i64::try_from(n).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()),
        n if EPOCH_SECONDS_MIN <= n => i64::try_from(n).ok().and_then(|s| Timestamp::from_second(s).ok()),
        n => return Duration::from_secs(n),
    };
    at.map_or(WAIT_MAX, |at| until(at, date(answer).unwrap_or(now)))
}

fn until(at: Timestamp, now: Timestamp) -> Duration {
    let wait: SignedDuration = at.duration_since(now);
    Duration::try_from(wait).unwrap_or(Duration::ZERO)
}

fn http_date(text: &str) -> Option<Timestamp> {
    let time: SystemTime = httpdate::parse_http_date(text.trim()).ok()?;
    // The last days of the year 9999 are past the end of our calendar.
    Some(Timestamp::try_from(time).unwrap_or(Timestamp::MAX))
}

/// A whole number; one too big to hold is the biggest there is.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The leading number of `100, 100;w=60`.
fn first_number(text: &str) -> Option<u64> {
    digits(text.split([',', ';']).next()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answer { status: 429, headers, body: Vec::new() }
    }

    fn now() -> Timestamp {
        "2024-01-01T00:00:00Z".parse().unwrap()
    }

    #[track_caller]
    fn check_wait(headers: &[(&str, &str)], expected: Option<u64>) {
        assert_eq!(retry_after(&answer(headers), now()).map(|wait| wait.as_secs()), expected, "{headers:?}");
    }

    #[test]
    fn retry_after_is_read_as_seconds() {
        check_wait(&[("retry-after", "7")], Some(7));
        check_wait(&[("retry-after", " 7200 ")], Some(7200));
        check_wait(&[("retry-after", "99999999999999999999999")], Some(u64::from(u32::MAX)));
    }

    #[test]
    fn retry_after_is_read_as_a_date_against_the_clock() {
        check_wait(&[("retry-after", "Mon, 01 Jan 2024 00:00:30 GMT")], Some(30));
        check_wait(&[("retry-after", "Monday, 01-Jan-24 00:00:30 GMT")], Some(30));
        check_wait(&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], Some(u64::from(u32::MAX)));
    }

    #[test]
    fn retry_after_date_is_relative_to_the_answers_own_date() {
        let headers = [("date", "Tue, 02 Jan 2024 12:00:00 GMT"), ("retry-after", "Tue, 02 Jan 2024 12:00:05 GMT")];
        check_wait(&headers, Some(5));
    }

    #[test]
    fn retry_after_that_names_no_wait_is_not_there() {
        for text in ["", "0", "-5", "1.5", "soon", "NaN", "Sun, 31 Dec 2023 23:59:00 GMT", "Mon, 32 Jan 2024 00:00:30 GMT"] {
            check_wait(&[("retry-after", text)], None);
        }
        check_wait(&[], None);
    }

    #[track_caller]
    fn check_limit(headers: &[(&str, &str)], expected: &str) {
        let shown = rate_limit(&answer(headers), now()).map_or_else(
            || "none".to_owned(),
            |limit| format!("{:?} {:?} {:?}", limit.allowed, limit.remaining, limit.reset.map(|reset| reset.as_secs())),
        );
        assert_eq!(shown, expected);
    }

    #[test]
    fn rate_limit_headers_are_read() {
        check_limit(&[], "none");
        check_limit(
            &[("inin-ratelimit-allowed", "300"), ("inin-ratelimit-count", "299"), ("inin-ratelimit-reset", "12")],
            "Some(300) Some(1) Some(12)",
        );
        check_limit(
            &[("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1704067230")],
            "Some(60) Some(0) Some(30)",
        );
        check_limit(&[("x-ratelimit-reset", "1704067230500")], "None None Some(30)");
        check_limit(&[("ratelimit-limit", "100, 100;w=60"), ("ratelimit-remaining", "x")], "Some(100) None None");
        check_limit(&[("inin-ratelimit-allowed", "5"), ("inin-ratelimit-count", "9")], "Some(5) Some(0) None");
    }
}
