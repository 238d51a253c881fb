//! The tables of derived numbers. What each column means, its unit and its formula stand in `docs/analytics.md`.
//! A number that cannot be supported is null, and the `reason` beside it says why. Dates are texts, `2024-01-31`.

use super::{Column, Kind, Table, column};

/// Scores by week, scope and version-stable cohort. Rows of two cohorts are never added up.
pub static TREND_COHORT: Table = Table {
    name: "trend_cohort",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "scope_kind", "scope_id", "week_start"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("week_start", Kind::Text),
        column("n", Kind::Int),
        column("n_agents", Kind::Int),
        column("mean", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("mean_by_agent", Kind::Real),
        column("n_failed_critical", Kind::Int),
        column("provisional", Kind::Bool),
        column("reason", Kind::Text),
    ],
};

/// One row a cohort and scope: its life, its mean, its rates, whether its weights are in doubt, and its chained index.
pub static COHORT: Table = Table {
    name: "cohort",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "scope_kind", "scope_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_name", Kind::Text),
        column("form_version", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("first_date", Kind::Text),
        column("last_date", Kind::Text),
        column("n", Kind::Int),
        column("n_agents", Kind::Int),
        column("mean", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("pooled", Kind::Real),
        column("pooled_low", Kind::Real),
        column("pooled_high", Kind::Real),
        column("n_failed_critical", Kind::Int),
        column("failed_critical_rate", Kind::Real),
        column("failed_critical_low", Kind::Real),
        column("failed_critical_high", Kind::Real),
        column("n_score_parity", Kind::Int),
        column("version_alarm", Kind::Bool),
        column("chain_id", Kind::Int),
        column("index", Kind::Real),
        column("reason", Kind::Text),
    ],
};

/// The verdict on the trend of a scope over all cohorts of one form, the form version being the stratum.
pub static TREND_VERDICT: Table = Table {
    name: "trend_verdict",
    key: &["tenant", "platform", "form_id", "scored_by", "scope_kind", "scope_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("first_week", Kind::Text),
        column("last_week", Kind::Text),
        column("n_points", Kind::Int),
        column("n_strata", Kind::Int),
        column("n_pairs", Kind::Int),
        column("slope", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("s", Kind::Int),
        column("variance", Kind::Real),
        column("z", Kind::Real),
        column("p", Kind::Real),
        column("verdict", Kind::Text),
    ],
};

const SPLIT_KEY: [&str; 10] =
    ["tenant", "platform", "form_id", "scored_by", "scope_kind", "scope_id", "from_version_id", "from_hash", "to_version_id", "to_hash"];

/// What a change of form version did to the mean, part by part. The parts add up to `change`.
pub static CHANGE_SPLIT: Table = Table {
    name: "change_split",
    key: &SPLIT_KEY,
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("from_version_id", Kind::Text),
        column("from_hash", Kind::Text),
        column("to_version_id", Kind::Text),
        column("to_hash", Kind::Text),
        column("boundary_date", Kind::Text),
        column("n_from", Kind::Int),
        column("n_to", Kind::Int),
        column("mean_from", Kind::Real),
        column("mean_to", Kind::Real),
        column("change", Kind::Real),
        column("performance", Kind::Real),
        column("performance_delta", Kind::Real),
        column("performance_low", Kind::Real),
        column("performance_high", Kind::Real),
        column("na_sensitive", Kind::Bool),
        column("reweighting", Kind::Real),
        column("removed", Kind::Real),
        column("added", Kind::Real),
        column("na_mix", Kind::Real),
        column("common_share_from", Kind::Real),
        column("common_share_to", Kind::Real),
        column("n_common", Kind::Int),
        column("n_drifting", Kind::Int),
        column("bridge", Kind::Text),
        column("reasons", Kind::TextList),
        column("chain_id_to", Kind::Int),
        column("index_from", Kind::Real),
        column("index_to", Kind::Real),
        column("sentence", Kind::Text),
    ],
};

/// The questions of a change split: what each did, and why one is out of the common part.
pub static CHANGE_SPLIT_QUESTION: Table = Table {
    name: "change_split_question",
    key: &[
        "tenant",
        "platform",
        "form_id",
        "scored_by",
        "scope_kind",
        "scope_id",
        "from_version_id",
        "from_hash",
        "to_version_id",
        "to_hash",
        "question_key",
    ],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("from_version_id", Kind::Text),
        column("from_hash", Kind::Text),
        column("to_version_id", Kind::Text),
        column("to_hash", Kind::Text),
        column("question_key", Kind::Text),
        column("text", Kind::Text),
        column("state", Kind::Text),
        column("n_from", Kind::Int),
        column("n_to", Kind::Int),
        column("attainment_from", Kind::Real),
        column("attainment_to", Kind::Real),
        column("share_from", Kind::Real),
        column("share_to", Kind::Real),
        column("performance", Kind::Real),
        column("reweighting", Kind::Real),
        column("drift", Kind::Real),
        column("drift_z", Kind::Real),
    ],
};

/// Agents of one cohort and pool, shrunken, with what may be said of their order.
pub static AGENT_SCORE: Table = Table {
    name: "agent_score",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "pool_kind", "pool_id", "agent_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("pool_kind", Kind::Text),
        column("pool_id", Kind::Text),
        column("agent_id", Kind::Text),
        column("agent_name", Kind::Text),
        column("span_from", Kind::Text),
        column("span_to", Kind::Text),
        column("n", Kind::Int),
        column("mean", Kind::Real),
        column("pool_mean", Kind::Real),
        column("cohort_mean", Kind::Real),
        column("score", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("reliability", Kind::Real),
        column("rank", Kind::Int),
        column("rank_low", Kind::Int),
        column("rank_high", Kind::Int),
        column("rank_reason", Kind::Text),
        column("adjusted_mean", Kind::Real),
        column("n_passed", Kind::Int),
        column("pass_rate", Kind::Real),
        column("pass_low", Kind::Real),
        column("pass_high", Kind::Real),
        column("pass_reason", Kind::Text),
        column("within_variance", Kind::Real),
        column("p", Kind::Real),
        column("p_adjusted", Kind::Real),
        column("named", Kind::Bool),
        column("reason", Kind::Text),
    ],
};

/// How lenient each evaluator is, in points; positive is lenient. Effects of two islands are not comparable.
pub static EVALUATOR_LENIENCY: Table = Table {
    name: "evaluator_leniency",
    key: &["tenant", "platform", "form_id", "scored_by", "evaluator_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("scored_by", Kind::Text),
        column("evaluator_id", Kind::Text),
        column("evaluator_name", Kind::Text),
        column("span_from", Kind::Text),
        column("span_to", Kind::Text),
        column("n", Kind::Int),
        column("n_agents", Kind::Int),
        column("raw_deviation", Kind::Real),
        column("leniency", Kind::Real),
        column("standard_error", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("island_id", Kind::Int),
        column("variance_agent", Kind::Real),
        column("variance_evaluator", Kind::Real),
        column("variance_rest", Kind::Real),
        column("reason", Kind::Text),
    ],
};

/// What stands out within one cohort and scope.
pub static ALARM: Table = Table {
    name: "alarm",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "scope_kind", "scope_id", "test", "subject", "at"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("test", Kind::Text),
        column("subject", Kind::Text),
        column("at", Kind::Text),
        column("value", Kind::Real),
        column("expected", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("effect", Kind::Real),
        column("p", Kind::Real),
        column("p_adjusted", Kind::Real),
        column("sentence", Kind::Text),
    ],
};

/// The points of the control charts with their limits, whether or not they raise an alarm.
pub static CONTROL_POINT: Table = Table {
    name: "control_point",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "scope_kind", "scope_id", "chart", "week_start"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("chart", Kind::Text),
        column("week_start", Kind::Text),
        column("n", Kind::Int),
        column("value", Kind::Real),
        column("centre", Kind::Real),
        column("low", Kind::Real),
        column("high", Kind::Real),
        column("range", Kind::Real),
        column("range_limit", Kind::Real),
        column("baseline", Kind::Bool),
        column("signals", Kind::TextList),
        column("reason", Kind::Text),
    ],
};

/// Attainment of each question by week, within a cohort.
pub static QUESTION_WEEK: Table = Table {
    name: "question_week",
    key: &["tenant", "platform", "form_version_id", "content_hash", "scored_by", "scope_kind", "scope_id", "question_key", "week_start"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("content_hash", Kind::Text),
        column("scored_by", Kind::Text),
        column("scope_kind", Kind::Text),
        column("scope_id", Kind::Text),
        column("question_key", Kind::Text),
        column("text", Kind::Text),
        column("group_id", Kind::Text),
        column("weight_share", Kind::Real),
        column("week_start", Kind::Text),
        column("n", Kind::Int),
        column("n_not_applicable", Kind::Int),
        column("attainment", Kind::Real),
        column("changed", Kind::Text),
        column("reason", Kind::Text),
    ],
};

/// How long after a record was made it was last changed: the share of edits that came within a time.
pub static EDIT_LAG: Table = Table {
    name: "edit_lag",
    key: &["tenant", "platform", "stream", "hours"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("stream", Kind::Text),
        column("hours", Kind::Real),
        column("n_edited", Kind::Int),
        column("share", Kind::Real),
    ],
};

/// The last assessments of an agent.
pub static AGENT_RECENT: Table = Table {
    name: "agent_recent",
    key: &["tenant", "assessment_id"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("agent_id", Kind::Text),
        column("assessment_id", Kind::Text),
        column("form_id", Kind::Text),
        column("form_version_id", Kind::Text),
        column("scored_by", Kind::Text),
        column("business_date", Kind::Text),
        column("normalized_score", Kind::Real),
        column("failed_critical", Kind::Bool),
    ],
};

/// Where records were left on the way to the derived numbers, step by step. Losses add up.
pub static WATERFALL: Table = Table {
    name: "waterfall",
    key: &["tenant", "ordinal"],
    columns: &[
        column("tenant", Kind::Text),
        column("platform", Kind::Text),
        column("ordinal", Kind::Int),
        column("step", Kind::Text),
        column("n", Kind::Int),
        column("n_lost", Kind::Int),
        column("reason", Kind::Text),
    ],
};

/// The columns that the present state of an agent-day and each of its events have in common.
const AGENT_DAY_COLUMNS: [Column; 23] = [
    column("tenant", Kind::Text),
    column("platform", Kind::Text),
    column("agent_id", Kind::Text),
    column("business_date", Kind::Text),
    column("form_id", Kind::Text),
    column("form_version_id", Kind::Text),
    column("content_hash", Kind::Text),
    column("scored_by", Kind::Text),
    column("n", Kind::Int),
    column("sum_weighted_points", Kind::Real),
    column("sum_weighted_max", Kind::Real),
    column("sum_normalized", Kind::Real),
    column("sum_final", Kind::Real),
    column("mean_normalized", Kind::Real),
    column("mean_final", Kind::Real),
    column("n_failed_critical", Kind::Int),
    column("n_disputed", Kind::Int),
    column("applicable_share", Kind::Real),
    column("revision", Kind::Int),
    column("supersedes", Kind::Int),
    column("op", Kind::Text),
    column("run_id", Kind::Text),
    column("day_state", Kind::Text),
];

/// The feed for planners: each agent-day of a cohort as it stands, the withdrawn ones included.
pub static AGENT_DAY: Table = Table {
    name: "agent_day",
    key: &["tenant", "platform", "agent_id", "business_date", "form_version_id", "content_hash", "scored_by"],
    columns: &AGENT_DAY_COLUMNS,
};

/// Every event of the feed, in the order of revisions. Applied in any order, as often as one likes, they give `agent_day`.
pub static AGENT_DAY_EVENT: Table = Table {
    name: "agent_day_event",
    key: &["tenant", "platform", "agent_id", "business_date", "form_version_id", "content_hash", "scored_by", "revision"],
    columns: &AGENT_DAY_COLUMNS,
};

/// Every table of derived numbers.
pub static DERIVED: [&Table; 15] = [
    &TREND_COHORT,
    &COHORT,
    &TREND_VERDICT,
    &CHANGE_SPLIT,
    &CHANGE_SPLIT_QUESTION,
    &AGENT_SCORE,
    &EVALUATOR_LENIENCY,
    &ALARM,
    &CONTROL_POINT,
    &QUESTION_WEEK,
    &EDIT_LAG,
    &AGENT_RECENT,
    &WATERFALL,
    &AGENT_DAY,
    &AGENT_DAY_EVENT,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_column_is_a_column_and_no_name_comes_twice() {
        for table in DERIVED {
            assert!(table.key.iter().all(|key| table.position(key).is_some()), "{}", table.name);
            let mut names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        }
    }
}
