CREATE TABLE exams (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title TEXT NOT NULL,
    -- YYYY-MM-DD, or nothing while it is not set.
    held_on TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE copies (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exam_id BIGINT NOT NULL REFERENCES exams (id) ON DELETE CASCADE,
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    -- The name in the folder of copies, made by the program.
    stored_name TEXT NOT NULL UNIQUE,
    -- What the client called it, for people to read.
    file_name TEXT,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE INDEX copies_by_exam ON copies (exam_id, id);
CREATE INDEX copies_by_student ON copies (student_code);

CREATE TABLE grades (
    exam_id BIGINT NOT NULL REFERENCES exams (id) ON DELETE CASCADE,
    student_code TEXT NOT NULL REFERENCES students (code) ON UPDATE CASCADE ON DELETE CASCADE,
    -- Hundredths of a point.
    hundredths BIGINT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (exam_id, student_code)
);

CREATE INDEX grades_by_student ON grades (student_code);

CREATE TABLE announcements (
    slug TEXT PRIMARY KEY,
    markdown TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE payments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    student_code TEXT REFERENCES students (code) ON UPDATE CASCADE ON DELETE SET NULL,
    minor_units BIGINT NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE INDEX payments_by_student ON payments (student_code);

CREATE TABLE settings (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    school_name TEXT NOT NULL,
    contact_email TEXT,
    currency TEXT NOT NULL
);

INSERT INTO settings (id, school_name, contact_email, currency) VALUES (1, 'Exam portal', NULL, 'EUR');
