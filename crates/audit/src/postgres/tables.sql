-- One row for each log; who appends to a log holds its row.
CREATE TABLE palisade_audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The verifier key: its name alone may be that of several instances.
    key TEXT NOT NULL UNIQUE,
    -- The first event that is not here.
    next BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE palisade_audit_event (
    log BIGINT NOT NULL REFERENCES palisade_audit_log,
    seq BIGINT NOT NULL,
    -- Microseconds since 1970.
    ts BIGINT NOT NULL,
    actor_kind TEXT,
    actor TEXT,
    action TEXT NOT NULL,
    target_kind TEXT,
    target TEXT,
    outcome TEXT NOT NULL,
    -- The hash in the log's tree, and the line as the log has it: jsonb has no U+0000.
    leaf BYTEA NOT NULL,
    line BYTEA NOT NULL,
    PRIMARY KEY (log, seq)
);
CREATE INDEX palisade_audit_event_ts ON palisade_audit_event (ts, log, seq);
CREATE INDEX palisade_audit_event_actor ON palisade_audit_event (actor, ts, log, seq);
CREATE INDEX palisade_audit_event_action ON palisade_audit_event (action, ts, log, seq);
CREATE INDEX palisade_audit_event_target ON palisade_audit_event (target, ts, log, seq);
