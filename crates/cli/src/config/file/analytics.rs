//! `[analytics]` and the days of single scopes as they are written. The defaults are those of the engine.

use engine::analysis::settings::Analytics;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is computed from scores, and when a number is withheld.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnalyticsFile {
    /// Days on each side of a version boundary that enter a change split.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) split_span_days: u32,
    /// Days up to the last that agents are scored over.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) agent_span_days: u32,
    /// Days up to the last that evaluators are compared over.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) leniency_span_days: u32,
    /// Whom agents are compared with: all of the tenant, those of their division or site, those of their team.
    #[schemars(extend("enum" = ["tenant", "division", "team"]))]
    pub(crate) agent_pool: String,
    /// Weekly points that make the baseline of a control chart.
    #[schemars(range(min = 2, max = 520))]
    pub(crate) baseline_points: u32,
    /// Least share of the common questions in both forms for a change split to be published.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) common_share: f64,
    /// Least number of scored assessments on each side of a boundary.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub(crate) side_assessments: u32,
    /// Least share of assessments on each side by evaluators active on both.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) same_evaluators: f64,
    /// Weeks with fewer scored assessments are provisional.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) provisional_below: u32,
    /// Least effect worth an alarm, in points.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) least_effect: f64,
    /// Least effect worth an alarm, for rates.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) least_rate_effect: f64,
    /// False discovery rate over agents.
    #[schemars(range(min = 0, max = 1))]
    pub(crate) false_discovery_rate: f64,
    /// A slope of fewer points a week is flat.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) flat_slope: f64,
    /// Least final score that passes; without it, passing is having failed no critical question.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0, max = 100))]
    pub(crate) pass_score: Option<f64>,
    /// Least number of distinct agents in a shown cell of a team.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) k_anonymity: u32,
    /// A CSV file of people: `tenant,agent_id,team_id,name,first_name,last_name,person_id,user_email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) roster: Option<String>,
    /// What dates an assessment without an interaction end: nothing, or its submission.
    #[schemars(extend("enum" = ["none", "submitted"]))]
    pub(crate) date_fallback: String,
}

impl Default for AnalyticsFile {
    fn default() -> Self {
        let house = Analytics::default();
        let whole = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            split_span_days: house.split_span_days,
            agent_span_days: house.agent_span_days,
            leniency_span_days: house.leniency_span_days,
            agent_pool: house.agent_pool.word().to_owned(),
            baseline_points: u32::try_from(house.baseline_points).unwrap_or(u32::MAX),
            common_share: house.common_share,
            side_assessments: whole(house.side_assessments),
            same_evaluators: house.same_evaluators,
            provisional_below: whole(house.provisional_below),
            least_effect: house.least_effect,
            least_rate_effect: house.least_rate_effect,
            false_discovery_rate: house.false_discovery_rate,
            flat_slope: house.flat_slope,
            pass_score: house.pass_score,
            k_anonymity: whole(house.k_anonymity),
            roster: None,
            date_fallback: "none".to_owned(),
        }
    }
}

/// The days of one scope; what is not given is the tenant's.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ZoneFile {
    /// The IANA time zone of its business dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) timezone: Option<String>,
    /// When its business day begins on the wall clock, `04:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) day_start: Option<String>,
}
