//! The truth about a tenant: every record as it stands, what a reader must make of it, and the counts that a console would report.
//! Faults that change what can be known (missing form versions, damaged records, hidden scopes) are taken into account.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::faults::Faults;
use crate::interactions::{Interactions, Joiner, csv_cell};
use crate::listing::{is_missing, is_visible};
use crate::platform::Platform;
use crate::score::{FormTruth, expected};
use crate::stamp::{DAY_MS, stamp};
use crate::tamper::served;
use crate::world::{Record, ScopeKind, Status, Stream, Tenant, World, words};

/// Everything that is true of one platform at this moment.
pub(crate) fn truth(world: &World, faults: &Faults, platform: Platform) -> Value {
    let tenant = world.tenant(platform);
    let interactions = Interactions::of(world, platform);
    let joiner = interactions.by_key();
    let forms = form_truths(tenant, faults);
    let assessments: Map<String, Value> = tenant
        .assessments
        .iter()
        .map(|record| {
            let mut entry = entry(tenant, Stream::Assessments, record, faults, &joiner);
            let readable = entry.get("unreadable").is_some_and(Value::is_null);
            let score = readable.then(|| expected_score(tenant, &forms, &entry));
            entry.insert("expected".to_owned(), score.unwrap_or(Value::Null));
            (record.id.to_string(), Value::Object(entry))
        })
        .collect();
    let feedback: Map<String, Value> = tenant
        .feedback
        .iter()
        .map(|record| (record.id.to_string(), Value::Object(entry(tenant, Stream::Feedback, record, faults, &joiner))))
        .collect();
    json!({
        "platform": platform.name(),
        "seed": world.options().seed,
        "now": stamp(world.now_ms()),
        "scopes": scopes(tenant, faults),
        "form_versions": form_versions(tenant, faults),
        "agents": agents(tenant),
        "evaluators": evaluators(tenant),
        "assessments": assessments,
        "feedback": feedback,
    })
}

fn entry(tenant: &Tenant, stream: Stream, record: &Record, faults: &Faults, joiner: &Joiner<'_>) -> Map<String, Value> {
    let sent = served(record, &record.body, tenant.platform, stream, faults);
    let scope_ids: Vec<&str> =
        record.scopes.iter().flatten().filter_map(|place| tenant.scope(*place)).map(|scope| scope.id.as_str()).collect();
    let mut entry = Map::new();
    let sent_record: Value = serde_json::from_str(&sent.body).unwrap_or(Value::Null);
    let join = sent.unreadable.is_none().then(|| joiner.status(&sent_record, record.making.time_ms));
    entry.insert("record".to_owned(), sent_record);
    entry.insert("join".to_owned(), join.into());
    entry.insert("visible".to_owned(), is_visible(tenant, record, faults).into());
    entry.insert("deleted".to_owned(), record.is_deleted().into());
    entry.insert("status".to_owned(), record.making.status.name().into());
    entry.insert("scope_ids".to_owned(), scope_ids.into());
    entry.insert("unreadable".to_owned(), sent.unreadable.into());
    entry
}

fn expected_score(tenant: &Tenant, forms: &HashMap<String, FormTruth>, entry: &Map<String, Value>) -> Value {
    let words = words(tenant.platform);
    let record = entry.get("record").unwrap_or(&Value::Null);
    let form = record.get(words.form_version).and_then(Value::as_str).and_then(|id| forms.get(id));
    expected(record, form, words)
}

/// The form versions that a look-up finds, as they are sent.
fn form_truths(tenant: &Tenant, faults: &Faults) -> HashMap<String, FormTruth> {
    let found = tenant.forms.versions.iter().enumerate().filter(|(place, _)| !is_missing(*place, faults));
    found
        .filter_map(|(place, version)| {
            let body: Value = serde_json::from_str(&tenant.forms.body(tenant.platform, place)?).ok()?;
            Some((version.id.to_string(), FormTruth::read(&body)))
        })
        .collect()
}

fn form_versions(tenant: &Tenant, faults: &Faults) -> Value {
    let versions = tenant.forms.versions.iter().enumerate().map(|(place, version)| {
        let body = tenant.forms.body(tenant.platform, place).and_then(|body| serde_json::from_str(&body).ok());
        let entry = json!({"record": body.unwrap_or(Value::Null), "found": !is_missing(place, faults)});
        (version.id.to_string(), entry)
    });
    versions.collect::<Map<String, Value>>().into()
}

fn agents(tenant: &Tenant) -> Value {
    let agents = tenant.people.agents.iter().map(|agent| (agent.id.clone(), json!({"skill": agent.skill, "team": agent.team_id})));
    agents.collect::<Map<String, Value>>().into()
}

/// Who works where, and how leniently. The evaluators of CXone are named in feedback only.
fn evaluators(tenant: &Tenant) -> Value {
    let people = &tenant.people;
    let scope_ids = |evaluator: u32| -> Vec<&str> {
        let places = people.evaluators_of_scope.iter().zip(&people.scopes);
        places.filter(|(here, _)| here.iter().any(|(known, _)| *known == evaluator)).map(|(_, scope)| scope.id.as_str()).collect()
    };
    let evaluators = (0..)
        .zip(&people.evaluators)
        .map(|(place, evaluator)| (evaluator.id.clone(), json!({"leniency": evaluator.leniency, "scope_ids": scope_ids(place)})));
    evaluators.collect::<Map<String, Value>>().into()
}

fn scopes(tenant: &Tenant, faults: &Faults) -> Value {
    let scopes = tenant.people.scopes.iter().enumerate().map(|(place, scope)| {
        let place = Some(place as u16);
        let n_of = |stream| tenant.shelf(stream).iter().filter(|record| record.scopes.contains(&place) && !record.is_deleted()).count();
        json!({
            "id": scope.id,
            "name": scope.name,
            "kind": scope.kind.name(),
            "timezone": scope.zone,
            "visible": scope.visible && !faults.hidden_scopes.contains(&scope.id),
            "assessments": n_of(Stream::Assessments),
            "feedback": n_of(Stream::Feedback),
        })
    });
    scopes.collect::<Vec<Value>>().into()
}

/// Whether the console's totals have rows for the whole tenant under the scope `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalsRows {
    /// A row for each division or site.
    Scopes,
    /// The same, and a row `*` that counts records without a division or site too.
    ScopesAndTenant,
}

/// What the console reports: submitted assessments by submission day and living feedback by creation day (UTC), one
/// row for each division or site, hidden ones included. Records without one are in no scope's row.
pub(crate) fn totals_csv(world: &World, platform: Platform, from: Date, to: Date, rows: TotalsRows) -> String {
    let tenant = world.tenant(platform);
    let days = day_number(from)..day_number(to);
    let mut out = "scope_id,date_from,date_to,stream,reported\n".to_owned();
    for stream in Stream::ALL {
        let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
        let mut in_all = 0_u64;
        for record in tenant.shelf(stream).iter().filter(|record| is_reported(stream, record)) {
            if !days.contains(&record.making.time_ms.div_euclid(DAY_MS)) {
                continue;
            }
            in_all += 1;
            if let Some(place) = record.scopes.first().copied().flatten() {
                *counts.entry(place).or_default() += 1;
            }
        }
        let mut row = |scope_id: &str, reported: u64| {
            out.push_str(&format!("{},{from},{to},{},{reported}\n", csv_cell(scope_id), stream.name()));
        };
        for (place, scope) in tenant.people.scopes.iter().enumerate().filter(|(_, scope)| scope.kind != ScopeKind::Queue) {
            row(&scope.id, counts.get(&(place as u16)).copied().unwrap_or(0));
        }
        if rows == TotalsRows::ScopesAndTenant {
            row("*", in_all);
        }
    }
    out
}

fn is_reported(stream: Stream, record: &Record) -> bool {
    match stream {
        Stream::Assessments => record.making.status == Status::Submitted && !record.is_deleted(),
        Stream::Feedback => !record.is_deleted(),
    }
}

fn day_number(date: Date) -> i64 {
    let midnight = date.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    midnight.map_or(0, |midnight| midnight.timestamp().as_millisecond().div_euclid(DAY_MS))
}
