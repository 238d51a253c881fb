//! Reports: what a run tells when it is over. Non-fatal troubles are collected here and decide the exit code.

use model::counter::Counters;
use model::id::TenantName;
use store::LeaseError;

/// The kinds of trouble, by what the operator should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// Configuration, credentials or permission: do not retry. Exit code 3.
    Configuration,
    /// The source is unavailable, rate-limited past the budget, or broke its contract: retry later. Exit code 4.
    Source,
    /// Store or publication failed: retry. Exit code 5.
    Storage,
    /// Reconciliation below the threshold, or more than reported. Exit code 6.
    Reconciliation,
    /// Quarantine above its threshold. Exit code 7.
    Quarantine,
    /// Another run holds the tenant. Exit code 8.
    Held,
    /// Something that cannot be: exit code 1.
    Bug,
}

impl TroubleKind {
    /// The exit code of this trouble.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Bug => 1,
            Self::Configuration => 3,
            Self::Source => 4,
            Self::Storage => 5,
            Self::Reconciliation => 6,
            Self::Quarantine => 7,
            Self::Held => 8,
        }
    }
}

/// One trouble: what happened, in one line, and the next step where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What to do about it.
    pub kind: TroubleKind,
    /// One line, as it is shown.
    pub message: String,
    /// A true next step.
    pub hint: Option<String>,
}

impl Trouble {
    /// A trouble without a hint.
    pub fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The same with a next step.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What happened to one tenant in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantReport {
    /// Whose report.
    pub tenant: Option<TenantName>,
    /// What was counted.
    pub counters: Counters,
    /// What went wrong.
    pub troubles: Vec<Trouble>,
    /// What the operator should know although nothing went wrong.
    pub warnings: Vec<String>,
    /// Scopes that the platform lists but that returned no record at all.
    pub silent_scopes: Vec<String>,
    /// Stopped by a signal; the page was finished and progress kept.
    pub stopped: bool,
}

/// The exit code of several troubles: the smallest of 3, 4, 5, then 6, 7; a bug before all, a held tenant after them.
pub fn exit_code<'a>(troubles: impl IntoIterator<Item = &'a Trouble>) -> u8 {
    troubles.into_iter().map(|trouble| trouble.kind.exit_code()).min().unwrap_or(0)
}

/// A tenant that cannot be had as a trouble.
pub fn held(error: &LeaseError) -> Trouble {
    match error {
        LeaseError::Held { .. } => Trouble::new(TroubleKind::Held, error.to_string()).with_hint("wait for the other run to end"),
        LeaseError::Unusable { .. } => Trouble::new(TroubleKind::Storage, error.to_string()),
    }
}

/// A store error as a trouble.
pub fn storage(error: &store::StoreError) -> Trouble {
    let trouble = Trouble::new(TroubleKind::Storage, error.to_string());
    match error.hint() {
        Some(hint) => trouble.with_hint(hint),
        None => trouble,
    }
}
