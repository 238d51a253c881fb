//! What measuring needs to know besides the store: zones and starts of days, what passes, who is in which team.
//! Two settings that measure alike have the same hash, and two that do not have not.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use model::canonical::source_hash;
use model::id::TenantName;
use serde_json::json;

/// Raised whenever `rule` gives another measure for the same input: everything is then measured again.
const RULES_VERSION: u32 = 1;

/// What dates an assessment whose interaction end is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DateFallback {
    /// Nothing: it has no business date.
    #[default]
    None,
    /// Its submission.
    Submitted,
}

/// How business days are cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessDay {
    /// The zone of the wall clock.
    pub zone: TimeZone,
    /// When a day begins on it.
    pub day_start: Time,
    /// Nobody named the zone.
    pub zone_defaulted: bool,
}

impl Default for BusinessDay {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, day_start: Time::midnight(), zone_defaulted: true }
    }
}

impl BusinessDay {
    /// The zone by name: that of the time zone database, else its offset.
    pub fn zone_name(&self) -> String {
        let fixed = || self.zone.to_fixed_offset().map_or_else(|_| format!("{:?}", self.zone), |offset| offset.to_string());
        self.zone.iana_name().map_or_else(fixed, ToOwned::to_owned)
    }
}

/// How the business days of one tenant are cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantDays {
    /// Where no scope says otherwise.
    pub day: BusinessDay,
    /// Of single scopes, by their ids.
    pub scopes: BTreeMap<String, BusinessDay>,
}

/// See the module. The default knows nothing: days are of UTC, and that is flagged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasureSettings {
    /// By tenant; one that is not named has the default.
    pub tenants: BTreeMap<TenantName, TenantDays>,
    /// What dates an assessment whose interaction end is unknown.
    pub date_fallback: DateFallback,
    /// Least final score that passes; without one, passing is having failed no critical question.
    pub pass_score: Option<f64>,
    /// The team of an agent, by tenant and agent id.
    pub teams: BTreeMap<(TenantName, String), String>,
}

impl MeasureSettings {
    /// What tells these settings from others.
    pub fn hash(&self) -> String {
        let day = |day: &BusinessDay| json!([day.zone_name(), day.day_start.to_string(), day.zone_defaulted]);
        let tenants: Vec<_> = self
            .tenants
            .iter()
            .map(|(tenant, days)| {
                let scopes: Vec<_> = days.scopes.iter().map(|(id, of_scope)| json!([id, day(of_scope)])).collect();
                json!([tenant.as_str(), day(&days.day), scopes])
            })
            .collect();
        let teams: Vec<_> = self.teams.iter().map(|((tenant, agent_id), team)| json!([tenant.as_str(), agent_id, team])).collect();
        let by_submission = self.date_fallback == DateFallback::Submitted;
        source_hash(&json!([RULES_VERSION, tenants, by_submission, self.pass_score, teams]))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn every_setting_is_in_the_hash() {
        let tenant = TenantName::new("acme");
        let day =
            |name: &str, hour| BusinessDay { zone: TimeZone::get(name).unwrap(), day_start: time(hour, 0, 0, 0), zone_defaulted: false };
        let of = |days: TenantDays| MeasureSettings { tenants: [(tenant.clone(), days)].into(), ..MeasureSettings::default() };
        let madrid = TenantDays { day: day("Europe/Madrid", 0), scopes: BTreeMap::new() };
        let all = [
            MeasureSettings::default(),
            MeasureSettings { date_fallback: DateFallback::Submitted, ..MeasureSettings::default() },
            MeasureSettings { pass_score: Some(80.0), ..MeasureSettings::default() },
            MeasureSettings { teams: [((tenant.clone(), "a".to_owned()), "t".to_owned())].into(), ..MeasureSettings::default() },
            of(TenantDays::default()),
            of(madrid.clone()),
            of(TenantDays { day: day("Europe/Madrid", 4), ..madrid.clone() }),
            of(TenantDays { day: day("Europe/Lisbon", 0), ..madrid.clone() }),
            of(TenantDays { scopes: [("east".to_owned(), day("Europe/Madrid", 0))].into(), ..madrid }),
        ];
        let mut hashes: Vec<String> = all.iter().map(MeasureSettings::hash).collect();
        assert_eq!(hashes.first(), Some(&MeasureSettings::default().hash()));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), all.len());
    }

    #[test]
    fn zones_are_named() {
        let name = |zone| BusinessDay { zone, ..BusinessDay::default() }.zone_name();
        assert_eq!(name(TimeZone::UTC), "UTC");
        assert_eq!(name(TimeZone::get("Asia/Kolkata").unwrap()), "Asia/Kolkata");
        assert_eq!(name(TimeZone::fixed(jiff::tz::offset(-5))), "-05");
    }
}
