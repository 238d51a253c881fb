//! `trends`, `agents`, `evaluators`, `alarms`: derived tables as listings. No number is computed here.
//! People get sentences, chosen columns and rounded numbers; programs get whole tables, unrounded.

pub(crate) mod choice;
mod shown;

use std::io::Write as _;

use engine::analysis::{self, Derived};
use engine::model::table::analytics::{
    AGENT_SCORE, ALARM, CHANGE_SPLIT, CHANGE_SPLIT_QUESTION, COHORT, CONTROL_POINT, EVALUATOR_LENIENCY, TREND_COHORT, TREND_VERDICT,
};
use engine::model::table::{Row, Table};
use engine::store::Store;
use serde_json::Value;

use crate::command::measuring::{self, Measured};
use crate::command::{Context, ground};
use crate::config::Secrets;
use crate::config::problem::{nearest, quoted};
use crate::exit::{Exit, Failure, Outcome};
use crate::flags::AnalysisFlags;
use crate::output::{Format, StdoutListing, print, stdout, visible};

/// One of the four commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// `trends`.
    Trends,
    /// `agents`.
    Agents,
    /// `evaluators`.
    Evaluators,
    /// `alarms`.
    Alarms,
}

impl Subject {
    /// Its tables, the one that is asked for first.
    fn tables(self) -> Vec<&'static Table> {
        match self {
            Self::Trends => vec![&TREND_COHORT, &COHORT, &TREND_VERDICT, &CHANGE_SPLIT, &CHANGE_SPLIT_QUESTION],
            Self::Agents => vec![&AGENT_SCORE],
            Self::Evaluators => vec![&EVALUATOR_LENIENCY],
            Self::Alarms => vec![&ALARM, &CONTROL_POINT],
        }
    }

    fn derived(self, store: &Store, settings: &analysis::settings::Analytics, look: &analysis::settings::Look) -> Outcome<Derived> {
        let derived = match self {
            Self::Trends => analysis::trends(store, settings, look),
            Self::Agents => analysis::agents(store, settings, look),
            Self::Evaluators => analysis::evaluators(store, settings, look),
            Self::Alarms => analysis::alarms(store, settings, look),
        };
        derived.map_err(ground::failure)
    }
}

/// Runs the command.
///
/// # Errors
/// A wrong configuration or roster; a tenant, division, form or table that is not known; a store that is not there; a stdout
/// that fails.
pub(crate) fn run(subject: Subject, flags: &AnalysisFlags, context: &Context) -> Outcome {
    let mut config = context.config(Secrets::None)?;
    let only = flags.table.as_deref().map(|name| table(subject, name)).transpose()?;
    choice::check(&flags.look, &config)?;
    let Measured { bench: _bench, store, analytics } = measuring::open(&mut config, context.clock.clone(), context)?;
    let _moment = store.snapshot().map_err(ground::failure)?;
    let look = choice::look(&flags.look, &store)?;
    let derived = subject.derived(&store, &analytics, &look)?;
    let chosen = only.map_or_else(|| subject.tables(), |table| vec![table]);
    match flags.shown.format {
        Format::Table => tables(&derived, &chosen, look.scope.is_some() || only.is_some(), context)?,
        Format::Json => json(&derived, &chosen)?,
        Format::Csv => csv(&derived, chosen.first().copied(), context)?,
    }
    if subject.tables().iter().all(|table| derived.rows(table).is_empty()) {
        choice::say_why_empty(&store, &look, context)?;
    }
    Ok(Exit::Done)
}

/// One of the command's tables.
fn table(subject: Subject, name: &str) -> Outcome<&'static Table> {
    let known: Vec<&str> = subject.tables().into_iter().map(|table| table.name).collect();
    subject.tables().into_iter().find(|table| table.name == name).ok_or_else(|| {
        let words: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        Failure::usage(format!("unknown table {}{}", quoted(name), nearest(name, known.iter().copied())))
            .with_hint(format!("the tables of this command: {}", words.join(", ")))
    })
}

/// Sentences first, then a table under a title each.
fn tables(derived: &Derived, chosen: &[&'static Table], every_scope: bool, context: &Context) -> Outcome<()> {
    for note in &derived.notes {
        print(&format!("{}\n", visible(note)))?;
    }
    let mut n_left = 0;
    for table in chosen {
        let rows: Vec<&Row> = derived.rows(table).iter().filter(|row| every_scope || shown::is_whole_tenant(table, row)).collect();
        n_left += derived.rows(table).len() - rows.len();
        print(&format!("\n{}\n", shown::title(table, rows.len())))?;
        let columns = shown::columns(table);
        let mut listing = StdoutListing::begin(Format::Table, context.look, columns.iter().copied())?;
        for row in rows {
            listing.row(&columns.iter().map(|column| shown::cell(table, row, column)).collect::<Vec<_>>())?;
        }
        listing.finish()?;
    }
    if n_left > 0 {
        let words =
            format!("{n_left} rows of single divisions, sites, queues and teams are not shown; `--division`, `--table` and json show them");
        context.screen.say("note", &words);
    }
    Ok(())
}

/// One object: a list of rows a table, and the sentences.
fn json(derived: &Derived, chosen: &[&'static Table]) -> Outcome<()> {
    let mut out = stdout();
    out.write_all(b"{\n")?;
    for table in chosen {
        write!(out, "\"{}\": [", table.name)?;
        for (index, row) in derived.rows(table).iter().enumerate() {
            let fields = table.columns.iter().zip(row).map(|(column, cell)| format!("\"{}\": {}", column.name, cell.to_json()));
            write!(out, "{}  {{{}}}", if index == 0 { "\n" } else { ",\n" }, fields.collect::<Vec<_>>().join(", "))?;
        }
        out.write_all(b"\n],\n")?;
    }
    writeln!(out, "\"notes\": {:#}\n}}", Value::from(derived.notes.clone()))?;
    out.flush()?;
    Ok(())
}

/// One table, whole.
fn csv(derived: &Derived, table: Option<&'static Table>, context: &Context) -> Outcome<()> {
    let Some(table) = table else { return Ok(()) };
    let mut listing = StdoutListing::begin(Format::Csv, context.look, table.columns.iter().map(|column| column.name))?;
    for row in derived.rows(table) {
        listing.row(&row.iter().map(engine::model::table::Cell::to_json).collect::<Vec<_>>())?;
    }
    listing.finish()
}
