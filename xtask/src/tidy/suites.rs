//! Rules on the common suites: whoever stands at a seam is shown to keep its contract.
//! They see that a suite is called, not that it is called well.

use super::Notes;
use crate::source::{Source, names};
use crate::tree::Tree;

const STORES: &str = "crates/store/tests/fixtures/";

/// Every dialect runs the suite of dialects.
pub(super) fn dialects(tree: &Tree) -> Notes {
    let written = |source: &Source| {
        let imported = source.uses().iter().any(|used| names(&used.path, "suite::check") && source.is_test_line(used.line));
        source.lines().any(|line| line.is_test && (names(line.code, "suite::check(") || imported && names(line.code, "check(")))
    };
    without_suite(tree, "Dialect for", "crates/platform/src/suite", written)
}

/// Every sink runs the suite of sinks.
pub(super) fn sinks(tree: &Tree) -> Notes {
    let written = |source: &Source| source.lines().any(|line| line.is_test && names(line.code, "sink_suite!("));
    without_suite(tree, "Sink for", "crates/sink/src/suite", written)
}

/// The implementations of a seam, outside tests and outside the suite itself, whose tests do not call the suite.
fn without_suite(tree: &Tree, implemented: &str, suite: &str, is_called: impl Fn(&Source) -> bool) -> Notes {
    let (mut notes, mut n_found) = (Notes::new(), 0);
    for (path, source) in tree.sources().filter(|(path, _)| !path.starts_with(suite)) {
        let mut lines = source.lines().filter(|line| !line.is_test && line.code.trim_start().starts_with("impl"));
        let Some(line) = lines.find(|line| names(line.code, implemented)) else { continue };
        n_found += 1;
        if !tree.tests_of(path).any(&is_called) {
            notes.push((path.to_owned(), line.number, "its tests do not call the common suite".to_owned()));
        }
    }
    if n_found == 0 {
        notes.push((format!("{suite}.rs"), 0, format!("nobody has an `impl {implemented}`")));
    }
    notes
}

/// Every store of an old version is opened by a test.
pub(super) fn stores(tree: &Tree) -> Notes {
    let fixtures: Vec<(&str, &str)> = tree.texts().filter_map(|(path, _)| Some((path, path.strip_prefix(STORES)?))).collect();
    let is_named = |name: &str| {
        tree.sources_under("crates/store/").any(|(_, source)| source.lines().any(|line| line.is_test && line.raw.contains(name)))
    };
    let fixtures = fixtures.into_iter().filter(|(_, name)| name.starts_with('v') && name.ends_with(".db"));
    let mut n_stores = 0;
    let mut notes = Notes::new();
    for (path, name) in fixtures {
        n_stores += 1;
        if !is_named(name) {
            notes.push((path.to_owned(), 0, "no test names it".to_owned()));
        }
    }
    if n_stores == 0 {
        notes.push((STORES.to_owned(), 0, "no store of any version is kept".to_owned()));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    const CALLS: &str = "use crate::suite::{Fixture, check};\n#[test]\nfn f() { assert_eq!(check(&Guide), Ok(())); }\n";

    #[test]
    fn a_dialect_without_its_suite_is_noted() {
        let dialect = "impl Dialect for Guide {}\n#[cfg(test)]\nmod tests;\n";
        let guide = "crates/platform/src/genesys/guide.rs";
        check(dialects, &[(guide, dialect), ("crates/platform/src/genesys/guide/tests.rs", CALLS)], &[]);
        let expected = ["crates/platform/src/genesys/guide.rs:1: its tests do not call the common suite"];
        check(dialects, &[(guide, dialect), ("crates/platform/src/genesys/guide/tests.rs", "fn f() { check(&Guide) }\n")], &expected);
        check(dialects, &[(guide, dialect), ("crates/platform/src/cxone/guide/tests.rs", CALLS)], &expected);
        let inside = "impl<'a> Dialect for Guide<'a> {}\n#[cfg(test)]\nmod tests {\n    fn f() { crate::suite::check(&Guide); }\n}\n";
        check(dialects, &[(guide, inside)], &[]);
        check(dialects, &[], &["crates/platform/src/suite.rs:0: nobody has an `impl Dialect for`"]);
    }

    #[test]
    fn a_sink_without_its_suite_is_noted() {
        let sink = "pub struct S;\nimpl Sink for S {}\n#[cfg(test)]\nmod tests;\n";
        let (path, tests) = ("crates/lake/src/postgres.rs", "crates/lake/src/postgres/tests.rs");
        check(sinks, &[(path, sink), (tests, "sink::sink_suite!(tables, || place());\n"), ("crates/sink/src/suite/fake.rs", sink)], &[]);
        let expected = ["crates/lake/src/postgres.rs:2: its tests do not call the common suite"];
        check(sinks, &[(path, sink), (tests, "use sink::suite::world;\n")], &expected);
    }

    #[test]
    fn a_store_that_no_test_opens_is_noted() {
        let tests = "#[cfg(test)]\nmod tests {\n    const OLD: &str = \"v1.db\";\n}\n";
        check(stores, &[("crates/store/tests/fixtures/v1.db", ""), ("crates/store/src/schema.rs", tests)], &[]);
        let files = [("crates/store/tests/fixtures/v2.db", ""), ("crates/store/src/schema.rs", tests)];
        check(stores, &files, &["crates/store/tests/fixtures/v2.db:0: no test names it"]);
        check(stores, &[], &["crates/store/tests/fixtures/:0: no store of any version is kept"]);
    }
}
