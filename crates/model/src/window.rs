//! Windows: the half-open spans of time that one extraction covers, cut at the day partitions of the tenant.
//! A closed window is never read again; an open one is read from its start.
//! Nothing here asks what time it is: the edge comes in as an argument.

use std::fmt;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::time::text;

/// A half-open span of time, `from` in it and `to` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment that is no longer in it.
    pub to: Timestamp,
}

impl Span {
    /// Whether the moment lies in it.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.to
    }

    /// The part of it that lies in the other, or none.
    pub fn within(&self, other: Self) -> Option<Self> {
        let part = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (part.from < part.to).then_some(part)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", text(self.from), text(self.to))
    }
}

/// How long a window is: whole days, or hours that divide a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowLength {
    /// So many local days.
    Days(u32),
    /// So many hours, counted from the start of the local day.
    Hours(u32),
}

impl WindowLength {
    /// Reads `1d`, `7d`, `6h`.
    ///
    /// # Errors
    /// The reason in words.
    pub fn read(words: &str) -> Result<Self, String> {
        let refuse = || format!("`{words}` is no window length: whole days (`1d` to `366d`), or hours that divide a day (`1h`, `6h`)");
        let (digits, unit) = words.split_at_checked(words.len().saturating_sub(1)).ok_or_else(refuse)?;
        let n: u32 = digits.parse().map_err(|_| refuse())?;
        match unit {
            "d" if (1..=366).contains(&n) => Ok(Self::Days(n)),
            "h" if n == 24 => Ok(Self::Days(1)),
            "h" if (1..24).contains(&n) && 24 % n == 0 => Ok(Self::Hours(n)),
            _ => Err(refuse()),
        }
    }
}

/// The windows that make up a span, oldest first: cut at local midnights of `zone`, the first and last clipped to the
/// span. Windows of several days are counted from a fixed day, so moving the start does not move the cuts.
pub fn windows(span: Span, length: WindowLength, zone: &TimeZone) -> Vec<Span> {
    let mut cut = Vec::new();
    let mut day = first_day(span.from, length, zone);
    while let Some(from) = start_of(day, zone) {
        if span.to <= from {
            break;
        }
        let n_days = if let WindowLength::Days(n) = length { n } else { 1 };
        let Ok(next) = day.checked_add(i64::from(n_days).days()) else { break };
        let Some(to) = start_of(next, zone) else { break };
        match length {
            WindowLength::Days(_) => cut.extend(Span { from, to }.within(span)),
            WindowLength::Hours(n) => cut.extend(hours(Span { from, to }, n).into_iter().filter_map(|part| part.within(span))),
        }
        day = next;
    }
    cut
}

/// The moment at which a local day begins, the clock changes of the zone minded.
pub fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_zoned(day.to_datetime(jiff::civil::Time::midnight())).compatible().ok().map(|zoned| zoned.timestamp())
}

fn first_day(from: Timestamp, length: WindowLength, zone: &TimeZone) -> Date {
    let day = zone.to_datetime(from).date();
    let WindowLength::Days(n) = length else { return day };
    let since = day.since(date(1970, 1, 1)).map_or(0, |span| span.get_days());
    day.checked_sub(i64::from(since.rem_euclid(i32::try_from(n).unwrap_or(1))).days()).unwrap_or(day)
}

/// A local day in pieces of whole hours; on the day of a clock change the last piece is longer or shorter.
fn hours(day: Span, n: u32) -> Vec<Span> {
    let piece = SignedDuration::from_hours(i64::from(n));
    let starts = |index: u32| day.from.checked_add(piece * i32::try_from(index).unwrap_or(i32::MAX)).unwrap_or(day.to);
    let n_pieces = 24 / n;
    (0..n_pieces)
        .map(|index| Span { from: starts(index), to: if index + 1 == n_pieces { day.to } else { starts(index + 1).min(day.to) } })
        .filter(|part| part.from < part.to)
        .collect()
}

/// A set of moments, made of spans in any order, overlapping or not. Asking it is quick however many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered(Vec<Span>);

impl Covered {
    /// The moments of all these spans.
    pub fn by(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.from < span.to);
        spans.sort_unstable();
        let mut joined: Vec<Span> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                _ => joined.push(span),
            }
        }
        Self(joined)
    }

    /// Whether no moment of the window is missing.
    pub fn holds(&self, window: Span) -> bool {
        let after = self.0.partition_point(|span| span.from <= window.from);
        after.checked_sub(1).and_then(|place| self.0.get(place)).is_some_and(|span| window.to <= span.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Span {
        Span { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[track_caller]
    fn check(zone: &str, length: &str, of: Span, expected: &[&str]) {
        let zone = TimeZone::get(zone).unwrap();
        let seen: Vec<String> = windows(of, WindowLength::read(length).unwrap(), &zone).iter().map(ToString::to_string).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn windows_are_cut_at_local_midnight() {
        check(
            "America/New_York",
            "1d",
            span("2024-01-01T05:00:00Z", "2024-01-02T17:00:00Z"),
            &["2024-01-01T05:00:00.000Z..2024-01-02T05:00:00.000Z", "2024-01-02T05:00:00.000Z..2024-01-02T17:00:00.000Z"],
        );
    }

    #[test]
    fn a_day_of_a_clock_change_is_one_window() {
        check(
            "America/New_York",
            "1d",
            span("2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"),
            &["2024-03-10T05:00:00.000Z..2024-03-11T04:00:00.000Z"],
        );
        check(
            "America/New_York",
            "12h",
            span("2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"),
            &["2024-03-10T05:00:00.000Z..2024-03-10T17:00:00.000Z", "2024-03-10T17:00:00.000Z..2024-03-11T04:00:00.000Z"],
        );
    }

    #[test]
    fn half_hour_zones_and_skipped_days_have_no_gap() {
        check(
            "Asia/Kolkata",
            "1d",
            span("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"),
            &["2024-01-01T00:00:00.000Z..2024-01-01T18:30:00.000Z", "2024-01-01T18:30:00.000Z..2024-01-02T00:00:00.000Z"],
        );
        // Samoa had no 30 December 2011.
        check(
            "Pacific/Apia",
            "1d",
            span("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"),
            &["2011-12-29T10:00:00.000Z..2011-12-30T10:00:00.000Z", "2011-12-30T10:00:00.000Z..2011-12-31T10:00:00.000Z"],
        );
    }

    #[test]
    fn cuts_of_long_windows_do_not_move_with_the_start() {
        check(
            "UTC",
            "7d",
            span("2024-01-05T00:00:00Z", "2024-01-15T00:00:00Z"),
            &["2024-01-05T00:00:00.000Z..2024-01-11T00:00:00.000Z", "2024-01-11T00:00:00.000Z..2024-01-15T00:00:00.000Z"],
        );
        check(
            "UTC",
            "7d",
            span("2024-01-04T00:00:00Z", "2024-01-15T00:00:00Z"),
            &["2024-01-04T00:00:00.000Z..2024-01-11T00:00:00.000Z", "2024-01-11T00:00:00.000Z..2024-01-15T00:00:00.000Z"],
        );
    }

    #[test]
    fn every_moment_of_a_year_is_in_exactly_one_window() {
        for zone in ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"] {
            for length in ["1d", "6h", "5d"] {
                let year = span("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
                let cut = windows(year, WindowLength::read(length).unwrap(), &TimeZone::get(zone).unwrap());
                assert_eq!(cut.first().unwrap().from, year.from);
                assert_eq!(cut.last().unwrap().to, year.to);
                assert!(cut.windows(2).all(|pair| pair[0].to == pair[1].from), "{zone} {length}");
            }
        }
    }

    #[test]
    fn an_empty_or_reversed_span_has_no_windows() {
        check("UTC", "1d", span("2024-01-05T00:00:00Z", "2024-01-05T00:00:00Z"), &[]);
        check("UTC", "1d", span("2024-01-05T00:00:00Z", "2024-01-04T00:00:00Z"), &[]);
    }

    #[test]
    fn lengths_that_do_not_divide_a_day_are_refused() {
        for words in ["5h", "0d", "x", "", "1w", "é"] {
            assert!(WindowLength::read(words).is_err(), "{words}");
        }
    }

    #[test]
    fn coverage_minds_gaps_and_overlaps() {
        let day = |a: u32, b: u32| span(&format!("2024-01-{a:02}T00:00:00Z"), &format!("2024-01-{b:02}T00:00:00Z"));
        assert!(Covered::by(vec![day(3, 5), day(1, 3)]).holds(day(2, 4)));
        assert!(!Covered::by(vec![day(1, 3), day(4, 6)]).holds(day(2, 5)));
        assert!(Covered::by(vec![day(1, 6), day(2, 3)]).holds(day(4, 6)));
        assert!(!Covered::by(vec![day(3, 5)]).holds(day(2, 4)));
        assert!(!Covered::by(Vec::new()).holds(day(2, 3)));
    }
}
