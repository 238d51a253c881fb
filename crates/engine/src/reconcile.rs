//! Reconciliation: what was extracted held against what the source's console reports, per scope and in total.
//! Counts are whole numbers and the alert is integer arithmetic; nothing is asked of the source.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ScopeId;
use model::record::Stream;
use model::table::{Cell, Row};
use model::window::{Span, start_of};
use store::{Store, StoreError, VisitError};

use crate::report::{Trouble, TroubleKind, storage};
use crate::run::Engine;
use crate::settings::Tenant;

/// The columns of a totals file, in any order; others are ignored.
const COLUMNS: [&str; 5] = ["scope_id", "date_from", "date_to", "stream", "reported"];
/// The row of the total.
const TOTAL: &str = "*";

/// One line of a totals file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The scope; `*` for the whole tenant.
    pub scope_id: String,
    /// First day or moment, as written.
    pub date_from: String,
    /// First day or moment that no longer counts, as written.
    pub date_to: String,
    /// The same as moments.
    pub span: Span,
    /// Of which stream.
    pub stream: Stream,
    /// What the console reports; none where it is not known.
    pub reported: Option<u64>,
}

/// How extracted and reported counts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// At or above the threshold and not more than reported.
    Ok,
    /// No total to compare with.
    Unverified,
    /// More than reported.
    Excess,
    /// Below the threshold.
    Alert,
}

impl Verdict {
    /// The word in `reconciliation.verdict`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unverified => "unverified",
            Self::Excess => "excess",
            Self::Alert => "alert",
        }
    }
}

/// One compared count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Of which stream.
    pub stream: Stream,
    /// The scope; `*` for the total.
    pub scope_id: String,
    /// First day or moment.
    pub date_from: String,
    /// First day or moment that no longer counts.
    pub date_to: String,
    /// Live records here.
    pub extracted: u64,
    /// What the console reports.
    pub reported: Option<u64>,
    /// How they compare.
    pub verdict: Verdict,
    /// The likely cause, where they differ.
    pub cause: Option<String>,
}

impl Compared {
    /// `100 * extracted / reported`, where something is reported.
    pub fn percent(&self) -> Option<f64> {
        self.reported.filter(|reported| *reported > 0).map(|reported| 100.0 * self.extracted as f64 / reported as f64)
    }

    /// In the order of `table::RECONCILIATION`.
    pub fn row(&self, run_id: &str, tenant: &Tenant) -> Row {
        let count = |n: u64| Cell::Int(i64::try_from(n).unwrap_or(i64::MAX));
        vec![
            Cell::Text(run_id.to_owned()),
            Cell::Text(tenant.name.to_string()),
            Cell::Text(self.stream.word().to_owned()),
            Cell::Text(self.scope_id.clone()),
            Cell::Text(self.date_from.clone()),
            Cell::Text(self.date_to.clone()),
            count(self.extracted),
            self.reported.map_or(Cell::Null, count),
            Cell::real(self.percent()),
            Cell::Text(self.verdict.word().to_owned()),
            Cell::text(self.cause.clone()),
        ]
    }
}

/// `100 * extracted < threshold * reported`, in whole numbers.
pub fn verdict(extracted: u64, reported: Option<u64>, alert_below_percent: u64) -> Verdict {
    let Some(reported) = reported else { return Verdict::Unverified };
    if extracted > reported {
        Verdict::Excess
    } else if 100 * u128::from(extracted) < u128::from(alert_below_percent) * u128::from(reported) {
        Verdict::Alert
    } else {
        Verdict::Ok
    }
}

/// Reads a totals file. Dates are days of the tenant's zone, half-open; full times are taken as they are.
///
/// # Errors
/// A trouble of configuration with file, line and fact.
pub fn read_totals(path: &Path, zone: &TimeZone) -> Result<Vec<Total>, Trouble> {
    let name = path.display();
    let wrong = |words: String| Trouble::new(TroubleKind::Configuration, format!("totals file `{name}`: {words}"));
    let hint = format!("its columns are `{}`", COLUMNS.join(","));
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|error| wrong(error.to_string()))?;
    let header = file.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let place = |column: &str| header.iter().position(|one| one.trim_start_matches('\u{feff}') == column);
    let places: Vec<usize> = COLUMNS
        .iter()
        .map(|column| place(column).ok_or_else(|| wrong(format!("column `{column}` is missing")).with_hint(hint.clone())))
        .collect::<Result<_, _>>()?;
    let mut totals = Vec::new();
    for record in file.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields: Vec<&str> = places.iter().map(|place| record.get(*place).unwrap_or_default()).collect();
        totals.push(total(&fields, zone).map_err(|words| wrong(format!("line {line}: {words}")).with_hint(hint.clone()))?);
    }
    Ok(totals)
}

fn total(fields: &[&str], zone: &TimeZone) -> Result<Total, String> {
    let [scope_id, date_from, date_to, stream, reported] = fields else { return Err("too few columns".to_owned()) };
    let span = Span { from: moment(date_from, zone)?, to: moment(date_to, zone)? };
    if span.to <= span.from {
        return Err(format!("`date_to` {date_to} is not after `date_from` {date_from}; the range is half-open"));
    }
    let reported = match *reported {
        "" => None,
        digits => Some(digits.parse().map_err(|_| format!("`reported` is `{digits}`, not a whole number"))?),
    };
    if scope_id.is_empty() {
        return Err("`scope_id` is empty".to_owned());
    }
    Ok(Total {
        scope_id: (*scope_id).to_owned(),
        date_from: (*date_from).to_owned(),
        date_to: (*date_to).to_owned(),
        span,
        stream: Stream::from_word(stream).ok_or_else(|| format!("`stream` is `{stream}`, not `assessments` or `feedback`"))?,
        reported,
    })
}

/// A day of the zone, or a full time.
pub fn moment(words: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(day) = words.parse::<Date>()
        && words.len() == 10
    {
        return start_of(day, zone).ok_or_else(|| format!("`{words}` is no day of this time zone"));
    }
    model::time::read(words).map_err(|_| format!("`{words}` is neither a date (`2024-01-31`) nor an RFC 3339 time"))
}

/// What a reconciliation of one tenant found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Per scope, and per stream one with `*`.
    pub rows: Vec<Compared>,
    /// Lines for the operator.
    pub warnings: Vec<String>,
    /// An alert or an excess, or a totals file that cannot be read.
    pub troubles: Vec<Trouble>,
}

impl Engine {
    /// Compares, keeps the rows under the run, and tells. `totals` goes before the tenant's own totals file.
    pub fn reconcile(&self, tenant: &Arc<Tenant>, totals: Option<&Path>, run_id: &str) -> Reconciled {
        let mut found = Reconciled::default();
        let totals = match totals.or(tenant.reconcile.totals.as_deref()).map(|path| read_totals(path, &tenant.timezone)) {
            Some(Ok(totals)) => totals,
            Some(Err(trouble)) => {
                found.troubles.push(trouble);
                return found;
            }
            None => Vec::new(),
        };
        let compared = self.ledger.with(|store| {
            let rows = compare(store, tenant, &totals)?;
            let kept: Vec<Row> = rows.iter().map(|row| row.row(run_id, tenant)).collect();
            store.keep_reconciliation(&kept)?;
            Ok((rows, probe(store, tenant)?))
        });
        match compared {
            Err(error) => found.troubles.push(storage(&error)),
            Ok((rows, warnings)) => {
                found.warnings = warnings;
                found.troubles.extend(trouble(tenant, &rows));
                let n_unverified = rows.iter().filter(|row| row.verdict == Verdict::Unverified).count();
                if n_unverified > 0 {
                    found.warnings.push(format!("{n_unverified} counts have no total to compare with"));
                }
                found.rows = rows;
            }
        }
        found
    }
}

fn trouble(tenant: &Tenant, rows: &[Compared]) -> Option<Trouble> {
    let off: Vec<String> = rows
        .iter()
        .filter(|row| row.verdict >= Verdict::Excess && row.scope_id != TOTAL)
        .map(|row| format!("{} `{}` ({} of {})", row.stream, row.scope_id, row.extracted, row.reported.unwrap_or_default()))
        .collect();
    let total_off = rows.iter().any(|row| row.verdict >= Verdict::Excess && row.scope_id == TOTAL);
    if off.is_empty() && !total_off {
        return None;
    }
    let shown = off.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = off.len().checked_sub(5).filter(|more| *more > 0).map(|more| format!(" and {more} more")).unwrap_or_default();
    let words = if off.is_empty() { "the total is off".to_owned() } else { format!("{shown}{more}") };
    let message = format!(
        "tenant `{}`: extracted and reported counts differ beyond {} %: {words}",
        tenant.name, tenant.reconcile.alert_below_percent
    );
    Some(Trouble::new(TroubleKind::Reconciliation, message).with_hint("the column `cause` of the reconciliation tells what is likely"))
}

fn compare(store: &Store, tenant: &Tenant, totals: &[Total]) -> Result<Vec<Compared>, StoreError> {
    let threshold = tenant.reconcile.alert_below_percent;
    let mut rows = Vec::new();
    for stream in &tenant.streams {
        let of_stream: Vec<&Total> = totals.iter().filter(|total| total.stream == *stream).collect();
        let mut scopes = Vec::new();
        for total in of_stream.iter().filter(|total| total.scope_id != TOTAL) {
            scopes.push(one(store, tenant, total, threshold)?);
        }
        let mut explicit = Vec::new();
        for total in of_stream.iter().filter(|total| total.scope_id == TOTAL) {
            explicit.push(one(store, tenant, total, threshold)?);
        }
        let total =
            if explicit.is_empty() { summed(store, tenant, *stream, &of_stream, &scopes)? } else { in_all(*stream, &explicit, threshold) };
        rows.extend(scopes);
        rows.push(total);
    }
    Ok(rows)
}

fn one(store: &Store, tenant: &Tenant, total: &Total, threshold: u64) -> Result<Compared, StoreError> {
    let scope = (total.scope_id != TOTAL).then(|| ScopeId::new(&total.scope_id));
    let extracted = store.n_extracted(&tenant.name, total.stream, scope.as_ref(), total.span)?;
    let verdict = verdict(extracted, total.reported, threshold);
    let cause = match verdict {
        Verdict::Ok => None,
        Verdict::Unverified => Some("no total reported".to_owned()),
        Verdict::Excess => Some("more than reported: the totals are older than the extraction, or leave something out".to_owned()),
        Verdict::Alert => Some(cause(store, tenant, total, scope.as_ref(), extracted)?),
    };
    Ok(Compared {
        stream: total.stream,
        scope_id: total.scope_id.clone(),
        date_from: total.date_from.clone(),
        date_to: total.date_to.clone(),
        extracted,
        reported: total.reported,
        verdict,
        cause,
    })
}

/// The likeliest first: not visible, not read, not readable.
fn cause(store: &Store, tenant: &Tenant, total: &Total, scope: Option<&ScopeId>, extracted: u64) -> Result<String, StoreError> {
    if let Some(scope) = scope {
        let listed = store.scopes(&tenant.name)?.iter().any(|listed| listed.id == *scope);
        if extracted == 0 {
            return Ok(match listed {
                true => format!("scope `{scope}` is listed but none of its records is visible: the OAuth client lacks it"),
                false => format!("the source does not list scope `{scope}`: misspelt, removed, or hidden from the OAuth client"),
            });
        }
    }
    let n_open = n_unread_windows(store, tenant, total)?;
    if n_open > 0 {
        return Ok(format!("{n_open} windows of the range were not read to their end"));
    }
    let n_quarantined = store.n_quarantined(&tenant.name, total.stream)?;
    if n_quarantined > 0 {
        return Ok(format!("{n_quarantined} records of the stream are in quarantine"));
    }
    Ok("records outside the wanted statuses, deleted since, or not visible to the OAuth client".to_owned())
}

fn n_unread_windows(store: &Store, tenant: &Tenant, total: &Total) -> Result<u64, StoreError> {
    let mut n_unread = 0;
    let mut visit = |window: store::WindowProgress| {
        let concerns = window.scope_id == total.scope_id || window.scope_id == TOTAL;
        n_unread += u64::from(concerns && window.read_until.is_none() && window.window.within(total.span).is_some());
        Ok::<(), StoreError>(())
    };
    store.windows(Some(&tenant.name), Some(total.stream), &mut visit).map_err(either)?;
    Ok(n_unread)
}

fn either(error: VisitError<StoreError>) -> StoreError {
    error.or(|error| error)
}

/// The total of a stream where the file gives totals of scopes only: their sums on both sides.
fn summed(store: &Store, tenant: &Tenant, stream: Stream, totals: &[&Total], scopes: &[Compared]) -> Result<Compared, StoreError> {
    if totals.is_empty() {
        let all = Span { from: Timestamp::MIN, to: Timestamp::MAX };
        let extracted = store.n_extracted(&tenant.name, stream, None, all)?;
        return Ok(Compared {
            stream,
            scope_id: TOTAL.to_owned(),
            date_from: tenant.start.to_string(),
            date_to: String::new(),
            extracted,
            reported: None,
            verdict: Verdict::Unverified,
            cause: Some("no totals for this stream".to_owned()),
        });
    }
    Ok(in_all(stream, scopes, tenant.reconcile.alert_below_percent))
}

/// Sums rows; those without a total are left out of both sums and make the sum unverified unless it is off anyway.
fn in_all(stream: Stream, rows: &[Compared], threshold: u64) -> Compared {
    let known = || rows.iter().filter(|row| row.reported.is_some());
    let extracted = known().map(|row| row.extracted).sum();
    let reported: Option<u64> = (known().count() > 0).then(|| known().filter_map(|row| row.reported).sum());
    let mut verdict = verdict(extracted, reported, threshold);
    if verdict == Verdict::Ok && known().count() < rows.len() {
        verdict = Verdict::Unverified;
    }
    let mut causes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.verdict >= Verdict::Unverified) {
        causes.entry(row.verdict.word()).or_default().push(&row.scope_id);
    }
    let cause: Vec<String> = causes.iter().map(|(word, scopes)| format!("{word}: {}", scopes.join(" "))).collect();
    Compared {
        stream,
        scope_id: TOTAL.to_owned(),
        date_from: rows.iter().map(|row| row.date_from.clone()).min().unwrap_or_default(),
        date_to: rows.iter().map(|row| row.date_to.clone()).max().unwrap_or_default(),
        extracted,
        reported,
        verdict,
        cause: (!cause.is_empty()).then(|| cause.join("; ")),
    }
}

/// The visible-scope probe: in every window read both ways, the listing of everything against the sum of the scopes'.
/// It needs no request, because every sync reads both.
fn probe(store: &Store, tenant: &Tenant) -> Result<Vec<String>, StoreError> {
    let kinds: BTreeMap<String, &'static str> =
        store.scopes(&tenant.name)?.iter().map(|scope| (scope.id.to_string(), scope.kind.word())).collect();
    let mut warnings = Vec::new();
    for stream in &tenant.streams {
        let mut everything = 0_u64;
        let mut by_kind: BTreeMap<&str, u64> = BTreeMap::new();
        let mut visit = |window: store::WindowProgress| {
            if window.read_until.is_some() {
                match kinds.get(&window.scope_id) {
                    Some(kind) => *by_kind.entry(kind).or_default() += window.n_records,
                    None if window.scope_id == TOTAL => everything += window.n_records,
                    None => {}
                }
            }
            Ok::<(), StoreError>(())
        };
        store.windows(Some(&tenant.name), Some(*stream), &mut visit).map_err(either)?;
        for (kind, sum) in by_kind {
            if everything > sum {
                warnings.push(format!("{stream}: the listing of everything shows {} records more than all {kind}s together; they name no {kind} that is listed", everything - sum));
            } else if everything > 0 && everything < sum {
                warnings
                    .push(format!("{stream}: the {kind}s together show {} records more than the listing of everything", sum - everything));
            }
        }
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alert_is_integer_arithmetic() {
        assert_eq!(verdict(95, Some(100), 95), Verdict::Ok);
        assert_eq!(verdict(94, Some(100), 95), Verdict::Alert);
        assert_eq!(verdict(18, Some(19), 95), Verdict::Alert);
        assert_eq!(verdict(19, Some(20), 95), Verdict::Ok);
        assert_eq!(verdict(101, Some(100), 95), Verdict::Excess);
        assert_eq!(verdict(0, Some(0), 95), Verdict::Ok);
        assert_eq!(verdict(1, Some(0), 95), Verdict::Excess);
        assert_eq!(verdict(0, None, 95), Verdict::Unverified);
        assert_eq!(verdict(u64::MAX - 1, Some(u64::MAX), 100), Verdict::Alert);
    }

    #[track_caller]
    fn check_totals(text: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("totals.csv");
        std::fs::write(&path, text).unwrap();
        let seen = match read_totals(&path, &TimeZone::get("America/New_York").unwrap()) {
            Ok(totals) => {
                totals.iter().map(|total| format!("{} {} {} {:?}\n", total.scope_id, total.span, total.stream, total.reported)).collect()
            }
            Err(trouble) => trouble.message.replace(&path.display().to_string(), "FILE"),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn dates_are_days_of_the_tenant() {
        check_totals(
            "scope_id,date_from,date_to,stream,reported\nd-1,2024-01-01,2024-02-01,assessments,10\nd-2,2024-01-01,2024-02-01,feedback,\n",
            "d-1 2024-01-01T05:00:00.000Z..2024-02-01T05:00:00.000Z assessments Some(10)\n\
             d-2 2024-01-01T05:00:00.000Z..2024-02-01T05:00:00.000Z feedback None\n",
        );
    }

    #[test]
    fn columns_may_stand_in_any_order_and_others_beside_them() {
        check_totals(
            "reported,note,stream,date_to,date_from,scope_id\n3,x,feedback,2024-01-02T00:00:00Z,2024-01-01T00:00:00Z,*\n",
            "* 2024-01-01T00:00:00.000Z..2024-01-02T00:00:00.000Z feedback Some(3)\n",
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        check_totals("scope,from,to\n", "totals file `FILE`: column `scope_id` is missing");
        let line = |fields: &str| format!("scope_id,date_from,date_to,stream,reported\n{fields}\n");
        check_totals(
            &line("d,2024-01-01,2024-02-01,assessments,1.5"),
            "totals file `FILE`: line 2: `reported` is `1.5`, not a whole number",
        );
        check_totals(
            &line("d,2024-01-01,2024-01-01,feedback,1"),
            "totals file `FILE`: line 2: `date_to` 2024-01-01 is not after `date_from` 2024-01-01; the range is half-open",
        );
        check_totals(
            &line("d,jan,feb,feedback,1"),
            "totals file `FILE`: line 2: `jan` is neither a date (`2024-01-31`) nor an RFC 3339 time",
        );
        check_totals(
            &line("d,2024-01-01,2024-02-01,calls,1"),
            "totals file `FILE`: line 2: `stream` is `calls`, not `assessments` or `feedback`",
        );
        check_totals(&line(",2024-01-01,2024-02-01,feedback,1"), "totals file `FILE`: line 2: `scope_id` is empty");
    }
}
