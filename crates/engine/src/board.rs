//! The board of one tenant's run: which listings ended well, which did not, and whether it is worth going on.
//! It sends nothing; listings ask it before they begin and tell it when they end.

use std::collections::{BTreeMap, BTreeSet};

use model::coverage::Coverage;
use model::record::Stream;
use model::window::Span;
use platform::dialect::{DialectError, RangeOf};
use wire::error::WireError;

use crate::plan::Task;
use crate::report::Trouble;
use crate::source::Failure;

/// So many listings of a stream in a row without an answer, and it is taken to be down.
pub(crate) const DOWN_AFTER: u32 = 3;
/// So many windows of one scope in a row without a good end, and its other windows are left for the next run. One or two
/// that never come to a good end hold up no other.
const BROKEN_AFTER: u32 = 3;

/// What became of one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamOutcome {
    /// For each window whose sightings are noted: listings planned, and listings that proved to be whole.
    pub windows: BTreeMap<Span, (u32, u32)>,
    /// Every listing by modification came to its end.
    pub modified_complete: bool,
    /// Listings that did not come to their end, or were not begun.
    pub n_failed: u64,
}

impl StreamOutcome {
    /// The windows in which every scope's listing was whole.
    pub fn whole_windows(&self) -> Vec<Span> {
        self.windows.iter().filter(|(_, (planned, whole))| planned == whole).map(|(window, _)| *window).collect()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Board {
    streams: BTreeMap<Stream, StreamOutcome>,
    /// Scopes of a stream whose remaining windows are not begun.
    given_up: BTreeSet<(Stream, String)>,
    broken: BTreeMap<(Stream, String), u32>,
    unanswered: BTreeMap<Stream, u32>,
    over: bool,
    stopped: bool,
    troubles: Vec<Trouble>,
}

impl Board {
    /// A board that knows what is planned.
    pub fn new(tasks: &[Task]) -> Self {
        let mut board = Self::default();
        for task in tasks {
            let stream =
                board.streams.entry(task.stream).or_insert_with(|| StreamOutcome { modified_complete: true, ..Default::default() });
            if task.notes_sightings {
                stream.windows.entry(task.window).or_default().0 += 1;
            }
        }
        board
    }

    /// Whether a listing is worth beginning.
    pub fn may_begin(&self, task: &Task) -> bool {
        self.may_go_on(task.stream) && !self.given_up.contains(&place(task))
    }

    /// Whether anything of a stream can still be had.
    pub fn may_go_on(&self, stream: Stream) -> bool {
        !self.over && self.unanswered.get(&stream).is_none_or(|n| *n < DOWN_AFTER)
    }

    /// Takes in the end of a listing; none for one that was not begun.
    pub fn ended(&mut self, task: &Task, outcome: Option<Result<Coverage, Failure>>) {
        let stream = self.streams.entry(task.stream).or_default();
        match outcome {
            Some(Ok(coverage)) => {
                // One that is down stays so for the run, whatever was still on its way.
                self.unanswered.entry(task.stream).and_modify(|n| *n = if *n < DOWN_AFTER { 0 } else { *n });
                self.broken.remove(&place(task));
                if task.notes_sightings && matches!(coverage, Coverage::Whole(_)) {
                    stream.windows.entry(task.window).or_default().1 += 1;
                }
            }
            Some(Err(failure)) => {
                self.fail(task);
                self.judge(task, &failure);
                self.troubles.extend(failure.trouble());
            }
            None => self.fail(task),
        }
    }

    fn fail(&mut self, task: &Task) {
        let stream = self.streams.entry(task.stream).or_default();
        stream.n_failed += 1;
        if task.range_of == RangeOf::Modified {
            stream.modified_complete = false;
        }
    }

    /// What a failure means for the listings that have not begun.
    fn judge(&mut self, task: &Task, failure: &Failure) {
        match failure {
            Failure::Stopped => {
                self.stopped = true;
                self.over = true;
            }
            Failure::Wire(WireError::Unavailable { .. }) => {
                *self.unanswered.entry(task.stream).or_default() += 1;
                self.note_broken(task);
            }
            // Asked for once a run, so the other windows cost nothing more.
            Failure::FormVersion(_) => {}
            Failure::Wire(_) | Failure::Store(_) => self.over = true,
            Failure::Dialect(DialectError::Permission(_)) => {
                self.given_up.insert(place(task));
            }
            Failure::Dialect(DialectError::Contract(_) | DialectError::Listing(_)) => self.note_broken(task),
        }
    }

    fn note_broken(&mut self, task: &Task) {
        let n = self.broken.entry(place(task)).or_default();
        *n += 1;
        if *n >= BROKEN_AFTER {
            self.given_up.insert(place(task));
        }
    }

    /// Takes over what another board saw: a stream is complete only if it was on both.
    pub fn absorb(&mut self, other: &Self) {
        for (stream, outcome) in &other.streams {
            self.streams.entry(*stream).or_default().n_failed += outcome.n_failed;
        }
        self.over |= other.over;
        self.stopped |= other.stopped;
        for (stream, n) in &other.unanswered {
            let ours = self.unanswered.entry(*stream).or_default();
            *ours = (*ours).max(*n);
        }
    }

    /// Whether the run was asked to stop.
    pub fn was_stopped(&self) -> bool {
        self.stopped
    }

    /// What became of a stream.
    pub fn stream(&self, stream: Stream) -> StreamOutcome {
        self.streams.get(&stream).cloned().unwrap_or_default()
    }

    /// The troubles so far, each message once.
    pub fn take_troubles(&mut self) -> Vec<Trouble> {
        let mut seen = BTreeSet::new();
        let mut troubles = std::mem::take(&mut self.troubles);
        troubles.retain(|trouble| seen.insert(trouble.message.clone()));
        troubles
    }
}

fn place(task: &Task) -> (Stream, String) {
    (task.stream, task.ask.id().to_owned())
}

#[cfg(test)]
mod tests {
    use model::id::ScopeId;
    use model::record::ScopeKind;
    use platform::dialect::ScopeAsk;
    use std::time::Duration;

    use super::*;

    fn task(scope: &str, day: u32) -> Task {
        let from = format!("2024-01-{day:02}T00:00:00Z").parse().unwrap();
        let to = format!("2024-01-{:02}T00:00:00Z", day + 1).parse().unwrap();
        let span = Span { from, to };
        Task {
            stream: Stream::Feedback,
            ask: ScopeAsk::One(ScopeKind::Division, ScopeId::new(scope)),
            range_of: RangeOf::Own,
            span,
            window: span,
            fills_window: true,
            status: None,
            notes_sightings: true,
        }
    }

    fn unavailable() -> Failure {
        Failure::Wire(WireError::Unavailable { what: "x".into(), attempts: 6, elapsed: Duration::from_secs(9), last: "503".into() })
    }

    #[test]
    fn a_window_is_whole_only_when_every_scope_was() {
        let tasks = [task("a", 1), task("b", 1), task("a", 2), task("b", 2)];
        let mut board = Board::new(&tasks);
        for task in &tasks[..3] {
            board.ended(task, Some(Ok(Coverage::Whole(task.span))));
        }
        board.ended(&tasks[3], Some(Err(Failure::Dialect(DialectError::Permission("no".into())))));
        assert_eq!(board.stream(Stream::Feedback).whole_windows(), [tasks[0].window]);
        assert_eq!(board.stream(Stream::Feedback).n_failed, 1);
    }

    #[test]
    fn a_scope_without_an_answer_is_given_up_while_others_go_on() {
        let mut board = Board::new(&[]);
        for day in 1..=3 {
            assert!(board.may_begin(&task("a", day)));
            board.ended(&task("a", day), Some(Err(unavailable())));
            board.ended(&task("b", day), Some(Ok(Coverage::Catalogue)));
        }
        assert!(!board.may_begin(&task("a", 4)));
        assert!(board.may_begin(&task("b", 4)));
    }

    #[test]
    fn three_listings_in_a_row_without_an_answer_end_the_stream_and_not_the_other() {
        let mut board = Board::new(&[]);
        for scope in ["a", "b", "c"] {
            assert!(board.may_begin(&task("d", 1)));
            board.ended(&task(scope, 1), Some(Err(unavailable())));
        }
        assert!(!board.may_begin(&task("d", 1)));
        board.ended(&task("e", 1), Some(Ok(Coverage::Catalogue)));
        assert!(!board.may_begin(&task("d", 1)));
        assert!(board.may_begin(&Task { stream: Stream::Assessments, ..task("d", 1) }));
    }

    #[test]
    fn one_broken_window_does_not_keep_the_others_from_being_read() {
        let mut board = Board::new(&[]);
        for day in 1..=3 {
            assert!(board.may_begin(&task("a", day)));
            board.ended(&task("a", day), Some(Err(Failure::Dialect(DialectError::Listing("loop".into())))));
        }
        assert!(!board.may_begin(&task("a", 4)));
        assert_eq!(board.take_troubles().len(), 1);
    }

    #[test]
    fn a_window_that_ends_well_wipes_out_those_before_it() {
        let mut board = Board::new(&[]);
        for day in 1..=9 {
            let outcome = if day % 3 == 0 { Ok(Coverage::Catalogue) } else { Err(Failure::Dialect(DialectError::Listing("loop".into()))) };
            board.ended(&task("a", day), Some(outcome));
        }
        assert!(board.may_begin(&task("a", 10)));
    }
}
