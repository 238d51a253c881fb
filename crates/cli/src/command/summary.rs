//! The summary of a run: its counters, troubles and publications, as one JSON object that is printed and kept in `run`.

use engine::model::counter::{Counter, Counters};
use engine::report::{TenantReport, Trouble};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::command::done::Done;
use crate::command::ground;
use crate::command::told::{publication, trouble};
use crate::exit::{Exit, Failure};

/// What a run did.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) command: String,
    pub(crate) run_id: String,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Timestamp,
    pub(crate) reports: Vec<TenantReport>,
    pub(crate) done: Done,
}

impl Summary {
    /// Everything that went wrong.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.reports.iter().flat_map(|report| &report.troubles).chain(self.done.troubles())
    }

    /// All tenants' counters added up.
    pub(crate) fn counters(&self) -> Counters {
        let mut all = Counters::default();
        for report in &self.reports {
            all.merge(&report.counters);
        }
        let written = self.done.published.iter().filter_map(|report| report.outcome.as_ref().ok()).map(|done| done.rows_written).sum();
        all.add(Counter::RowsPublished, written);
        all
    }

    /// The one object.
    pub(crate) fn to_json(&self, exit: Exit) -> Value {
        let tenants: Vec<Value> = self.reports.iter().map(tenant).collect();
        let publications: Vec<Value> = self.done.published.iter().map(publication).collect();
        json!({
            "command": self.command,
            "run_id": self.run_id,
            "started_at": ground::time(self.started_at),
            "ended_at": ground::time(self.ended_at),
            "exit_code": exit.code(),
            "stopped": matches!(exit, Exit::Interrupted | Exit::Terminated),
            "counters": counts(&self.counters()),
            "tenants": tenants,
            "feed": self.done.restated.to_json(),
            "publications": publications,
            "troubles": self.troubles().map(trouble).collect::<Vec<_>>(),
        })
    }

    /// The object of a run that ended before it began.
    pub(crate) fn of_failure(command: &str, failure: &Failure, now: Timestamp) -> Value {
        let nothing = Self {
            command: command.to_owned(),
            run_id: String::new(),
            started_at: now,
            ended_at: now,
            reports: Vec::new(),
            done: Done::default(),
        };
        let mut object = nothing.to_json(failure.exit());
        if let Value::Object(fields) = &mut object {
            let trouble = json!({ "kind": Value::Null, "exit_code": failure.code(), "message": failure.message(), "hint": failure.hint() });
            fields.insert("troubles".to_owned(), Value::Array(vec![trouble]));
            fields.insert("run_id".to_owned(), Value::Null);
        }
        object
    }
}

fn tenant(report: &TenantReport) -> Value {
    json!({
        "tenant": report.tenant.as_ref().map(|tenant| tenant.as_str()),
        "counters": counts(&report.counters),
        "troubles": report.troubles.iter().map(trouble).collect::<Vec<_>>(),
        "warnings": report.warnings,
        "silent_scopes": report.silent_scopes,
        "stopped": report.stopped,
    })
}

fn counts(counters: &Counters) -> Map<String, Value> {
    counters.iter().map(|(counter, n)| (counter.word().to_owned(), Value::from(n))).collect()
}
