//! What a file imports: every `use` written out, a path a name.
//! It takes code without comments and literals, and does not ask what a path leads to.

use crate::text::{is_word, line_at};

/// One imported path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Use {
    /// The line of its last word, counted from 1.
    pub(crate) line: usize,
    /// Without a new name: `std::time::Instant` for `use std::time::{Instant as Moment}`.
    pub(crate) path: String,
}

/// Every imported path of a piece of code, in the order of writing.
pub(crate) fn uses(code: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("use") {
        let before = code.get(..at).unwrap_or_default();
        let start = at + word.len();
        let after = code.get(start..).unwrap_or_default();
        if before.ends_with(is_word) || !after.starts_with(char::is_whitespace) {
            continue;
        }
        let tree = after.split(';').next().unwrap_or_default();
        write_out(code, start, tree, "", &mut found);
    }
    found
}

/// Adds the paths of one tree, which begins at byte `at` of the code.
fn write_out(code: &str, at: usize, tree: &str, prefix: &str, found: &mut Vec<Use>) {
    let at = at + (tree.len() - tree.trim_start().len());
    let tree = tree.trim();
    if let Some((head, inside)) = tree.split_once('{') {
        let prefix = format!("{prefix}{}", head.trim().trim_start_matches("::"));
        let mut branch_at = at + head.len() + 1;
        for branch in branches(inside.strip_suffix('}').unwrap_or(inside)) {
            write_out(code, branch_at, branch, &prefix, found);
            branch_at += branch.len() + 1;
        }
        return;
    }
    let name = tree.split_whitespace().next().unwrap_or_default().trim_start_matches("::");
    if name.is_empty() {
        return;
    }
    let path = format!("{prefix}{name}");
    let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
    found.push(Use { line: line_at(code, at), path });
}

/// The parts between the commas of the outermost level.
fn branches(inside: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    inside.split(move |character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && character == ','
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        let found: Vec<String> = uses(code).into_iter().map(|used| format!("{}:{}", used.line, used.path)).collect();
        assert_eq!(found.join(" "), expected, "{code}");
    }

    #[test]
    fn every_import_is_written_out() {
        check("use std::fs;", "1:std::fs");
        check("pub(crate) use a::b as c;", "1:a::b");
        check("use ::std::{self, io::{self, Write as _},\n    fs};", "1:std 1:std::io 1:std::io::Write 2:std::fs");
        check("use crate::*;\nuse crate::{*};", "1:crate::* 2:crate::*");
        check("use {a::b, c};", "1:a::b 1:c");
    }

    #[test]
    fn other_words_are_no_imports() {
        check("fn f() -> impl A + use<'a> { reuse (); muse ::a; }", "");
    }
}
