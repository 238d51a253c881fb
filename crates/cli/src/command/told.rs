//! Troubles and publications as they are told to programs: in summaries, and in what is kept of a run.

use engine::publish::PublicationReport;
use engine::report::{Trouble, TroubleKind};
use serde_json::{Value, json};

/// One publication.
pub(crate) fn publication(report: &PublicationReport) -> Value {
    match &report.outcome {
        Ok(done) => json!({
            "name": report.name,
            "kind": report.kind,
            "changed": done.changed,
            "rows_written": done.rows_written,
            "files_written": done.files_written,
            "where": done.where_,
            "warnings": done.warnings,
        }),
        Err(failed) => json!({ "name": report.name, "kind": report.kind, "trouble": trouble(failed) }),
    }
}

/// A trouble with its exit code.
pub(crate) fn trouble(trouble: &Trouble) -> Value {
    json!({ "kind": kind(trouble.kind), "exit_code": trouble.kind.exit_code(), "message": trouble.message, "hint": trouble.hint })
}

fn kind(kind: TroubleKind) -> &'static str {
    match kind {
        TroubleKind::Configuration => "configuration",
        TroubleKind::Source => "source",
        TroubleKind::Storage => "storage",
        TroubleKind::Reconciliation => "reconciliation",
        TroubleKind::Quarantine => "quarantine",
        TroubleKind::Held => "held",
        TroubleKind::Bug => "bug",
    }
}
