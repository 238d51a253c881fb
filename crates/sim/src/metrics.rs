//! External metrics of the Genesys side: values that others write for users and days, and the totals held for them.
//! A write of up to 100 items is answered item by item: what is understood is applied, what is not is given back with a code and a
//! message. Totals are exact decimals of the metric's precision, rounded half up.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Number, Value, json};

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::options::ExternalMetric;
use crate::platform::Platform;
use crate::rng::hash_text;
use crate::roster::user_email;
use crate::world::{Tenant, World};

/// Where values are written.
pub(crate) const PATH: &str = "/api/v2/employeeperformance/externalmetrics/data";

/// The name by which faults aim at it.
pub(crate) const STREAM: &str = "external-metrics";

/// More items in one request are refused.
const ITEMS_MAX: usize = 100;

/// What a fault does to one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemTricks {
    /// Given back though nothing is wrong with it.
    pub(crate) unprocessed: bool,
    /// Applied, and answered with another total than the one that is held.
    pub(crate) wrong_total: bool,
}

/// A user by place, a metric, a day.
type Key = (usize, String, Date);

/// What is held for one key. The value is counted in units of the metric's last decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Total {
    units: i64,
    count: i64,
}

/// Everything held.
#[derive(Default)]
pub(crate) struct Metrics {
    totals: BTreeMap<Key, Total>,
}

/// Why an item is given back.
struct Fault(&'static str, String);

/// An item that is understood.
struct Item<'a> {
    key: Key,
    metric: &'a ExternalMetric,
    units: Option<i64>,
    count: Option<i64>,
    cumulative: bool,
}

impl Metrics {
    /// Applies one write. `tricks` is called once for each item, with what makes it the same item.
    pub(crate) fn write(
        &mut self,
        ask: &Ask,
        world: &World,
        metrics: &[ExternalMetric],
        tricks: &mut dyn FnMut(u64) -> ItemTricks,
    ) -> Result<Answer, Refusal> {
        let items = items(ask)?;
        let tenant = world.tenant(Platform::Genesys);
        let (mut processed, mut unprocessed) = (Vec::new(), Vec::new());
        for sent in &items {
            let tricks = tricks(hash_text(1, &sent.to_string()));
            let read = match tricks.unprocessed {
                true => Err(Fault("internal.error", "the item was not processed; send it again".to_owned())),
                false => read(sent, tenant, metrics),
            };
            let mut told = sent.as_object().cloned().unwrap_or_default();
            match read {
                Ok(item) => {
                    let total = self.apply(&item);
                    tell(&mut told, &item, total, tricks.wrong_total);
                    processed.push(Value::Object(told));
                }
                Err(Fault(code, message)) => {
                    told.insert("code".to_owned(), code.into());
                    told.insert("message".to_owned(), message.into());
                    unprocessed.push(Value::Object(told));
                }
            }
        }
        let n_rows = processed.len();
        Ok(Answer { n_rows, ..Answer::value(200, &json!({"processedEntities": processed, "unprocessedEntities": unprocessed})) })
    }

    /// A null value deletes, a total replaces, anything else is added; a total of no data points is gone.
    fn apply(&mut self, item: &Item<'_>) -> Option<Total> {
        let held = self.totals.get(&item.key).copied().filter(|_| item.cumulative);
        let added = item.units.map(|units| Total { units, count: item.count.unwrap_or(i64::from(held.is_none())) });
        let total = match (held, added) {
            (Some(held), Some(added)) => {
                Some(Total { units: held.units.saturating_add(added.units), count: held.count.saturating_add(added.count) })
            }
            (_, added) => added,
        };
        let total = total.filter(|total| total.count != 0);
        match total {
            Some(total) => self.totals.insert(item.key.clone(), total),
            None => self.totals.remove(&item.key),
        };
        total
    }

    /// All totals, by user, metric and day.
    pub(crate) fn held(&self, world: &World, metrics: &[ExternalMetric]) -> Value {
        let tenant = world.tenant(Platform::Genesys);
        let rows = self.totals.iter().map(|((user, metric_id, date), total)| {
            let precision = metrics.iter().find(|metric| metric.id == *metric_id).map_or(0, |metric| metric.precision);
            json!({
                "userId": tenant.people.agents.get(*user).map(|agent| &agent.id),
                "metricId": metric_id,
                "dateOccurred": date.to_string(),
                "value": decimal(total.units, precision),
                "count": total.count,
            })
        });
        rows.collect::<Vec<Value>>().into()
    }
}

fn items(ask: &Ask) -> Result<Vec<Value>, Refusal> {
    if !ask.content_type.starts_with("application/json") {
        return Err(Refusal::new(415, "unsupported.media.type", "the body is not `application/json`"));
    }
    let body: Value = serde_json::from_slice(&ask.body).map_err(|_| Refusal::new(400, "bad.request", "the body is no JSON"))?;
    let items = body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    match items.len() {
        0 => Err(Refusal::new(400, "bad.request", "`items` is missing or empty")),
        n_items if n_items > ITEMS_MAX => {
            Err(Refusal::new(400, "constraint.validation", &format!("`items` has {n_items} items, of which {ITEMS_MAX} are allowed")))
        }
        _ => Ok(items),
    }
}

fn read<'a>(sent: &Value, tenant: &Tenant, metrics: &'a [ExternalMetric]) -> Result<Item<'a>, Fault> {
    let text = |name: &str| sent.get(name).and_then(Value::as_str);
    let mut agents = tenant.people.agents.iter().enumerate();
    let user = match (text("userId"), text("userEmail")) {
        (Some(id), None) => agents.find(|(_, agent)| agent.id == id),
        (None, Some(email)) => agents.find(|(place, _)| user_email(Platform::Genesys, *place).eq_ignore_ascii_case(email)),
        _ => return Err(Fault("invalid.user", "either `userId` or `userEmail` must be given".to_owned())),
    };
    let Some((user, _)) = user else { return Err(Fault("user.not.found", "no such user".to_owned())) };
    let Some(metric) = metrics.iter().find(|metric| text("metricId") == Some(metric.id.as_str())) else {
        return Err(Fault("metric.not.found", format!("no metric definition `{}`", text("metricId").unwrap_or_default())));
    };
    let date = text("dateOccurred").filter(|date| date.len() == 10).and_then(|date| date.parse::<Date>().ok());
    let Some(date) = date else { return Err(Fault("invalid.date", "`dateOccurred` is no date `yyyy-MM-dd`".to_owned())) };
    let cumulative = match (sent.get("type"), text("type")) {
        (None, _) | (_, Some("Total")) => false,
        (_, Some("Cumulative")) => true,
        _ => return Err(Fault("invalid.type", "`type` is neither `Total` nor `Cumulative`".to_owned())),
    };
    let units = match sent.get("value") {
        Some(Value::Null) => None,
        Some(Value::Number(number)) => Some(units(&number.to_string(), metric.precision).ok_or_else(wrong_value)?),
        _ => return Err(wrong_value()),
    };
    let count = match sent.get("count") {
        None | Some(Value::Null) => None,
        Some(count) => Some(count.as_i64().ok_or_else(|| Fault("invalid.count", "`count` is no whole number".to_owned()))?),
    };
    Ok(Item { key: (user, metric.id.clone(), date), metric, units, count, cumulative })
}

fn wrong_value() -> Fault {
    Fault("invalid.value", "`value` is neither a number nor null".to_owned())
}

/// Adds the total to the item as it was sent. A garbled total is off by one.
fn tell(told: &mut Map<String, Value>, item: &Item<'_>, total: Option<Total>, wrong: bool) {
    let precision = item.metric.precision;
    let off = if wrong { 10_i64.saturating_pow(u32::from(precision)) } else { 0 };
    let shown = total.map(|total| decimal(total.units.saturating_add(off), precision));
    let shown = shown.or_else(|| wrong.then(|| decimal(off, precision)));
    told.insert("totalValue".to_owned(), shown.unwrap_or_default());
    told.insert("totalCount".to_owned(), total.map_or(i64::from(wrong), |total| total.count).into());
}

/// A decimal number in units of its last decimal, rounded half up. `None` if it has too many digits.
fn units(text: &str, precision: u8) -> Option<i64> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(i32::from(precision))?;
    let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
    let units = match shift {
        0.. => mantissa.checked_mul(factor)?,
        _ => mantissa.checked_mul(2)?.checked_add(factor)?.div_euclid(factor.checked_mul(2)?),
    };
    i64::try_from(units).ok()
}

/// The JSON number, with all decimals of the metric.
fn decimal(units: i64, precision: u8) -> Value {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = usize::from(precision) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(precision));
    let text = if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, precision: u8, expected: &str) {
        let seen = units(text, precision).map_or("none".to_owned(), |units| decimal(units, precision).to_string());
        assert_eq!(seen, expected, "{text} at {precision}");
    }

    #[test]
    fn values_are_rounded_half_up_as_decimals() {
        check("82.545", 2, "82.55");
        check("82.544999", 2, "82.54");
        check("1.005", 2, "1.01");
        check("99.5", 0, "100");
        check("-0.5", 0, "0");
        check("-0.6", 0, "-1");
        check("0.00001", 5, "0.00001");
        check("8.25e1", 1, "82.5");
        check("100", 2, "100.00");
    }

    #[test]
    fn numbers_without_end_are_no_values() {
        check("1e400", 2, "none");
        check("1e-400", 2, "none");
    }
}
