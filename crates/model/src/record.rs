//! Records as both platforms mean them, under one set of names.
//! A decoder in `platform` fills them; nothing here checks again.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::id::{FormVersionId, RecordId, ScopeId};
use crate::table::Table;

/// The vendor a tenant lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// Genesys Cloud CX.
    Genesys,
    /// NICE CXone.
    Cxone,
}

impl Platform {
    /// The word in configuration, rows and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Genesys => "genesys",
            Self::Cxone => "cxone",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Genesys, Self::Cxone].into_iter().find(|platform| platform.word() == word)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One kind of record that a tenant streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Evaluations of interactions; their time is the submission.
    Assessments,
    /// Notes of supervisors; their time is the creation.
    Feedback,
}

impl Stream {
    /// All streams in the order in which they are extracted.
    pub const ALL: [Self; 2] = [Self::Assessments, Self::Feedback];

    /// The word in configuration, rows and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Assessments => "assessments",
            Self::Feedback => "feedback",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.word() == word)
    }

    /// The table its current rows stand in.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Assessments => &crate::table::ASSESSMENT,
            Self::Feedback => &crate::table::FEEDBACK,
        }
    }

    /// The table its earlier rows stand in.
    pub fn history_table(self) -> &'static str {
        match self {
            Self::Assessments => "assessment_history",
            Self::Feedback => "feedback_history",
        }
    }

    /// The column of its id.
    pub fn id_column(self) -> &'static str {
        match self {
            Self::Assessments => "assessment_id",
            Self::Feedback => "feedback_id",
        }
    }

    /// The column of the time its windows are cut by.
    pub fn time_column(self) -> &'static str {
        match self {
            Self::Assessments => "submitted_at",
            Self::Feedback => "created_at",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What divides a tenant's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    /// Genesys division.
    Division,
    /// CXone site.
    Site,
    /// CXone queue.
    Queue,
}

impl ScopeKind {
    /// The word in rows and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Division => "division",
            Self::Site => "site",
            Self::Queue => "queue",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Division, Self::Site, Self::Queue].into_iter().find(|kind| kind.word() == word)
    }
}

/// A division, site or queue as its listing gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// What it is.
    pub kind: ScopeKind,
    /// Its id.
    pub id: ScopeId,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What else the source said of it.
    pub extra: Map<String, Value>,
}

/// One answered, or not applicable, question of an assessment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// The question's id within its form version.
    pub id: String,
    /// The wording, where the source gives it.
    pub text: Option<String>,
    /// The group it stands in.
    pub group_id: Option<String>,
    /// Points given; none when it was not answered.
    pub score: Option<f64>,
    /// Points possible.
    pub max_score: Option<f64>,
    /// The weight that came with the answer; the form version's own goes before it.
    pub payload_weight: Option<f64>,
    /// The evaluator marked it not applicable.
    pub marked_na: bool,
    /// Missing it fails the assessment.
    pub critical: Option<bool>,
    /// What the evaluator wrote.
    pub comments: Option<String>,
    /// Fields of the source that have no name here.
    pub extra: Map<String, Value>,
}

impl Question {
    /// Out of both sums: marked so, or without points.
    pub fn not_applicable(&self) -> bool {
        self.marked_na || self.score.is_none()
    }
}

/// An evaluation of one interaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Its id.
    pub id: RecordId,
    /// The form version it was answered on.
    pub form_version_id: Option<FormVersionId>,
    /// Where it stands: `submitted`, `released`, ...
    pub status: Option<String>,
    /// The agent that was assessed.
    pub agent_id: Option<String>,
    /// Who assessed.
    pub evaluator_id: Option<String>,
    /// The scopes that the record itself names.
    pub scope_ids: Vec<ScopeId>,
    /// The interaction that was assessed.
    pub interaction_id: Option<String>,
    /// The interaction's id in another system.
    pub external_reference_id: Option<String>,
    /// When the interaction ended.
    pub interaction_end_time: Option<Timestamp>,
    /// When the assessment was submitted; windows are cut by it.
    pub submitted_at: Option<Timestamp>,
    /// When it was last changed.
    pub modified_at: Option<Timestamp>,
    /// `human`, `ai` or `ai_edited`, where the source tells.
    pub scored_by: Option<String>,
    /// The platform's own score, untouched.
    pub raw_score: Option<f64>,
    /// The platform set the score to 0 for a failed critical question.
    pub failed_critical: bool,
    /// What the evaluator wrote.
    pub comments: Option<String>,
    /// The questions in the order of the source.
    pub questions: Vec<Question>,
    /// Fields of the source that have no name here.
    pub extra: Map<String, Value>,
}

/// A supervisor's note on an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// Its id.
    pub id: RecordId,
    /// The agent it is about.
    pub agent_id: Option<String>,
    /// Who wrote it.
    pub author_id: Option<String>,
    /// The scopes that the record itself names.
    pub scope_ids: Vec<ScopeId>,
    /// The interaction it is about.
    pub interaction_id: Option<String>,
    /// When it was written; windows are cut by it.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub modified_at: Option<Timestamp>,
    /// The text.
    pub content: Option<String>,
    /// Tags (Genesys).
    pub tags: Vec<String>,
    /// Category (CXone).
    pub category: Option<String>,
    /// `draft`, `published`, `deleted` (Genesys).
    pub status: Option<String>,
    /// Fields of the source that have no name here.
    pub extra: Map<String, Value>,
}

/// A record of either stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Of the stream of assessments.
    Assessment(Assessment),
    /// Of the stream of feedback.
    Feedback(Feedback),
}

impl Record {
    /// Its id.
    pub fn id(&self) -> &RecordId {
        match self {
            Self::Assessment(assessment) => &assessment.id,
            Self::Feedback(feedback) => &feedback.id,
        }
    }

    /// The time its windows are cut by.
    pub fn happened_at(&self) -> Option<Timestamp> {
        match self {
            Self::Assessment(assessment) => assessment.submitted_at,
            Self::Feedback(feedback) => feedback.created_at,
        }
    }

    /// When it was last changed, as far as the source tells.
    pub fn modified_at(&self) -> Option<Timestamp> {
        match self {
            Self::Assessment(assessment) => assessment.modified_at,
            Self::Feedback(feedback) => feedback.modified_at,
        }
    }

    /// Its status, where the source has one.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Assessment(assessment) => assessment.status.as_deref(),
            Self::Feedback(feedback) => feedback.status.as_deref(),
        }
    }

    /// The scopes that the record itself names.
    pub fn scope_ids(&self) -> &[ScopeId] {
        match self {
            Self::Assessment(assessment) => &assessment.scope_ids,
            Self::Feedback(feedback) => &feedback.scope_ids,
        }
    }

    /// The source says that it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.status() == Some("deleted")
    }
}

/// Why a record could not be read. The record goes to quarantine with its raw source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// The field and the fact, in words.
    pub reason: String,
}
