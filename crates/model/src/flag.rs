//! Flags: what a reader must know before trusting a score. Each is a word in `score_flags`.

use std::fmt;

/// One reservation about a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The form's own maximum is not the sum of its questions' maxima.
    MaxScoreMismatch,
    /// An answered question has no maximum, neither in the payload nor in the form version.
    MissingMaxScore,
    /// An answered question has no weight, neither in the form version nor in the payload.
    MissingWeight,
    /// Nothing to divide by: no questions, all not applicable, or all weights 0.
    NoDenominator,
    /// A score above its maximum, or a negative score, weight or maximum: computed as given.
    OutOfRange,
    /// The form version is unknown to the platform; the payload's weights were used.
    UnverifiedFormVersion,
    /// Payload and form version disagree on a weight; the form version's was used.
    WeightMismatch,
}

impl Flag {
    /// The word in `score_flags`.
    pub fn word(self) -> &'static str {
        match self {
            Self::MaxScoreMismatch => "max_score_mismatch",
            Self::MissingMaxScore => "missing_max_score",
            Self::MissingWeight => "missing_weight",
            Self::NoDenominator => "no_denominator",
            Self::OutOfRange => "out_of_range",
            Self::UnverifiedFormVersion => "unverified_form_version",
            Self::WeightMismatch => "weight_mismatch",
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
