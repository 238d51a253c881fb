//! Rules on words that must not stand in code: what is unfinished, what erases the floors, what sleeps.
//! Comments and literals may speak of them.

use super::Notes;
use crate::source::names;
use crate::text::is_word;
use crate::tree::Tree;

const UNFINISHED: &[&str] = &["dbg!", "todo!", "unimplemented!"];
const TEST_ATTRIBUTES: &[&str] = &["ignore", "should_panic"];
const SLEEPS: &[&str] = &["thread::sleep", "tokio::time::sleep", "time::sleep"];

/// Nothing is left for later.
pub(super) fn unfinished(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources() {
        for line in source.lines() {
            let macros = UNFINISHED.iter().filter(|name| names(line.code, name)).map(|name| format!("`{name}`"));
            let attributes = TEST_ATTRIBUTES.iter().filter(|name| is_attribute(line.code, name)).map(|name| format!("`#[{name}]`"));
            notes.extend(macros.chain(attributes).map(|what| (path.to_owned(), line.number, what)));
        }
    }
    notes
}

/// Whether the line has that attribute, `cfg_attr` or not.
fn is_attribute(code: &str, name: &str) -> bool {
    let Some(inside) = code.trim_start().strip_prefix("#[") else { return false };
    inside.match_indices(name).any(|(at, _)| {
        let (before, after) = (inside.get(..at).unwrap_or_default().trim_end(), inside.get(at + name.len()..).unwrap_or_default());
        let is_whole = !after.starts_with(is_word);
        is_whole && (before.is_empty() || before.starts_with("cfg_attr") && before.ends_with(','))
    })
}

/// Imports are whole paths.
pub(super) fn globs(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources() {
        let globs = source.uses().iter().filter(|used| used.path == "crate::*");
        notes.extend(globs.map(|used| (path.to_owned(), used.line, "`use crate::*`".to_owned())));
    }
    notes
}

/// Tests do not sleep.
pub(super) fn sleeping(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources() {
        let mut lines: Vec<usize> = SLEEPS.iter().flat_map(|sleep| source.lines_naming(sleep)).collect();
        lines.sort_unstable();
        lines.dedup();
        let lines = lines.into_iter().filter(|line| source.is_test_line(*line));
        notes.extend(lines.map(|line| (path.to_owned(), line, "sleeps".to_owned())));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    #[test]
    fn what_is_unfinished_is_noted_in_code_only() {
        let text = "// todo!()\nfn f() { dbg!(x); \"todo!()\" }\n#[ignore = \"slow\"]\n#[cfg_attr(unix, ignore)]\n#[should_panic(expected = \"x\")]\n#[serde(ignore)]\nfn g() { my_todo!(); unimplemented!() }\n";
        check(
            unfinished,
            &[("a.rs", text)],
            &["a.rs:2: `dbg!`", "a.rs:3: `#[ignore]`", "a.rs:4: `#[ignore]`", "a.rs:5: `#[should_panic]`", "a.rs:7: `unimplemented!`"],
        );
    }

    #[test]
    fn a_glob_of_the_crate_is_noted() {
        let text = "use super::*;\nuse crate::row::*;\nuse crate::{\n    *,\n};\n";
        check(globs, &[("a.rs", text)], &["a.rs:4: `use crate::*`"]);
    }

    #[test]
    fn a_test_that_sleeps_is_noted() {
        let text = "#[cfg(test)]\nmod tests {\n    use tokio::time::sleep;\n    fn f() { std::thread::sleep(d); }\n}\nfn g() { thread::sleep(d) }\n";
        check(sleeping, &[("a.rs", text)], &["a.rs:3: sleeps", "a.rs:4: sleeps"]);
    }
}
