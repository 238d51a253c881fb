//! What an assessment counts for beyond itself: its cohort, its business date, and why it is left out where it is.

use std::fmt::Write as _;

use engine::store::{DateSource, LeftOut, Measure};
use serde_json::{Value, json};

use crate::command::ground;
use crate::output::{plain, visible};

/// Why an assessment enters no sum, in words.
fn why(left_out: LeftOut) -> &'static str {
    match left_out {
        LeftOut::NotPerformance => "it was made for another purpose than performance, such as calibration",
        LeftOut::Status => "it is neither submitted nor released nor disputed",
        LeftOut::NoScore => "it has no normalized score",
        LeftOut::NoAgent => "it names no agent",
        LeftOut::NoFormVersion => "it names no form version",
        LeftOut::NoBusinessDate => "nothing tells its business date; `date_fallback` may take the submission",
    }
}

/// Everything as one object; null for what was not measured.
pub(super) fn to_json(measure: Option<&Measure>) -> Value {
    let Some(measure) = measure else { return Value::Null };
    json!({
        "counted": measure.left_out.is_none(),
        "left_out": measure.left_out.map(LeftOut::word),
        "form_id": measure.form_id,
        "form_version_id": measure.form_version_id,
        "content_hash": measure.content_hash,
        "scored_by": measure.scored_by,
        "business_date": measure.business_date.map(|date| date.to_string()),
        "week_start": measure.week_start.map(|date| date.to_string()),
        "date_source": measure.date_source.word(),
        "zone": measure.zone,
        "zone_defaulted": measure.zone_defaulted,
        "weighted_points": measure.weighted_points,
        "weighted_max": measure.weighted_max,
        "whole_max": measure.whole_max,
        "critical_score": measure.critical_score,
        "applicable_share": measure.applicable_share,
        "parity_diff": measure.parity_diff,
        "score_parity": measure.score_parity,
        "passed": measure.passed,
    })
}

/// The same in lines for people.
pub(super) fn words(measure: Option<&Measure>) -> String {
    let Some(measure) = measure else {
        return "  in sums              not measured yet, or not live: `scorelake sync`, `trends` and `publish` measure\n\n".to_owned();
    };
    let counted = match measure.left_out {
        None => "yes".to_owned(),
        Some(left_out) => format!("no, {}: {}", left_out.word(), why(left_out)),
    };
    let lines = [
        ("in sums", counted),
        ("N, D", sums(measure)),
        ("critical score", critical(measure)),
        ("applicable share", share(measure)),
        ("parity", parity(measure)),
        ("business date", date(measure)),
        ("cohort", cohort(measure)),
    ];
    let mut text = String::new();
    for (name, words) in lines {
        let _infallible = writeln!(text, "  {name:<20} {words}");
    }
    text.push('\n');
    text
}

fn sums(measure: &Measure) -> String {
    match (measure.weighted_points, measure.weighted_max) {
        (Some(points), Some(max)) => format!("{points} / {max}: score*weight and max*weight over the questions that apply"),
        _ => "none".to_owned(),
    }
}

fn critical(measure: &Measure) -> String {
    match measure.critical_score {
        Some(score) => format!("{score}: points of the answered critical questions, of a hundred, without weights"),
        None => "none: no critical question was answered".to_owned(),
    }
}

fn share(measure: &Measure) -> String {
    match (measure.applicable_share, measure.weighted_max, measure.whole_max) {
        (Some(share), Some(max), Some(whole)) => format!("{share} = {max} / {whole}: of the whole form's max*weight"),
        (Some(share), ..) => share.to_string(),
        _ => "none: the whole form is not known".to_owned(),
    }
}

fn parity(measure: &Measure) -> String {
    match measure.parity_diff {
        Some(difference) if measure.score_parity => {
            format!("{difference:+.4} raw less normalized, beyond half a point: flag score_parity")
        }
        Some(difference) if measure.failed_critical => {
            format!("{difference:+.4} raw less normalized; no flag, as a critical question was failed")
        }
        Some(difference) => format!("{difference:+.4} raw less normalized"),
        None => "none: one of the two scores is missing".to_owned(),
    }
}

fn date(measure: &Measure) -> String {
    let Some(day) = measure.business_date else { return "none".to_owned() };
    let source = match measure.date_source {
        DateSource::InteractionEnd => format!("the end of the interaction, {}", plain(&ground::maybe_time(measure.interaction_end_time))),
        DateSource::Submitted => format!("the submission, {}", plain(&ground::maybe_time(measure.submitted_at))),
        DateSource::None => "nothing".to_owned(),
    };
    let defaulted = if measure.zone_defaulted { ", because no zone is configured" } else { "" };
    let week = measure.week_start.map(|week| format!(", in the week of {week}")).unwrap_or_default();
    format!("{day} in {}{defaulted}, by {source}{week}", visible(&measure.zone))
}

fn cohort(measure: &Measure) -> String {
    let known = |word: &str| if word.is_empty() { "unknown".to_owned() } else { visible(word) };
    format!(
        "form `{}`, version `{}`, content hash {}, scored by {}",
        known(&measure.form_id),
        known(&measure.form_version_id),
        known(&measure.content_hash),
        known(&measure.scored_by)
    )
}
