//! The calls: who may make them, what they take and what they answer.

use palisade_input_validation::Check;
use palisade_input_validation::schema::Schema;

use super::answers::{self, Answer, empty, json, other};
use crate::accounts::{ChangeRequest, Proof};
use crate::announcements::Announcement;
use crate::api::exams::Part;
use crate::api::{
    ProofQuery, TrailQuery, announcements, auth, copies, exams, resets, students, transfer,
};
use crate::exams::{CopyForm, Exam, NewExam};
use crate::headers::REPORTS;
use crate::payments::{NewPayment, Payment};
use crate::resets::{LinkRequest, Redemption};
use crate::settings::{Settings, Stored};
use crate::students::{ListQuery, NewStudent, Student, StudentChange};
use crate::trail::Found;

#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: Who,
    pub(super) about: &'static str,
    pub(super) query: Query,
    pub(super) body: Body,
    pub(super) answer: Answer,
    /// Whether who has the answer is told so.
    pub(super) tagged: bool,
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

const fn call(
    method: &'static str,
    path: &'static str,
    who: Who,
    about: &'static str,
    answer: Answer,
) -> Operation {
    let (query, body, tagged) = (Query::None, Body::None, false);
    Operation { method, path, who, about, query, body, answer, tagged }
}

impl Operation {
    const fn takes(self, body: Body) -> Self {
        Self { body, ..self }
    }

    const fn asks(self, query: Query) -> Self {
        Self { query, ..self }
    }

    const fn tagged(self) -> Self {
        Self { tagged: true, ..self }
    }
}

pub(super) const OPERATIONS: &[Operation] = &[
    call(
        "POST",
        "/api/v1/auth/login",
        Who::Nobody,
        "sign in",
        json::<auth::Welcome>(200, "who it is"),
    )
    .takes(Body::Secret(&Proof::SCHEMA)),
    call("POST", "/api/v1/auth/logout", Who::Nobody, "sign out", empty(204, "signed out")),
    call(
        "POST",
        "/api/v1/auth/password",
        Who::Anybody,
        "change the own password",
        empty(204, "changed; all other sessions are over"),
    )
    .takes(Body::Secret(&ChangeRequest::SCHEMA)),
    call(
        "POST",
        "/api/v1/auth/reset-request",
        Who::Nobody,
        "ask for a link by mail",
        json::<resets::Asked>(202, "taken, whether or not there is such an account"),
    )
    .takes(Body::Secret(&LinkRequest::SCHEMA)),
    call(
        "POST",
        "/api/v1/auth/reset",
        Who::Nobody,
        "set a password by a link",
        empty(204, "set; the link is used up"),
    )
    .takes(Body::Secret(&Redemption::SCHEMA)),
    call(
        "GET",
        "/api/v1/me",
        Who::Anybody,
        "who is signed in",
        json::<auth::Shown>(200, "the user"),
    ),
    call(
        "POST",
        "/api/v1/admin/users/{id}/reset-password",
        Who::Admin,
        "send a user a link for a new password",
        empty(204, "on its way"),
    ),
    call(
        "GET",
        "/api/v1/admin/audit",
        Who::Admin,
        "search the audit trail",
        json::<Found>(200, "a page of events"),
    )
    .asks(Query::Of(&TrailQuery::SCHEMA)),
    call(
        "GET",
        "/api/v1/admin/audit/checkpoint",
        Who::Admin,
        "the signed state of the audit trail",
        other(200, "text/plain", "a signed note"),
    ),
    call(
        "GET",
        "/api/v1/admin/audit/proof/{seq}",
        Who::Admin,
        "prove that an event is in the audit trail",
        answers::by(answers::proof, "the event and its proof"),
    )
    .asks(Query::Of(&ProofQuery::SCHEMA)),
    call(
        "GET",
        "/api/v1/students",
        Who::Staff,
        "list students; numbers out of range fall back",
        json::<students::Listing>(200, "a page of students"),
    )
    .asks(Query::Of(&ListQuery::SCHEMA)),
    call(
        "POST",
        "/api/v1/students",
        Who::Staff,
        "add a student",
        json::<Student>(201, "the student, at `Location`"),
    )
    .takes(Body::Json(&NewStudent::SCHEMA)),
    call(
        "GET",
        "/api/v1/students/{code}",
        Who::Anybody,
        "read a student; a student reads its own",
        json::<Student>(200, "the student"),
    ),
    call(
        "PATCH",
        "/api/v1/students/{code}",
        Who::Staff,
        "change what is named",
        json::<Student>(200, "the student"),
    )
    .takes(Body::Merge(&StudentChange::SCHEMA)),
    call(
        "DELETE",
        "/api/v1/students/{code}",
        Who::Staff,
        "remove a student",
        empty(204, "removed"),
    ),
    call(
        "POST",
        "/api/v1/students/import",
        Who::Staff,
        "add the students of a table (RFC 4180), line by line",
        json::<transfer::Report>(200, "how many were added, and what is wrong with which lines"),
    )
    .takes(Body::Table),
    call(
        "GET",
        "/api/v1/students/export.csv",
        Who::Staff,
        "all students as a table",
        other(200, "text/csv", "the table"),
    ),
    call(
        "GET",
        "/api/v1/exams",
        Who::Staff,
        "list exams",
        json::<exams::Listing>(200, "a page of exams"),
    )
    .asks(Query::Of(&Part::SCHEMA)),
    call("POST", "/api/v1/exams", Who::Staff, "add an exam", json::<Exam>(201, "the exam"))
        .takes(Body::Json(&NewExam::SCHEMA)),
    call(
        "GET",
        "/api/v1/exams/{id}/grades",
        Who::Anybody,
        "read the grades of an exam; a student reads its own",
        json::<exams::Graded>(200, "codes of students and their points"),
    ),
    call(
        "PUT",
        "/api/v1/exams/{id}/grades",
        Who::Staff,
        "grade students",
        json::<exams::Set>(200, "how many were set"),
    )
    .takes(Body::Points),
    call(
        "POST",
        "/api/v1/exams/{id}/copies",
        Who::Staff,
        "upload a scanned copy: PDF, PNG or JPEG of 10 MiB at most",
        json::<copies::Kept>(201, "its id and its SHA-256"),
    )
    .takes(Body::File(&CopyForm::SCHEMA)),
    call(
        "GET",
        "/api/v1/exams/{id}/copies/{copy}",
        Who::Anybody,
        "download a copy; a student its own",
        other(200, "application/octet-stream", "the file, as an attachment"),
    ),
    call(
        "GET",
        "/api/v1/announcements/{slug}",
        Who::Anybody,
        "read an announcement",
        json::<announcements::Shown>(200, "its Markdown and its HTML"),
    )
    .tagged(),
    call(
        "PUT",
        "/api/v1/announcements/{slug}",
        Who::Staff,
        "write an announcement",
        json::<announcements::Shown>(200, "its Markdown and its HTML"),
    )
    .takes(Body::Json(&Announcement::SCHEMA)),
    call(
        "POST",
        "/api/v1/payments",
        Who::Staff,
        "note a payment",
        json::<Payment>(201, "the payment, with its minor units"),
    )
    .takes(Body::Json(&NewPayment::SCHEMA)),
    call("GET", "/api/v1/settings", Who::Anybody, "read the settings", json::<Stored>(200, "them"))
        .tagged(),
    call("PUT", "/api/v1/settings", Who::Admin, "set the settings", json::<Stored>(200, "them"))
        .takes(Body::Json(&Settings::SCHEMA)),
    call("POST", REPORTS, Who::Nobody, "report a violation", empty(204, "taken"))
        .takes(Body::Reports),
    call(
        "GET",
        "/api/openapi.json",
        Who::Nobody,
        "this document",
        answers::by(answers::document, "it"),
    )
    .tagged(),
    call("GET", "/health", Who::Nobody, "all checks", answers::by(answers::status, "all is well")),
    call(
        "GET",
        "/health/live",
        Who::Nobody,
        "whether it runs",
        answers::by(answers::status, "it does"),
    ),
    call(
        "GET",
        "/health/ready",
        Who::Nobody,
        "whether it serves",
        answers::by(answers::status, "it does"),
    ),
    call(
        "GET",
        "/metrics",
        Who::Nobody,
        "figures for Prometheus",
        other(200, "text/plain", "them"),
    ),
];
