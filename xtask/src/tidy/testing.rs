//! For the tests of rules: made-up trees, and the real one.

use std::sync::LazyLock;

use crate::tidy::{Finding, Notes, RULES};
use crate::tree::Tree;

/// A tree of these files.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
}

/// What a rule notes on a made-up tree, a line a note.
#[track_caller]
pub(crate) fn check(look: fn(&Tree) -> Notes, files: &[(&str, &str)], expected: &[&str]) {
    let notes: Vec<String> = look(&tree(files)).into_iter().map(|(path, line, what)| format!("{path}:{line}: {what}")).collect();
    assert_eq!(notes, expected);
}

/// The checkout, read once for all rules.
static CHECKOUT: LazyLock<Result<Tree, String>> = LazyLock::new(Tree::of_checkout);

/// The checkout keeps that rule.
#[track_caller]
pub(crate) fn holds(name: &str) {
    let tree = CHECKOUT.as_ref().unwrap();
    let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
    let lines: Vec<String> = rule.findings(tree).iter().map(Finding::to_string).collect();
    assert!(lines.is_empty(), "{} findings\n{}", lines.len(), lines.join("\n"));
}
