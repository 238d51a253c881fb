//! The overlay: environment variables `SCORELAKE__...` laid over the file before it is checked.
//! Tenants and publications are addressed by their names, upper or lower case alike, `-` as `_`; parts of a key by `__`.
//! A secret given directly becomes a reference to its own variable, so its text never stands in the configuration.

use serde_json::Value as Schema;
use toml::{Table, Value};

use crate::config::problem::{Place, Problems, nearest};
use crate::config::walk::{allows, entries, kind, may_be_secret, properties, property};
use crate::environment::Environment;

/// What such a variable begins with.
pub(crate) const PREFIX: &str = "SCORELAKE__";

/// Lays the variables over the file.
pub(crate) fn lay(root: &mut Table, schema: &Schema, environment: &Environment, problems: &mut Problems) {
    for (variable, rest, text) in environment.with_prefix(PREFIX) {
        if let Err(reason) = lay_one(root, schema, variable, rest, text) {
            problems.note(&Place::default(), None, format!("environment variable `{variable}`: {reason}"));
        }
    }
}

fn lay_one(root: &mut Table, schema: &Schema, variable: &str, rest: &str, text: &str) -> Result<(), String> {
    let rest = rest.to_ascii_lowercase();
    for list in ["tenant", "publication"] {
        let Some(rest) = rest.strip_prefix(list).filter(|rest| rest.is_empty() || rest.starts_with("__")) else { continue };
        let of_items = property(schema, list).and_then(|list| list.get("items")).ok_or("unknown key")?;
        let (table, keys) = entry(root, list, rest.trim_start_matches('_'))?;
        return set(table, of_items, keys, variable, text);
    }
    set(root, schema, &rest, variable, text)
}

/// The tenant or publication that the name means, and the rest of the key.
fn entry<'a, 'k>(root: &'a mut Table, list: &str, rest: &'k str) -> Result<(&'a mut Table, &'k str), String> {
    let word = |entry: &Value| entry.get("name").and_then(Value::as_str).map(|name| name.to_ascii_lowercase().replace('-', "_"));
    let entries = root.get_mut(list).and_then(Value::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default();
    let names: Vec<String> = entries.iter().filter_map(word).collect();
    // A name may hold `__` itself (`a--b`), so the longest that fits is meant.
    let meant = |entry: &Value| word(entry).filter(|name| rest.strip_prefix(name.as_str()).is_some_and(|keys| keys.starts_with("__")));
    let found = entries.iter_mut().filter_map(|entry| Some((meant(entry)?.len(), entry.as_table_mut()?))).max_by_key(|(length, _)| *length);
    match found {
        Some((length, table)) => Ok((table, rest.get(length + 2..).unwrap_or_default())),
        None => {
            let name = rest.split("__").next().unwrap_or_default();
            Err(format!("no {list} `{name}` with a key behind it{}", nearest(name, names.iter().map(String::as_str))))
        }
    }
}

fn set(table: &mut Table, schema: &Schema, keys: &str, variable: &str, text: &str) -> Result<(), String> {
    if let Some(of_entry) = entries(schema) {
        let (entry, below) = named(table, keys)?;
        return set(entry, of_entry, below, variable, text);
    }
    let (key, below) = keys.split_once("__").map_or((keys, None), |(key, below)| (key, Some(below)));
    let of_key = property(schema, key).ok_or_else(|| format!("unknown key `{key}`{}", nearest(key, properties(schema))))?;
    let Some(below) = below else {
        table.insert(key.to_owned(), read(of_key, variable, text)?);
        return Ok(());
    };
    if !allows(of_key, "object") {
        return Err(format!("`{key}` has no keys of its own"));
    }
    // A secret has one source: the one from the environment takes the place of the file's.
    let fresh = may_be_secret(of_key) || !table.get(key).is_some_and(Value::is_table);
    if fresh {
        table.insert(key.to_owned(), Value::Table(Table::new()));
    }
    match table.get_mut(key).and_then(Value::as_table_mut) {
        Some(table) => set(table, of_key, below, variable, text),
        None => Ok(()),
    }
}

/// The table under the key that is meant, and the rest of the key. Such keys are ids, so they must stand in the file.
fn named<'a, 'k>(table: &'a mut Table, keys: &'k str) -> Result<(&'a mut Table, &'k str), String> {
    let word = |id: &str| id.to_ascii_lowercase().replace('-', "_");
    let ids: Vec<String> = table.keys().map(|id| word(id)).collect();
    let meant = |id: &str| keys.strip_prefix(id).is_some_and(|below| below.starts_with("__"));
    let found = ids.iter().filter(|id| meant(id)).map(String::len).max();
    let entry = table.iter_mut().find_map(|(id, value)| value.as_table_mut().filter(|_| found == Some(id.len()) && meant(&word(id))));
    match (entry, found) {
        (Some(entry), Some(length)) => Ok((entry, keys.get(length + 2..).unwrap_or_default())),
        _ => {
            let id = keys.split("__").next().unwrap_or_default();
            Err(format!("no `{id}` with a key behind it{}", nearest(id, ids.iter().map(String::as_str))))
        }
    }
}

/// The text as TOML where the key takes what it then is, else as text.
fn read(schema: &Schema, variable: &str, text: &str) -> Result<Value, String> {
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let typed = parsed.filter(|value| !matches!(value, Value::Datetime(_)) && allows(schema, kind(value)));
    if may_be_secret(schema) {
        let by_reference = typed.filter(Value::is_table);
        return Ok(by_reference.unwrap_or_else(|| Value::Table(Table::from_iter([("env".to_owned(), Value::from(variable))]))));
    }
    match typed {
        Some(value) => Ok(value),
        None if allows(schema, "string") => Ok(Value::from(text)),
        None => Err("no value of the kind that the key takes".to_owned()),
    }
}
