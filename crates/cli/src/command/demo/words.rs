//! What the demo says: to stderr while it goes on, and to stdout at its end.

use std::fmt::Write as _;
use std::path::Path;

use engine::model::counter::Counter;
use engine::publish::PublicationReport;
use engine::reconcile::Compared;
use sim::{Platform, Sim};

use crate::command::demo::{count, within};
use crate::command::summary::Summary;

pub(super) fn beginning(sim: &Sim, seed: u64) -> String {
    format!(
        "a simulated Genesys Cloud CX at {} and NICE CXone at {}, three months of 2024, seed {seed}\n",
        sim.base_url(Platform::Genesys),
        sim.base_url(Platform::Cxone)
    )
}

pub(super) fn moved_on(days: u32) -> String {
    format!("\nthe world moves on by {days} days: new records, edits, deletions\n")
}

/// What a sync counted, in one line.
pub(super) fn counts(summary: &Summary) -> String {
    let shown = [Counter::Requests, Counter::Inserted, Counter::Updated, Counter::Unchanged, Counter::Deleted, Counter::FormVersions];
    let words: Vec<String> =
        shown.iter().map(|counter| format!("{} {}", count(summary, *counter), counter.word().replace('_', " "))).collect();
    format!("  {}\n", words.join(", "))
}

/// What was written, a line a publication.
pub(super) fn publications(reports: &[PublicationReport]) -> String {
    let mut text = String::new();
    for report in reports {
        if let Ok(done) = &report.outcome {
            let _infallible =
                writeln!(text, "  {:8} {:8} {} rows in {} files", report.name, report.kind, done.rows_written, done.files_written);
        }
    }
    text
}

/// The closing words.
pub(super) fn closing(syncs: &[Summary], alerts: &[Compared], shown: &Path, program: &str) -> String {
    let scorelake = format!("{program} --config {}", within(shown, "scorelake.toml"));
    let mut text = String::from("\nWhat happened\n");
    if let [first, second, sweep] = syncs {
        let _infallible = write!(
            text,
            "  \
The first sync landed {} assessments and feedback entries of two platforms with {} requests, and scored each assessment
  with the weights of its own form version.
  Three days later the second sync needed {} requests: {} records were new, {} edited, {} known already.
  The sweep read all windows again with {} requests and found {} old edits, {} records that came
  late, and {} deletions.
",
            count(first, Counter::Inserted) + count(first, Counter::Deleted),
            count(first, Counter::Requests),
            count(second, Counter::Requests),
            count(second, Counter::Inserted),
            count(second, Counter::Updated),
            count(second, Counter::Unchanged),
            count(sweep, Counter::Requests),
            count(sweep, Counter::Updated),
            count(sweep, Counter::Inserted),
            count(sweep, Counter::Deleted),
        );
    }
    for alert in alerts {
        let cause = alert.cause.as_deref().unwrap_or("no cause found");
        let _infallible = writeln!(
            text,
            "  Reconciliation alerts: {} of `{}`: {} of {} reported;\n    {cause}.",
            alert.stream,
            alert.scope_id,
            alert.extracted,
            alert.reported.unwrap_or_default()
        );
    }
    if !alerts.is_empty() {
        text.push_str("  That is the point of the demo: the API said nothing of it. `scorelake reconcile` would leave with exit code 6.\n");
    }
    let _infallible = write!(
        text,
        "
Where to look
  {payload}   the guide's payload
  {lake}   assessments by form version, archived rows apart
  {db}   the store: history, raw source, progress

What to type next
  {scorelake} query \"select form_version_id, count(*), round(avg(normalized_score), 1) from assessment group by 1\"
  {scorelake} query \"select assessment_id from assessment where failed_critical limit 3\"
  {scorelake} explain ID
  {scorelake} history ID
  {scorelake} state list
  {scorelake} export csv --table feedback --out feedback.csv
  {program} simulate          the simulator by itself, to sync against as long as it runs
  {program} init              your own configuration
",
        payload = within(shown, "out/payload/qa_assessments_payload.json"),
        lake = within(shown, "out/parquet"),
        db = within(shown, "scorelake.db"),
    );
    text
}
