//! The house rules of `analytics.md`, each a setting with its default. Values are checked by whoever reads them from a file.

use jiff::civil::Date;
use model::id::TenantName;
use model::record::Platform;

use crate::roster::Roster;

/// Whom an agent is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// All agents of the tenant in the same cohort.
    Tenant,
    /// Those of the same division or site.
    Division,
    /// Those of the same team of the roster.
    Team,
}

impl Pool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tenant, Self::Division, Self::Team];

    /// The word in the configuration and in `pool_kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Division => "division",
            Self::Team => "team",
        }
    }

    /// The kinds of scope that make such pools.
    pub fn scope_kinds(self) -> &'static [&'static str] {
        match self {
            Self::Tenant => &["tenant"],
            Self::Division => &["division", "site"],
            Self::Team => &["team"],
        }
    }
}

/// Everything that decides what is computed and when a number is withheld.
#[derive(Debug, Clone, PartialEq)]
pub struct Analytics {
    /// Days on each side of a version boundary that enter a change split.
    pub split_span_days: u32,
    /// Days up to the last that agents are scored over.
    pub agent_span_days: u32,
    /// Days up to the last that evaluators are compared over.
    pub leniency_span_days: u32,
    /// Whom agents are compared with.
    pub agent_pool: Pool,
    /// Weekly points that make the baseline of a control chart.
    pub baseline_points: usize,
    /// Least share of the common questions in both forms, 0 to 1.
    pub common_share: f64,
    /// Least number of scored assessments on each side of a boundary.
    pub side_assessments: u64,
    /// Least share of assessments on each side by evaluators active on both, 0 to 1.
    pub same_evaluators: f64,
    /// Weeks with fewer scored assessments are provisional.
    pub provisional_below: u64,
    /// Least effect worth an alarm, in points.
    pub least_effect: f64,
    /// Least effect worth an alarm, for rates.
    pub least_rate_effect: f64,
    /// False discovery rate over agents.
    pub false_discovery_rate: f64,
    /// A slope below this many points a week is flat.
    pub flat_slope: f64,
    /// Least final score that passes; without one, passing is having failed no critical question.
    pub pass_score: Option<f64>,
    /// Least number of distinct agents in a cell of a team.
    pub k_anonymity: u64,
    /// Names, teams and person ids of agents.
    pub roster: Roster,
}

impl Default for Analytics {
    fn default() -> Self {
        Self {
            split_span_days: 90,
            agent_span_days: 90,
            leniency_span_days: 180,
            agent_pool: Pool::Tenant,
            baseline_points: 8,
            common_share: 0.5,
            side_assessments: 30,
            same_evaluators: 0.7,
            provisional_below: 10,
            least_effect: 2.0,
            least_rate_effect: 0.02,
            false_discovery_rate: 0.05,
            flat_slope: 0.1,
            pass_score: None,
            k_anonymity: 5,
            roster: Roster::default(),
        }
    }
}

/// What of the store is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Only this tenant.
    pub tenant: Option<TenantName>,
    /// Only this platform.
    pub platform: Option<Platform>,
    /// Only this division, site, queue or team.
    pub scope: Option<String>,
    /// Only this form, by its id or the id of one of its versions.
    pub form: Option<String>,
    /// From this business date on.
    pub from: Option<Date>,
    /// Up to, and without, this business date.
    pub to: Option<Date>,
}
