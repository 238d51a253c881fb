//! The heading of an interactions file: which column holds which field.

use std::collections::BTreeMap;

use model::interaction::{ColumnMap, Field, Interaction, JoinKey};

use super::error::{InteractionsError, Named, Row};

/// Fields that a listing is no use without.
const NEEDED: [Field; 2] = [Field::AgentId, Field::EndedAt];

/// Where the fields stand that the file has.
#[derive(Debug, Clone)]
pub(super) struct Header {
    places: BTreeMap<Field, (usize, String)>,
}

impl Header {
    /// Finds the columns among the file's own names.
    pub(super) fn find(names: &[&str], columns: &ColumnMap, named: &Named) -> Result<Self, InteractionsError> {
        let mut places = BTreeMap::new();
        for field in Field::ALL {
            let column = columns.name(field);
            let mut found = names.iter().enumerate().filter(|(_, name)| **name == column).map(|(place, _)| place);
            if let Some(place) = found.next() {
                places.insert(field, (place, column.to_owned()));
                if found.next().is_some() {
                    return Err(named.fact(format!("has two columns `{column}`")));
                }
            } else if columns.is_named(field) || NEEDED.contains(&field) {
                return Err(missing(field, columns, names, named));
            }
        }
        let header = Self { places };
        if header.ids().is_empty() {
            let error = missing(Field::InteractionId, columns, names, named);
            let others = format!("`{}` or `{}` would do too", columns.name(Field::ExternalReferenceId), columns.name(Field::SegmentId));
            let hint = error.hint.as_deref().map_or_else(|| others.clone(), |hint| format!("{hint}; {others}"));
            return Err(error.with_hint(hint));
        }
        Ok(header)
    }

    /// The place and name of a field's column.
    pub(super) fn place(&self, field: Field) -> Option<(usize, &str)> {
        self.places.get(&field).map(|(place, column)| (*place, column.as_str()))
    }

    /// Every field with its place and column.
    pub(super) fn places(&self) -> impl Iterator<Item = (Field, usize, &str)> {
        self.places.iter().map(|(field, (place, column))| (*field, *place, column.as_str()))
    }

    /// Lets through what some key can find.
    pub(super) fn with_id(&self, interaction: Interaction, row: &Row, named: &Named) -> Result<Interaction, InteractionsError> {
        if JoinKey::ALL.into_iter().any(|key| key.of(&interaction).is_some()) {
            return Ok(interaction);
        }
        let columns: Vec<String> = self.ids().iter().map(|column| format!("`{column}`")).collect();
        let fact = match columns.as_slice() {
            [one] => format!("{one} is empty"),
            _ => format!("{} are all empty", columns.join(", ")),
        };
        Err(named.row(row, fact))
    }

    /// The columns of ids.
    fn ids(&self) -> Vec<&str> {
        JoinKey::ALL.into_iter().filter_map(|key| self.place(key.field()).map(|(_, column)| column)).collect()
    }
}

fn missing(field: Field, columns: &ColumnMap, names: &[&str], named: &Named) -> InteractionsError {
    let column = columns.name(field);
    // A column that is another field's is not the one that is looked for.
    let is_free = |name: &str| !name.is_empty() && Field::ALL.into_iter().all(|other| columns.name(other) != name);
    let nearest = names.iter().filter(|name| is_free(name)).min_by_key(|name| (distance(column, name), **name));
    let words = match nearest {
        Some(nearest) => format!("has no column `{column}`; the nearest is `{nearest}`"),
        None => format!("has no column `{column}`"),
    };
    let error = named.fact(words);
    if let [one] = names
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| one.contains(*separator))
    {
        let shown = separator.escape_default();
        return error.with_hint(format!("its columns seem to be separated by `{shown}`; save it with commas"));
    }
    error.with_hint(format!("say what its column is called: `--key {}=COLUMN`", field.word()))
}

/// How unlike two names are; `agentId` and `agent_id` are alike.
fn distance(a: &str, b: &str) -> usize {
    let folded = |name: &str| name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    strsim::damerau_levenshtein(&folded(a), &folded(b))
}
