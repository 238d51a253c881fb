//! Times as the platforms write them: UTC with milliseconds and `Z`. Inside, a time is a count of milliseconds.
//! Nothing here asks what time it is.

use jiff::Timestamp;

pub(crate) const SECOND_MS: i64 = 1000;
pub(crate) const MINUTE_MS: i64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// The time as RFC 3339 text; a time outside of the calendar is the epoch.
pub(crate) fn stamp(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// The time as the HTTP date of RFC 9110.
pub(crate) fn http_date(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Reads a bound of a range. Records bear whole milliseconds, so a finer bound is rounded up: that leaves a half-open
/// range with the same records in it. `None` is no RFC 3339 time with an offset.
pub(crate) fn read_stamp(text: &str) -> Option<i64> {
    let shaped = text.len() >= 20 && text.as_bytes().get(10).is_some_and(|letter| letter.eq_ignore_ascii_case(&b'T'));
    if !shaped || text.contains('[') {
        return None;
    }
    let nanoseconds = text.parse::<Timestamp>().ok()?.as_nanosecond();
    i64::try_from(nanoseconds.div_euclid(1_000_000) + i128::from(nanoseconds.rem_euclid(1_000_000) != 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read_stamp(text).map(stamp).as_deref(), expected);
    }

    #[test]
    fn bounds_are_read_as_rfc_3339() {
        check("2024-01-31T23:59:59.999Z", Some("2024-01-31T23:59:59.999Z"));
        check("2024-01-31T23:59:59Z", Some("2024-01-31T23:59:59.000Z"));
        check("2024-02-01T01:00:00+01:00", Some("2024-02-01T00:00:00.000Z"));
        check("2024-01-31T23:59:59.9990001Z", Some("2024-02-01T00:00:00.000Z"));
    }

    #[test]
    fn other_texts_are_no_times() {
        check("2024-01-31", None);
        check("2024-01-31T23:59:59", None);
        check("2024-01-31 23:59:59Z", None);
        check("2024-02-30T00:00:00Z", None);
        check("1704067200000", None);
        check("yesterday", None);
    }

    #[test]
    fn http_date_is_the_one_of_rfc_9110() {
        assert_eq!(http_date(1_706_745_599_999), "Wed, 31 Jan 2024 23:59:59 GMT");
    }
}
