//! The walk of a configuration along its JSON Schema: unknown keys and values of the wrong type are noted and taken
//! out, so that whatever else is wrong is found in the same go.
//! It knows the few words of JSON Schema that `config::file` uses and gives no value a meaning.

use serde_json::Value as Schema;
use toml::Value;

use crate::config::problem::{Place, Problems, nearest, quoted};
use crate::config::refused;

/// Notes and takes out what the schema does not allow in the whole file.
pub(crate) fn walk(root: &mut toml::Table, schema: &Schema, problems: &mut Problems) {
    walk_table(root, schema, &Place::default(), problems);
}

fn walk_table(table: &mut toml::Table, schema: &Schema, place: &Place, problems: &mut Problems) {
    let keys: Vec<String> = table.keys().cloned().collect();
    for key in keys {
        let Some(value) = table.get_mut(&key) else { continue };
        let refusal = if is_tenant(schema) { refused::tenant_key(&key, value) } else { None };
        let keep = match refusal {
            Some(reason) => {
                problems.note_key(place, &key, reason);
                false
            }
            None => match property(schema, &key).or_else(|| entries(schema)) {
                Some(of_key) => walk_value(&key, value, of_key, place, problems),
                None => {
                    problems.note(place, Some(&key), format!("unknown key {}{}", quoted(&key), nearest(&key, properties(schema))));
                    false
                }
            },
        };
        if !keep {
            table.remove(&key);
        }
    }
}

/// Whether the value may stay.
fn walk_value(key: &str, value: &mut Value, schema: &Schema, place: &Place, problems: &mut Problems) -> bool {
    if let Value::Datetime(moment) = value {
        *value = Value::String(moment.to_string());
    }
    if !allows(schema, kind(value)) {
        problems.note_key(place, key, unfit(schema, value));
        return false;
    }
    match value {
        Value::Table(table) => walk_table(table, schema, &place.below(format!("`{key}`")), problems),
        Value::Array(items) => return walk_list(key, items, schema, place, problems),
        Value::String(word) => {
            if let Some(text) = unlisted(schema, word) {
                problems.note_key(place, key, refused::word(key, word).unwrap_or(text));
                return false;
            }
        }
        Value::Integer(number) => {
            #[allow(clippy::cast_precision_loss, reason = "limits are small")]
            return within(*number as f64, &number.to_string(), key, schema, place, problems);
        }
        Value::Float(number) => return within(*number, &number.to_string(), key, schema, place, problems),
        Value::Boolean(_) | Value::Datetime(_) => {}
    }
    true
}

fn walk_list(key: &str, items: &mut [Value], schema: &Schema, place: &Place, problems: &mut Problems) -> bool {
    let Some(of_items) = schema.get("items") else { return true };
    let mut keep = true;
    for (index, item) in items.iter_mut().enumerate() {
        match item {
            Value::Table(table) if allows(of_items, "object") => {
                walk_table(table, of_items, &named_place(place, key, index, table), problems)
            }
            other => keep &= walk_value(key, other, of_items, place, problems),
        }
    }
    keep
}

/// A tenant or publication by its name, or by its number where it has none.
pub(crate) fn named_place(place: &Place, key: &str, index: usize, table: &toml::Table) -> Place {
    place.below(match table.get("name").and_then(Value::as_str) {
        Some(name) => format!("{key} {}", quoted(name)),
        None => format!("{key} {}", index + 1),
    })
}

fn within(number: f64, written: &str, key: &str, schema: &Schema, place: &Place, problems: &mut Problems) -> bool {
    let limit = |name: &str| schema.get(name).and_then(Schema::as_f64);
    let fits = number.is_finite() && limit("minimum").is_none_or(|min| min <= number) && limit("maximum").is_none_or(|max| number <= max);
    if !fits {
        problems.note_key(place, key, format!("{} is asked for, not `{written}`", expected(schema)));
    }
    fits
}

fn unlisted(schema: &Schema, word: &str) -> Option<String> {
    let listed: Vec<&str> = schema.get("enum")?.as_array()?.iter().filter_map(Schema::as_str).collect();
    (!listed.contains(&word)).then(|| {
        let known: Vec<String> = listed.iter().map(|one| format!("`{one}`")).collect();
        match known.as_slice() {
            [one] => format!("{} is not {one}", quoted(word)),
            _ => format!("{} is none of {}", quoted(word), known.join(", ")),
        }
    })
}

fn unfit(schema: &Schema, value: &Value) -> String {
    if is_secret(schema) && value.is_str() {
        return format!("a secret written in the file itself is refused; use {}", expected(schema));
    }
    format!("{} is asked for, not {}", expected(schema), kind_in_words(value))
}

/// What a schema asks for, in words.
fn expected(schema: &Schema) -> String {
    if is_secret(schema) {
        return "`{ env = \"NAME\" }`, `{ file = \"PATH\" }` or `{ command = [\"WORD\"] }`".to_owned();
    }
    let limits = match (schema.get("minimum"), schema.get("maximum")) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        _ => String::new(),
    };
    let listed = |kind: &str| match kind {
        "string" => "text".to_owned(),
        "integer" => format!("a whole number{limits}"),
        "number" => format!("a number{limits}"),
        "boolean" => "true or false".to_owned(),
        "array" if schema.get("items").is_some_and(|items| allows(items, "object")) => "a list of tables".to_owned(),
        "array" => "a list of texts".to_owned(),
        _ => "a table".to_owned(),
    };
    kinds(schema).map(listed).collect::<Vec<_>>().join(" or ")
}

fn is_tenant(schema: &Schema) -> bool {
    property(schema, "client_secret").is_some()
}

fn is_secret(schema: &Schema) -> bool {
    property(schema, "env").is_some() && !allows(schema, "string")
}

/// Whether the schema describes where a secret comes from, with plain text or without.
pub(crate) fn may_be_secret(schema: &Schema) -> bool {
    property(schema, "env").is_some()
}

/// Whether a value of this JSON kind is allowed; a whole number is a number too.
pub(crate) fn allows(schema: &Schema, kind: &str) -> bool {
    kinds(schema).any(|one| one == kind || (one == "number" && kind == "integer"))
}

fn kinds(schema: &Schema) -> impl Iterator<Item = &str> {
    let (one, several) = match schema.get("type") {
        Some(Schema::String(one)) => (Some(one.as_str()), None),
        Some(Schema::Array(several)) => (None, Some(several)),
        _ => (None, None),
    };
    one.into_iter().chain(several.into_iter().flatten().filter_map(Schema::as_str)).filter(|kind| *kind != "null")
}

/// The schema of a key.
pub(crate) fn property<'a>(schema: &'a Schema, key: &str) -> Option<&'a Schema> {
    schema.get("properties").and_then(|properties| properties.get(key))
}

/// The schema of what stands under keys that are not known beforehand, such as ids.
pub(crate) fn entries(schema: &Schema) -> Option<&Schema> {
    schema.get("additionalProperties").filter(|entries| entries.is_object())
}

/// The keys a schema knows.
pub(crate) fn properties(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.get("properties").and_then(Schema::as_object).into_iter().flat_map(|properties| properties.keys().map(String::as_str))
}

/// The JSON kind of a value. A date or time without quotes stands for its text.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) | Value::Datetime(_) => "string",
        Value::Integer(_) => "integer",
        Value::Float(_) => "number",
        Value::Boolean(_) => "boolean",
        Value::Array(_) => "array",
        Value::Table(_) => "object",
    }
}

fn kind_in_words(value: &Value) -> String {
    match value {
        Value::String(words) => quoted(words),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
        other => format!("`{other}`"),
    }
}
