//! What a record asks for: the ids under which its interaction may stand in a listing.

use jiff::Timestamp;
use model::interaction::JoinKey;
use model::record::Stream;
use model::table::{Cell, Row};
use serde_json::{Map, Value};

/// The names under which CXone's services give the id of a contact or segment, the narrower first.
const SEGMENT_FIELDS: [&str; 5] = ["segmentId", "acdContactId", "contactId", "acdId", "masterContactId"];

/// A record's side of the join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) stream: Stream,
    pub(super) tenant: String,
    pub(super) platform: String,
    pub(super) record_id: String,
    pub(super) agent_id: Option<String>,
    pub(super) interaction_id: Option<String>,
    /// The record's own time of the interaction's end.
    pub(super) interaction_end_time: Option<Timestamp>,
    /// When it was submitted; of feedback, when it was written.
    pub(super) happened_at: Option<Timestamp>,
    /// In the order in which they are tried.
    pub(super) ids: Vec<(JoinKey, String)>,
}

impl Asked {
    pub(super) fn of(stream: Stream, row: &Row, keys: &[JoinKey]) -> Self {
        let cell = |column: &str| stream.table().cell(row, column);
        let text = |column: &str| cell(column).and_then(Cell::as_text).filter(|words| !words.is_empty()).map(ToOwned::to_owned);
        let moment = |column: &str| match cell(column) {
            Some(Cell::Time(moment)) => Some(*moment),
            _ => None,
        };
        let extra = match cell("extra") {
            Some(Cell::Json(words)) => serde_json::from_str::<Map<String, Value>>(words).unwrap_or_default(),
            _ => Map::new(),
        };
        let interaction_id = text("interaction_id");
        let mut ids = Vec::new();
        for key in keys {
            match key {
                JoinKey::InteractionId => ids.extend(interaction_id.clone().map(|id| (*key, id))),
                // Feedback has no column for it; where the source gives one it stands among the unknown fields.
                JoinKey::ExternalReferenceId => {
                    let id = text("external_reference_id").or_else(|| word(&extra, "externalReferenceId"));
                    ids.extend(id.map(|id| (*key, id)));
                }
                // CXone's data extraction names a segment in the place of the interaction.
                JoinKey::SegmentId => {
                    let named = SEGMENT_FIELDS.iter().filter_map(|field| word(&extra, field));
                    ids.extend(named.chain(interaction_id.clone()).map(|id| (*key, id)));
                }
            }
        }
        let own_end = || word(&extra, "interactionEndTime").and_then(|words| model::time::read(&words).ok());
        Self {
            stream,
            tenant: text("tenant").unwrap_or_default(),
            platform: text("platform").unwrap_or_default(),
            record_id: text(stream.id_column()).unwrap_or_default(),
            agent_id: text("agent_id"),
            interaction_id,
            interaction_end_time: moment("interaction_end_time").or_else(own_end),
            happened_at: moment(stream.time_column()),
            ids,
        }
    }
}

/// A field of the source that has no column: text, or a whole number as text.
fn word(extra: &Map<String, Value>, field: &str) -> Option<String> {
    match extra.get(field)? {
        Value::String(words) => Some(words.clone()).filter(|words| !words.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
