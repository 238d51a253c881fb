//! Interactions: the calls, chats and e-mails that records are about, as a listing of another system gives them, and how
//! a listing's columns are called. Nothing here joins; a row is one agent's part of one interaction.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One row of a listing: an agent's part of an interaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interaction {
    /// The interaction's id on the platform.
    pub interaction_id: Option<String>,
    /// Its id in another system.
    pub external_reference_id: Option<String>,
    /// The id of the contact or segment, where the platform cuts interactions up (CXone).
    pub segment_id: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended; none while it goes on.
    pub ended_at: Option<Timestamp>,
    /// `call`, `chat`, `email`, ...
    pub media: Option<String>,
}

/// What a column of a listing holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// See [`Interaction::interaction_id`].
    InteractionId,
    /// See [`Interaction::external_reference_id`].
    ExternalReferenceId,
    /// See [`Interaction::segment_id`].
    SegmentId,
    /// See [`Interaction::agent_id`].
    AgentId,
    /// See [`Interaction::started_at`].
    StartedAt,
    /// See [`Interaction::ended_at`].
    EndedAt,
    /// See [`Interaction::media`].
    Media,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::InteractionId, Self::ExternalReferenceId, Self::SegmentId, Self::AgentId, Self::StartedAt, Self::EndedAt, Self::Media];

    /// Its word on the command line, and the name of its column where no other is given.
    pub fn word(self) -> &'static str {
        match self {
            Self::InteractionId => "interaction_id",
            Self::ExternalReferenceId => "external_reference_id",
            Self::SegmentId => "segment_id",
            Self::AgentId => "agent_id",
            Self::StartedAt => "started_at",
            Self::EndedAt => "ended_at",
            Self::Media => "media",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// By which id a record and an interaction are brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinKey {
    /// The interaction's id on the platform.
    InteractionId,
    /// Its id in another system.
    ExternalReferenceId,
    /// The contact or segment.
    SegmentId,
}

impl JoinKey {
    /// All of them, in the order in which they are tried where no other is given.
    pub const ALL: [Self; 3] = [Self::InteractionId, Self::ExternalReferenceId, Self::SegmentId];

    /// The field of a listing that holds it.
    pub fn field(self) -> Field {
        match self {
            Self::InteractionId => Field::InteractionId,
            Self::ExternalReferenceId => Field::ExternalReferenceId,
            Self::SegmentId => Field::SegmentId,
        }
    }

    /// Its word on the command line and in rows.
    pub fn word(self) -> &'static str {
        self.field().word()
    }

    /// This id of an interaction.
    pub fn of(self, interaction: &Interaction) -> Option<&str> {
        match self {
            Self::InteractionId => interaction.interaction_id.as_deref(),
            Self::ExternalReferenceId => interaction.external_reference_id.as_deref(),
            Self::SegmentId => interaction.segment_id.as_deref(),
        }
    }
}

/// How a listing calls its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap(BTreeMap<Field, String>);

impl ColumnMap {
    /// The name of a field's column.
    pub fn name(&self, field: Field) -> &str {
        self.0.get(&field).map_or(field.word(), String::as_str)
    }

    /// Whether the operator named the field; its column must then be there.
    pub fn is_named(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }

    /// Names a field's column.
    pub fn set(&mut self, field: Field, column: impl Into<String>) {
        self.0.insert(field, column.into());
    }
}

/// Reads words like `interaction_id` and `agent_id=userId`: the ids to join by, in the order of the words, and the names of
/// columns. Without an id among the words all ids are tried in their usual order.
///
/// # Errors
/// The reason in one line: an unknown field, one that comes twice, an empty column, one column for two fields.
pub fn read_keys<S: AsRef<str>>(words: &[S]) -> Result<(Vec<JoinKey>, ColumnMap), String> {
    let (mut keys, mut columns) = (Vec::new(), ColumnMap::default());
    for word in words {
        let word = word.as_ref();
        let (name, column) = word.split_once('=').unwrap_or((word, word));
        let Some(field) = Field::from_word(name) else {
            let known = Field::ALL.map(Field::word).join(", ");
            return Err(format!("`{word}`: unknown field `{name}`; known are {known}"));
        };
        if column.is_empty() {
            return Err(format!("`{word}`: the column of `{name}` has no name"));
        }
        if columns.is_named(field) {
            return Err(format!("`{word}`: `{name}` is given twice"));
        }
        if let Some((other, _)) = columns.0.iter().find(|(_, taken)| *taken == column) {
            return Err(format!("`{word}`: column `{column}` is that of `{}` already", other.word()));
        }
        columns.set(field, column);
        keys.extend(JoinKey::ALL.into_iter().find(|key| key.field() == field));
    }
    if keys.is_empty() {
        keys.extend(JoinKey::ALL);
    }
    Ok((keys, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(words: &[&str], expected: &str) {
        let seen = match read_keys(words) {
            Err(reason) => reason,
            Ok((keys, columns)) => {
                let keys: Vec<&str> = keys.into_iter().map(JoinKey::word).collect();
                let named = Field::ALL.into_iter().filter(|field| columns.is_named(*field));
                let named: Vec<String> = named.map(|field| format!("{}={}", field.word(), columns.name(field))).collect();
                format!("{} | {}", keys.join(" "), named.join(" "))
            }
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn ids_set_the_order_and_other_fields_only_name_columns() {
        check(&[], "interaction_id external_reference_id segment_id | ");
        check(&["agent_id=userId"], "interaction_id external_reference_id segment_id | agent_id=userId");
        check(&["segment_id", "interaction_id=a=b"], "segment_id interaction_id | interaction_id=a=b segment_id=segment_id");
    }

    #[test]
    fn words_that_cannot_be_meant_are_refused() {
        check(
            &["conversation=x"],
            "`conversation=x`: unknown field `conversation`; known are interaction_id, external_reference_id, segment_id, agent_id, started_at, ended_at, media",
        );
        check(&["media="], "`media=`: the column of `media` has no name");
        check(&["media=a", "media=b"], "`media=b`: `media` is given twice");
        check(&["started_at=t", "ended_at=t"], "`ended_at=t`: column `t` is that of `started_at` already");
    }
}
