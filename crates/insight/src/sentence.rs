//! The sentences that a supervisor reads about a change of form.
//! Every number in them is the kept number as it is shown everywhere else, so that no table contradicts them; where rounded
//! numbers do not add up, the sentence says that they are rounded. What is withheld is named with every reason, in words.

use crate::anchor::QuestionState;
use crate::show::{shown, shown_signed, shown_size, tenths};
use crate::split::{ChangeSplit, Parts};

/// The pairs of double scoring that find a shift of `shift` points with power 0.8 when pairs differ by a standard deviation of `sd`:
/// `7.85 * (sd/shift)^2`, rounded up. `None` without a shift or a spread to divide.
pub fn double_scoring_pairs(sd: f64, shift: f64) -> Option<u64> {
    let pairs = 7.85 * (sd / shift) * (sd / shift);
    // A count beyond 2^53 is no advice.
    (pairs.is_finite() && pairs > 0.0 && pairs < 9e15).then(|| pairs.ceil() as u64)
}

/// What stands under every published bridge.
pub const UNIFORM_SHIFT: &str = "If all scores became stricter or milder at once at the boundary, that would look like performance. Only double \
                                 scoring tells: n = 7.85 * (sd/shift)^2 pairs, 46 pairs for a shift of 2.5 points and a standard deviation of 6.";

/// What a change of form version did, for a supervisor. A published bridge carries [`UNIFORM_SHIFT`].
pub fn split_sentence(split: &ChangeSplit) -> String {
    let (Some(mean_a), Some(mean_b), Some(change)) = (split.mean_a, split.mean_b, split.change) else {
        let side = if split.mean_a.is_none() { "before" } else { "after" };
        return format!("There is nothing to compare: the form version {side} the change has no scored assessments.");
    };
    let opening = opening(mean_a, mean_b, change);
    match (&split.bridge, split.parts) {
        (Ok(()), Some(parts)) => published(split, &opening, &parts, change, (mean_a, mean_b)),
        (Ok(()), None) => format!("{opening}. What performance did to it is not known."),
        (Err(reasons), _) => {
            let reasons: Vec<&str> = reasons.iter().map(|reason| reason.sentence()).collect();
            let note = rounding_note(difference(mean_a, mean_b) == tenths(change));
            format!("{opening}. How much of it is performance is not published: {}.{note}", reasons.join("; "))
        }
    }
}

fn opening(mean_a: f64, mean_b: f64, change: f64) -> String {
    let (from, to) = (shown(mean_a), shown(mean_b));
    match tenths(change).unwrap_or(0).signum() {
        1 => format!("The mean rose from {from} to {to}, by {} points", shown_size(change)),
        -1 => format!("The mean fell from {from} to {to}, by {} points", shown_size(change)),
        _ if from == to => format!("The mean stayed at {from}"),
        _ => format!("The mean hardly moved, from {from} to {to}"),
    }
}

fn published(split: &ChangeSplit, opening: &str, parts: &Parts, change: f64, (mean_a, mean_b): (f64, f64)) -> String {
    let form = [("removed questions", parts.removed), ("reweighting", parts.reweighting), ("added questions", parts.added)];
    let performance = format!("{} ({})", shown_signed(parts.performance), interval(split));
    let mut text = if is_plain(parts, change) {
        let na_mix = if is_zero(parts.na_mix) {
            String::new()
        } else {
            format!(", {} the mix of answers that do not apply,", shown_size(parts.na_mix))
        };
        format!(
            "{opening}; of these, {} are the new form{}{na_mix} and performance changed by {performance}.",
            shown_size(parts.form()),
            listed(&form, shown_size)
        )
    } else {
        let na_mix = if is_zero(parts.na_mix) {
            String::new()
        } else {
            format!(", the mix of answers that do not apply {}", shown_signed(parts.na_mix))
        };
        format!("{opening}: the new form {}{}{na_mix}, performance {performance}.", shown_signed(parts.form()), listed(&form, shown_signed))
    };
    if let (true, Ok(rescored)) = (split.is_na_sensitive, split.rescored) {
        text.push_str(&format!(
            " Assessment by assessment performance changed by {}: answers that do not apply matter here.",
            shown_signed(rescored.delta)
        ));
    }
    match split.n_in_state(QuestionState::Drifting) {
        0 => {}
        1 => text.push_str(" 1 common question moved unlike the rest and stands under removed and added."),
        n => text.push_str(&format!(" {n} common questions moved unlike the rest and stand under removed and added.")),
    }
    text.push_str(rounding_note(adds_up(parts, change, (mean_a, mean_b))));
    format!("{text} {UNIFORM_SHIFT}")
}

/// Whether every part but performance goes the way of the change and the form is no more than all of it, so that "of these" is true.
fn is_plain(parts: &Parts, change: f64) -> bool {
    let way = tenths(change).unwrap_or(0).signum();
    let follows = |part: f64| is_zero(part) || tenths(part).unwrap_or(0).signum() == way;
    let form_and_mix = tenths(parts.form()).unwrap_or(0).abs() + tenths(parts.na_mix).unwrap_or(0).abs();
    way != 0
        && !is_zero(parts.form())
        && [parts.form(), parts.removed, parts.reweighting, parts.added, parts.na_mix].into_iter().all(follows)
        && form_and_mix <= tenths(change).unwrap_or(0).abs()
}

fn is_zero(part: f64) -> bool {
    tenths(part) == Some(0)
}

/// The parts that are not shown as 0, in brackets, the greatest first.
fn listed(parts: &[(&str, f64)], show: fn(f64) -> String) -> String {
    let mut parts: Vec<&(&str, f64)> = parts.iter().filter(|(_, part)| !is_zero(*part)).collect();
    parts.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    if parts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = parts.into_iter().map(|(name, part)| format!("{name} {}", show(*part))).collect();
    format!(" ({})", parts.join(", "))
}

fn interval(split: &ChangeSplit) -> String {
    match split.rescored.and_then(|rescored| rescored.interval) {
        // The interval is that of the rescored difference, which is another number here.
        Ok(_) if split.is_na_sensitive => "no interval".to_owned(),
        Ok(interval) => format!("95 % {} .. {}", shown_signed(interval.low), shown_signed(interval.high)),
        Err(reason) => format!("no interval: {}", reason.sentence()),
    }
}

/// Whether the numbers add up as they are shown: the parts to the form and to the change, the change to the means.
fn adds_up(parts: &Parts, change: f64, (mean_a, mean_b): (f64, f64)) -> bool {
    let total = |parts: &[f64]| parts.iter().map(|part| tenths(*part)).sum::<Option<i64>>();
    total(&[parts.form(), parts.na_mix, parts.performance]) == tenths(change)
        && total(&[parts.removed, parts.reweighting, parts.added]) == tenths(parts.form())
        && difference(mean_a, mean_b) == tenths(change)
}

fn difference(mean_a: f64, mean_b: f64) -> Option<i64> {
    Some(tenths(mean_b)? - tenths(mean_a)?)
}

fn rounding_note(adds_up: bool) -> &'static str {
    if adds_up { "" } else { " The numbers are rounded one by one and need not add up to the last digit." }
}

#[cfg(test)]
mod tests;
