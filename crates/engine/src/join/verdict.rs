//! What becomes of one record: matched, or the reason why not.

use model::interaction::{Interaction, JoinKey};

use super::asked::Asked;
use super::book::{Book, Found};

/// The words of `joined.join_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JoinStatus {
    /// The interaction is there, the agent is on it, and it ended before the submission.
    Matched,
    /// The listing has no such interaction.
    NoInteraction,
    /// It has, with other agents only.
    AgentNotOnInteraction,
    /// It was submitted, or feedback written, before the interaction ended.
    TimeMismatch,
}

impl JoinStatus {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NoInteraction => "no_interaction",
            Self::AgentNotOnInteraction => "agent_not_on_interaction",
            Self::TimeMismatch => "time_mismatch",
        }
    }
}

/// The record names no interaction by any of the keys.
pub(super) const NO_KEY: &str = "no_key";
/// The record names no agent.
const NO_AGENT: &str = "no_agent";
/// The listing names no agent for the interaction.
const AGENT_UNKNOWN: &str = "agent_unknown";
/// Nobody knows when the interaction ended, so its time was not compared.
const NO_END: &str = "no_end";
/// The record does not say when it was submitted, so its time was not compared.
const NO_SUBMISSION: &str = "no_submission";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict<'a> {
    pub(super) status: JoinStatus,
    /// More of the status, where there is more to say.
    pub(super) detail: Option<&'static str>,
    /// The id it was found under.
    pub(super) found_by: Option<(JoinKey, &'a str)>,
    /// What was found there; of other agents when the agent is not on it.
    pub(super) interaction: Option<&'a Interaction>,
}

impl<'a> Verdict<'a> {
    /// The interaction, if it is the agent's own.
    pub(super) fn own(&self) -> Option<&'a Interaction> {
        self.interaction.filter(|_| matches!(self.status, JoinStatus::Matched | JoinStatus::TimeMismatch))
    }

    /// How much later the interaction ended by the file than by the record.
    pub(super) fn end_difference_ms(&self, asked: &Asked) -> Option<i64> {
        let in_file = self.own()?.ended_at?;
        Some(in_file.as_millisecond() - asked.interaction_end_time?.as_millisecond())
    }
}

/// Tries the record's ids in their order. The first under which the agent is found decides; a later one cannot make a
/// match of a wrong time.
pub(super) fn verdict<'a>(asked: &'a Asked, book: &'a Book) -> Verdict<'a> {
    let mut elsewhere = None;
    for (key, id) in &asked.ids {
        match book.find(*key, id, asked.agent_id.as_deref(), asked.happened_at) {
            Found::Agent(interaction) => return timed(asked, (*key, id), interaction),
            Found::Others(interaction) => elsewhere = elsewhere.or(Some(((*key, id.as_str()), interaction))),
            Found::Nothing => {}
        }
    }
    let Some((found_by, interaction)) = elsewhere else {
        let detail = asked.ids.is_empty().then_some(NO_KEY);
        return Verdict { status: JoinStatus::NoInteraction, detail, found_by: None, interaction: None };
    };
    let detail = match (&asked.agent_id, &interaction.agent_id) {
        (None, _) => Some(NO_AGENT),
        (_, None) => Some(AGENT_UNKNOWN),
        _ => None,
    };
    Verdict { status: JoinStatus::AgentNotOnInteraction, detail, found_by: Some(found_by), interaction: Some(interaction) }
}

fn timed<'a>(asked: &Asked, found_by: (JoinKey, &'a str), interaction: &'a Interaction) -> Verdict<'a> {
    let (status, detail) = match (interaction.ended_at.or(asked.interaction_end_time), asked.happened_at) {
        (Some(end), Some(happened_at)) if happened_at < end => (JoinStatus::TimeMismatch, None),
        (Some(_), Some(_)) => (JoinStatus::Matched, None),
        (None, _) => (JoinStatus::Matched, Some(NO_END)),
        (_, None) => (JoinStatus::Matched, Some(NO_SUBMISSION)),
    };
    Verdict { status, detail, found_by: Some(found_by), interaction: Some(interaction) }
}
