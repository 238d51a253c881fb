//! The demo's numbers: the joins and the report, and what is worth telling of all that is derived.

use engine::analysis::Derived;
use engine::join::JoinReport;
use engine::model::table::analytics::{AGENT_SCORE, ALARM, CHANGE_SPLIT, COHORT, EVALUATOR_LENIENCY};
use engine::model::table::{Cell, Row, Table};
use engine::wire::clock::SystemClock;
use sim::Platform;

use crate::command::demo::{Demo, folder};
use crate::command::{join, report};
use crate::exit::Outcome;
use crate::flags::{JoinFlags, LookFlags, ReportFlags, Shown};
use crate::output::{Format, visible};

/// What is worth telling.
pub(super) struct Numbers {
    /// What each platform's greatest change of form did.
    pub(super) sentences: Vec<String>,
    /// Agents with a score, and those who may be named.
    pub(super) agents: (usize, usize),
    /// Evaluators with an effect, and all of them.
    pub(super) evaluators: (usize, usize),
    /// Alarms within form versions.
    pub(super) n_alarms: usize,
    /// What was joined.
    pub(super) joins: Vec<JoinReport>,
    /// Bytes of the report.
    pub(super) report_bytes: u64,
}

/// Runs it all.
///
/// # Errors
/// A store, listing or file that fails.
pub(super) fn numbers(demo: &Demo<'_>) -> Outcome<Numbers> {
    let clock = || SystemClock::fixed_at(demo.sim.now());
    let mut joins = Vec::new();
    for platform in Platform::ALL {
        let name = folder::interactions(platform);
        folder::write(&demo.folder.join(&name), &demo.sim.interactions_csv(platform))?;
        joins.push(join::join(&join_flags(demo, platform), &mut demo.config()?, demo.context, clock())?);
    }
    let flags = ReportFlags {
        out: demo.folder.join(folder::REPORT),
        look: LookFlags { tenant: None, platform: None, division: None, form: None, from: None, to: None },
        agent_level: Some("demonstration".to_owned()),
    };
    let report::Written { n_bytes: report_bytes, derived } =
        report::write(&demo.folder.join(folder::REPORT), &flags, &mut demo.config()?, demo.context, clock())?;
    let scored = |table: &'static Table, column: &str| {
        let rows = derived.rows(table);
        (rows.iter().filter(|row| matches!(table.cell(row, column), Some(Cell::Real(_) | Cell::Bool(true)))).count(), rows.len())
    };
    let n_named = scored(&AGENT_SCORE, "named").0;
    Ok(Numbers {
        sentences: Platform::ALL.iter().filter_map(|platform| sentence(&derived, *platform)).collect(),
        agents: (scored(&AGENT_SCORE, "score").0, n_named),
        evaluators: scored(&EVALUATOR_LENIENCY, "leniency"),
        n_alarms: derived.rows(&ALARM).len(),
        joins,
        report_bytes,
    })
}

fn join_flags(demo: &Demo<'_>, platform: Platform) -> JoinFlags {
    JoinFlags {
        interactions: demo.folder.join(folder::interactions(platform)),
        key: Vec::new(),
        tenant: vec![folder::tenant_name(platform)],
        stream: Vec::new(),
        from: None,
        to: None,
        tolerance: std::time::Duration::from_secs(1),
        out: Some(demo.folder.join(format!("out/{}-joined.csv", platform.name()))),
        shown: Shown { format: Format::Table },
    }
}

/// What is said of a platform's change of form: of one that is explained, and of those the one with most assessments.
fn sentence(trends: &Derived, platform: Platform) -> Option<String> {
    let text = |row: &Row, column: &str| CHANGE_SPLIT.cell(row, column).and_then(Cell::as_text).map(ToOwned::to_owned);
    let size = |row: &&Row| {
        let count = |column: &str| match CHANGE_SPLIT.cell(row, column) {
            Some(Cell::Int(n)) => *n,
            _ => 0,
        };
        (text(row, "bridge").as_deref() != Some("none"), count("n_from").min(count("n_to")))
    };
    let of_tenant =
        |row: &&Row| text(row, "platform").as_deref() == Some(platform.name()) && text(row, "scope_kind").as_deref() == Some("tenant");
    let split = trends.rows(&CHANGE_SPLIT).iter().filter(of_tenant).max_by_key(size)?;
    let form = text(split, "form_id")?;
    let of_form = |row: &&Row| COHORT.cell(row, "form_id").and_then(Cell::as_text) == Some(form.as_str());
    let name = trends.rows(&COHORT).iter().filter(of_form).find_map(|row| COHORT.cell(row, "form_name").and_then(Cell::as_text));
    Some(format!(
        "{}, {}, new version on {}: {}",
        folder::tenant_name(platform),
        visible(name.unwrap_or(&form)),
        text(split, "boundary_date")?,
        text(split, "sentence")?
    ))
}
