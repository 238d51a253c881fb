//! Words that mean a time: moments of the command line and durations of the configuration.

use std::str::FromStr;
use std::time::Duration;

use engine::model::window::start_of;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A moment as a person writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// RFC 3339 with an offset.
    Exact(Timestamp),
    /// A date: its first moment in some zone.
    Day(Date),
}

impl Moment {
    /// The moment itself; a date begins at local midnight of `zone`.
    pub(crate) fn at(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Exact(moment) => Some(moment),
            Self::Day(day) => start_of(day, zone),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(words: &str) -> Result<Self, String> {
        if words.len() == 10
            && let Ok(day) = words.parse::<Date>()
        {
            return Ok(Self::Day(day));
        }
        engine::model::time::read(words).map(Self::Exact).map_err(|reason| format!("{reason}, nor a date such as `2024-01-31`"))
    }
}

/// Reads a date, `2024-01-31`.
///
/// # Errors
/// The reason in words.
pub(crate) fn day(words: &str) -> Result<Date, String> {
    let day = Some(words).filter(|words| words.len() == 10).and_then(|words| words.parse().ok());
    day.ok_or_else(|| format!("`{words}` is no date such as `2024-01-31`"))
}

/// Reads `500ms`, `90s`, `15m`, `6h`, `7d`.
///
/// # Errors
/// The reason in words.
pub(crate) fn duration(words: &str) -> Result<Duration, String> {
    let refuse = || format!("`{words}` is no duration such as `500ms`, `90s`, `15m`, `6h` or `7d`");
    let at = words.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(refuse)?;
    let (digits, unit) = words.split_at_checked(at).ok_or_else(refuse)?;
    let n: u64 = digits.parse().map_err(|_| refuse())?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(refuse()),
    };
    // A hundred years; more would overflow a timestamp.
    n.checked_mul(ms).filter(|ms| *ms <= 36_525 * 86_400_000).map(Duration::from_millis).ok_or_else(refuse)
}

/// Cuts long text for a message.
pub(crate) fn shortened(words: &str) -> String {
    if words.chars().count() <= 60 { words.to_owned() } else { words.chars().take(57).chain("...".chars()).collect() }
}

/// Single ones that a line names.
const NAMED_MAX: usize = 5;

/// The first few, and how many more there are.
pub(crate) fn named(all: impl ExactSizeIterator<Item = String>) -> String {
    let n_more = all.len().saturating_sub(NAMED_MAX);
    let mut words: Vec<String> = all.take(NAMED_MAX).collect();
    if n_more > 0 {
        words.push(format!("and {n_more} more"));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_names_a_few_and_counts_the_rest() {
        assert_eq!(named(["a", "b"].into_iter().map(str::to_owned)), "a, b");
        assert_eq!(named((1..8).map(|n: i32| n.to_string()).collect::<Vec<_>>().into_iter()), "1, 2, 3, 4, 5, and 2 more");
    }

    #[test]
    fn durations_are_read_with_their_unit() {
        let read = |words: &str| duration(words).map(|length| length.as_millis()).map_err(drop);
        assert_eq!(
            ["500ms", "90s", "15m", "6h", "7d", "0s"].map(read),
            [Ok(500), Ok(90_000), Ok(900_000), Ok(21_600_000), Ok(604_800_000), Ok(0)]
        );
        assert_eq!(["", "5", "d", "1w", "-1s", "1.5h", "1 h", "99999999999d", "é"].map(read), [Err(()); 9]);
    }

    #[test]
    fn a_date_is_midnight_in_the_zone() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let at = |words: &str| words.parse::<Moment>().unwrap().at(&zone).unwrap().to_string();
        assert_eq!(at("2024-03-10"), "2024-03-10T05:00:00Z");
        assert_eq!(at("2024-03-11"), "2024-03-11T04:00:00Z");
        assert_eq!(at("2024-03-11T00:00:00Z"), "2024-03-11T00:00:00Z");
        assert!("2024-03-11T00:00:00".parse::<Moment>().is_err());
    }
}
