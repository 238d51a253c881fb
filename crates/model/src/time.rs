//! Times as the project writes them: UTC, RFC 3339, milliseconds, `Z`.
//! Finer digits of a source are cut off when it is read, so what is compared is what is stored.

use jiff::Timestamp;

/// The moment as text: `2024-01-31T23:59:59.999Z`. Text order is time order for years 0 to 9999.
pub fn text(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

/// Cuts the moment to whole milliseconds, towards the past.
pub fn to_millisecond(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_nanosecond().div_euclid(1_000_000) as i64).unwrap_or(moment)
}

/// Reads an RFC 3339 text with an offset.
///
/// # Errors
/// The reason in words when the text is no such time; an offset is never guessed.
pub fn read(words: &str) -> Result<Timestamp, String> {
    words.parse::<Timestamp>().map(to_millisecond).map_err(|_| format!("`{words}` is not an RFC 3339 time with an offset"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &str, expected: &str) {
        let seen = read(words).map_or_else(|reason| reason, text);
        assert_eq!(seen, expected);
    }

    #[test]
    fn offsets_become_utc_and_fine_digits_are_cut() {
        check("2024-01-31T23:59:59.9999Z", "2024-01-31T23:59:59.999Z");
        check("2024-02-01T01:00:00+01:00", "2024-02-01T00:00:00.000Z");
        check("2024-02-01T00:00:00Z", "2024-02-01T00:00:00.000Z");
        check("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_time_without_an_offset_is_not_guessed() {
        check("2024-02-01T00:00:00", "`2024-02-01T00:00:00` is not an RFC 3339 time with an offset");
        check("yesterday", "`yesterday` is not an RFC 3339 time with an offset");
    }
}
