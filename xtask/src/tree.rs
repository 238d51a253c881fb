//! The tree: every file of the checkout that git keeps or would keep, with its text, as one value.
//! Ignored files are not in it. Rules look at a tree and never at the disk, so a test can make one up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::source::Source;

/// The files of a checkout, by their path from its top.
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
}

impl Tree {
    /// The checkout that this program was built in. What is new and not ignored counts as kept, so that a rule speaks before the commit.
    ///
    /// # Errors
    /// No git, or a file that cannot be read.
    pub(crate) fn of_checkout() -> Result<Self, String> {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        // Whoever runs the tests need not own the checkout.
        let arguments = ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git").args(arguments).current_dir(&top).output().map_err(|error| format!("git: {error}"))?;
        if !listed.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listed.stderr).trim()));
        }
        let mut texts = Vec::new();
        for path in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|path| !path.is_empty()) {
            let file = top.join(path);
            // A file that is removed and not committed yet is still listed.
            if file.is_file() {
                let bytes = std::fs::read(&file).map_err(|error| format!("`{path}`: {error}"))?;
                texts.push((path.to_owned(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(Self::of(texts))
    }

    /// A tree of these files.
    pub(crate) fn of(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let texts: BTreeMap<String, String> = texts.into_iter().collect();
        let mut sources: BTreeMap<String, Source> =
            texts.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(path, text)| (path.clone(), Source::of(text))).collect();
        let tests = test_modules(&sources);
        for (path, source) in &mut sources {
            if tests.iter().any(|module| is_of_module(path, module)) || path.split('/').any(|folder| folder == "tests") {
                source.make_test();
            }
        }
        Self { texts, sources }
    }

    /// Every file and its text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// One file's text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every Rust file.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(path, source)| (path.as_str(), source))
    }

    /// The Rust files under a folder; its name ends in `/`.
    pub(crate) fn sources_under(&self, folder: &str) -> impl Iterator<Item = (&str, &Source)> {
        self.sources().filter(move |(path, _)| path.starts_with(folder))
    }

    /// The test code of one module: what stands in its file and in the files below it.
    pub(crate) fn tests_of(&self, path: &str) -> impl Iterator<Item = &Source> {
        let module = module_of(path);
        self.sources().filter(move |(other, _)| is_of_module(other, &module)).map(|(_, source)| source)
    }
}

/// The modules that are declared under `#[cfg(test)]` in a file apart, as paths without an ending.
fn test_modules(sources: &BTreeMap<String, Source>) -> BTreeSet<String> {
    let below = |path: &str, name: &str| format!("{}/{name}", module_of(path));
    sources.iter().flat_map(|(path, source)| source.test_modules().iter().map(move |name| below(path, name))).collect()
}

/// The place of a file's module: `src/guide` for `src/guide.rs`, `src` for `src/lib.rs`.
fn module_of(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => folder.to_owned(),
        _ => stem.to_owned(),
    }
}

/// Whether a file is that module or stands below it.
fn is_of_module(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::tree;

    #[test]
    fn a_module_declared_for_tests_is_test_code_with_all_below_it() {
        let tree = tree(&[
            ("crates/x/src/lib.rs", "#[cfg(test)]\nmod testing;\nmod guide;\n"),
            ("crates/x/src/testing.rs", "fn a() {}\n"),
            ("crates/x/src/testing/world.rs", "fn a() {}\n"),
            ("crates/x/src/guide.rs", "fn a() {}\n#[cfg(test)]\nmod tests;\n"),
            ("crates/x/src/guide/tests.rs", "fn a() {}\n"),
            ("crates/x/tests/it/main.rs", "fn a() {}\n"),
            ("crates/y/src/testing.rs", "fn a() {}\n"),
        ]);
        let tests: Vec<&str> = tree.sources().filter(|(_, source)| source.lines().all(|line| line.is_test)).map(|(path, _)| path).collect();
        assert_eq!(
            tests,
            ["crates/x/src/guide/tests.rs", "crates/x/src/testing.rs", "crates/x/src/testing/world.rs", "crates/x/tests/it/main.rs"]
        );
    }

    #[test]
    fn the_checkout_holds_this_very_file() {
        assert!(Tree::of_checkout().unwrap().text("xtask/src/tree.rs").unwrap().contains("the_checkout_holds_this_very_file"));
    }
}
