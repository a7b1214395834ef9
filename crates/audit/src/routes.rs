//! Routes for those who check the log from afar.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use crate::log::AuditLog;
use crate::merkle::Tile;
use crate::tiles::Tiles;

/// Serves `checkpoint` and `tile/...` (C2SP tlog-tiles) of a log.
///
/// The bundles under `tile/entries/` are the events themselves: put these routes behind the same guard as
/// the events, or leave the bundles out with [`proofs_only`].
pub fn everything<S: Clone + Send + Sync + 'static>(log: &AuditLog) -> Router<S> {
    routes(log, true)
}

/// Serves `checkpoint` and the tiles of hashes, which tell nothing of the events but their number.
pub fn proofs_only<S: Clone + Send + Sync + 'static>(log: &AuditLog) -> Router<S> {
    routes(log, false)
}

#[derive(Clone)]
struct Served {
    tiles: Arc<Tiles>,
    entries: bool,
}

fn routes<S: Clone + Send + Sync + 'static>(log: &AuditLog, entries: bool) -> Router<S> {
    let tiles = Arc::new(Tiles::new(log.folder(), log.verifier().clone()));
    Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .with_state(Served { tiles, entries })
}

async fn checkpoint(State(served): State<Served>) -> Response {
    let read = tokio::task::spawn_blocking(move || served.tiles.checkpoint()).await;
    match read {
        Ok(Ok(checkpoint)) => {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            let age = HeaderValue::from_static("no-cache");
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, age)], checkpoint.note().to_owned())
                .into_response()
        }
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn tile(State(served): State<Served>, Path(path): Path<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if tile.level().is_none() && !served.entries {
        return StatusCode::NOT_FOUND.into_response();
    }
    let read = tokio::task::spawn_blocking(move || served.tiles.tile(&tile)).await;
    match read {
        Ok(Ok(Some(bytes))) => {
            let kind = HeaderValue::from_static("application/octet-stream");
            // A tile never changes.
            let age = HeaderValue::from_static("private, max-age=31536000, immutable");
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, age)], bytes).into_response()
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
