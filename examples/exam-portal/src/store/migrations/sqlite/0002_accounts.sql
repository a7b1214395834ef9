CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- One person under every spelling: lower case.
    name_key TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'teacher', 'student')),
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    hash TEXT NOT NULL,
    must_change INTEGER NOT NULL DEFAULT 0,
    -- Until when a temporary password can be used, in seconds since 1970.
    temporary_until INTEGER,
    -- How often the sessions were ended.
    stamp INTEGER NOT NULL DEFAULT 0,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX users_by_student ON users (student_code);

CREATE TABLE sessions (
    key BLOB PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The last use, in seconds since 1970.
    used INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id, used);
CREATE INDEX sessions_by_use ON sessions (used);
