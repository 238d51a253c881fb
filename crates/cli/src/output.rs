//! Listings on stdout: rows under column names, as a table, as JSON or as CSV. The one place that writes data there.
//! JSON and CSV go out row by row; a table is held until its widths are known.
//! Text of a source never reaches a terminal with its control characters.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use comfy_table::presets::{NOTHING, UTF8_HORIZONTAL_ONLY};
use comfy_table::{CellAlignment, ContentArrangement};
use serde_json::Value;

use crate::exit::Failure;

/// How a listing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// An array of objects.
    Json,
    /// A header line and RFC 4180 rows.
    Csv,
}

/// How tables look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Lines and the width of the terminal.
    Terminal,
    /// Words and spaces only.
    Plain,
}

impl Look {
    /// For stdout as it is: plain when it is no terminal or `NO_COLOR` is set.
    pub(crate) fn of_stdout(no_color: bool) -> Self {
        if io::stdout().is_terminal() && !no_color { Self::Terminal } else { Self::Plain }
    }
}

/// A listing under way.
pub(crate) struct Listing<W: Write> {
    out: W,
    columns: Vec<String>,
    body: Body,
    n_rows: u64,
}

enum Body {
    Table { look: Look, rows: Vec<Vec<String>>, numeric: Vec<bool> },
    Json,
    Csv,
}

/// A listing that goes to stdout.
pub(crate) type StdoutListing = Listing<BufWriter<io::StdoutLock<'static>>>;

impl StdoutListing {
    /// Begins a listing on stdout.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn begin<C: Into<String>>(format: Format, look: Look, columns: impl IntoIterator<Item = C>) -> Result<Self, Failure> {
        Ok(Self::new(stdout(), format, look, columns.into_iter().map(Into::into).collect())?)
    }
}

impl<W: Write> Listing<W> {
    /// Begins a listing that goes to `out`.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(crate) fn new(mut out: W, format: Format, look: Look, columns: Vec<String>) -> io::Result<Self> {
        let columns = distinct(columns);
        let body = match format {
            Format::Table => Body::Table { look, rows: Vec::new(), numeric: vec![true; columns.len()] },
            Format::Json => {
                out.write_all(b"[")?;
                Body::Json
            }
            Format::Csv => {
                write_csv(&mut out, columns.iter().map(String::as_str))?;
                Body::Csv
            }
        };
        Ok(Self { out, columns, body, n_rows: 0 })
    }

    /// One row, a value a column.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        let first = self.n_rows == 0;
        self.n_rows += 1;
        match &mut self.body {
            Body::Table { rows, numeric, .. } => {
                for (numeric, value) in numeric.iter_mut().zip(values) {
                    *numeric &= value.is_number() || value.is_null() || is_reason(value);
                }
                rows.push(values.iter().map(|value| visible(&plain(value))).collect());
            }
            Body::Json => {
                self.out.write_all(if first { b"\n" } else { b",\n" })?;
                let pairs = self.columns.iter().zip(values);
                let fields: Vec<String> = pairs.map(|(name, value)| format!("{}: {value}", Value::from(name.as_str()))).collect();
                write!(self.out, "  {{{}}}", fields.join(", "))?;
            }
            Body::Csv => {
                let cells: Vec<String> = values.iter().map(guarded).collect();
                write_csv(&mut self.out, cells.iter().map(String::as_str))?;
            }
        }
        Ok(())
    }

    /// Ends the listing.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        match self.body {
            Body::Table { look, rows, numeric } => {
                let text = table(look, &self.columns, rows, &numeric);
                self.out.write_all(text.as_bytes())?;
            }
            Body::Json => self.out.write_all(if self.n_rows == 0 { b"]\n" } else { b"\n]\n" })?,
            Body::Csv => {}
        }
        self.out.flush()?;
        Ok(())
    }
}

/// Stdout for everything that is no listing.
pub(crate) fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Writes text to stdout as it is.
///
/// # Errors
/// When stdout cannot be written to.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A value as a person reads it: text without quotes, null as nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => words.clone(),
        other => other.to_string(),
    }
}

/// `[one_agent]`: why a number is not there stands among numbers.
fn is_reason(value: &Value) -> bool {
    value.as_str().is_some_and(|words| words.starts_with('[') && words.ends_with(']'))
}

/// Text whose control characters are shown as escapes.
pub(crate) fn visible(words: &str) -> String {
    // Marks of writing direction are no control characters to Unicode, but they put the rest of a line into another order.
    let turns = |letter: char| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_hidden = |letter: char| letter.is_control() || turns(letter);
    if !words.chars().any(is_hidden) {
        return words.to_owned();
    }
    words.chars().map(|letter| if is_hidden(letter) { letter.escape_default().to_string() } else { letter.to_string() }).collect()
}

/// Text that a spreadsheet would take for a formula gets a quote in front; numbers never.
fn guarded(value: &Value) -> String {
    let words = plain(value);
    let risky = value.is_string() && words.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky { format!("'{words}") } else { words }
}

fn write_csv<'a>(out: &mut impl Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells).map_err(io::Error::other)?;
    out.write_all(&writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

/// Column names, the second of a name with `_2` behind it, so no object has a key twice.
fn distinct(columns: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.clone();
        let mut n = 1;
        while names.contains(&name) {
            n += 1;
            name = format!("{column}_{n}");
        }
        names.push(name);
    }
    names
}

fn table(look: Look, columns: &[String], rows: Vec<Vec<String>>, numeric: &[bool]) -> String {
    let mut table = comfy_table::Table::new();
    match look {
        Look::Terminal => table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic),
        Look::Plain => table.load_style(NOTHING).force_no_tty().set_content_arrangement(ContentArrangement::Disabled),
    };
    let empty = rows.is_empty();
    table.set_header(columns);
    table.add_rows(rows);
    for (index, numeric) in numeric.iter().enumerate() {
        if let (true, Some(column)) = (*numeric && !empty, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(format: Format, expected: &str) {
        let mut out = Vec::new();
        let columns = ["id", "score", "id"].map(ToOwned::to_owned).to_vec();
        let mut listing = Listing::new(&mut out, format, Look::Plain, columns).unwrap();
        listing.row(&[json!("=a,\u{1b}[1m"), json!(97.5), Value::Null]).unwrap();
        listing.row(&[json!("b"), json!(-3), json!("x\ny")]).unwrap();
        listing.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_table_shows_control_characters_as_escapes() {
        check(Format::Table, " id            score  id_2\n =a,\\u{1b}[1m   97.5\n b                -3  x\\ny\n");
    }

    #[test]
    fn marks_of_writing_direction_are_shown_too() {
        assert_eq!(visible("Ann\u{202e}nnA"), "Ann\\u{202e}nnA");
        assert_eq!(visible("Zoë عربي"), "Zoë عربي");
    }

    #[test]
    fn json_is_an_array_of_objects_with_distinct_keys() {
        let expected = "[\n  {\"id\": \"=a,\\u001b[1m\", \"score\": 97.5, \"id_2\": null},\n  {\"id\": \"b\", \"score\": -3, \"id_2\": \"x\\ny\"}\n]\n";
        check(Format::Json, expected);
    }

    #[test]
    fn csv_guards_text_against_formulas_and_leaves_numbers() {
        check(Format::Csv, "id,score,id_2\n\"'=a,\u{1b}[1m\",97.5,\nb,-3,\"x\ny\"\n");
    }

    #[test]
    fn an_empty_listing_is_still_a_listing() {
        for (format, expected) in [(Format::Table, " id\n"), (Format::Json, "[]\n"), (Format::Csv, "id\n")] {
            let mut out = Vec::new();
            Listing::new(&mut out, format, Look::Plain, vec!["id".to_owned()]).unwrap().finish().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
