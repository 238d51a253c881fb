//! What a simulator is made from: the world's size and span, the credentials, the ports.
//! Plain values with defaults; nothing here is checked against anything else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::faults::Faults;
use crate::platform::Platform;
use crate::stamp::DAY_MS;

/// What the world is generated from. The same options give the same world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldOptions {
    /// Everything random follows from this.
    pub seed: u64,
    /// Assessments of each platform between `start` and `end`.
    pub n_assessments: u32,
    /// Feedback entries of each platform between `start` and `end`.
    pub n_feedback: u32,
    /// The first record is not older than this.
    pub start: Timestamp,
    /// The present moment of the new world; every record is older.
    pub end: Timestamp,
    /// Records of each stream and platform that belong to no division, or to neither a site nor a queue.
    pub n_unscoped: u32,
    /// Whether one Genesys division is listed but its rows are never shown.
    pub hidden_division: bool,
    /// How often what happens.
    pub rates: Rates,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            n_assessments: 3000,
            n_feedback: 1500,
            start: Timestamp::constant(1_704_067_200, 0),
            end: Timestamp::constant(1_711_929_600, 0),
            n_unscoped: 1,
            hidden_division: true,
            rates: Rates::default(),
        }
    }
}

impl WorldOptions {
    /// A world of `scale` times 3000 assessments and 1500 feedback entries a platform, from January to March 2024.
    pub fn scaled(seed: u64, scale: f64) -> Self {
        let size = Self::default();
        Self {
            seed,
            n_assessments: (f64::from(size.n_assessments) * scale).round() as u32,
            n_feedback: (f64::from(size.n_feedback) * scale).round() as u32,
            ..size
        }
    }

    /// A world for trends: the first half of 2024, with `scale` times 4000 assessments and 2000 feedback entries a platform.
    /// The first form is revised after sixteen weeks, so that both of its versions have enough weeks for a control chart.
    pub fn half_year(seed: u64, scale: f64) -> Self {
        Self {
            seed,
            n_assessments: (4000.0 * scale).round() as u32,
            n_feedback: (2000.0 * scale).round() as u32,
            end: Timestamp::constant(1_719_792_000, 0),
            ..Self::default()
        }
    }

    /// The same size of world over the `days` up to `end`, for clients whose clock cannot be set. It begins at a midnight (UTC).
    #[must_use]
    pub fn ending_at(self, end: Timestamp, days: u32) -> Self {
        let start_ms = (end.as_millisecond() - i64::from(days) * DAY_MS).div_euclid(DAY_MS) * DAY_MS;
        let start = Timestamp::from_millisecond(start_ms).unwrap_or(Timestamp::MIN);
        Self { start, end, ..self }
    }
}

/// Shares in `0..1` of what happens to records in their life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Feedback that is edited, mostly within the hour, at the latest after 60 days.
    pub feedback_edited: f64,
    /// Records of both streams that are deleted.
    pub deleted: f64,
    /// Deleted records that return.
    pub restored: f64,
    /// Assessments that are rescored later.
    pub assessment_rescored: f64,
    /// Assessments that are not submitted at first, or are released or disputed later.
    pub assessment_moves_status: f64,
    /// Assessments whose scores bear an oddity of the contract's score table.
    pub odd_scores: f64,
    /// Records with unknown fields, and records with numbers as text.
    pub odd_fields: f64,
    /// Assessments whose answered questions all have full marks on purpose; as many again have them by chance.
    pub perfect: f64,
    /// CXone records without `siteId`; thrice as many have no `queueId`.
    pub site_missing: f64,
    /// Interactions that an assessment or feedback names and the listing of interactions leaves out.
    pub interactions_missing: f64,
    /// Interactions whose row names another agent.
    pub interactions_of_others: f64,
    /// Interactions that end after their assessment was submitted, by the listing.
    pub interactions_late: f64,
    /// Interactions with a second row, of an agent who handed the customer over.
    pub interactions_transferred: f64,
    /// Interactions nobody assessed, for each one that was.
    pub interactions_unassessed: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            feedback_edited: 0.17,
            deleted: 0.027,
            restored: 0.25,
            assessment_rescored: 0.04,
            assessment_moves_status: 0.08,
            odd_scores: 0.03,
            odd_fields: 0.04,
            perfect: 0.08,
            site_missing: 0.01,
            interactions_missing: 0.01,
            interactions_of_others: 0.01,
            interactions_late: 0.005,
            interactions_transferred: 0.05,
            interactions_unassessed: 0.8,
        }
    }
}

/// An external metric that the Genesys side takes values for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalMetric {
    /// The id of its definition.
    pub id: String,
    /// Decimals of its totals, 0 to 5.
    pub precision: u8,
}

/// What a running simulator is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimOptions {
    /// The world to generate.
    pub world: WorldOptions,
    /// The faults at the start; `Sim::set_faults` changes them.
    pub faults: Faults,
    /// Port of the Genesys side on loopback; 0 takes a free one.
    pub port_genesys: u16,
    /// Port of the CXone side on loopback; 0 takes a free one.
    pub port_cxone: u16,
    /// The one client that may log in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Life of a token in seconds of real time.
    pub token_life_s: u64,
    /// Scopes of the client on Genesys, separated by spaces.
    pub scopes_genesys: String,
    /// Scopes of the client on CXone, separated by spaces.
    pub scopes_cxone: String,
    /// The scope that writing external metrics needs. The client has it only if `scopes_genesys` names it too: a client that
    /// reads needs none that writes.
    pub scope_external_metrics: String,
    /// The external metrics that are defined on Genesys.
    pub external_metrics: Vec<ExternalMetric>,
    /// Rows of a page at most; more is `400`.
    pub page_size_max: u32,
    /// Whether answers are compressed for clients that accept it.
    pub gzip: bool,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            world: WorldOptions::default(),
            faults: Faults::default(),
            port_genesys: 0,
            port_cxone: 0,
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            token_life_s: 3600,
            scopes_genesys: "quality:assessment:read quality:feedback:read openid offline_access".to_owned(),
            scopes_cxone: "quality:read".to_owned(),
            scope_external_metrics: "employeePerformance:externalMetricData:add".to_owned(),
            external_metrics: vec![
                ExternalMetric { id: "quality-score".to_owned(), precision: 2 },
                ExternalMetric { id: "quality-score-whole".to_owned(), precision: 0 },
            ],
            page_size_max: 500,
            gzip: true,
        }
    }
}

impl SimOptions {
    pub(crate) fn scopes(&self, platform: Platform) -> &str {
        match platform {
            Platform::Genesys => &self.scopes_genesys,
            Platform::Cxone => &self.scopes_cxone,
        }
    }
}
