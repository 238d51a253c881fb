//! The common suite of every copy: whatever a sink is, these sentences hold for it. A new sink is its code and one call of
//! `sink_suite!`; what it cannot show it declares in `Abilities`.
//! A check panics with a sentence where a sink breaks it.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "this is test code that other rooms call")]

pub mod fake;
pub mod reading;
pub mod world;

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::table::{ASSESSMENT, Cell, FEEDBACK, Kind, PUBLISHED, Row};
use serde_json::Value;

use crate::contract::{Abilities, Occasion, Published, Sink, SinkError, SinkErrorKind};
use crate::suite::fake::FakeRows;
use crate::suite::world::{archived, assessment, feedback, move_on, other_world, world};

/// Steps after which a publication of the suite's few rows must have come to its end.
const STEPS_MAX: u64 = 2_000;

/// An empty place that a sink under test writes to, and what others see there.
pub trait Place {
    /// A sink that writes to this place; with a number, its process dies after that many writing steps.
    fn sink(&self, crash_after: Option<u64>) -> Box<dyn Sink>;

    /// What a third party reads: the rows of every table the sink holds, typed as the tables say, in any order.
    fn read(&self) -> BTreeMap<String, Vec<Row>>;

    /// Whatever changes when something is touched: modification times, row versions.
    fn stamps(&self) -> BTreeMap<String, String>;

    /// The bytes or rows that must not depend on crashes: all but which run wrote them, and when. A bookmark kept in the place has
    /// a name beginning with `bookmark`.
    fn content(&self) -> BTreeMap<String, String>;
}

/// Makes an empty place.
pub type MakePlace<'a> = &'a dyn Fn() -> Box<dyn Place>;

/// Writes a test module with a test for each sentence. `$make` is an expression of type `fn() -> Box<dyn Place>`.
#[macro_export]
macro_rules! sink_suite {
    ($name:ident, $make:expr) => {
        mod $name {
            use super::*;
            $crate::sink_suite!(@tests $make;
                first_publication_is_complete rerun_with_nothing_new_touches_nothing every_kind_of_change_arrives
                lost_bookmark_touches_nothing another_store_replaces_the_rows empty_store_is_published
                order_of_landing_does_not_show crash_at_every_step_of_the_first_publication_is_harmless
                crash_at_every_step_of_an_update_is_harmless failing_store_at_every_row_is_harmless
                a_seeded_walk_ends_where_a_fresh_copy_does
            );
        }
    };
    (@tests $make:expr; $($check:ident)*) => {
        $(#[test] fn $check() { $crate::suite::$check(&$make); })*
    };
}

/// A third party reads exactly the rows of the store.
pub fn first_publication_is_complete(make: MakePlace<'_>) {
    let (place, rows) = (make(), world());
    let published = publish(&*place, &rows, None, 1);
    assert!(published.changed, "the first publication says that it changed something");
    assert!(0 < published.rows_written, "the first publication says how many rows it wrote");
    check(&*place, &rows, "after the first publication");
}

/// With the same rows again, no byte, time or row version changes.
pub fn rerun_with_nothing_new_touches_nothing(make: MakePlace<'_>) {
    let (place, mut rows) = (make(), world());
    let first = publish(&*place, &rows, None, 1);
    untouched(&*place, &rows, Some(&first.bookmark), "with the first bookmark");
    move_on(&mut rows);
    let second = publish(&*place, &rows, Some(&first.bookmark), 2);
    untouched(&*place, &rows, Some(&second.bookmark), "with the second bookmark");
}

/// An edit, an addition, a deletion, a return, an archive move and a move between partitions arrive.
pub fn every_kind_of_change_arrives(make: MakePlace<'_>) {
    let (place, mut rows) = (make(), world());
    let first = publish(&*place, &rows, None, 1);
    move_on(&mut rows);
    let second = publish(&*place, &rows, Some(&first.bookmark), 2);
    assert!(second.changed, "an update says that it changed something");
    check(&*place, &rows, "after the world moved on");
    rows.upsert(&ASSESSMENT, assessment("acme", "a/b", Some("form-a"), 1, 200));
    rows.upsert(&FEEDBACK, feedback("acme", "it's \"quoted\"", Some("2024-02-01T00:00:00Z"), 201));
    let third = publish(&*place, &rows, Some(&second.bookmark), 3);
    check(&*place, &rows, "after the archived entry came back");
    for row in rows.rows(&ASSESSMENT) {
        rows.remove(&ASSESSMENT, row[0].as_text().unwrap_or_default(), row[2].as_text().unwrap_or_default());
    }
    publish(&*place, &rows, Some(&third.bookmark), 4);
    check(&*place, &rows, "after all assessments were removed");
}

/// Without its bookmark, or with one that cannot be read, a sink works again and changes nothing.
pub fn lost_bookmark_touches_nothing(make: MakePlace<'_>) {
    let (place, mut rows) = (make(), world());
    let first = publish(&*place, &rows, None, 1);
    untouched(&*place, &rows, None, "without a bookmark");
    untouched(&*place, &rows, Some("{\"of\": \"another\"}"), "with a bookmark that says nothing");
    move_on(&mut rows);
    publish(&*place, &rows, None, 2);
    check(&*place, &rows, "after an update without a bookmark");
    publish(&*place, &rows, Some(&first.bookmark), 3);
    check(&*place, &rows, "after an update with an old bookmark");
}

/// The rows of another store take the place of the old ones, also where all its numbers look alike.
pub fn another_store_replaces_the_rows(make: MakePlace<'_>) {
    let (place, rows) = (make(), other_world());
    let first = publish(&*place, &world(), None, 1);
    let second = publish(&*place, &rows, Some(&first.bookmark), 2);
    check(&*place, &rows, "after a store that looks alike was published");
    untouched(&*place, &rows, Some(&second.bookmark), "with the bookmark of another store");
    let mut fewer = FakeRows::new("store-3");
    for row in rows.rows(&ASSESSMENT).into_iter().skip(2) {
        fewer.upsert(&ASSESSMENT, archived(&ASSESSMENT, &row));
    }
    fewer.upsert(&FEEDBACK, feedback("beta", "only here", Some("2024-01-01T00:00:00Z"), 9));
    publish(&*place, &fewer, Some(&second.bookmark), 3);
    check(&*place, &fewer, "after a store with fewer rows was published");
}

/// A store without rows can be published, before and after it has some.
pub fn empty_store_is_published(make: MakePlace<'_>) {
    let (place, rows) = (make(), FakeRows::new("store-1"));
    let first = publish(&*place, &rows, None, 1);
    check(&*place, &rows, "after an empty store was published");
    untouched(&*place, &rows, Some(&first.bookmark), "with an empty store");
    publish(&*place, &world(), Some(&first.bookmark), 2);
    check(&*place, &world(), "after an empty store got rows");
}

/// The same rows, landed in another order, make the same copy.
pub fn order_of_landing_does_not_show(make: MakePlace<'_>) {
    let (one, other) = (make(), make());
    let rows = world();
    let mut shuffled = FakeRows::new("store-1");
    for table in PUBLISHED.iter().rev().filter(|table| table.name != "assessment_answer") {
        for row in rows.rows(table).into_iter().rev() {
            shuffled.upsert(table, row);
        }
    }
    publish(&*one, &rows, None, 1);
    publish(&*other, &shuffled, None, 1);
    assert_eq!(without_bookmarks(&*one), without_bookmarks(&*other), "rows landed in another order give another copy");
}

/// Wherever the process dies in the first publication, a rerun ends as if it had not.
pub fn crash_at_every_step_of_the_first_publication_is_harmless(make: MakePlace<'_>) {
    let rows = world();
    let expected = make();
    publish(&*expected, &rows, None, 1);
    crash_everywhere(make, &expected.content(), &rows, None);
}

/// Wherever the process dies in an update, even twice, a rerun ends as if it had not.
pub fn crash_at_every_step_of_an_update_is_harmless(make: MakePlace<'_>) {
    let before = world();
    let mut after = world();
    move_on(&mut after);
    let expected = make();
    let first = publish(&*expected, &before, None, 1);
    publish(&*expected, &after, Some(&first.bookmark), 2);
    crash_everywhere(make, &expected.content(), &after, Some(&before));
}

/// Whichever row the store fails at, the error is passed on and a rerun ends as if it had not.
pub fn failing_store_at_every_row_is_harmless(make: MakePlace<'_>) {
    let before = world();
    let mut after = world();
    move_on(&mut after);
    let expected = make();
    let first = publish(&*expected, &before, None, 1);
    publish(&*expected, &after, Some(&first.bookmark), 2);
    let expected = expected.content();
    for n_rows in (0..STEPS_MAX).step_by(3) {
        let place = make();
        let first = publish(&*place, &before, None, 1);
        match place.sink(None).publish(&after.failing_after(n_rows), Some(&first.bookmark), &occasion(2)) {
            Ok(_) => return assert!(5 < n_rows, "an update read only {n_rows} rows"),
            Err(error) => assert_eq!(error.kind, SinkErrorKind::Rows, "the store failed after {n_rows} rows: {error}"),
        }
        publish(&*place, &after, Some(&first.bookmark), 2);
        assert_eq!(place.content(), expected, "the store failed after {n_rows} rows, and the rerun ended differently");
    }
    panic!("no end after {STEPS_MAX} rows");
}

/// After any sequence of changes, with some bookmarks lost, the copy is that of a fresh place.
pub fn a_seeded_walk_ends_where_a_fresh_copy_does(make: MakePlace<'_>) {
    for seed in 1..=3_u64 {
        let mut dice = Dice(seed);
        let (place, mut rows) = (make(), world());
        let mut bookmark = publish(&*place, &rows, None, 1).bookmark;
        for step in 2..12 {
            for _ in 0..dice.roll(6) {
                change_something(&mut rows, &mut dice);
            }
            let given = (dice.roll(4) != 0).then_some(bookmark.as_str());
            bookmark = publish(&*place, &rows, given, step).bookmark;
            check(&*place, &rows, &format!("with seed {seed} at step {step}"));
        }
    }
}

fn change_something(rows: &mut FakeRows, dice: &mut Dice) {
    let id = format!("r{}", dice.roll(12));
    let number = dice.roll(1_000) as i64;
    let forms = [Some("form-a"), Some("form/b %"), None];
    let months = [Some("2024-01-10T00:00:00Z"), Some("2024-02-10T00:00:00Z"), None];
    let choice = dice.roll(3) as usize;
    let one = assessment("acme", &id, forms[choice], dice.roll(4) as usize, number);
    let other = feedback("beta", &id, months[choice], number);
    match dice.roll(6) {
        0 => rows.remove(&ASSESSMENT, "acme", &id),
        1 => rows.remove(&FEEDBACK, "beta", &id),
        2 => rows.upsert(&ASSESSMENT, archived(&ASSESSMENT, &one)),
        3 => rows.upsert(&FEEDBACK, archived(&FEEDBACK, &other)),
        4 => rows.upsert(&ASSESSMENT, one),
        _ => rows.upsert(&FEEDBACK, other),
    }
}

/// Splitmix64: the same throws for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

fn crash_everywhere(make: MakePlace<'_>, expected: &BTreeMap<String, String>, rows: &FakeRows, before: Option<&FakeRows>) {
    let number = if before.is_some() { 2 } else { 1 };
    for n_steps in 0..STEPS_MAX {
        let place = make();
        let bookmark = before.map(|before| publish(&*place, before, None, 1).bookmark);
        let crashed = |crash_after| place.sink(Some(crash_after)).publish(rows, bookmark.as_deref(), &occasion(50));
        match crashed(n_steps) {
            Ok(_) => return assert!(3 < n_steps, "a publication ended after {n_steps} steps"),
            Err(error) => assert_eq!(error.kind, SinkErrorKind::Crash, "crash at step {n_steps}: {error}"),
        }
        if n_steps % 4 == 3 {
            // The rerun dies too.
            let _ = crashed(n_steps / 2);
        }
        publish(&*place, rows, bookmark.as_deref(), number);
        let seen = place.content();
        for (name, content) in expected {
            assert_eq!(seen.get(name), Some(content), "crash at step {n_steps}: `{name}` ended differently");
        }
        let more: Vec<&String> = seen.keys().filter(|name| !expected.contains_key(*name)).collect();
        assert!(more.is_empty(), "crash at step {n_steps} left {more:?}");
    }
    panic!("no end after {STEPS_MAX} steps");
}

/// Publishes and gives what was done; a failure ends the test.
pub fn publish(place: &dyn Place, rows: &FakeRows, bookmark: Option<&str>, number: i64) -> Published {
    match place.sink(None).publish(rows, bookmark, &occasion(number)) {
        Ok(published) => published,
        Err(error) => panic!("publication {number}: {error}{}", hint(&error)),
    }
}

/// The n-th run of a test.
pub fn occasion(number: i64) -> Occasion {
    let now = Timestamp::from_millisecond(1_706_000_000_000 + number * 3_600_000).unwrap_or(Timestamp::UNIX_EPOCH);
    Occasion { run_id: format!("run-{number}"), now }
}

fn hint(error: &SinkError) -> String {
    error.hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"))
}

fn untouched(place: &dyn Place, rows: &FakeRows, bookmark: Option<&str>, when: &str) {
    let before = place.stamps();
    let published = publish(place, rows, bookmark, 99);
    let after = place.stamps();
    let touched: Vec<&String> = after.keys().filter(|name| before.get(*name) != after.get(*name)).collect();
    assert!(touched.is_empty() && before.len() == after.len(), "{when}: a rerun with nothing new touched {touched:?}");
    assert!(!published.changed && published.rows_written == 0, "{when}: a rerun with nothing new says {published:?}");
}

fn without_bookmarks(place: &dyn Place) -> BTreeMap<String, String> {
    let mut content = place.content();
    content.retain(|name, _| !name.starts_with("bookmark"));
    content
}

/// A third party reads the rows of the store, as far as the sink can show them.
pub fn check(place: &dyn Place, rows: &FakeRows, when: &str) {
    let abilities = place.sink(None).abilities();
    let mut seen = place.read();
    for table in &abilities.tables {
        let read = seen.remove(table.name).unwrap_or_default();
        assert_same(&abilities, table, &rows.rows(table), &read, when);
    }
    assert!(seen.values().all(Vec::is_empty), "{when}: rows of a table that the sink does not name: {:?}", seen.keys());
}

fn assert_same(abilities: &Abilities, table: &model::table::Table, expected: &[Row], read: &[Row], when: &str) {
    let shown = |rows: &[Row]| {
        let mut lines: Vec<String> = rows.iter().map(|row| line(abilities, row)).collect();
        lines.sort_unstable();
        lines
    };
    for row in read {
        assert_eq!(row.len(), table.columns.len(), "{when}: a row of `{}` has another number of cells", table.name);
        for (column, cell) in table.columns.iter().zip(row) {
            assert!(is_of_kind(column.kind, cell), "{when}: `{}.{}` is {cell:?}", table.name, column.name);
        }
    }
    let (expected, read) = (shown(expected), shown(read));
    let missing: Vec<&String> = expected.iter().filter(|row| !read.contains(row)).collect();
    let more: Vec<&String> = read.iter().filter(|row| !expected.contains(row)).collect();
    assert!(
        expected == read,
        "{when}: `{}` has {} rows for {}\nmissing {missing:#?}\nunexpected {more:#?}",
        table.name,
        read.len(),
        expected.len()
    );
}

fn line(abilities: &Abilities, row: &Row) -> String {
    let text = Value::Array(row.iter().map(Cell::to_json).collect()).to_string();
    if abilities.keeps_nul { text } else { text.replace("\\u0000", "\u{2400}") }
}

const fn is_of_kind(kind: Kind, cell: &Cell) -> bool {
    matches!(
        (kind, cell),
        (_, Cell::Null)
            | (Kind::Text, Cell::Text(_))
            | (Kind::Real, Cell::Real(_))
            | (Kind::Int, Cell::Int(_))
            | (Kind::Bool, Cell::Bool(_))
            | (Kind::Time, Cell::Time(_))
            | (Kind::TextList, Cell::TextList(_))
            | (Kind::Json, Cell::Json(_))
    )
}
