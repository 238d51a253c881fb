//! Laying values out in the columns of a derived table, by their names.

use jiff::civil::Date;
use model::table::{Cell, Row, Table};
use store::statistics::{Cohort, ScopePlace};

/// A row of a table with these cells; the columns that are not named are null.
pub(crate) fn row<const N: usize>(table: &Table, cells: [(&'static str, Cell); N]) -> Row {
    let mut row = vec![Cell::Null; table.columns.len()];
    fill(table, &mut row, cells);
    row
}

/// Puts some more cells into a row.
pub(crate) fn fill<const N: usize>(table: &Table, row: &mut Row, cells: [(&'static str, Cell); N]) {
    for (name, cell) in cells {
        let place = table.position(name).and_then(|place| row.get_mut(place));
        debug_assert!(place.is_some(), "table `{}` has no column `{name}`", table.name);
        if let Some(place) = place {
            *place = cell;
        }
    }
}

/// Text.
pub(crate) fn text(words: &str) -> Cell {
    Cell::Text(words.to_owned())
}

/// A count.
pub(crate) fn count(number: u64) -> Cell {
    Cell::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A date as text, or null.
pub(crate) fn date(date: Option<Date>) -> Cell {
    Cell::text(date.map(|date| date.to_string()))
}

/// A finite number, or null.
pub(crate) fn real(number: Option<f64>) -> Cell {
    Cell::real(number.filter(|number| number.is_finite()))
}

/// The columns of a cohort in a scope.
pub(crate) fn cohort_cells(cohort: &Cohort, scope: &ScopePlace) -> [(&'static str, Cell); 8] {
    let [tenant, platform, form_id, version, hash, scored_by] = version_cells(cohort);
    [tenant, platform, form_id, version, hash, scored_by, ("scope_kind", text(&scope.kind)), ("scope_id", text(&scope.id))]
}

/// The columns of a cohort.
pub(crate) fn version_cells(cohort: &Cohort) -> [(&'static str, Cell); 6] {
    [
        ("tenant", text(&cohort.tenant)),
        ("platform", text(&cohort.platform)),
        ("form_id", text(&cohort.form_id)),
        ("form_version_id", text(&cohort.form_version_id)),
        ("content_hash", text(&cohort.content_hash)),
        ("scored_by", text(&cohort.scored_by)),
    ]
}

/// Puts rows into the order of their table's key, whose columns are texts.
pub(crate) fn sort(table: &Table, rows: &mut [Row]) {
    rows.sort_by_cached_key(|row| {
        let text = |column: &&'static str| table.cell(row, column).and_then(Cell::as_text).unwrap_or_default().to_owned();
        table.key.iter().map(text).collect::<Vec<String>>()
    });
}
