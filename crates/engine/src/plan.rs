//! The plan: which listings a run has to read. Pure; what is closed and what time it is come in as arguments.
//!
//! A window is due until it is closed, and it closes once it was read to its end at a moment at which it had been over
//! for `lookback`. So a closed window costs nothing ever again, and the live edge is read again by every run.

use jiff::{SignedDuration, Timestamp};
use model::record::Stream;
use model::window::{Covered, Span, WindowLength, start_of, windows};
use platform::dialect::{RangeOf, ScopeAsk};

use crate::settings::Tenant;

/// The present, as two clocks see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present {
    /// How far listings reach: the later of our clock and the source's, so nothing is left out.
    pub edge: Timestamp,
    /// What windows are closed by: the earlier of the two, so nothing is closed too soon.
    pub settled: Timestamp,
}

impl Present {
    /// The present of our clock and of the source's, where it told. A source that is more than a year ahead is not believed.
    pub fn new(ours: Timestamp, theirs: Option<Timestamp>) -> Self {
        let year = SignedDuration::from_hours(366 * 24);
        let theirs = theirs.filter(|theirs| theirs.duration_since(ours) <= year).unwrap_or(ours);
        Self { edge: model::time::to_millisecond(ours.max(theirs)), settled: model::time::to_millisecond(ours.min(theirs)) }
    }
}

/// One listing to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Of which stream.
    pub stream: Stream,
    /// Restricted to what.
    pub ask: ScopeAsk,
    /// Which time the span is about.
    pub range_of: RangeOf,
    /// What is asked for.
    pub span: Span,
    /// The window that the span is read for; at the live edge and in a backfill it may reach further.
    pub window: Span,
    /// It reads up to the live edge, or the window as a whole; its progress is then kept.
    pub fills_window: bool,
    /// Only this status; none for all.
    pub status: Option<String>,
    /// Records seen are noted, so that those that are not can be told.
    pub notes_sightings: bool,
}

impl Task {
    /// Whether what it reads tells how far the window has come.
    pub fn keeps_progress(&self) -> bool {
        self.range_of == RangeOf::Own && self.fills_window
    }
}

/// What is to be read of one stream by the records' own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// From the first day wanted to the live edge, or the range of a backfill.
    pub span: Span,
    /// Windows that end after this are read whether closed or not, all statuses, with sightings: the reach of a sweep.
    pub sweep_from: Option<Timestamp>,
    /// Windows are read whether closed or not: a backfill.
    pub again: bool,
    /// Sightings are noted in every window that is read for all scopes: absence is then asked for by id.
    pub notes_sightings: bool,
}

/// The listings of one stream by the records' own time, oldest window first, and for each window every scope.
pub fn created_tasks(
    tenant: &Tenant,
    stream: Stream,
    asks: &[ScopeAsk],
    wanted: &Wanted,
    closed: impl Fn(&ScopeAsk) -> Vec<Span>,
) -> Vec<Task> {
    let closed: Vec<Covered> = asks.iter().map(|ask| Covered::by(closed(ask))).collect();
    let mut tasks = Vec::new();
    for window in whole_windows(tenant, wanted.span) {
        let sweeps = wanted.sweep_from.is_some_and(|from| from < window.to);
        let Some(span) = window.within(wanted.span) else { continue };
        let is_due = |closed: &Covered| sweeps || wanted.again || !closed.holds(window);
        // Who reads a window for some of its scopes only cannot tell what is absent from it.
        let is_whole = closed.iter().all(is_due);
        for (ask, _) in asks.iter().zip(&closed).filter(|(_, closed)| is_due(closed)) {
            tasks.push(Task {
                stream,
                ask: ask.clone(),
                range_of: RangeOf::Own,
                span,
                window,
                fills_window: !wanted.again || span == window,
                status: if sweeps { None } else { the_status(tenant, stream) },
                notes_sightings: sweeps || (wanted.notes_sightings && is_whole),
            });
        }
    }
    tasks
}

/// The listings of one stream by modification.
pub fn modified_tasks(tenant: &Tenant, stream: Stream, asks: &[ScopeAsk], since: Span) -> Vec<Task> {
    let mut tasks = Vec::new();
    for span in windows(since, tenant.window, &tenant.timezone) {
        for ask in asks {
            tasks.push(Task {
                stream,
                ask: ask.clone(),
                range_of: RangeOf::Modified,
                span,
                window: span,
                fills_window: false,
                status: None,
                notes_sightings: false,
            });
        }
    }
    tasks
}

/// Asked of the server where it can filter: with exactly one wanted status. More are filtered here.
fn the_status(tenant: &Tenant, stream: Stream) -> Option<String> {
    match stream {
        Stream::Assessments if tenant.statuses.len() == 1 => tenant.statuses.first().cloned(),
        _ => None,
    }
}

/// The windows that touch a span, none of them clipped at its end.
fn whole_windows(tenant: &Tenant, span: Span) -> Vec<Span> {
    let hours = match tenant.window {
        WindowLength::Days(n) => (i64::from(n) + 1) * 24,
        WindowLength::Hours(_) => 48,
    };
    let beyond = span.to.checked_add(SignedDuration::from_hours(hours)).unwrap_or(span.to);
    let mut cut = windows(Span { from: span.from, to: beyond }, tenant.window, &tenant.timezone);
    cut.retain(|window| window.from < span.to);
    cut
}

/// The first moment wanted of a tenant.
pub fn first_moment(tenant: &Tenant) -> Timestamp {
    start_of(tenant.start, &tenant.timezone).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Whether a window that was read to its end at `present` will not be asked for again.
pub fn closes(window: Span, present: Present, lookback: std::time::Duration) -> bool {
    SignedDuration::try_from(lookback)
        .ok()
        .and_then(|lookback| window.to.checked_add(lookback).ok())
        .is_some_and(|over| over <= present.settled)
}

/// A moment so much earlier, or the earliest there is.
pub fn before(moment: Timestamp, by: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| moment.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::id::ScopeId;
    use model::record::ScopeKind;

    use super::*;
    use crate::testing::tenant;

    fn at(words: &str) -> Timestamp {
        words.parse().unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span { from: at(from), to: at(to) }
    }

    fn words(tasks: &[Task]) -> Vec<String> {
        tasks
            .iter()
            .map(|task| {
                let status = task.status.as_deref().unwrap_or("any");
                let noted = if task.notes_sightings { " noted" } else { "" };
                format!("{} {} window ..{} {status}{noted}", task.ask.id(), task.span, model::time::text(task.window.to))
            })
            .collect()
    }

    fn asks() -> Vec<ScopeAsk> {
        vec![ScopeAsk::One(ScopeKind::Division, ScopeId::new("d")), ScopeAsk::Everything]
    }

    #[test]
    fn closed_windows_are_left_out_per_scope_and_the_live_edge_is_cut_at_the_present() {
        let wanted =
            Wanted { span: span("2024-01-01T00:00:00Z", "2024-01-02T15:00:00Z"), sweep_from: None, again: false, notes_sightings: false };
        let closed = |ask: &ScopeAsk| match ask {
            ScopeAsk::Everything => vec![span("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")],
            ScopeAsk::One(..) => Vec::new(),
        };
        let tasks = created_tasks(&tenant(), Stream::Assessments, &asks(), &wanted, closed);
        assert_eq!(
            words(&tasks),
            [
                "d 2024-01-01T00:00:00.000Z..2024-01-02T00:00:00.000Z window ..2024-01-02T00:00:00.000Z submitted",
                "d 2024-01-02T00:00:00.000Z..2024-01-02T15:00:00.000Z window ..2024-01-03T00:00:00.000Z submitted",
                "* 2024-01-02T00:00:00.000Z..2024-01-02T15:00:00.000Z window ..2024-01-03T00:00:00.000Z submitted",
            ]
        );
    }

    #[test]
    fn a_window_read_for_some_scopes_only_says_nothing_of_absence() {
        let span = span("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z");
        let wanted = Wanted { span, sweep_from: None, again: false, notes_sightings: true };
        let closed = |ask: &ScopeAsk| match ask {
            ScopeAsk::Everything => vec![Span { from: span.from, to: at("2024-01-02T00:00:00Z") }],
            ScopeAsk::One(..) => Vec::new(),
        };
        let tasks = created_tasks(&tenant(), Stream::Feedback, &asks(), &wanted, closed);
        assert_eq!(
            words(&tasks),
            [
                "d 2024-01-01T00:00:00.000Z..2024-01-02T00:00:00.000Z window ..2024-01-02T00:00:00.000Z any",
                "d 2024-01-02T00:00:00.000Z..2024-01-03T00:00:00.000Z window ..2024-01-03T00:00:00.000Z any noted",
                "* 2024-01-02T00:00:00.000Z..2024-01-03T00:00:00.000Z window ..2024-01-03T00:00:00.000Z any noted",
            ]
        );
    }

    #[test]
    fn a_sweep_reads_closed_windows_of_its_reach_without_a_status() {
        let wanted = Wanted {
            span: span("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z"),
            sweep_from: Some(at("2024-01-02T12:00:00Z")),
            again: false,
            notes_sightings: false,
        };
        let closed = |_: &ScopeAsk| vec![span("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z")];
        let tasks = created_tasks(&tenant(), Stream::Assessments, &[ScopeAsk::Everything], &wanted, closed);
        assert_eq!(words(&tasks), ["* 2024-01-02T00:00:00.000Z..2024-01-03T00:00:00.000Z window ..2024-01-03T00:00:00.000Z any noted"]);
    }

    #[test]
    fn a_backfill_reads_closed_windows_and_keeps_to_its_range() {
        let wanted =
            Wanted { span: span("2024-01-01T10:00:00Z", "2024-01-01T12:00:00Z"), sweep_from: None, again: true, notes_sightings: false };
        let closed = |_: &ScopeAsk| vec![span("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z")];
        let tasks = created_tasks(&tenant(), Stream::Feedback, &[ScopeAsk::Everything], &wanted, closed);
        assert_eq!(words(&tasks), ["* 2024-01-01T10:00:00.000Z..2024-01-01T12:00:00.000Z window ..2024-01-02T00:00:00.000Z any"]);
        assert!(!tasks[0].keeps_progress());
    }

    #[test]
    fn a_window_closes_only_when_it_has_been_over_for_the_lookback_by_both_clocks() {
        let window = span("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z");
        let lookback = Duration::from_hours(72);
        let close = |ours: &str, theirs: Option<&str>| closes(window, Present::new(at(ours), theirs.map(at)), lookback);
        assert!(close("2024-01-05T00:00:00Z", None));
        assert!(!close("2024-01-04T23:59:59Z", None));
        assert!(!close("2024-01-05T00:00:00Z", Some("2024-01-04T20:00:00Z")));
        assert!(!close("2024-01-04T20:00:00Z", Some("2024-01-05T00:00:00Z")));
    }

    #[test]
    fn listings_reach_to_the_later_clock_unless_it_is_absurd() {
        let edge = |ours: &str, theirs: &str| model::time::text(Present::new(at(ours), Some(at(theirs))).edge);
        assert_eq!(edge("2024-01-05T00:00:00Z", "2024-01-05T00:10:00Z"), "2024-01-05T00:10:00.000Z");
        assert_eq!(edge("2024-01-05T00:00:00Z", "2024-01-04T00:00:00Z"), "2024-01-05T00:00:00.000Z");
        assert_eq!(edge("2024-01-05T00:00:00Z", "2094-01-04T00:00:00Z"), "2024-01-05T00:00:00.000Z");
    }
}
