//! What the demo says: to stderr while it goes on, and to stdout at its end.

use std::fmt::Write as _;
use std::path::Path;

use engine::model::counter::Counter;
use engine::publish::PublicationReport;
use engine::reconcile::Compared;
use sim::{Platform, Sim};

use crate::command::demo::numbers::Numbers;
use crate::command::demo::{count, folder, within};
use crate::command::report;
use crate::command::summary::Summary;

/// Columns of a line.
const WIDTH: usize = 118;

pub(super) fn beginning(sim: &Sim, seed: u64) -> String {
    format!(
        "a simulated Genesys Cloud CX at {} and NICE CXone at {}, the first half of 2024, seed {seed}\n",
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
pub(super) fn closing(syncs: &[Summary], alerts: &[Compared], numbers: &Numbers, shown: &Path, program: &str) -> String {
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
    text.push_str(&figures(numbers));
    text.push_str(&places(numbers, shown));
    text.push_str(&next(&scorelake, shown, program));
    text
}

/// What the numbers say.
fn figures(numbers: &Numbers) -> String {
    let mut text = String::from("\nWhat the numbers say\n");
    for sentence in &numbers.sentences {
        text.push_str(&wrapped(sentence));
    }
    text.push_str(&wrapped(&format!(
        "{} scores of agents, pulled to the mean of their pool; {} stand out and may be named. {} of {} evaluators have an effect of \
         their own. {} alarms within form versions.",
        numbers.agents.0, numbers.agents.1, numbers.evaluators.0, numbers.evaluators.1, numbers.n_alarms
    )));
    for one in numbers.joins.iter().flat_map(|join| &join.summaries) {
        if let Some(share) = one.share() {
            let share = engine::insight::show::shown(share * 100.0);
            let no_key = if one.n_no_key > 0 { format!("; {} name none", one.n_no_key) } else { String::new() };
            let words = format!("{} {}: {share} % of {} joined to their interactions{no_key}.", one.tenant, one.stream.word(), one.n);
            text.push_str(&wrapped(&words));
        }
    }
    text
}

/// Words in lines of some width, set off a little; what follows the first line stands deeper.
fn wrapped(words: &str) -> String {
    let mut text = String::from(" ");
    let mut width = 1;
    for word in words.split(' ') {
        if WIDTH < width + 1 + word.chars().count() {
            text.push_str("\n   ");
            width = 3;
        }
        text.push(' ');
        text.push_str(word);
        width += 1 + word.chars().count();
    }
    text.push('\n');
    text
}

fn places(numbers: &Numbers, shown: &Path) -> String {
    format!(
        "
Where to look
  {report}   the page with the charts, {size}: open it in a browser
  {payload}   the guide's payload
  {lake}   assessments by form version, archived rows apart
  {planning}   agent-days for workforce management, with every event
  {joined}   scores beside their calls
  {db}   the store: history, raw source, progress
",
        report = within(shown, folder::REPORT),
        size = report::size(numbers.report_bytes),
        payload = within(shown, "out/payload/qa_assessments_payload.json"),
        lake = within(shown, "out/parquet"),
        planning = within(shown, "out/planning"),
        joined = within(shown, "out/genesys-joined.csv"),
        db = within(shown, "scorelake.db"),
    )
}

fn next(scorelake: &str, shown: &Path, program: &str) -> String {
    format!(
        "
What to type next
  {scorelake} trends --tenant demo-genesys
  {scorelake} agents --tenant demo-genesys
  {scorelake} evaluators
  {scorelake} alarms --table alarm
  {scorelake} query \"select assessment_id from assessment where failed_critical limit 3\"
  {scorelake} explain ID
  {scorelake} history ID
  {scorelake} join --tenant demo-genesys --interactions {interactions} --out joined.csv
  {scorelake} report --agent-level coaching --out report.html
  {scorelake} export agent-day --purpose planning --out planning
  {program} simulate          the simulator by itself, to sync against as long as it runs
  {program} init              your own configuration
",
        interactions = within(shown, &folder::interactions(Platform::Genesys)),
    )
}
