//! The calls: who may make them, what they take and what they answer.

use palisade_input_validation::Check;
use palisade_input_validation::schema::Schema;
use serde_json::{Value, json};

use crate::accounts::{ChangeRequest, Proof};
use crate::announcements::Announcement;
use crate::api::exams::Part;
use crate::exams::{CopyForm, NewExam};
use crate::headers::REPORTS;
use crate::payments::NewPayment;
use crate::resets::{LinkRequest, Redemption};
use crate::settings::Settings;
use crate::students::{ListQuery, NewStudent, StudentChange};

#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: Who,
    pub(super) about: &'static str,
    pub(super) query: Query,
    pub(super) body: Body,
    pub(super) answer: Answer,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Admin,
    Anybody,
    Nobody,
    Staff,
}

impl Who {
    pub(super) const fn words(self) -> Option<&'static str> {
        match self {
            Self::Admin => Some("For administrators."),
            Self::Anybody | Self::Nobody => None,
            Self::Staff => Some("For teachers and administrators."),
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Query {
    None,
    Of(&'static Schema),
    Texts(&'static [&'static str]),
}

#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    /// A form with a file.
    File(&'static Schema),
    Json(&'static Schema),
    /// What RFC 7396 changes.
    Merge(&'static Schema),
    /// Codes of students and their points.
    Points,
    /// What browsers report about the policy.
    Reports,
    /// JSON or a form, in memory that is wiped.
    Secret(&'static Schema),
    Table,
}

/// What is answered if all is well.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    about: &'static str,
    /// Empty where there is no body.
    kind: &'static str,
}

impl Answer {
    pub(super) fn document(&self) -> Value {
        if self.kind.is_empty() {
            return json!({"description": self.about});
        }
        json!({"description": self.about, "content": {self.kind: {}}})
    }
}

const JSON: &str = "application/json";

const fn answer(status: u16, kind: &'static str, about: &'static str) -> Answer {
    Answer { status, about, kind }
}

const fn call(
    method: &'static str,
    path: &'static str,
    who: Who,
    about: &'static str,
    answer: Answer,
) -> Operation {
    Operation { method, path, who, about, query: Query::None, body: Body::None, answer }
}

impl Operation {
    const fn takes(self, body: Body) -> Self {
        Self { body, ..self }
    }

    const fn asks(self, query: Query) -> Self {
        Self { query, ..self }
    }
}

pub(super) const OPERATIONS: &[Operation] = &[
    call("POST", "/api/v1/auth/login", Who::Nobody, "sign in", answer(200, JSON, "who it is"))
        .takes(Body::Secret(&Proof::SCHEMA)),
    call("POST", "/api/v1/auth/logout", Who::Nobody, "sign out", answer(204, "", "signed out")),
    call(
        "POST",
        "/api/v1/auth/password",
        Who::Anybody,
        "change the own password",
        answer(204, "", "changed; all other sessions are over"),
    )
    .takes(Body::Secret(&ChangeRequest::SCHEMA)),
    call(
        "POST",
        "/api/v1/auth/reset-request",
        Who::Nobody,
        "ask for a link by mail",
        answer(202, JSON, "taken, whether or not there is such an account"),
    )
    .takes(Body::Secret(&LinkRequest::SCHEMA)),
    call(
        "POST",
        "/api/v1/auth/reset",
        Who::Nobody,
        "set a password by a link",
        answer(204, "", "set; the link is used up"),
    )
    .takes(Body::Secret(&Redemption::SCHEMA)),
    call("GET", "/api/v1/me", Who::Anybody, "who is signed in", answer(200, JSON, "the user")),
    call(
        "POST",
        "/api/v1/admin/users/{id}/reset-password",
        Who::Admin,
        "send a user a link for a new password",
        answer(204, "", "on its way"),
    ),
    call(
        "GET",
        "/api/v1/admin/audit",
        Who::Admin,
        "search the audit trail",
        answer(200, JSON, "a page of events"),
    )
    .asks(Query::Texts(&["actor", "action", "target", "since", "limit", "cursor"])),
    call(
        "GET",
        "/api/v1/admin/audit/checkpoint",
        Who::Admin,
        "the signed state of the audit trail",
        answer(200, "text/plain", "a signed note"),
    ),
    call(
        "GET",
        "/api/v1/admin/audit/proof/{seq}",
        Who::Admin,
        "prove that an event is in the audit trail",
        answer(200, JSON, "the event and its proof"),
    ),
    call(
        "GET",
        "/api/v1/students",
        Who::Staff,
        "list students; numbers out of range fall back",
        answer(200, JSON, "a page of students"),
    )
    .asks(Query::Of(&ListQuery::SCHEMA)),
    call(
        "POST",
        "/api/v1/students",
        Who::Staff,
        "add a student",
        answer(201, JSON, "the student, at `Location`"),
    )
    .takes(Body::Json(&NewStudent::SCHEMA)),
    call(
        "GET",
        "/api/v1/students/{code}",
        Who::Anybody,
        "read a student; a student reads its own",
        answer(200, JSON, "the student"),
    ),
    call(
        "PATCH",
        "/api/v1/students/{code}",
        Who::Staff,
        "change what is named",
        answer(200, JSON, "the student"),
    )
    .takes(Body::Merge(&StudentChange::SCHEMA)),
    call(
        "DELETE",
        "/api/v1/students/{code}",
        Who::Staff,
        "remove a student",
        answer(204, "", "removed"),
    ),
    call(
        "POST",
        "/api/v1/students/import",
        Who::Staff,
        "add the students of a table (RFC 4180), line by line",
        answer(200, JSON, "how many were added, and what is wrong with which lines"),
    )
    .takes(Body::Table),
    call(
        "GET",
        "/api/v1/students/export.csv",
        Who::Staff,
        "all students as a table",
        answer(200, "text/csv", "the table"),
    ),
    call("GET", "/api/v1/exams", Who::Staff, "list exams", answer(200, JSON, "a page of exams"))
        .asks(Query::Of(&Part::SCHEMA)),
    call("POST", "/api/v1/exams", Who::Staff, "add an exam", answer(201, JSON, "the exam"))
        .takes(Body::Json(&NewExam::SCHEMA)),
    call(
        "GET",
        "/api/v1/exams/{id}/grades",
        Who::Anybody,
        "read the grades of an exam; a student reads its own",
        answer(200, JSON, "codes of students and their points"),
    ),
    call(
        "PUT",
        "/api/v1/exams/{id}/grades",
        Who::Staff,
        "grade students",
        answer(200, JSON, "codes of students and their points"),
    )
    .takes(Body::Points),
    call(
        "POST",
        "/api/v1/exams/{id}/copies",
        Who::Staff,
        "upload a scanned copy: PDF, PNG or JPEG of 10 MiB at most",
        answer(201, JSON, "its id and its SHA-256"),
    )
    .takes(Body::File(&CopyForm::SCHEMA)),
    call(
        "GET",
        "/api/v1/exams/{id}/copies/{copy}",
        Who::Anybody,
        "download a copy; a student its own",
        answer(200, "application/octet-stream", "the file, as an attachment"),
    ),
    call(
        "GET",
        "/api/v1/announcements/{slug}",
        Who::Anybody,
        "read an announcement",
        answer(200, JSON, "its Markdown and its HTML"),
    ),
    call(
        "PUT",
        "/api/v1/announcements/{slug}",
        Who::Staff,
        "write an announcement",
        answer(200, JSON, "its Markdown and its HTML"),
    )
    .takes(Body::Json(&Announcement::SCHEMA)),
    call(
        "POST",
        "/api/v1/payments",
        Who::Staff,
        "note a payment",
        answer(201, JSON, "the payment, with its minor units"),
    )
    .takes(Body::Json(&NewPayment::SCHEMA)),
    call("GET", "/api/v1/settings", Who::Anybody, "read the settings", answer(200, JSON, "them")),
    call("PUT", "/api/v1/settings", Who::Admin, "set the settings", answer(200, JSON, "them"))
        .takes(Body::Json(&Settings::SCHEMA)),
    call("POST", REPORTS, Who::Nobody, "report a violation", answer(204, "", "taken"))
        .takes(Body::Reports),
    call("GET", "/api/openapi.json", Who::Nobody, "this document", answer(200, JSON, "it")),
    call("GET", "/health", Who::Nobody, "all checks", answer(200, JSON, "all is well")),
    call("GET", "/health/live", Who::Nobody, "whether it runs", answer(200, JSON, "it does")),
    call("GET", "/health/ready", Who::Nobody, "whether it serves", answer(200, JSON, "it does")),
    call(
        "GET",
        "/metrics",
        Who::Nobody,
        "figures for Prometheus",
        answer(200, "text/plain", "them"),
    ),
];
