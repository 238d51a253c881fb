//! Insight: numbers that may be compared. Cohort means with intervals, the change split, agents, evaluators, alarms.
//! It works on sufficient statistics that the store has computed; it reads nothing, asks for no time and imports nothing of ours.
//! A number that cannot be supported is never a stand-in, NaN or infinity: it is absent, and a [`reason::Reason`] says why.
//! No result depends on the order of the rows.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod anchor;
pub mod anonymity;
pub mod breakpoint;
pub mod chain;
pub mod cohort;
pub mod control;
pub mod equating;
pub mod interval;
pub mod leniency;
pub mod many;
pub mod passrate;
pub mod quantile;
pub mod reason;
pub mod sentence;
pub mod show;
pub mod shrinkage;
pub mod side;
pub mod split;
pub mod sum;
pub mod trend;
