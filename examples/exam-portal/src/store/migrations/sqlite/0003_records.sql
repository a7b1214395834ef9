CREATE TABLE exams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    -- YYYY-MM-DD, or nothing while it is not set.
    held_on TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE copies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    exam_id INTEGER NOT NULL REFERENCES exams (id) ON DELETE CASCADE,
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    -- The name in the folder of copies, made by the program.
    stored_name TEXT NOT NULL UNIQUE,
    -- What the client called it, for people to read.
    file_name TEXT,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX copies_by_exam ON copies (exam_id, id);
CREATE INDEX copies_by_student ON copies (student_code);

CREATE TABLE grades (
    exam_id INTEGER NOT NULL REFERENCES exams (id) ON DELETE CASCADE,
    student_code TEXT NOT NULL REFERENCES students (code) ON UPDATE CASCADE ON DELETE CASCADE,
    -- Hundredths of a point.
    hundredths INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (exam_id, student_code)
) STRICT, WITHOUT ROWID;

CREATE INDEX grades_by_student ON grades (student_code);

CREATE TABLE announcements (
    slug TEXT PRIMARY KEY,
    markdown TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    minor_units INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX payments_by_student ON payments (student_code);

CREATE TABLE settings (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    school_name TEXT NOT NULL,
    contact_email TEXT,
    currency TEXT NOT NULL
) STRICT;

INSERT INTO settings (id, school_name, contact_email, currency) VALUES (1, 'Exam portal', NULL, 'EUR');
