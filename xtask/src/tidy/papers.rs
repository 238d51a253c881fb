//! Rules on papers: what the program promises is written where people look.
//! They see that a word is there, not that what is said of it is true.

use super::Notes;
use crate::source::{Source, names};
use crate::text::is_word;
use crate::tree::Tree;

const README: &str = "README.md";
const FLAGS: &str = "crates/cli/src/flags.rs";
const COUNTER: &str = "crates/model/src/counter.rs";
const COUNTERS: &str = "docs/counters.md";

/// What the program leaves with, a promise to scripts.
const EXIT_CODES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 99, 130, 143];
/// Where the code says so, by function.
const EXITS: [(&str, &str); 2] = [("crates/cli/src/exit.rs", "fn code("), ("crates/engine/src/report.rs", "fn exit_code(self")];

/// The codes of the program are the promised ones, and README.md has them all.
pub(super) fn exit_codes(tree: &Tree) -> Notes {
    let mut notes = Notes::new();
    for (path, function) in EXITS {
        let Some((_, source)) = tree.sources().find(|(other, _)| *other == path) else {
            notes.push((path.to_owned(), 0, "missing".to_owned()));
            continue;
        };
        for (line, code) in arms(source, function) {
            if !EXIT_CODES.contains(&code) {
                notes.push((path.to_owned(), line, format!("exit code {code} is not among the promised ones")));
            }
        }
    }
    let Some(readme) = tree.text(README) else {
        notes.push((README.to_owned(), 0, "missing".to_owned()));
        return notes;
    };
    let Some((line, section)) = section(readme, "exit codes") else {
        notes.push((README.to_owned(), 0, "no section on exit codes".to_owned()));
        return notes;
    };
    let missing = EXIT_CODES.iter().filter(|code| !names_whole(&section, &code.to_string()));
    notes.extend(missing.map(|code| (README.to_owned(), line, format!("exit code {code} is missing"))));
    notes
}

/// The numbers that the match arms of a function lead to, up to the next function.
fn arms(source: &Source, function: &str) -> Vec<(usize, u8)> {
    let lines = source.lines().skip_while(|line| !line.code.contains(function));
    let body = lines.enumerate().take_while(|(index, line)| *index == 0 || !names(line.code, "fn")).map(|(_, line)| line);
    body.filter_map(|line| Some((line.number, line.code.split_once("=>")?.1.trim().trim_end_matches(',').parse().ok()?))).collect()
}

/// README.md mentions every command.
pub(super) fn commands(tree: &Tree) -> Notes {
    let Some((_, flags)) = tree.sources().find(|(path, _)| *path == FLAGS) else {
        return vec![(FLAGS.to_owned(), 0, "missing".to_owned())];
    };
    let Some(readme) = tree.text(README) else { return vec![(README.to_owned(), 0, "missing".to_owned())] };
    let names = variants(flags, "enum Command {");
    if names.is_empty() {
        return vec![(FLAGS.to_owned(), 0, "no commands in `enum Command`".to_owned())];
    }
    let is_mentioned = |name: &str| [format!("scorelake {name}"), format!("`{name}")].iter().any(|word| names_whole(readme, word));
    let missing = names.into_iter().filter(|(_, name)| !is_mentioned(name));
    missing.map(|(line, name)| (README.to_owned(), 0, format!("command `{name}` is missing ({FLAGS}:{line})"))).collect()
}

/// The variants of an enum, as the command line spells them.
fn variants(source: &Source, head: &str) -> Vec<(usize, String)> {
    let mut body = source.lines().skip_while(|line| !line.code.contains(head));
    let Some(depth) = body.next().map(|line| indent(line.code)) else { return Vec::new() };
    let inside = body.take_while(|line| line.code.trim().is_empty() || depth < indent(line.code));
    inside
        .filter(|line| indent(line.code) == depth + 4 && line.code.trim_start().starts_with(char::is_uppercase))
        .map(|line| (line.number, kebab(&line.code.trim().chars().take_while(|character| is_word(*character)).collect::<String>())))
        .collect()
}

fn indent(code: &str) -> usize {
    code.len() - code.trim_start().len()
}

/// `ExternalMetrics` as `external-metrics`.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(character.to_lowercase());
    }
    word
}

/// The page of counters, where there is one, has all.
pub(super) fn counters(tree: &Tree) -> Notes {
    let Some(page) = tree.text(COUNTERS) else { return Notes::new() };
    let words: Vec<(usize, &str)> = tree
        .text(COUNTER)
        .unwrap_or_default()
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, line.trim().split_once(" = \"")?.1.strip_suffix("\",")?)))
        .collect();
    if words.is_empty() {
        return vec![(COUNTER.to_owned(), 0, "no counters found".to_owned())];
    }
    let missing = words.into_iter().filter(|(_, word)| !names_whole(page, &format!("`{word}`")));
    missing.map(|(line, word)| (COUNTERS.to_owned(), 0, format!("`{word}` is missing ({COUNTER}:{line})"))).collect()
}

/// Whether a text holds that word, and not as a part of a longer one or of a number.
fn names_whole(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
        let is_part = |character: char| is_word(character) || character == '-';
        let begins_inside = before.ends_with('.') || word.starts_with(is_word) && before.ends_with(is_part);
        let ends_inside = word.ends_with(is_word) && after.starts_with(is_part);
        let is_decimal = after.strip_prefix('.').is_some_and(|rest| rest.starts_with(|character: char| character.is_ascii_digit()));
        !(begins_inside || ends_inside || is_decimal)
    })
}

/// The section whose heading has this phrase, with the line of the heading; it ends at a heading as high.
fn section(text: &str, phrase: &str) -> Option<(usize, String)> {
    let level = |line: &str| Some(line.len() - line.trim_start_matches('#').len()).filter(|level| 0 < *level);
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| level(line).is_none() || !line.to_lowercase().contains(phrase));
    let (index, heading) = lines.next()?;
    let own = level(heading)?;
    let body: Vec<&str> = lines.map(|(_, line)| line).take_while(|line| level(line).is_none_or(|other| own < other)).collect();
    Some((index + 1, body.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::check;

    const EXIT: &str = "impl Exit {\n    fn code(self) -> u8 {\n        match self {\n            Self::Done => 0,\n            Self::Odd => 9,\n            Self::Other(code) => code,\n        }\n    }\n    fn other() { match x { A => 77,\n } }\n}\n";
    const REPORT: &str =
        "impl K {\n    fn exit_code(self) -> u8 {\n        match self {\n            Self::Held => 8,\n        }\n    }\n}\n";

    #[track_caller]
    fn check_exits(exit: &str, readme: &str, expected: &[&str]) {
        check(exit_codes, &[("README.md", readme), ("crates/cli/src/exit.rs", exit), ("crates/engine/src/report.rs", REPORT)], expected);
    }

    #[test]
    fn an_exit_code_that_is_not_written_down_is_noted() {
        let exit = EXIT.replace("=> 9", "=> 3");
        let readme =
            "# S\n8 of them\n## The exit codes\n0 done, 1 bug, 2, 3\n### More\n- 4\n- `5`\n| 6 | 7.5 | -7 |\n99 130/143\n## Other\n8\n";
        check_exits(&exit, readme, &["README.md:3: exit code 7 is missing", "README.md:3: exit code 8 is missing"]);
        check_exits(&exit, "# S\n0 1 2\n", &["README.md:0: no section on exit codes"]);
    }

    #[test]
    fn an_exit_code_that_is_not_promised_is_noted() {
        let readme = "## Exit codes\n0 1 2 3 4 5 6 7 8 99 130 143\n";
        check_exits(EXIT, readme, &["crates/cli/src/exit.rs:5: exit code 9 is not among the promised ones"]);
    }

    #[test]
    fn a_command_that_is_not_mentioned_is_noted() {
        let flags = "enum Command {\n    /// Demo.\n    Demo(DemoFlags),\n    #[command(subcommand)]\n    StateList(S),\n    Man {\n        Page: x,\n    },\n    Plan,\n    Sync,\n}\nenum Other {\n    X,\n}\n";
        let readme = "scorelake demo\n`state-list [X]` `man`\nscorelake planet, plan, re-sync\n";
        check(
            commands,
            &[("README.md", readme), (FLAGS, flags)],
            &[
                "README.md:0: command `plan` is missing (crates/cli/src/flags.rs:9)",
                "README.md:0: command `sync` is missing (crates/cli/src/flags.rs:10)",
            ],
        );
    }

    #[test]
    fn a_counter_that_is_not_on_its_page_is_noted() {
        let counter = "counters! {\n    /// A.\n    Pages = \"pages\",\n    Retries = \"retries\",\n}\n";
        check(counters, &[(COUNTER, counter)], &[]);
        let files = [(COUNTER, counter), (COUNTERS, "| `pages` | retries |\n")];
        check(counters, &files, &["docs/counters.md:0: `retries` is missing (crates/model/src/counter.rs:4)"]);
    }
}
