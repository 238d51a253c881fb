//! The doors of the stage: paths under `/_sim/` that need no token and are no part of any platform. They show the truth, move the
//! world's clock and set faults.

use jiff::civil::Date;
use serde_json::json;

use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::desk::Desk;
use crate::faults::Faults;
use crate::interactions::Interactions;
use crate::roster;
use crate::stamp::{DAY_MS, HOUR_MS, SECOND_MS, stamp};
use crate::truth::{TotalsRows, totals_csv, truth};
use crate::world::World;

/// Answers a control request.
pub(crate) fn answer(desk: &Desk, ask: &Ask) -> Answer {
    let path = ask.path.trim_start_matches("/_sim/");
    let result = match (ask.method.as_str(), path) {
        ("GET", "health") => Ok(now(desk)),
        ("GET", "truth") => Ok(Answer::value(200, &truth(&desk.world(), &desk.faults(), ask.platform))),
        ("GET", "requests") => Ok(json_of(&*desk.requests())),
        ("DELETE", "requests") => {
            *desk.requests() = Default::default();
            Ok(now(desk))
        }
        ("GET", "faults") => Ok(json_of(&desk.faults())),
        ("POST", "faults") => set_faults(desk, ask),
        ("POST", "advance") => advance(desk, ask),
        ("POST", "pass") => pass(desk, ask),
        ("POST", "revoke") => {
            desk.revoke_tokens();
            Ok(now(desk))
        }
        ("GET", "totals") => totals(desk, ask),
        ("GET", "interactions.csv") => Ok(csv(Interactions::of(&desk.world(), ask.platform).csv())),
        ("GET", "roster.csv") => {
            let tenant = param(ask, "tenant").unwrap_or(ask.platform.name());
            Ok(csv(format!("{}{}", roster::HEADING, roster::rows(&desk.world(), ask.platform, tenant))))
        }
        ("GET", "external-metrics") => Ok(Answer::value(200, &desk.held_metrics())),
        _ => Err(Refusal::not_found("no such control path")),
    };
    result.unwrap_or_else(|refusal| refusal.answer("control"))
}

fn json_of(value: &impl serde::Serialize) -> Answer {
    Answer::json(200, serde_json::to_vec(value).unwrap_or_default())
}

fn now(desk: &Desk) -> Answer {
    Answer::value(200, &json!({"status": "ok", "now": stamp(desk.world().now_ms())}))
}

fn set_faults(desk: &Desk, ask: &Ask) -> Result<Answer, Refusal> {
    let faults: Faults = serde_json::from_slice(&ask.body).map_err(|error| Refusal::parameter(&format!("faults: {error}")))?;
    desk.set_faults(faults);
    Ok(now(desk))
}

fn param<'a>(ask: &'a Ask, name: &str) -> Option<&'a str> {
    ask.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn count(ask: &Ask, name: &str) -> Result<i64, Refusal> {
    let Some(text) = param(ask, name) else { return Ok(0) };
    // A world of a hundred years is enough, and milliseconds do not overflow.
    let count = text.parse().ok().filter(|count| (0..=4_000_000_000).contains(count));
    count.ok_or_else(|| Refusal::parameter(&format!("`{name}` is no whole number: `{text}`")))
}

fn advance(desk: &Desk, ask: &Ask) -> Result<Answer, Refusal> {
    let days = count(ask, "days")?.min(36_500);
    let span_ms = days * DAY_MS + count(ask, "hours")?.min(876_000) * HOUR_MS + count(ask, "seconds")? * SECOND_MS;
    if span_ms == 0 {
        return Err(Refusal::parameter("`days`, `hours` or `seconds` is missing"));
    }
    let mut world = desk.world_mut();
    let then_ms = world.now_ms() + span_ms;
    world.advance_to(then_ms);
    drop(world);
    Ok(now(desk))
}

fn pass(desk: &Desk, ask: &Ask) -> Result<Answer, Refusal> {
    let seconds = u64::try_from(count(ask, "seconds")?).unwrap_or(0);
    desk.clock.pass(std::time::Duration::from_secs(seconds));
    Ok(now(desk))
}

fn totals(desk: &Desk, ask: &Ask) -> Result<Answer, Refusal> {
    let world = desk.world();
    let date = |name: &str, otherwise: Date| match param(ask, name) {
        None => Ok(otherwise),
        Some(text) => text.parse::<Date>().map_err(|_| Refusal::parameter(&format!("`{name}` is no date: `{text}`"))),
    };
    let from = date("from", first_day(&world))?;
    let to = date("to", last_day(&world))?;
    let rows = if param(ask, "tenant") == Some("true") { TotalsRows::ScopesAndTenant } else { TotalsRows::Scopes };
    Ok(csv(totals_csv(&world, ask.platform, from, to, rows)))
}

fn csv(text: String) -> Answer {
    Answer { content_type: "text/csv; charset=utf-8", ..Answer::json(200, text) }
}

fn first_day(world: &World) -> Date {
    world.options().start.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The day after the one that the world is in.
fn last_day(world: &World) -> Date {
    let now = jiff::Timestamp::from_millisecond(world.now_ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    now.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap_or(Date::MAX)
}

/// Whether this path belongs to the stage and not to a platform.
pub(crate) fn is_control(path: &str) -> bool {
    path.starts_with("/_sim/")
}
