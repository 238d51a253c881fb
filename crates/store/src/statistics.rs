//! Sufficient statistics: counts and sums that SQL takes out of the measures, from which every published number is
//! computed. None is computed here. Only assessments that enter sums are read (`left_out` is null), rows come in the order
//! of their keys, byte by byte, and SQLite's sums are compensated, so a result does not depend on what came first.

mod agent;
mod cohort;
mod edit_lag;
mod leniency;
mod question;
mod slice;
mod split;
mod waterfall;

pub use agent::Recent;
pub use cohort::{CohortAgent, CohortRow, CohortWeekAgent};
pub use edit_lag::EditLag;
pub use leniency::LeniencyCell;
pub use question::{CohortQuestion, QuestionWeek};
pub use slice::{Cohort, MeasuredScope, ScopePlace, Slice};
pub use split::{AgentSum, AnswerSums, SideOf, SideQuestion, SplitSide};
pub use waterfall::LeftOutCounts;

#[cfg(test)]
mod tests;
