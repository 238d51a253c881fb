//! Rules on doors: which code may name the clock, the network and the runtime.
//! Clippy resolves the banned functions as well (`clippy.toml`); these rules see modules and crates, and give no room an exception by attribute.

use super::Notes;
use crate::source::{Source, names};
use crate::tree::Tree;

/// What reaches the world. `pure` rooms name none of it, in tests neither.
const DOORS: &[&str] = &[
    "tokio",
    "reqwest",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

/// What asks for the time or waits.
const TIME: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::time::sleep",
    "tokio::time::sleep_until",
    "tokio::time::interval",
    "time::sleep",
    "thread::sleep",
];

/// The files that may, and why.
const CLOCKS: &[(&str, &str)] = &[
    ("crates/wire/src/clock.rs", "the clock that everyone is handed"),
    ("crates/sim/src/clock.rs", "the false services wait for real, and their tokens grow old for real"),
];

/// The value types of `wire`: modules without I/O.
const VALUES: &[&str] = &["wire::http", "wire::verdict", "wire::pages"];

/// Meaning and conversations are pure.
pub(super) fn pure(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    // An example is a program of its own: it may read its arguments and write its file.
    let is_of_the_room = |path: &str| path.split('/').nth(2) != Some("examples");
    let rooms = in_rooms(tree, &["model", "platform", "insight", "page"]);
    for (path, source) in rooms.filter(|(path, _)| is_of_the_room(path)) {
        for line in source.lines().filter(|line| names(line.code, "async")) {
            notes.push((path.to_owned(), line.number, "`async`".to_owned()));
        }
        note_all(path, source, DOORS, &mut notes);
    }
    notes
}

/// Conversations know requests and answers, not how they are carried.
pub(super) fn values(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in in_rooms(tree, &["platform"]) {
        let imported = source.uses().iter().filter(|used| names(&used.path, "wire") && used.path.starts_with("wire"));
        for used in imported.filter(|used| !VALUES.iter().any(|value| names(&used.path, value))) {
            notes.push((path.to_owned(), used.line, format!("`{}`", used.path)));
        }
        for line in source.lines() {
            for (at, _) in line.code.match_indices("wire::") {
                let named = line.code.get(at..).unwrap_or_default();
                let is_import = source.uses().iter().any(|used| used.line == line.number);
                if !is_import && !VALUES.iter().any(|value| named.starts_with(value)) {
                    notes.push((path.to_owned(), line.number, "`wire::`, and no value type of it".to_owned()));
                }
            }
        }
    }
    notes
}

/// One file and what is below it know the HTTP library.
pub(super) fn http(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources().filter(|(path, _)| !path.starts_with("crates/wire/src/live")) {
        note_outside_tests(path, source, &["reqwest"], &mut notes);
    }
    notes
}

/// One file a program asks for the time.
pub(super) fn time(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources().filter(|(path, _)| !CLOCKS.iter().any(|(clock, _)| clock == path)) {
        note_outside_tests(path, source, TIME, &mut notes);
    }
    for (path, reason) in CLOCKS.iter().filter(|(path, _)| tree.text(path).is_none()) {
        notes.push(((*path).to_owned(), 0, format!("missing, though it may ask for the time as `{reason}`")));
    }
    notes
}

fn in_rooms<'a>(tree: &'a Tree, rooms: &'static [&'static str]) -> impl Iterator<Item = (&'a str, &'a Source)> {
    rooms.iter().flat_map(|room| tree.sources_under("crates/").filter(move |(path, _)| path.split('/').nth(1) == Some(room)))
}

fn note_all(path: &str, source: &Source, doors: &[&str], notes: &mut Notes) {
    let mut lines: Vec<(usize, &str)> =
        doors.iter().flat_map(|door| source.lines_naming(door).into_iter().map(move |line| (line, *door))).collect();
    lines.sort_unstable();
    // `std::time::Instant::now` is two doors and one finding.
    lines.dedup_by_key(|(line, _)| *line);
    notes.extend(lines.into_iter().map(|(line, door)| (path.to_owned(), line, format!("`{door}`"))));
}

fn note_outside_tests(path: &str, source: &Source, doors: &[&str], notes: &mut Notes) {
    let mut all = Notes::new();
    note_all(path, source, doors, &mut all);
    notes.extend(all.into_iter().filter(|(_, line, _)| !source.is_test_line(*line)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    #[test]
    fn an_example_of_a_pure_room_may_have_doors() {
        check(pure, &[("crates/insight/examples/a.rs", "use std::env;\n")], &[]);
        check(pure, &[("crates/insight/src/a.rs", "use std::env;\n")], &["crates/insight/src/a.rs:1: `std::env`"]);
    }

    #[test]
    fn a_door_in_a_pure_room_is_noted() {
        let open =
            "//! Speaks of `std::fs`.\nuse std::{fmt, fs::File};\nasync fn f() { tokio::spawn(g()); }\nfn g() { jiff::Timestamp::now() }\n";
        let shut = "use std::time::Duration;\nfn now(now: Timestamp) { now }\n";
        check(
            pure,
            &[("crates/model/src/a.rs", open), ("crates/platform/src/b.rs", shut), ("crates/store/src/c.rs", open)],
            &[
                "crates/model/src/a.rs:3: `async`",
                "crates/model/src/a.rs:2: `std::fs`",
                "crates/model/src/a.rs:3: `tokio`",
                "crates/model/src/a.rs:4: `Timestamp::now`",
            ],
        );
        let test = "#[cfg(test)]\nmod tests {\n    fn f() { std::env::temp_dir() }\n}\n";
        check(pure, &[("crates/model/src/a.rs", test)], &["crates/model/src/a.rs:3: `std::env`"]);
    }

    #[test]
    fn platform_may_import_requests_and_no_client() {
        let text = "use wire::http::{Answer, Request};\nuse wire::{pages::CursorGuard, client::Client};\nfn f(x: wire::token::Token, y: wire::verdict::Verdict) {}\n";
        check(
            values,
            &[("crates/platform/src/a.rs", text)],
            &["crates/platform/src/a.rs:2: `wire::client::Client`", "crates/platform/src/a.rs:3: `wire::`, and no value type of it"],
        );
    }

    #[test]
    fn the_http_library_is_noted_outside_live_and_tests() {
        let text = "use reqwest::Client;\n#[cfg(test)]\nmod tests {\n    use reqwest::Url;\n}\n";
        let files = [("crates/wire/src/live.rs", text), ("crates/wire/src/live/body.rs", text), ("crates/sim/src/a.rs", text)];
        check(http, &files, &["crates/sim/src/a.rs:1: `reqwest`"]);
    }

    #[test]
    fn whoever_asks_for_the_time_is_noted() {
        let text =
            "use std::time::Instant;\nuse tokio::time::{sleep, timeout};\nfn f() { Instant::now(); }\n#[test]\nfn t() { Zoned::now() }\n";
        check(
            time,
            &[("crates/wire/src/clock.rs", text), ("crates/sim/src/clock.rs", text), ("crates/engine/src/a.rs", text)],
            &[
                "crates/engine/src/a.rs:2: `tokio::time::sleep`",
                "crates/engine/src/a.rs:3: `Instant::now`",
                "crates/engine/src/a.rs:5: `Zoned::now`",
            ],
        );
    }
}
