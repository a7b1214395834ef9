//! The calls about the audit trail, for administrators.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use palisade_audit::query::{Filter, Limit};
use palisade_audit::{Proof, ProveError, parse_time};
use palisade_core::Problem;

use crate::access::Admin;
use crate::accounts::User;
use crate::refusal;
use crate::state::Portal;
use crate::trail::{FindError, Found};

/// What is asked of the trail: `actor`, `action`, `target`, `since`, `limit`, `cursor`.
#[derive(Debug, Default)]
pub(crate) struct TrailQuery {
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) since: String,
    limit: Limit,
    cursor: Option<String>,
}

impl TrailQuery {
    /// Reads a query; an empty field asks for nothing.
    pub(crate) fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "actor" => asked.actor = value,
                "action" => asked.action = value,
                "target" => asked.target = value,
                "since" => asked.since = value,
                "limit" => asked.limit = value.parse().map_or(asked.limit, Limit::new),
                "cursor" => asked.cursor = Some(value).filter(|value| !value.is_empty()),
                _ => {}
            }
        }
        asked
    }

    fn filter(&self) -> Result<Filter, Problem> {
        let mut filter = Filter::new();
        if !self.actor.is_empty() {
            filter = filter.actor(&*self.actor);
        }
        if !self.action.is_empty() {
            filter = filter.action(&*self.action);
        }
        if !self.target.is_empty() {
            filter = filter.target(&*self.target);
        }
        if !self.since.is_empty() {
            let since = parse_time(&self.since)
                .or_else(|| parse_time(&format!("{}T00:00:00Z", self.since)));
            filter = filter.since(since.ok_or_else(|| {
                Problem::new(StatusCode::BAD_REQUEST, "invalid_since")
                    .detail("write a date or a time in UTC: 2026-11-30 or 2026-11-30T08:00:00Z")
            })?);
        }
        Ok(filter)
    }

    /// Returns the page that is asked for.
    pub(crate) async fn page(&self, portal: &Portal, reader: &User) -> Result<Found, Problem> {
        let cursor = self.cursor.as_deref();
        let found = portal.trail.query(reader, self.filter()?, self.limit, cursor).await;
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
    RawQuery(query): RawQuery,
) -> Result<Json<Found>, Problem> {
    let asked = TrailQuery::parse(query.as_deref().unwrap_or_default());
    Ok(Json(asked.page(&portal, &user).await?))
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
    Path(seq): Path<String>,
) -> Result<Json<Proof>, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_event").detail("no such event");
    let seq = seq.parse().map_err(|_| unknown())?;
    portal.trail.prove(seq).await.map(Json).map_err(|error| match error {
        ProveError::Unknown(_) => unknown(),
        other => {
            tracing::error!(error = %other, "an event of the audit trail cannot be proved");
            refusal::internal()
        }
    })
}
