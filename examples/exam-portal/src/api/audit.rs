//! The calls about the audit trail, for administrators.

use std::time::SystemTime;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use palisade_audit::query::{Filter, Limit};
use palisade_audit::{Proof, ProveError, parse_time};
use palisade_core::{Problem, Text};
use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Breach, Code, Issues};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, Line, PerPage, Valid};

use crate::access::Admin;
use crate::accounts::User;
use crate::refusal;
use crate::state::Portal;
use crate::trail::{FindError, Found, NoProof};

/// What is asked of the trail.
#[derive(Check, Debug, Default)]
#[check(open)]
pub(crate) struct TrailQuery {
    actor: Option<Line<200>>,
    action: Option<Line<200>>,
    target: Option<Line<200>>,
    since: Option<Since>,
    limit: PerPage<200, 50>,
    cursor: Option<String>,
}

/// A day or a time in UTC.
#[derive(Clone, Debug)]
pub(crate) struct Since {
    text: String,
    time: SystemTime,
}

const SINCE: Code =
    Code::saying("since", "must be a date or a time in UTC: 2026-11-30 or 2026-11-30T08:00:00Z");

impl Since {
    fn parse(text: &str) -> Result<Self, Breach> {
        let time = parse_time(text).or_else(|| parse_time(&format!("{text}T00:00:00Z")));
        let time = time.ok_or(Breach::new(SINCE))?;
        Ok(Self { text: text.to_owned(), time })
    }
}

impl Check for Since {
    const SCHEMA: Schema = Schema::new(Shape::Text);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        node.text().and_then(Self::parse).map_err(|breach| issues.add(at, breach)).ok()
    }
}

impl TrailQuery {
    pub(crate) fn actor(&self) -> &str {
        self.actor.as_ref().map_or("", Line::as_str)
    }

    pub(crate) fn action(&self) -> &str {
        self.action.as_ref().map_or("", Line::as_str)
    }

    pub(crate) fn target(&self) -> &str {
        self.target.as_ref().map_or("", Line::as_str)
    }

    pub(crate) fn since(&self) -> &str {
        self.since.as_ref().map_or("", |since| &since.text)
    }

    fn filter(&self) -> Filter {
        let mut filter = Filter::new();
        if let Some(actor) = &self.actor {
            filter = filter.actor(actor.as_str());
        }
        if let Some(action) = &self.action {
            filter = filter.action(action.as_str());
        }
        if let Some(target) = &self.target {
            filter = filter.target(target.as_str());
        }
        if let Some(since) = &self.since {
            filter = filter.since(since.time);
        }
        filter
    }

    /// Returns the page that is asked for.
    pub(crate) async fn page(&self, portal: &Portal, reader: &User) -> Result<Found, Problem> {
        let (cursor, limit) = (self.cursor.as_deref(), Limit::new(self.limit.limit()));
        let found = portal.trail.query(reader, self.filter(), limit, cursor).await;
        found.map_err(|error| match error {
            FindError::Cursor => Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor")
                .detail("take the cursor of the page before, with the same filters"),
            FindError::Store(error) => error.into(),
            other => {
                tracing::error!(error = %other, "the audit trail cannot be read");
                refusal::internal()
            }
        })
    }
}

pub(super) async fn list(
    Admin(user): Admin,
    State(portal): State<Portal>,
    asked: Valid<Query<TrailQuery>>,
) -> Result<Json<Found>, Problem> {
    Ok(Json(asked.page(&portal, &user).await?))
}

/// Whose event is to be proved: the verifier key of its log, or else this instance's.
#[derive(Check)]
#[check(open)]
pub(crate) struct ProofQuery {
    log: Option<String>,
}

/// Names the instance that can prove an event; its name comes from the database.
fn elsewhere(log: &str) -> Problem {
    let name = log.rsplit_once('+').map_or(log, |(name, _)| name);
    let told = format!("ask the instance whose log is {name}: only it can prove its events");
    Problem::new(StatusCode::NOT_FOUND, "event_elsewhere").detail(Text::from_program(told))
}

pub(super) async fn checkpoint(
    Admin(_): Admin,
    State(portal): State<Portal>,
) -> Result<impl IntoResponse, Problem> {
    let checkpoint = portal.trail.checkpoint().await.map_err(|error| {
        tracing::error!(%error, "the audit trail cannot be signed");
        refusal::internal()
    })?;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind)], checkpoint.note().to_owned()))
}

pub(super) async fn proof(
    Admin(_): Admin,
    State(portal): State<Portal>,
    seq: Result<Path<String>, PathRejection>,
    asked: Valid<Query<ProofQuery>>,
) -> Result<Json<Proof>, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_event").detail("no such event");
    let seq = seq.ok().and_then(|Path(seq)| seq.parse().ok()).ok_or_else(unknown)?;
    portal.trail.prove(asked.log.as_deref(), seq).await.map(Json).map_err(|error| match error {
        NoProof::Elsewhere(log) => elsewhere(&log),
        NoProof::Find(FindError::Store(error)) => error.into(),
        NoProof::Log | NoProof::Prove(ProveError::Unknown(_)) => unknown(),
        other => {
            tracing::error!(error = %other, "an event of the audit trail cannot be proved");
            refusal::internal()
        }
    })
}
