//! Sufficient statistics: counts and sums that SQL takes out of the measures, from which every published number is
//! computed. None is computed here. Only assessments that enter sums are read (`left_out` is null), rows come in the order
//! of their keys, byte by byte, and SQLite's sums are compensated, so a result does not depend on what came first.
//! Sums by question, and of agents' scores, are made here out of the rows that SQL reads, one assessment after the other, with
//! SQLite's own way of compensating: in SQL every scope would take the same answers apart again.

mod agent;
mod answer;
mod cohort;
mod edit_lag;
mod leniency;
mod question;
mod slice;
mod split;
mod team;
mod waterfall;

pub use agent::Recent;
pub use cohort::{CohortAgent, CohortRow, CohortWeekAgent};
pub use edit_lag::EditLag;
pub use leniency::LeniencyCell;
pub use question::{CohortQuestion, QuestionWeek, Questions};
pub use slice::{Cohort, MeasuredScope, ScopePlace, Slice};
pub use split::{AgentSum, AnswerSums, SideQuestion, SidesOf, Span, SplitSide};
pub use team::TeamPlace;
pub use waterfall::LeftOutCounts;

#[cfg(test)]
mod tests;
