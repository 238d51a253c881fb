-- Schema version 1. Frozen: what a store of this version looks like, whatever the program has become since.
-- A later version is a step of its own in `schema.rs`. A test holds the columns against `model::table`.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assessment (
    tenant TEXT NOT NULL,
    platform TEXT,
    assessment_id TEXT NOT NULL,
    form_id TEXT,
    form_version_id TEXT,
    status TEXT,
    agent_id TEXT,
    evaluator_id TEXT,
    scope_ids TEXT NOT NULL,
    interaction_id TEXT,
    external_reference_id TEXT,
    interaction_end_time TEXT,
    submitted_at TEXT,
    modified_at TEXT,
    scored_by TEXT,
    raw_score REAL,
    normalized_score REAL,
    final_score REAL,
    applicable_share REAL,
    na_questions INTEGER,
    failed_critical INTEGER,
    score_flags TEXT,
    score_version_locked INTEGER,
    weight_source TEXT,
    comments TEXT,
    questions TEXT NOT NULL,
    is_archived INTEGER NOT NULL,
    archived_reason TEXT,
    extraction_timestamp TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    extra TEXT,
    dialect TEXT,
    change_seq INTEGER NOT NULL,
    observed_from TEXT NOT NULL,
    scopes_listed INTEGER NOT NULL,
    n_questions INTEGER NOT NULL GENERATED ALWAYS AS (json_array_length(questions)) STORED,
    PRIMARY KEY (tenant, assessment_id)
) STRICT;

CREATE TABLE feedback (
    tenant TEXT NOT NULL,
    platform TEXT,
    feedback_id TEXT NOT NULL,
    agent_id TEXT,
    author_id TEXT,
    scope_ids TEXT NOT NULL,
    interaction_id TEXT,
    created_at TEXT,
    modified_at TEXT,
    content TEXT,
    tags TEXT,
    category TEXT,
    status TEXT,
    is_archived INTEGER NOT NULL,
    archived_reason TEXT,
    extraction_timestamp TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    extra TEXT,
    dialect TEXT,
    change_seq INTEGER NOT NULL,
    observed_from TEXT NOT NULL,
    scopes_listed INTEGER NOT NULL,
    PRIMARY KEY (tenant, feedback_id)
) STRICT;

CREATE TABLE assessment_history (
    tenant TEXT NOT NULL,
    platform TEXT,
    assessment_id TEXT NOT NULL,
    form_id TEXT,
    form_version_id TEXT,
    status TEXT,
    agent_id TEXT,
    evaluator_id TEXT,
    scope_ids TEXT NOT NULL,
    interaction_id TEXT,
    external_reference_id TEXT,
    interaction_end_time TEXT,
    submitted_at TEXT,
    modified_at TEXT,
    scored_by TEXT,
    raw_score REAL,
    normalized_score REAL,
    final_score REAL,
    applicable_share REAL,
    na_questions INTEGER,
    failed_critical INTEGER,
    score_flags TEXT,
    score_version_locked INTEGER,
    weight_source TEXT,
    comments TEXT,
    questions TEXT NOT NULL,
    is_archived INTEGER NOT NULL,
    archived_reason TEXT,
    extraction_timestamp TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    extra TEXT,
    dialect TEXT,
    change_seq INTEGER NOT NULL,
    observed_from TEXT NOT NULL,
    observed_until TEXT NOT NULL,
    cause TEXT NOT NULL,
    scopes_listed INTEGER NOT NULL,
    PRIMARY KEY (tenant, assessment_id, source_hash, observed_from)
) STRICT;

CREATE TABLE feedback_history (
    tenant TEXT NOT NULL,
    platform TEXT,
    feedback_id TEXT NOT NULL,
    agent_id TEXT,
    author_id TEXT,
    scope_ids TEXT NOT NULL,
    interaction_id TEXT,
    created_at TEXT,
    modified_at TEXT,
    content TEXT,
    tags TEXT,
    category TEXT,
    status TEXT,
    is_archived INTEGER NOT NULL,
    archived_reason TEXT,
    extraction_timestamp TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    extra TEXT,
    dialect TEXT,
    change_seq INTEGER NOT NULL,
    observed_from TEXT NOT NULL,
    observed_until TEXT NOT NULL,
    cause TEXT NOT NULL,
    scopes_listed INTEGER NOT NULL,
    PRIMARY KEY (tenant, feedback_id, source_hash, observed_from)
) STRICT;

CREATE TABLE form_version (
    tenant TEXT NOT NULL,
    platform TEXT,
    form_version_id TEXT NOT NULL,
    form_id TEXT,
    name TEXT,
    version TEXT,
    published_at TEXT,
    active INTEGER,
    max_possible_score REAL,
    content_hash TEXT,
    extra TEXT,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, form_version_id)
) STRICT;

CREATE TABLE form_question (
    tenant TEXT NOT NULL,
    form_version_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    weight REAL,
    max_score REAL,
    critical INTEGER,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, form_version_id, question_id),
    FOREIGN KEY (tenant, form_version_id) REFERENCES form_version (tenant, form_version_id)
) STRICT;

CREATE TABLE scope (
    tenant TEXT NOT NULL,
    platform TEXT,
    kind TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    name TEXT,
    extra TEXT,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, scope_id)
) STRICT;

CREATE TABLE tombstone (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    first_missed_at TEXT,
    confirmed_at TEXT,
    cause TEXT,
    resurrected_at TEXT,
    change_seq INTEGER NOT NULL,
    source_modified_at TEXT,
    missed_again_at TEXT,
    PRIMARY KEY (tenant, stream, id)
) STRICT;

CREATE TABLE reconciliation (
    run_id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    date_from TEXT NOT NULL,
    date_to TEXT NOT NULL,
    extracted INTEGER,
    reported INTEGER,
    percent REAL,
    verdict TEXT,
    cause TEXT,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (run_id, tenant, stream, scope_id, date_from, date_to)
) STRICT;


CREATE INDEX assessment_by_change ON assessment (change_seq);
CREATE INDEX assessment_by_form ON assessment (form_version_id, is_archived, tenant, assessment_id, change_seq, n_questions);
CREATE INDEX assessment_by_time ON assessment (tenant, submitted_at, is_archived);
CREATE INDEX assessment_unverified ON assessment (tenant, form_version_id, assessment_id)
    WHERE instr(score_flags, '"unverified_form_version"') > 0;
CREATE INDEX feedback_by_change ON feedback (change_seq);
CREATE INDEX feedback_by_month ON feedback (created_at, is_archived, change_seq);
CREATE INDEX feedback_by_time ON feedback (tenant, created_at, is_archived);

CREATE VIEW assessment_answer AS
SELECT
    assessment.tenant AS tenant,
    assessment.assessment_id AS assessment_id,
    assessment.form_version_id AS form_version_id,
    question.value ->> 'question_id' AS question_id,
    question.value ->> 'group_id' AS group_id,
    CAST(question.value ->> 'ordinal' AS INTEGER) AS ordinal,
    CAST(question.value ->> 'score' AS REAL) AS score,
    CAST(question.value ->> 'max_score' AS REAL) AS max_score,
    CAST(question.value ->> 'weight' AS REAL) AS weight,
    question.value ->> 'not_applicable' AS not_applicable,
    question.value ->> 'critical' AS critical,
    question.value ->> 'comments' AS comments,
    question.value ->> 'text' AS text,
    assessment.change_seq AS change_seq
FROM assessment, json_each(assessment.questions) AS question;

-- The raw source of every version seen.
CREATE TABLE source (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, stream, id, source_hash)
) STRICT;

-- Rows that were taken out of a current table and have not come back.
CREATE TABLE removal (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    change_seq INTEGER NOT NULL,
    PRIMARY KEY (tenant, stream, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX removal_by_change ON removal (stream, change_seq);

-- What a sweep has seen.
CREATE TABLE sighting (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    sweep_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (tenant, stream, sweep_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    quarantine_id TEXT NOT NULL,
    record_id TEXT,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    source_url TEXT NOT NULL,
    page INTEGER NOT NULL,
    scope_id TEXT,
    dialect TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    n_seen INTEGER NOT NULL,
    PRIMARY KEY (tenant, stream, quarantine_id)
) STRICT;

CREATE TABLE window_progress (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    pass TEXT NOT NULL,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    read_until TEXT,
    state TEXT NOT NULL,
    n_records INTEGER NOT NULL,
    n_pages INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (tenant, stream, scope_id, pass, window_from, window_to)
) STRICT, WITHOUT ROWID;

CREATE TABLE stream_mark (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (tenant, stream, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE publication_progress (
    tenant TEXT NOT NULL DEFAULT '*',
    name TEXT NOT NULL,
    bookmark TEXT NOT NULL,
    run_id TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    tenant TEXT NOT NULL DEFAULT '*',
    run_id TEXT NOT NULL,
    command TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    exit_code INTEGER,
    summary TEXT,
    PRIMARY KEY (tenant, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_start ON run (started_at);
