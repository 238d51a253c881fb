//! A Rust file as the rules see it: its lines, its code with comments and literals made blank, and which lines are test code.
//! This is no parser: it knows comments, literals, brackets and `#[cfg(test)]`, and takes the rest as it comes.

use crate::text::{is_word, line_at};
use crate::uses::{Use, uses};

/// A Rust file.
pub(crate) struct Source {
    raw: Vec<String>,
    code: Vec<String>,
    is_test: Vec<bool>,
    test_modules: Vec<String>,
    uses: Vec<Use>,
}

/// One line of it.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    /// As it is written.
    pub(crate) raw: &'a str,
    /// With comments and the insides of literals made blank.
    pub(crate) code: &'a str,
    /// Whether it is compiled for tests only.
    pub(crate) is_test: bool,
}

impl Source {
    /// Reads a file.
    pub(crate) fn of(text: &str) -> Self {
        let code = code_of(text);
        let mut is_test = vec![false; text.lines().count()];
        let mut test_modules = Vec::new();
        for item in test_items(&code) {
            for flag in is_test.iter_mut().take(item.last_line).skip(item.first_line - 1) {
                *flag = true;
            }
            test_modules.extend(item.module);
        }
        Self {
            raw: text.lines().map(str::to_owned).collect(),
            uses: uses(&code),
            code: code.lines().map(str::to_owned).collect(),
            is_test,
            test_modules,
        }
    }

    /// Says that the whole file is compiled for tests only.
    pub(crate) fn make_test(&mut self) {
        self.is_test.fill(true);
    }

    /// Its lines in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.raw.iter().zip(&self.code).zip(&self.is_test).enumerate().map(|(index, ((raw, code), is_test))| Line {
            number: index + 1,
            raw,
            code,
            is_test: *is_test,
        })
    }

    /// Whether that line, counted from 1, is compiled for tests only.
    pub(crate) fn is_test_line(&self, number: usize) -> bool {
        number.checked_sub(1).and_then(|index| self.is_test.get(index)).copied().unwrap_or_default()
    }

    /// What it imports, a path each.
    pub(crate) fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// The names of `#[cfg(test)] mod name;`.
    pub(crate) fn test_modules(&self) -> &[String] {
        &self.test_modules
    }

    /// The lines whose code names that path, written out or through `use`: `std::fs` is found in `use std::{env, fs}` too.
    pub(crate) fn lines_naming(&self, path: &str) -> Vec<usize> {
        let through = format!("{path}::");
        let imported = self.uses.iter().filter(|used| used.path == path || used.path.starts_with(&through)).map(|used| used.line);
        let mut lines: Vec<usize> = self.lines().filter(|line| names(line.code, path)).map(|line| line.number).chain(imported).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

/// Whether a piece of code holds that word or path, and not as a part of a longer word.
pub(crate) fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, found)| {
        let (before, after) = (code.get(..at).unwrap_or_default(), code.get(at + found.len()..).unwrap_or_default());
        let is_part = before.ends_with(is_word) || word.ends_with(is_word) && after.starts_with(is_word);
        !is_part
    })
}

/// The text with comments and literals made blank; every line stays where it is.
fn code_of(text: &str) -> String {
    let (mut code, mut rest, mut before) = (String::with_capacity(text.len()), text, ' ');
    while let Some(first) = rest.chars().next() {
        let blank_bytes = comment_bytes(rest).or_else(|| literal_bytes(rest, before));
        let (token, after) = rest.split_at_checked(blank_bytes.unwrap_or(first.len_utf8())).unwrap_or((rest, ""));
        match blank_bytes {
            Some(_) => code.extend(token.chars().map(|character| if character == '\n' { '\n' } else { ' ' })),
            None => code.push(first),
        }
        before = if blank_bytes.is_some() { ' ' } else { first };
        rest = after;
    }
    code
}

/// The length of the comment that the text begins with.
fn comment_bytes(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth = depth.saturating_sub(1);
                2
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

/// The length of the string or character that the text begins with, prefix included; `before` is what stands in front of it.
fn literal_bytes(text: &str, before: char) -> Option<usize> {
    if is_word(before) {
        return None;
    }
    let unprefixed = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let prefix = text.len() - unprefixed.len();
    if let Some(hashed) = unprefixed.strip_prefix('r') {
        let opened = hashed.trim_start_matches('#');
        if let Some(body) = opened.strip_prefix('"') {
            let closing = format!("\"{}", "#".repeat(hashed.len() - opened.len()));
            let end = body.find(&closing).map_or(body.len(), |at| at + closing.len());
            return Some(text.len() - body.len() + end);
        }
    }
    if let Some(body) = unprefixed.strip_prefix('"') {
        return Some(prefix + 1 + closed_at(body, '"'));
    }
    let body = unprefixed.strip_prefix('\'')?;
    let mut characters = body.chars();
    // `'a` is a lifetime, `'a'` and `'\n'` are characters.
    let is_character = characters.next()? == '\\' || characters.next() == Some('\'');
    is_character.then(|| prefix + 1 + closed_at(body, '\''))
}

/// Where a literal's inside ends, the closing mark included.
fn closed_at(body: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == mark => return at + mark.len_utf8(),
            _ => {}
        }
    }
    body.len()
}

/// An item under `#[cfg(test)]`.
struct TestItem {
    first_line: usize,
    last_line: usize,
    /// The name of `mod name;`.
    module: Option<String>,
}

/// Every item that is compiled for tests only. `#![cfg(test)]` makes the whole file one.
fn test_items(code: &str) -> Vec<TestItem> {
    let mut items = Vec::new();
    for (at, _) in code.match_indices('#') {
        let attribute = code.get(at..).unwrap_or_default();
        let (is_inner, brackets) = match attribute.strip_prefix("#!") {
            Some(rest) => (true, rest),
            None => (false, attribute.strip_prefix('#').unwrap_or_default()),
        };
        let Some(inside) = brackets.strip_prefix('[').and_then(|rest| rest.get(..rest.find(']')?)) else { continue };
        let condition: String = inside.chars().filter(|character| !character.is_whitespace()).collect();
        if condition != "cfg(test)" && !condition.starts_with("cfg(all(test,") {
            continue;
        }
        let item = brackets.get(inside.len() + 2..).unwrap_or_default();
        let item_at = code.len() - item.len();
        let item = item.get(..item_bytes(item)).unwrap_or(item);
        items.push(TestItem {
            first_line: if is_inner { 1 } else { line_at(code, at) },
            last_line: if is_inner { code.lines().count() } else { line_at(code, item_at + item.len()) },
            module: declared_module(item),
        });
    }
    items
}

/// How far the item goes that the code begins with: to its closing brace or its semicolon, attributes in front included.
fn item_bytes(code: &str) -> usize {
    let is_use = without_attributes(code).trim_start_matches("pub").trim_start().starts_with("use ");
    let mut depth = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 && character == '}' && !is_use {
                    return at + 1;
                }
            }
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn without_attributes(code: &str) -> &str {
    let mut item = code.trim_start();
    while let Some(rest) = item.strip_prefix("#[").and_then(|rest| rest.split_once(']')).map(|(_, rest)| rest) {
        item = rest.trim_start();
    }
    item
}

/// The name in `mod name;`.
fn declared_module(item: &str) -> Option<String> {
    let (head, name) = without_attributes(item).strip_suffix(';')?.rsplit_once(' ')?;
    (head == "mod" || head.ends_with(" mod")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_code(text: &str, expected: &str) {
        let code: String = code_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, expected, "{text}");
    }

    #[test]
    fn comments_and_literals_are_blank() {
        check_code("a // dbg!(\n b /* x /* y */ z */ c", "a b c");
        check_code(r#"f("a \" // b", 'c', '"', '\'', b'x', b"y", c"z") // d"#, "f( , , , , , , )");
        check_code(r###"g(r"a\", r#"b " c"#, br##"d "# e"##)"###, "g( , , )");
        check_code("fn f<'a>(x: &'a str) -> &'static str { x }", "fn f<'a>(x: &'a str) -> &'static str { x }");
        check_code("let r#type = r\"x\";", "let r#type = ;");
        check_code("/// `todo!()` here\nfn f() {}", "fn f() {}");
    }

    #[test]
    fn lines_stay_where_they_are() {
        let text = "a\n\"b\nc\" d /* e\nf */ g\n";
        assert_eq!(code_of(text).lines().count(), text.lines().count());
        assert_eq!(code_of(text).lines().nth(3).unwrap().trim(), "g");
    }

    #[track_caller]
    fn check_tests(text: &str, expected: &[usize]) {
        let source = Source::of(text);
        let lines: Vec<usize> = source.lines().filter(|line| line.is_test).map(|line| line.number).collect();
        assert_eq!(lines, expected, "{text}");
    }

    #[test]
    fn items_for_tests_are_told_from_others() {
        check_tests("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n", &[2, 3, 4, 5]);
        check_tests("#[cfg(test)]\n#[allow(dead_code)]\nfn a(x: [u8; 2]) {\n}\nfn b() {}\n", &[1, 2, 3, 4]);
        check_tests("#[cfg(test)]\nuse a::{b, c};\nuse d;\n", &[1, 2]);
        check_tests("#[cfg(all(test, unix))]\nmod tests;\nmod a;\n", &[1, 2]);
        check_tests("#[cfg(not(test))]\nfn a() {}\n", &[]);
        check_tests("#![cfg(test)]\nfn a() {}\n", &[1, 2]);
        check_tests("impl A {\n    #[cfg(test)]\n    fn b() {\n    }\n\n    fn c() {}\n}\n", &[2, 3, 4]);
    }

    #[test]
    fn paths_are_found_through_use_and_not_in_longer_words() {
        let source = Source::of("use std::{\n    env,\n    fs::File,\n};\nfn f() { std::fs::read(x); tokio_rustls::a(); }\n");
        assert_eq!(source.lines_naming("std::fs"), [3, 5]);
        assert_eq!(source.lines_naming("std::env"), [2]);
        assert_eq!(source.lines_naming("tokio"), [0; 0]);
    }
}
