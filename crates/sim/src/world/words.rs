//! What the two platforms call the same things, and the statuses of records.

use crate::platform::Platform;

/// Field names of one platform.
pub(crate) struct Words {
    pub(crate) form_version: &'static str,
    pub(crate) submitted: &'static str,
    pub(crate) modified: &'static str,
    pub(crate) score: &'static str,
    pub(crate) not_applicable: &'static str,
    pub(crate) created: &'static str,
    pub(crate) content: &'static str,
}

const GENESYS: Words = Words {
    form_version: "formVersionId",
    submitted: "dateSubmitted",
    modified: "dateModified",
    score: "score",
    not_applicable: "markedNA",
    created: "dateCreated",
    content: "content",
};

const CXONE: Words = Words {
    form_version: "rubricId",
    submitted: "submittedAt",
    modified: "updatedAt",
    score: "qualityScore",
    not_applicable: "notApplicable",
    created: "createdAt",
    content: "message",
};

pub(crate) fn words(platform: Platform) -> &'static Words {
    match platform {
        Platform::Genesys => &GENESYS,
        Platform::Cxone => &CXONE,
    }
}

/// The two kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    Assessments,
    Feedback,
}

impl Stream {
    pub(crate) const ALL: [Self; 2] = [Self::Assessments, Self::Feedback];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Assessments => "assessments",
            Self::Feedback => "feedback",
        }
    }

    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Assessments => 11,
            Self::Feedback => 12,
        }
    }
}

/// The status of an assessment or of a feedback entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Pending,
    InProgress,
    Submitted,
    Released,
    Disputed,
    Draft,
    Published,
    Deleted,
}

impl Status {
    const OF_ASSESSMENTS: [Self; 6] = [Self::Pending, Self::InProgress, Self::Submitted, Self::Released, Self::Disputed, Self::Deleted];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "inProgress",
            Self::Submitted => "submitted",
            Self::Released => "released",
            Self::Disputed => "disputed",
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Deleted => "deleted",
        }
    }

    pub(crate) fn of_assessment(name: &str) -> Option<Self> {
        Self::OF_ASSESSMENTS.into_iter().find(|status| status.name() == name)
    }

    /// Whether an assessment of this status has been scored.
    pub(crate) fn is_scored(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }
}
