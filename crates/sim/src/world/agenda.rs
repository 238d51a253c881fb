//! What will happen to whom and when: arrivals day by day, and the later life of each record.
//! It only plans; the world carries out. Appointments at the same moment are kept in the order in which they were made.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::options::{Rates, WorldOptions};
use crate::platform::Platform;
use crate::rng::Rng;
use crate::stamp::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::world::words::{Status, Stream};

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Happening {
    /// The arrivals of one day are planned.
    Day {
        stream: Stream,
        slot: u32,
    },
    /// A record comes in.
    Birth {
        stream: Stream,
        serial: u32,
        scope: u16,
    },
    /// A form gets its next version.
    Revision {
        form: usize,
    },
    /// A record's content changes.
    Edit {
        stream: Stream,
        place: u32,
    },
    /// A record's status changes.
    Move {
        stream: Stream,
        place: u32,
        status: Status,
    },
    Delete {
        stream: Stream,
        place: u32,
    },
    Restore {
        stream: Stream,
        place: u32,
    },
    /// One of the deleted records returns, so that also small worlds have one that does.
    Return {
        stream: Stream,
    },
}

/// Everything planned, the earliest first.
#[derive(Default)]
pub(crate) struct Agenda {
    appointments: BinaryHeap<Reverse<(i64, u64, Platform, Happening)>>,
    n_made: u64,
}

impl Agenda {
    pub(crate) fn add(&mut self, at_ms: i64, platform: Platform, happening: Happening) {
        self.n_made += 1;
        self.appointments.push(Reverse((at_ms, self.n_made, platform, happening)));
    }

    pub(crate) fn next_before(&mut self, then_ms: i64) -> Option<(i64, Platform, Happening)> {
        if self.appointments.peek()?.0.0 >= then_ms {
            return None;
        }
        self.appointments.pop().map(|Reverse((at_ms, _, platform, happening))| (at_ms, platform, happening))
    }
}

/// The appointments of a new world: the first day of each stream, and the first revision of each form. The first form is
/// revised on a Tuesday within the span of the world, the second soon after its end. `zone` is the one of the largest scope.
pub(crate) fn first_appointments(options: &WorldOptions, platform: Platform, n_forms: usize, zone: &str) -> Vec<(i64, Happening)> {
    let (start_ms, end_ms) = (options.start.as_millisecond(), options.end.as_millisecond());
    let mut rng = Rng::of(options.seed, &[platform.number(), 42]);
    let mut appointments = Vec::new();
    for stream in Stream::ALL {
        appointments.push((start_ms, Happening::Day { stream, slot: 0 }));
        appointments.push((end_ms + rng.between(HOUR_MS, DAY_MS), Happening::Return { stream }));
    }
    for form in 0..n_forms {
        let at_ms = match form {
            0 => first_revision_ms(start_ms, end_ms, zone),
            1 => end_ms + rng.between(2 * DAY_MS, 5 * DAY_MS),
            _ => start_ms + rng.between(30, 150) * DAY_MS,
        };
        appointments.push((at_ms, Happening::Revision { form }));
    }
    appointments
}

/// Three in the morning of the first Tuesday after six tenths of the span, so that most of the weeks lie before it. In a short
/// world it is the last Tuesday, and in one without a Tuesday any moment.
fn first_revision_ms(start_ms: i64, end_ms: i64, zone: &str) -> i64 {
    let middle_ms = start_ms + (end_ms - start_ms) * 6 / 10;
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let morning_ms = |days: i64| {
        let day = Timestamp::from_millisecond(middle_ms + days * DAY_MS).ok()?.to_zoned(zone.clone()).date();
        let morning = day.at(3, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
        (day.weekday() == Weekday::Tuesday && (start_ms..end_ms).contains(&morning)).then_some(morning)
    };
    let later = (0..=7).find_map(|days| morning_ms(days).filter(|morning| *morning >= middle_ms));
    later.or_else(|| (-7..=7).rev().find_map(morning_ms)).unwrap_or(middle_ms)
}

/// The slot's span: days from the start, the last cut off at the end, then days from the end.
fn slot_span(options: &WorldOptions, slot: u32) -> (i64, i64) {
    let (start_ms, end_ms) = (options.start.as_millisecond(), options.end.as_millisecond());
    let n_before = n_slots_before_end(options);
    if slot < n_before {
        let from_ms = start_ms + i64::from(slot) * DAY_MS;
        (from_ms, (from_ms + DAY_MS).min(end_ms))
    } else {
        let from_ms = end_ms + i64::from(slot - n_before) * DAY_MS;
        (from_ms, from_ms + DAY_MS)
    }
}

fn n_slots_before_end(options: &WorldOptions) -> u32 {
    let span_ms = (options.end.as_millisecond() - options.start.as_millisecond()).max(0);
    (span_ms / DAY_MS) as u32 + u32::from(span_ms % DAY_MS != 0)
}

/// Weekends are quiet. The last slot before the end may be short.
fn slot_weight(options: &WorldOptions, slot: u32) -> f64 {
    let (from_ms, to_ms) = slot_span(options, slot);
    let weekday = (from_ms.div_euclid(DAY_MS) + 3).rem_euclid(7);
    let share = (to_ms - from_ms) as f64 / DAY_MS as f64;
    if weekday >= 5 { 0.3 * share } else { share }
}

/// How many records come in before this slot.
fn n_before(options: &WorldOptions, stream: Stream, slot: u32) -> u32 {
    let n_total = f64::from(match stream {
        Stream::Assessments => options.n_assessments,
        Stream::Feedback => options.n_feedback,
    });
    let n_slots = n_slots_before_end(options);
    let weight_total: f64 = (0..n_slots).map(|slot| slot_weight(options, slot)).sum();
    let weight: f64 = (0..slot).map(|slot| slot_weight(options, slot)).sum();
    if slot == n_slots {
        return n_total as u32;
    }
    (n_total * weight / weight_total.max(0.3)).round() as u32
}

/// The arrivals of one slot and the planning of the next.
pub(crate) fn day(
    options: &WorldOptions,
    platform: Platform,
    stream: Stream,
    slot: u32,
    scopes: &[(u16, f64, &'static str)],
) -> Vec<(i64, Happening)> {
    let (from_ms, to_ms) = slot_span(options, slot);
    let mut rng = Rng::of(options.seed, &[platform.number(), stream.number(), 43, u64::from(slot)]);
    let offsets: Vec<i64> = scopes.iter().map(|(_, _, zone)| offset_ms(zone, from_ms)).collect();
    let (first, last) = (n_before(options, stream, slot), n_before(options, stream, slot + 1));
    let mut arrivals = Vec::with_capacity((last.saturating_sub(first)) as usize + 1);
    let mut previous_ms = from_ms;
    for serial in first..last {
        let nth = rng.weighted(scopes.iter().map(|(_, weight, _)| *weight));
        let scope = scopes.get(nth).map_or(0, |(place, _, _)| *place);
        let local_ms = (8.0 * HOUR_MS as f64 + 5.0 * HOUR_MS as f64 * (rng.share() + rng.share())) as i64;
        let utc_ms = local_ms - offsets.get(nth).copied().unwrap_or(0);
        let within_ms = (utc_ms - from_ms).rem_euclid(DAY_MS);
        let share = rng.share();
        // In the world's first hours it is the day before in some zones, of which there are no calls.
        let within_ms = if slot == 0 { within_ms.max(DAY_MS / 2 + within_ms / 2) } else { within_ms };
        let at_ms = match (serial - first, share) {
            _ if slot == 0 && from_ms + within_ms < to_ms => from_ms + within_ms,
            // Records on the very borders of a day, and records of the same millisecond.
            (0, share) if share < 0.3 => from_ms,
            (1, share) if share < 0.3 => to_ms - 1,
            (_, share) if share < 0.02 => previous_ms,
            _ if from_ms + within_ms < to_ms => from_ms + within_ms,
            _ => from_ms + ((to_ms - from_ms) as f64 * share) as i64,
        };
        previous_ms = at_ms;
        arrivals.push((at_ms, Happening::Birth { stream, serial, scope }));
    }
    arrivals.push((to_ms, Happening::Day { stream, slot: slot + 1 }));
    arrivals
}

fn offset_ms(zone: &str, at_ms: i64) -> i64 {
    let Ok(zone) = TimeZone::get(zone) else { return 0 };
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    i64::from(zone.to_offset(at).seconds()) * 1000
}

/// What will become of a record that comes in at this moment.
pub(crate) fn life(rng: &mut Rng, rates: &Rates, stream: Stream, place: u32, born_ms: i64, status: Status) -> Vec<(i64, Happening)> {
    let mut plans = match stream {
        Stream::Assessments => assessment_life(rng, rates, place, born_ms, status),
        Stream::Feedback => feedback_life(rng, rates, place, born_ms, status),
    };
    if rng.chance(rates.deleted) {
        let at_ms = born_ms + HOUR_MS + rng.between(0, 20 * DAY_MS);
        plans.push((at_ms, Happening::Delete { stream, place }));
        if rng.chance(rates.restored) {
            plans.push((at_ms + rng.between(HOUR_MS, 9 * DAY_MS), Happening::Restore { stream, place }));
        }
    }
    plans
}

fn assessment_life(rng: &mut Rng, rates: &Rates, place: u32, born_ms: i64, status: Status) -> Vec<(i64, Happening)> {
    let stream = Stream::Assessments;
    let to = |status| Happening::Move { stream, place, status };
    let mut plans = Vec::new();
    let mut last_ms = born_ms;
    if status == Status::Pending {
        last_ms += rng.between(HOUR_MS, 30 * HOUR_MS);
        plans.push((last_ms, to(Status::InProgress)));
    }
    let begun = matches!(status, Status::Pending | Status::InProgress);
    if begun && rng.chance(0.2) {
        // Some are never finished.
        return plans;
    }
    if begun {
        last_ms += rng.between(HOUR_MS, 4 * DAY_MS);
        plans.push((last_ms, to(Status::Submitted)));
    } else if rng.chance(rates.assessment_moves_status * 0.5) {
        last_ms += rng.between(HOUR_MS, 9 * DAY_MS);
        let disputed = rng.chance(0.4);
        plans.push((last_ms, to(if disputed { Status::Disputed } else { Status::Released })));
        if disputed && rng.chance(0.5) {
            last_ms += rng.between(2 * DAY_MS, 6 * DAY_MS);
            plans.push((last_ms, to(Status::Submitted)));
        }
    }
    if rng.chance(rates.assessment_rescored) {
        let late = rng.chance(0.1);
        let mean_ms = if late { 15 * DAY_MS } else { 20 * HOUR_MS };
        let delay_ms = (rng.exponential(mean_ms as f64) as i64).min(40 * DAY_MS);
        plans.push((last_ms + MINUTE_MS + delay_ms, Happening::Edit { stream, place }));
    }
    plans
}

fn feedback_life(rng: &mut Rng, rates: &Rates, place: u32, born_ms: i64, status: Status) -> Vec<(i64, Happening)> {
    let stream = Stream::Feedback;
    let mut plans = Vec::new();
    if status == Status::Draft {
        plans.push((born_ms + rng.between(HOUR_MS, 3 * DAY_MS), Happening::Move { stream, place, status: Status::Published }));
    }
    if rng.chance(rates.feedback_edited) {
        let share = rng.share();
        let delay_ms = match share {
            share if share < 0.8 => (rng.exponential(15.0 * MINUTE_MS as f64) as i64).min(HOUR_MS),
            share if share < 0.95 => rng.between(HOUR_MS, 5 * DAY_MS),
            _ => rng.between(5 * DAY_MS, 60 * DAY_MS),
        };
        let at_ms = born_ms + 5_000 + delay_ms;
        plans.push((at_ms, Happening::Edit { stream, place }));
        if rng.chance(0.15) {
            plans.push((at_ms + rng.between(MINUTE_MS, DAY_MS), Happening::Edit { stream, place }));
        }
    }
    plans
}
