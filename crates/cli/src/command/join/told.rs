//! What is told of a join besides its rows: how much was matched, why the rest was not, and whether the clocks agree.

use engine::join::{JoinReport, JoinSummary};
use engine::report::{Trouble, TroubleKind};
use serde_json::{Number, Value, json};

use crate::command::Context;
use crate::exit::{Failure, Outcome};
use crate::output::{Format, StdoutListing, print};

const COLUMNS: [&str; 12] = [
    "tenant",
    "platform",
    "stream",
    "n",
    "matched",
    "share",
    "no_interaction",
    "no_key",
    "agent_not_on_interaction",
    "time_mismatch",
    "compared",
    "misaligned",
];

/// The summary on stdout: one object as JSON, else a row a tenant and stream.
///
/// # Errors
/// A stdout that fails.
pub(super) fn summary(report: &JoinReport, format: Format, context: &Context) -> Outcome<()> {
    if format == Format::Json {
        let summaries: Vec<Value> = report.summaries.iter().map(object).collect();
        let whole = json!({
            "listed": report.n_rows,
            "interactions": report.n_interactions,
            "unassessed": report.n_unassessed,
            "summaries": summaries,
            "warnings": report.warnings,
        });
        return print(&format!("{whole:#}\n"));
    }
    let mut listing = StdoutListing::begin(format, context.look, COLUMNS)?;
    for one in &report.summaries {
        let mut values = values(one);
        if let (Format::Table, Some(share), Some(place)) = (format, one.share(), COLUMNS.iter().position(|column| *column == "share")) {
            values.splice(place..=place, [number(Some((share * 1000.0).round() / 1000.0))]);
        }
        listing.row(&values)?;
    }
    listing.finish()
}

fn values(one: &JoinSummary) -> Vec<Value> {
    vec![
        Value::from(one.tenant.to_string()),
        Value::from(one.platform.to_string()),
        Value::from(one.stream.word()),
        Value::from(one.n),
        Value::from(one.n_matched),
        number(one.share()),
        Value::from(one.n_no_interaction),
        Value::from(one.n_no_key),
        Value::from(one.n_agent_not_on_interaction),
        Value::from(one.n_time_mismatch),
        Value::from(one.n_compared),
        Value::from(one.n_misaligned),
    ]
}

fn object(one: &JoinSummary) -> Value {
    let mut fields: serde_json::Map<String, Value> = COLUMNS.iter().map(|column| (*column).to_owned()).zip(values(one)).collect();
    fields.insert("undated".to_owned(), Value::from(one.n_undated));
    let seconds = one.differences.as_ref().map_or(Value::Null, |of| {
        json!({
            "least": number(Some(of.least)),
            "p05": number(Some(of.p05)),
            "p25": number(Some(of.p25)),
            "median": number(Some(of.median)),
            "p75": number(Some(of.p75)),
            "p95": number(Some(of.p95)),
            "greatest": number(Some(of.greatest)),
        })
    });
    fields.insert("difference_seconds".to_owned(), seconds);
    fields.insert("offset".to_owned(), Value::from(one.offset.clone()));
    Value::Object(fields)
}

fn number(number: Option<f64>) -> Value {
    number.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// The same for people, on stderr.
pub(super) fn words(report: &JoinReport, context: &Context) {
    for one in &report.summaries {
        context.screen.fact(&format!("{} {}", one.tenant, one.stream.word()), &matched(one));
    }
    let unassessed = report.n_unassessed.map(|n| format!(", {n} of them nobody assessed")).unwrap_or_default();
    context.screen.fact("interactions", &format!("{} read{unassessed}", report.n_interactions));
    for warning in &report.warnings {
        context.screen.say("warning", warning);
    }
}

fn matched(one: &JoinSummary) -> String {
    let Some(share) = one.share() else { return "no records".to_owned() };
    let no_key = if one.n_no_key > 0 { format!(" ({} of them without any id)", one.n_no_key) } else { String::new() };
    let reasons = [
        (one.n_no_interaction, format!("no_interaction{no_key}")),
        (one.n_agent_not_on_interaction, "agent_not_on_interaction".to_owned()),
        (one.n_time_mismatch, "time_mismatch".to_owned()),
    ];
    let reasons: Vec<String> = reasons.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join(", ")) };
    format!("{} % of {} matched{reasons}", engine::insight::show::shown(share * 100.0), one.n)
}

/// A listing that could not be written, as a trouble.
pub(super) fn trouble(failure: &Failure) -> Trouble {
    Trouble { kind: TroubleKind::Storage, message: format!("join: {}", failure.message()), hint: failure.hint() }
}
