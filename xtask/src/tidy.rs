//! The rules of the house, each a function from the tree to what breaks it, a sentence, and a test of its own.
//! A rule looks at names and lines only. What the compiler and clippy hold already is not held here again.

mod doors;
mod manifests;
mod papers;
mod places;
mod shape;
mod suites;
#[cfg(test)]
pub(crate) mod testing;
mod words;

use std::fmt;

use crate::tree::Tree;

/// A place where a rule does not hold.
#[derive(Debug)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 0 is the file as a whole.
    line: usize,
    what: String,
    rule: &'static Rule,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, rule: Rule { name, sentence, .. } } = self;
        let place = if *line == 0 { path.clone() } else { format!("{path}:{line}") };
        write!(f, "{place}: {what} ({name}: {sentence})")
    }
}

/// What a rule notes: file, line, and what stands there.
type Notes = Vec<(String, usize, String)>;

/// A rule of the house.
#[derive(Debug)]
struct Rule {
    /// The name of its test.
    name: &'static str,
    sentence: &'static str,
    look: fn(&Tree) -> Notes,
}

impl Rule {
    fn findings(&'static self, tree: &Tree) -> Vec<Finding> {
        let notes = (self.look)(tree);
        notes.into_iter().map(|(path, line, what)| Finding { path, line, what, rule: self }).collect()
    }
}

/// Makes the list of rules, and a test for each.
macro_rules! rules {
    ($($name:ident: $look:path => $sentence:literal,)*) => {
        const RULES: &[Rule] = &[$(Rule { name: stringify!($name), sentence: $sentence, look: $look },)*];

        #[cfg(test)]
        mod holds {
            $(#[test] fn $name() { super::testing::holds(stringify!($name)); })*
        }
    };
}

rules! {
    rooms_import_only_downward: manifests::rooms =>
        "a room imports only the rooms that the import table allows it",
    heavy_libraries_stay_in_their_room: manifests::libraries =>
        "a heavy library is known to one room only",
    manifests_take_all_from_the_workspace: manifests::workspace =>
        "versions, features and lints stand once, in the workspace manifest; rooms have no features",
    everyday_build_is_light: manifests::everyday =>
        "the everyday build leaves out `lake` and `cli`, and nothing else",
    pure_rooms_have_no_doors: doors::pure =>
        "`model`, `platform`, `insight` and `page` have no async, no clock, no files, no environment, no network",
    platform_takes_values_of_wire_only: doors::values =>
        "`platform` takes only value types from `wire`",
    only_live_names_the_http_library: doors::http =>
        "only `wire/live` names the HTTP library",
    only_the_clock_asks_for_time: doors::time =>
        "only the clock asks the world for time or sleeps; everyone else is handed one",
    files_are_short: shape::files =>
        "a file has at most 800 lines",
    functions_fit_on_a_screen: shape::functions =>
        "a function has at most 70 lines, or a comment `// tidy: long because ...` above it",
    files_say_what_they_are_for: shape::headers =>
        "a file begins with `//!`: what it is for, what it leaves out, what always holds",
    nothing_is_left_unfinished: words::unfinished =>
        "no `dbg!`, `todo!`, `unimplemented!`, ignored test or expected panic is left behind",
    imports_are_whole_paths: words::globs =>
        "`use crate::*` erases the floors; import whole paths",
    tests_do_not_sleep: words::sleeping =>
        "a test waits for what it wants to see, not for time to pass",
    every_dialect_runs_its_suite: suites::dialects =>
        "a dialect's tests call the common suite of dialects, `suite::check`",
    every_sink_runs_its_suite: suites::sinks =>
        "a sink's tests call the common suite of sinks, `sink_suite!`",
    every_old_store_is_opened: suites::stores =>
        "every store in the fixtures is named in a test of `store`",
    every_exit_code_is_documented: papers::exit_codes =>
        "the section on exit codes in README.md has every code that the program leaves with",
    every_command_is_documented: papers::commands =>
        "README.md mentions every command, as `name` or `scorelake name`",
    every_counter_is_documented: papers::counters =>
        "docs/counters.md, where there is one, has every counter",
    no_file_speaks_of_this_machine: places::machines =>
        "no file names a folder of one machine or the host of a package registry",
}

/// All that breaks a rule, rule by rule.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| rule.findings(tree)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::tree;

    #[test]
    fn a_finding_names_the_file_the_line_and_the_rule() {
        let tree = tree(&[("crates/x/src/lib.rs", "//! X.\n\nuse crate::*;\n")]);
        let rule = RULES.iter().find(|rule| rule.name == "imports_are_whole_paths").unwrap();
        let lines: Vec<String> = rule.findings(&tree).iter().map(Finding::to_string).collect();
        assert_eq!(
            lines,
            ["crates/x/src/lib.rs:3: `use crate::*` (imports_are_whole_paths: `use crate::*` erases the floors; import whole paths)"]
        );
    }
}
