//! The feed for planners in the forms that receivers want: Genesys external metrics and Calabrio's gamification file.
//! Pure: rows of `agent_day` in, text out. What was delivered before, sending and files are others' business.
//! Two form versions are never blended, and nobody's id in another system is guessed.

pub mod answer;
pub mod calabrio;
pub mod decimal;
pub mod external;
pub mod measure;

#[cfg(test)]
mod testing;

pub use answer::{Answer, Mismatch, Refusal, read_answer};
pub use calabrio::{Calabrio, Separator, calabrio};
pub use external::{Addressed, Batch, Entry, User, address, external_metrics};
pub use measure::{
    FeedMeasure, Item, MeasureKind, MeasureValue, Measured, People, Person, TwoVersions, VersionAge, VersionAges, check, measures,
};
