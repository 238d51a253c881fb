//! `[analytics]` and the days of tenants: from the file's words to the engine's settings.
//! The roster is a file of its own and is read by the commands that need it, not with the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::analysis::settings::{Analytics, Pool};
use engine::roster::Roster;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::config::file::{AnalyticsFile, TenantFile, beside};
use crate::config::problem::{Place, quoted};
use crate::config::reader::Reader;
use crate::exit::Outcome;

/// What is computed, but for the roster, which is still a path.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    house: Analytics,
    /// The roster's file.
    pub(crate) roster: Option<PathBuf>,
    /// What dates an assessment without an interaction end.
    pub(crate) date_fallback: DateFallback,
}

/// What dates an assessment without an interaction end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateFallback {
    /// Nothing: it has no business date.
    None,
    /// Its submission.
    Submitted,
}

/// How a tenant's business days are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days {
    /// Of all scopes that have none of their own.
    pub(crate) tenant: Day,
    /// Of single scopes, by their ids.
    pub(crate) scopes: BTreeMap<String, Day>,
}

/// A time zone, and when a day begins on its wall clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) zone: TimeZone,
    pub(crate) start: Time,
    /// Nobody wrote the zone, so it is UTC.
    pub(crate) zone_defaulted: bool,
}

impl Numbers {
    /// The settings with the roster read.
    ///
    /// # Errors
    /// A roster that is not there or cannot be meant.
    pub(crate) fn settings(&self) -> Outcome<Analytics> {
        let roster = self.roster.as_deref().map(Roster::read).transpose()?.unwrap_or_default();
        Ok(Analytics { roster, ..self.house.clone() })
    }
}

/// The settings of `[analytics]`; its numbers are within their limits already.
pub(crate) fn numbers(file: &AnalyticsFile, reader: &mut Reader<'_>) -> Numbers {
    if file.roster.as_deref() == Some("") {
        reader.problems.note_key(&Place::default().below("`analytics`"), "roster", "is empty");
    }
    let pool = Pool::ALL.into_iter().find(|pool| pool.word() == file.agent_pool).unwrap_or(Pool::Tenant);
    let house = Analytics {
        split_span_days: file.split_span_days,
        agent_span_days: file.agent_span_days,
        leniency_span_days: file.leniency_span_days,
        agent_pool: pool,
        baseline_points: usize::try_from(file.baseline_points).unwrap_or(usize::MAX),
        common_share: file.common_share,
        side_assessments: u64::from(file.side_assessments),
        same_evaluators: file.same_evaluators,
        provisional_below: u64::from(file.provisional_below),
        least_effect: file.least_effect,
        least_rate_effect: file.least_rate_effect,
        false_discovery_rate: file.false_discovery_rate,
        flat_slope: file.flat_slope,
        pass_score: file.pass_score,
        k_anonymity: u64::from(file.k_anonymity),
        roster: Roster::default(),
    };
    Numbers {
        house,
        roster: file.roster.as_ref().map(|path| beside(reader.folder, path)),
        date_fallback: if file.date_fallback == "submitted" { DateFallback::Submitted } else { DateFallback::None },
    }
}

/// How a tenant's days are cut; `zone` is the tenant's own.
pub(crate) fn days(file: &TenantFile, zone: &TimeZone, place: &Place, reader: &mut Reader<'_>) -> Days {
    let start = day_start(&file.day_start, place, reader);
    let tenant = Day { zone: zone.clone(), start, zone_defaulted: file.timezone.is_none() };
    let place = place.below("`zones`");
    let mut scopes = BTreeMap::new();
    for (id, written) in &file.zones {
        let place = place.below(quoted(id));
        if id.is_empty() {
            reader.problems.note(&place, None, "the id of a scope is empty");
        }
        if written.timezone.is_none() && written.day_start.is_none() {
            reader.problems.note(&place, None, "`timezone` or `day_start` is asked for");
        }
        let own = written.timezone.as_ref().and_then(|words| self::zone(words, &place, reader));
        let zone_defaulted = written.timezone.is_none() && tenant.zone_defaulted;
        let zone = own.unwrap_or_else(|| tenant.zone.clone());
        let start = written.day_start.as_ref().map_or(tenant.start, |words| day_start(words, &place, reader));
        scopes.insert(id.clone(), Day { zone, start, zone_defaulted });
    }
    Days { tenant, scopes }
}

/// An IANA time zone; one that is not known is noted.
pub(crate) fn zone(words: &str, place: &Place, reader: &mut Reader<'_>) -> Option<TimeZone> {
    let zone = TimeZone::get(words).ok();
    if zone.is_none() {
        reader.problems.note_key(place, "timezone", format!("{} is no IANA time zone such as `America/New_York`", quoted(words)));
    }
    zone
}

/// A time of the wall clock, `04:00`; one that cannot be read is noted and stands for midnight.
fn day_start(words: &str, place: &Place, reader: &mut Reader<'_>) -> Time {
    Some(words).filter(|words| words.len() == 5 && words.find(':') == Some(2)).and_then(|words| words.parse().ok()).unwrap_or_else(|| {
        reader.problems.note_key(place, "day_start", format!("{} is no time of day such as `04:00`", quoted(words)));
        Time::midnight()
    })
}
