//! The columns of a join of records with interactions.
//! They are a command's output: nothing of it is kept in the store.

use super::{Kind, Table, column};

/// A row a record. The columns of the interaction are filled when the record's agent was found on it.
///
/// `join_status` is `matched`, `no_interaction`, `agent_not_on_interaction` or `time_mismatch`. `detail` says more:
/// `no_key` (the record names no interaction), `no_agent` (it names no agent), `agent_unknown` (the listing names none),
/// `no_end` and `no_submission` (matched, but there was no time to compare). `interaction_id` is the record's own;
/// `join_key` and `join_value` say under which id it was found. `interaction_end_time` is the record's own too, and
/// `end_difference_seconds` says how much later the listing has it. `submitted_at` of feedback is when it was written.
pub static JOINED: Table = Table {
    name: "joined",
    key: &["tenant", "stream", "record_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("stream", Kind::Text),
        column("record_id", Kind::Text),
        column("agent_id", Kind::Text),
        column("interaction_id", Kind::Text),
        column("join_status", Kind::Text),
        column("detail", Kind::Text),
        column("join_key", Kind::Text),
        column("join_value", Kind::Text),
        column("interaction_started_at", Kind::Time),
        column("interaction_ended_at", Kind::Time),
        column("media", Kind::Text),
        column("interaction_end_time", Kind::Time),
        column("end_difference_seconds", Kind::Real),
        column("submitted_at", Kind::Time),
        column("status", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("normalized_score", Kind::Real),
        column("final_score", Kind::Real),
        column("failed_critical", Kind::Bool),
        column("score_flags", Kind::TextList),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_column_is_a_column_and_no_name_comes_twice() {
        assert!(JOINED.key.iter().all(|key| JOINED.position(key).is_some()));
        let mut names: Vec<&str> = JOINED.columns.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), JOINED.columns.len());
    }
}
