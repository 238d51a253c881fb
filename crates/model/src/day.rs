//! Days as a contact centre counts them: the business date of a moment, its week, and the quarter hours of a local day.
//! Business dates are compared on the wall clock, so days of 23 or 25 hours need no case of their own. Nothing here
//! chooses a zone or a moment; both come in as arguments.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::window::Span;

/// The length of the intervals that planners count in.
const QUARTER_HOUR: SignedDuration = SignedDuration::from_mins(15);

/// The business date of a moment: its local date, less one day if the local clock shows a time before `day_start`.
pub fn business_date(end: Timestamp, zone: &TimeZone, day_start: Time) -> Date {
    let local = zone.to_datetime(end);
    // Only the first day that there is has none before it.
    if local.time() < day_start { local.date().yesterday().unwrap_or(local.date()) } else { local.date() }
}

/// The Monday of the date's week.
pub fn week_start(date: Date) -> Date {
    date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).unwrap_or(date)
}

/// A quarter of an hour of a local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarterHour {
    /// When it is. The last of a day may be shorter, where a zone's offset changed by some other amount.
    pub span: Span,
    /// Its beginning in local time with the offset: `2031-10-26T02:15+01:00`. No two of a day are the same.
    pub label: String,
}

/// The quarter hours of a local day, from its first moment to the first of the next, cut on the UTC axis. A day that the
/// zone left out has none.
pub fn quarter_hours(day: Date, zone: &TimeZone) -> Vec<QuarterHour> {
    let Some(whole) = local_day(day, zone) else { return Vec::new() };
    let mut found = Vec::new();
    let mut from = whole.from;
    while from < whole.to {
        let to = from.checked_add(QUARTER_HOUR).map_or(whole.to, |to| to.min(whole.to));
        let label = from.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string();
        found.push(QuarterHour { span: Span { from, to }, label });
        from = to;
    }
    found
}

/// How many quarter hours a local day has: 96, or more or fewer where the clock was changed.
pub fn n_quarter_hours(day: Date, zone: &TimeZone) -> usize {
    quarter_hours(day, zone).len()
}

fn local_day(day: Date, zone: &TimeZone) -> Option<Span> {
    Some(Span { from: first_moment(day, zone)?, to: first_moment(day.tomorrow().ok()?, zone)? })
}

/// The first moment at which the wall clock shows midnight of the day or, where the clock leapt over it, a later time.
fn first_moment(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = zone.to_ambiguous_timestamp(day.to_datetime(Time::midnight()));
    match midnight.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            // With the offset that comes after it, a time in the gap lies before the leap.
            let before_leap = after.to_timestamp(day.to_datetime(Time::midnight())).ok()?;
            zone.following(before_leap).next().map(|leap| leap.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => midnight.earlier().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[track_caller]
    fn check(end: &str, name: &str, day_start: &str, expected: &str) {
        let seen = business_date(end.parse().unwrap(), &zone(name), day_start.parse().unwrap());
        assert_eq!(seen.to_string(), expected);
    }

    #[test]
    fn the_business_date_is_the_local_date_or_the_day_before() {
        check("2031-03-10T22:10:00Z", "Asia/Kolkata", "04:00", "2031-03-10");
        check("2031-03-10T22:30:00Z", "Asia/Kolkata", "04:00", "2031-03-11");
        check("2031-03-10T22:29:59.999Z", "Asia/Kolkata", "04:00", "2031-03-10");
        check("2031-03-10T22:10:00Z", "Asia/Kolkata", "00:00", "2031-03-11");
        check("2031-03-30T01:30:00Z", "Europe/Madrid", "00:00", "2031-03-30");
        check("2031-03-09T08:30:00Z", "America/Chicago", "04:00", "2031-03-08");
        check("2031-03-09T09:00:00Z", "America/Chicago", "04:00", "2031-03-09");
        check("2031-01-01T03:59:59Z", "UTC", "04:00", "2030-12-31");
    }

    #[test]
    fn half_hours_of_a_clock_change_are_minded() {
        // Lord Howe leaps from 02:00+10:30 to 02:30+11:00 and falls back from 02:00+11:00 to 01:30+10:30.
        check("2031-10-04T15:29:00Z", "Australia/Lord_Howe", "02:15", "2031-10-04");
        check("2031-10-04T15:30:00Z", "Australia/Lord_Howe", "02:15", "2031-10-05");
        check("2031-04-05T14:59:00Z", "Australia/Lord_Howe", "01:45", "2031-04-06");
        check("2031-04-05T15:00:00Z", "Australia/Lord_Howe", "01:45", "2031-04-05");
        check("2031-04-05T15:15:00Z", "Australia/Lord_Howe", "01:45", "2031-04-06");
    }

    #[test]
    fn a_day_that_the_zone_left_out_is_no_case_of_its_own() {
        // Samoa went from the 29th to the 31st of December 2011.
        check("2011-12-30T09:59:59Z", "Pacific/Apia", "00:00", "2011-12-29");
        check("2011-12-30T10:00:00Z", "Pacific/Apia", "00:00", "2011-12-31");
        check("2011-12-30T12:00:00Z", "Pacific/Apia", "04:00", "2011-12-30");
    }

    #[test]
    fn a_day_that_starts_in_a_gap_starts_behind_it_and_both_hours_of_a_fold_are_compared_alike() {
        check("2031-03-30T00:59:59Z", "Europe/Madrid", "02:30", "2031-03-29");
        check("2031-03-30T01:00:00Z", "Europe/Madrid", "02:30", "2031-03-30");
        check("2031-10-26T00:15:00Z", "Europe/Madrid", "02:30", "2031-10-25");
        check("2031-10-26T00:45:00Z", "Europe/Madrid", "02:30", "2031-10-26");
        check("2031-10-26T01:15:00Z", "Europe/Madrid", "02:30", "2031-10-25");
        check("2031-10-26T01:45:00Z", "Europe/Madrid", "02:30", "2031-10-26");
    }

    #[test]
    fn the_ends_of_time_have_a_business_date() {
        let late: Time = "23:59".parse().unwrap();
        assert_eq!(business_date(Timestamp::MIN, &TimeZone::fixed(jiff::tz::offset(-20)), late).year(), -9999);
        assert_eq!(business_date(Timestamp::MAX, &TimeZone::UTC, late).year(), 9999);
    }

    #[test]
    fn weeks_begin_on_monday_also_across_years() {
        let check = |date: &str, expected: &str| assert_eq!(week_start(date.parse().unwrap()).to_string(), expected);
        check("2024-01-01", "2024-01-01");
        check("2024-01-07", "2024-01-01");
        check("2024-01-08", "2024-01-08");
        check("2023-01-01", "2022-12-26");
        check("2024-02-29", "2024-02-26");
    }

    #[track_caller]
    fn check_quarters(day: &str, name: &str, n: usize) -> Vec<QuarterHour> {
        let found = quarter_hours(day.parse().unwrap(), &zone(name));
        assert_eq!(found.len(), n, "{day} {name}");
        assert_eq!(n_quarter_hours(day.parse().unwrap(), &zone(name)), n);
        found
    }

    #[test]
    fn a_day_has_as_many_quarter_hours_as_its_clock_runs() {
        check_quarters("2031-03-30", "Europe/Madrid", 92);
        check_quarters("2031-10-26", "Europe/Madrid", 100);
        check_quarters("2031-06-01", "Europe/Madrid", 96);
        check_quarters("2031-06-01", "Asia/Kathmandu", 96);
        check_quarters("2031-10-05", "Australia/Lord_Howe", 94);
        check_quarters("2031-04-06", "Australia/Lord_Howe", 98);
        check_quarters("2011-12-30", "Pacific/Apia", 0);
        check_quarters("2011-12-31", "Pacific/Apia", 96);
        // Midnight itself is left out: in Cuba's capital the day begins at 01:00, in Toronto once at 00:30.
        check_quarters("2031-03-09", "America/Havana", 92);
        check_quarters("1919-03-31", "America/Toronto", 94);
        check_quarters("1919-03-30", "America/Toronto", 94);
    }

    #[test]
    fn quarter_hours_are_labelled_in_local_time_with_the_offset() {
        let day = check_quarters("2031-10-26", "Europe/Madrid", 100);
        let label = |place: usize| day[place].label.as_str();
        assert_eq!(
            [label(0), label(8), label(12), label(99)],
            ["2031-10-26T00:00+02:00", "2031-10-26T02:00+02:00", "2031-10-26T02:00+01:00", "2031-10-26T23:45+01:00"]
        );
        assert_eq!(check_quarters("2031-03-10", "Asia/Kolkata", 96)[1].label, "2031-03-10T00:15+05:30");
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_one_quarter_hour_of_its_local_day(
            second in 946_684_800_i64..2_000_000_000,
            name in proptest::sample::select(vec!["Europe/Madrid", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "America/St_Johns"]),
        ) {
            let (moment, zone) = (Timestamp::from_second(second).unwrap(), zone(name));
            let day = business_date(moment, &zone, Time::midnight());
            let found: Vec<QuarterHour> =
                quarter_hours(day, &zone).into_iter().filter(|quarter| quarter.span.contains(moment)).collect();
            // Until 2011 St. John's set its clock back just after midnight, so a minute of the next day came first.
            prop_assert!(found.len() == 1 || name == "America/St_Johns", "{moment} {name} {day}");
        }

        #[test]
        fn a_later_start_of_the_day_never_gives_a_later_date(second in 0_i64..4_000_000_000, minutes in 0_i8..60) {
            let moment = Timestamp::from_second(second).unwrap();
            let at = |hour: i8| business_date(moment, &TimeZone::UTC, jiff::civil::time(hour, minutes, 0, 0));
            prop_assert!((0..23).all(|hour| at(hour + 1) <= at(hour)));
        }
    }
}
