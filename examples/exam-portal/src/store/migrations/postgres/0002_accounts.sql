CREATE TABLE users (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL,
    -- One person under every spelling: lower case.
    name_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'teacher', 'student')),
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    hash TEXT NOT NULL,
    must_change BOOLEAN NOT NULL DEFAULT FALSE,
    -- Until when a temporary password can be used, in seconds since 1970.
    temporary_until BIGINT,
    -- How often the sessions were ended.
    stamp BIGINT NOT NULL DEFAULT 0,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TEXT NOT NULL
);

CREATE INDEX users_by_student ON users (student_code);

CREATE TABLE sessions (
    key BYTEA PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The last use, in seconds since 1970.
    used BIGINT NOT NULL,
    data TEXT NOT NULL
);

CREATE INDEX sessions_by_user ON sessions (user_id, used);
CREATE INDEX sessions_by_use ON sessions (used);
