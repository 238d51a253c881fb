//! The row of a joined record, in the columns of `table::joined::JOINED`.

use std::collections::HashMap;

use model::record::Stream;
use model::table::{Cell, Row};

use super::asked::Asked;
use super::verdict::Verdict;

/// Lays out one record. The interaction's own columns stay empty when its agent is not on it.
pub(super) fn joined(
    asked: &Asked,
    found: &Verdict<'_>,
    difference_ms: Option<i64>,
    record: &Row,
    hashes: &HashMap<(String, String), String>,
) -> Row {
    // Feedback has neither form nor score.
    let scored = |column: &str| match asked.stream {
        Stream::Assessments => asked.stream.table().cell(record, column).cloned().unwrap_or(Cell::Null),
        Stream::Feedback => Cell::Null,
    };
    let form_version = scored("form_version_id");
    let hash = form_version.as_text().and_then(|id| hashes.get(&(asked.tenant.clone(), id.to_owned())));
    let interaction = found.own();
    vec![
        Cell::Text(asked.tenant.clone()),
        Cell::Text(asked.platform.clone()),
        Cell::Text(asked.stream.word().to_owned()),
        Cell::Text(asked.record_id.clone()),
        Cell::text(asked.agent_id.clone()),
        Cell::text(asked.interaction_id.clone()),
        Cell::Text(found.status.word().to_owned()),
        Cell::text(found.detail),
        Cell::text(found.found_by.map(|(key, _)| key.word())),
        Cell::text(found.found_by.map(|(_, id)| id)),
        Cell::time(interaction.and_then(|interaction| interaction.started_at)),
        Cell::time(interaction.and_then(|interaction| interaction.ended_at)),
        Cell::text(interaction.and_then(|interaction| interaction.media.clone())),
        Cell::time(asked.interaction_end_time),
        Cell::real(difference_ms.map(|ms| ms as f64 / 1000.0)),
        Cell::time(asked.happened_at),
        asked.stream.table().cell(record, "status").cloned().unwrap_or(Cell::Null),
        form_version,
        Cell::text(hash.cloned()),
        scored("scored_by"),
        scored("normalized_score"),
        scored("final_score"),
        scored("failed_critical"),
        scored("score_flags"),
    ]
}
