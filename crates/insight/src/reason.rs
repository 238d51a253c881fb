//! Why a number is withheld: one word for columns and one sentence for people.
//! Which rule raises which reason is said where the rule stands, not here.

use std::fmt;

/// Why there is no number, or why a number may not be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Fewer rows, agents or periods than the method needs.
    NTooSmall,
    /// All rows belong to one agent, so the spread between agents is unknown.
    OneAgent,
    /// Nothing applicable stands below the fraction line.
    NoDenominator,
    /// No agent's own scores differ from each other.
    NoWithinVariance,
    /// Nothing differs, or no more than chance lets it.
    NoVariance,
    /// The evaluator shares no agent, directly or through others, with any other evaluator.
    NotConnected,
    /// Too few points in time.
    TooShort,
    /// The event to be watched did not occur in the baseline.
    NoEvents,
    /// The score says more about the pool than about the agent.
    LowReliability,
    /// The data cannot tell the effects apart, or the search for the best fit did not settle.
    NoConvergence,
    /// Common questions carry too little of one of the two forms.
    FewCommon,
    /// Too few scored assessments on one of the two sides.
    FewAssessments,
    /// Too many assessments by evaluators who are not named or scored only one of the two form versions.
    EvaluatorsChanged,
    /// Common questions moved apart so far that they cannot carry a comparison.
    AnchorDrift,
    /// Too few people in the cell.
    KAnonymity,
}

impl Reason {
    /// Every reason, in the order of the words' first use in the documentation.
    pub const ALL: [Self; 15] = [
        Self::NTooSmall,
        Self::OneAgent,
        Self::NoDenominator,
        Self::NoWithinVariance,
        Self::NoVariance,
        Self::NotConnected,
        Self::TooShort,
        Self::NoEvents,
        Self::LowReliability,
        Self::NoConvergence,
        Self::FewCommon,
        Self::FewAssessments,
        Self::EvaluatorsChanged,
        Self::AnchorDrift,
        Self::KAnonymity,
    ];

    /// The word that stands in a column `reason` or in a list of reasons.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NTooSmall => "n_too_small",
            Self::OneAgent => "one_agent",
            Self::NoDenominator => "no_denominator",
            Self::NoWithinVariance => "no_within_variance",
            Self::NoVariance => "no_variance",
            Self::NotConnected => "not_connected",
            Self::TooShort => "too_short",
            Self::NoEvents => "no_events",
            Self::LowReliability => "low_reliability",
            Self::NoConvergence => "no_convergence",
            Self::FewCommon => "few_common",
            Self::FewAssessments => "few_assessments",
            Self::EvaluatorsChanged => "evaluators_changed",
            Self::AnchorDrift => "anchor_drift",
            Self::KAnonymity => "k_anonymity",
        }
    }

    /// What the reason means, for a supervisor. It begins in lower case and has no full stop, so that it can stand in a list.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NTooSmall => "there are too few assessments for this number",
            Self::OneAgent => "all assessments are of one agent, so nothing is known about the spread between agents",
            Self::NoDenominator => "no question was applicable, so there is nothing to divide by",
            Self::NoWithinVariance => "no agent's scores differ from each other, so chance cannot be told from skill",
            Self::NoVariance => "nothing differs beyond chance, so there is nothing to measure",
            Self::NotConnected => {
                "this evaluator shares no agent with any other evaluator, so leniency cannot be told from the agents' skill"
            }
            Self::TooShort => "there are too few weeks",
            Self::NoEvents => "the baseline has no failed critical question, so no limit can be drawn",
            Self::LowReliability => "the score rests more on the pool than on the agent's own assessments, so a rank would be chance",
            Self::NoConvergence => "these assessments cannot tell the effects apart",
            Self::FewCommon => "the questions that both forms have in common carry less than the required share of one of them",
            Self::FewAssessments => "one of the two form versions has too few scored assessments",
            Self::EvaluatorsChanged => {
                "too many assessments were made by evaluators who are not named or scored only one of the two form versions"
            }
            Self::AnchorDrift => "too few common questions are left after those were taken out that moved unlike the rest",
            Self::KAnonymity => "the cell has so few agents that single people could be recognised",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_word_and_a_sentence_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.word()).collect();
        let sentences: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.sentence()).collect();
        assert_eq!((words.len(), sentences.len()), (Reason::ALL.len(), Reason::ALL.len()));
        assert!(sentences.iter().all(|sentence| !sentence.ends_with('.') && sentence.starts_with(char::is_lowercase)));
    }
}
