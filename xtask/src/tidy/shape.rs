//! Rules on shape: how long files and functions are, and how a file begins.
//! The length of a function is what a reader scrolls: from `fn` to its last brace, blank lines and comments included.

use super::Notes;
use crate::source::{Line, Source};
use crate::text::is_word;
use crate::tree::Tree;

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LONG: &str = "// tidy: long because ";

/// Files are short.
pub(super) fn files(tree: &Tree) -> Notes {
    let lengths = tree.sources().map(|(path, source)| (path, source.lines().count()));
    lengths
        .filter(|(_, n_lines)| FILE_LINES_MAX < *n_lines)
        .map(|(path, n_lines)| (path.to_owned(), 0, format!("{n_lines} lines")))
        .collect()
}

/// Functions are short, those of tests aside.
pub(super) fn functions(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, source) in tree.sources() {
        let lines: Vec<Line<'_>> = source.lines().collect();
        for function in lengths(source) {
            let is_test = source.is_test_line(function.line);
            if FUNCTION_LINES_MAX < function.n_lines && !is_test && !is_excused(&lines, function.line) {
                notes.push((path.to_owned(), function.line, format!("`{}` has {} lines", function.name, function.n_lines)));
            }
        }
    }
    notes
}

/// Files say what they are for.
pub(super) fn headers(tree: &Tree) -> Notes {
    let begins = |source: &Source| {
        source.lines().next().is_some_and(|line| line.raw.strip_prefix("//!").is_some_and(|says| !says.trim().is_empty()))
    };
    tree.sources().filter(|(_, source)| !begins(source)).map(|(path, _)| (path.to_owned(), 1, "no `//!`".to_owned())).collect()
}

/// A function with a body.
struct Function {
    name: String,
    line: usize,
    n_lines: usize,
}

/// Every function with a body, in the order of their ends.
fn lengths(source: &Source) -> Vec<Function> {
    // Functions whose signature or body is being read, with the depths of brackets and braces that they began at.
    let (mut open, mut found) = (Vec::<(String, usize, [usize; 2], bool)>::new(), Vec::new());
    let mut depth = [0_usize; 2];
    for line in source.lines() {
        let mut rest = line.code;
        while let Some(first) = rest.chars().next() {
            let [brackets, braces] = &mut depth;
            match first {
                '(' | '[' => *brackets += 1,
                ')' | ']' => *brackets = brackets.saturating_sub(1),
                '{' => *braces += 1,
                '}' => *braces = braces.saturating_sub(1),
                _ => {}
            }
            match first {
                '{' => {
                    if let Some((_, _, [at, _], in_body)) = open.last_mut().filter(|(.., in_body)| !in_body) {
                        *in_body = *at == *brackets;
                    }
                }
                ';' => {
                    open.pop_if(|(_, _, began, in_body)| !*in_body && *began == depth);
                }
                '}' => {
                    if let Some((name, began, ..)) = open.pop_if(|(_, _, began, in_body)| *in_body && *began == depth) {
                        found.push(Function { name, line: began, n_lines: line.number - began + 1 });
                    }
                }
                _ => {}
            }
            let word_bytes = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(word_bytes.max(first.len_utf8())).unwrap_or((rest, ""));
            let name: String = after.trim_start().chars().take_while(|character| is_word(*character)).collect();
            if word == "fn" && !name.is_empty() {
                open.push((name, line.number, depth, false));
            }
            rest = after;
        }
    }
    found
}

/// Whether the comments and attributes right above a function give a reason for its length.
fn is_excused(lines: &[Line<'_>], number: usize) -> bool {
    let above = lines.iter().rev().skip(lines.len() + 1 - number).map(|line| line.raw.trim());
    above.take_while(|line| line.starts_with("//") || line.starts_with('#')).any(|line| line.starts_with(LONG))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    fn function(name: &str, n_inside: usize) -> String {
        format!(
            "    fn {name}(a: [u8; 2], f: fn(u8) -> u8) -> String\n    where\n        A: B,\n    {{\n{}    }}\n",
            "        g(\"}\");\n".repeat(n_inside)
        )
    }

    #[test]
    fn a_long_function_is_noted_at_any_depth() {
        let text = format!("trait T {{\n    fn a(x: [u8; 3]);\n{}{}}}\n", function("fits", 65), function("long", 66));
        check(functions, &[("crates/x/src/a.rs", &text)], &["crates/x/src/a.rs:73: `long` has 71 lines"]);
    }

    #[test]
    fn tests_and_excused_functions_may_be_long() {
        let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function("long", 100));
        let excused = format!("/// Does.\n// tidy: long because it is one table\n#[must_use]\n{}", function("long", 100));
        let unexcused = format!("// tidy: long because it is one table\n\n{}", function("long", 100));
        check(
            functions,
            &[("crates/x/src/a.rs", &test), ("crates/x/src/b.rs", &excused), ("crates/x/src/c.rs", &unexcused)],
            &["crates/x/src/c.rs:3: `long` has 105 lines"],
        );
    }

    #[test]
    fn a_long_file_is_noted() {
        let files = [("a.rs", "x\n".repeat(800)), ("b.rs", "x\n".repeat(801)), ("c.md", "x\n".repeat(900))];
        check(super::files, &files.each_ref().map(|(path, text)| (*path, text.as_str())), &["b.rs:0: 801 lines"]);
    }

    #[test]
    fn a_file_without_a_header_is_noted() {
        let files = [("a.rs", "//! A.\n"), ("b.rs", "// B.\n//! B.\n"), ("c.rs", "//!\nfn c() {}\n"), ("d.rs", "")];
        check(headers, &files, &["b.rs:1: no `//!`", "c.rs:1: no `//!`", "d.rs:1: no `//!`"]);
    }
}
