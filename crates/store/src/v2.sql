-- Schema version 2: what analytics stand on. Frozen once released; a later version is a step of its own in `schema.rs`.

-- One row an assessment that is live: what of it enters sums, or why it does not (`left_out`). It is derived from
-- `assessment` and the settings of analytics, and may be made anew at any time. Without row ids, so that rows are read in
-- the order of their keys, and a sum is the same to its last digit whatever the store went through.
CREATE TABLE assessment_measure (
    tenant TEXT NOT NULL,
    assessment_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    form_id TEXT NOT NULL,
    form_version_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    scored_by TEXT NOT NULL,
    agent_id TEXT,
    evaluator_id TEXT,
    submitted_at TEXT,
    interaction_end_time TEXT,
    business_date TEXT,
    week_start TEXT,
    date_source TEXT NOT NULL,
    zone TEXT NOT NULL,
    zone_defaulted INTEGER NOT NULL,
    weighted_points REAL,
    weighted_max REAL,
    whole_max REAL,
    raw_score REAL,
    normalized_score REAL,
    final_score REAL,
    critical_score REAL,
    applicable_share REAL,
    parity_diff REAL,
    score_parity INTEGER NOT NULL,
    failed_critical INTEGER NOT NULL,
    disputed INTEGER NOT NULL,
    passed INTEGER,
    left_out TEXT,
    PRIMARY KEY (tenant, assessment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX measure_by_form ON assessment_measure (tenant, platform, form_id, scored_by, form_version_id, content_hash, business_date);
CREATE INDEX measure_by_agent_day ON assessment_measure (tenant, agent_id, business_date);

-- Assessments that have to be measured, again or for the first time, or whose measure has to go.
CREATE TABLE measure_due (
    tenant TEXT NOT NULL,
    assessment_id TEXT NOT NULL,
    PRIMARY KEY (tenant, assessment_id)
) STRICT, WITHOUT ROWID;
-- The number up to which changes were noted in `measure_due`, and the hash of the settings that measures are made with.
INSERT INTO meta (name, value) VALUES ('measured_seq', 0), ('measured_settings', '');

-- The scopes that an assessment counts in: divisions, sites and queues it names, and its agent's team.
CREATE TABLE assessment_scope (
    tenant TEXT NOT NULL,
    scope_kind TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    assessment_id TEXT NOT NULL,
    PRIMARY KEY (tenant, scope_kind, scope_id, assessment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX assessment_scope_by_assessment ON assessment_scope (tenant, assessment_id);

-- Agent-days whose assessments changed since the feed was last restated.
CREATE TABLE agent_day_touched (
    tenant TEXT NOT NULL,
    platform TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    form_version_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    scored_by TEXT NOT NULL,
    PRIMARY KEY (tenant, platform, agent_id, business_date, form_version_id, content_hash, scored_by)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_day (
    tenant TEXT NOT NULL,
    platform TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    form_id TEXT,
    form_version_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    scored_by TEXT NOT NULL,
    n INTEGER NOT NULL,
    sum_weighted_points REAL,
    sum_weighted_max REAL,
    sum_normalized REAL,
    sum_final REAL,
    mean_normalized REAL,
    mean_final REAL,
    n_failed_critical INTEGER,
    n_disputed INTEGER,
    applicable_share REAL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    op TEXT NOT NULL,
    run_id TEXT NOT NULL,
    day_state TEXT NOT NULL,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, platform, agent_id, business_date, form_version_id, content_hash, scored_by)
) STRICT;
CREATE INDEX agent_day_by_change ON agent_day (change_seq);

CREATE TABLE agent_day_event (
    tenant TEXT NOT NULL,
    platform TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    form_id TEXT,
    form_version_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    scored_by TEXT NOT NULL,
    n INTEGER NOT NULL,
    sum_weighted_points REAL,
    sum_weighted_max REAL,
    sum_normalized REAL,
    sum_final REAL,
    mean_normalized REAL,
    mean_final REAL,
    n_failed_critical INTEGER,
    n_disputed INTEGER,
    applicable_share REAL,
    revision INTEGER NOT NULL,
    supersedes INTEGER,
    op TEXT NOT NULL,
    run_id TEXT NOT NULL,
    day_state TEXT NOT NULL,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, platform, agent_id, business_date, form_version_id, content_hash, scored_by, revision)
) STRICT;
CREATE INDEX agent_day_event_by_change ON agent_day_event (change_seq);

-- What a receiver of the feed has acknowledged, and what it refused.
CREATE TABLE feed_delivery (
    publication TEXT NOT NULL,
    tenant TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    measure TEXT NOT NULL,
    acknowledged TEXT,
    acknowledged_at TEXT,
    refused TEXT,
    message TEXT,
    PRIMARY KEY (publication, tenant, agent_id, business_date, measure)
) STRICT, WITHOUT ROWID;
