//! Reading copies back for the common suite: JSON values as cells, folders as names with bytes and times.
//! It shares nothing with the code that writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use model::table::{Cell, Column, Kind, Row, Table};
use model::time;
use serde_json::Value;

use crate::disk::Disk;
use crate::manifest::MANIFEST;

/// A JSON value as a cell of that column; text that is not of the column's kind stays text, for the suite to find.
pub fn cell(column: &Column, value: &Value) -> Cell {
    let text = || value.as_str().map_or_else(|| Cell::Text(format!("unexpected {value}")), |words| Cell::Text(words.to_owned()));
    match (column.kind, value) {
        (_, Value::Null) => Cell::Null,
        (Kind::Json, value) => Cell::Json(value.to_string()),
        (Kind::Real, Value::Number(number)) => number.as_f64().map_or_else(text, Cell::Real),
        (Kind::Int, Value::Number(number)) => number.as_i64().map_or_else(text, Cell::Int),
        (Kind::Bool, Value::Bool(truth)) => Cell::Bool(*truth),
        (Kind::Time, Value::String(words)) => match time::read(words) {
            Ok(moment) if time::text(moment) == *words => Cell::Time(moment),
            _ => text(),
        },
        (Kind::TextList, Value::Array(list)) => {
            Cell::TextList(list.iter().map(|one| one.as_str().unwrap_or("no text").to_owned()).collect())
        }
        _ => text(),
    }
}

/// A JSON object as a row; it must have the table's columns, in any order, and no other.
pub fn row(table: &Table, object: &Value) -> Row {
    assert_eq!(object.as_object().map(serde_json::Map::len), Some(table.columns.len()), "columns of `{}`: {object}", table.name);
    table.columns.iter().map(|column| cell(column, &object[column.name])).collect()
}

/// For each file under a folder its time and bytes: what changes when it is touched.
pub fn folder_stamps(folder: &Path) -> BTreeMap<String, String> {
    let stamp = |path: &Path| {
        let modified = fs::metadata(path).and_then(|facts| facts.modified()).ok();
        let age = modified.and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
        format!("{age:?} {:?}", Disk::real().bytes(path).ok())
    };
    files(folder, &stamp)
}

/// For each file under a folder its text, or its hash where it is none; of a manifest all but the runs and their times.
pub fn folder_content(folder: &Path) -> BTreeMap<String, String> {
    let content = |path: &Path| {
        let bytes = fs::read(path).unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_else(|_| format!("{:?}", Disk::real().bytes(path).ok()));
        let is_of_run = |line: &&str| line.contains("\"run_id\":") || line.contains("\"written_at\":");
        match path.ends_with(MANIFEST) {
            true => text.lines().filter(|line| !is_of_run(line)).collect::<Vec<_>>().join("\n"),
            false => text,
        }
    };
    files(folder, &content)
}

fn files(folder: &Path, shown: &dyn Fn(&Path) -> String) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for name in Disk::real().names(folder).unwrap_or_default() {
        let path = folder.join(&name);
        if path.is_dir() {
            let below = files(&path, shown);
            // An empty folder is something to be seen, too.
            if below.is_empty() {
                seen.insert(format!("{name}/"), String::new());
            }
            seen.extend(below.into_iter().map(|(below, content)| (format!("{name}/{below}"), content)));
        } else {
            seen.insert(name, shown(&path));
        }
    }
    seen
}
