//! The files that pages ask for, part of the program.

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const CSS: &str = include_str!("../../assets/portal.css");
const LIVE_JS: &str = include_str!("../../assets/live.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// Path of the stylesheet.
pub(super) const STYLESHEET: &str = "/assets/portal.css";

/// Path of the script that renews the figures.
pub(super) const LIVE: &str = "/assets/live.js";

/// An hour: a new release is seen the same day, and a page costs one request.
const FRESH: &str = "public, max-age=3600";

pub(crate) fn routes() -> Router {
    Router::new()
        .route(STYLESHEET, get(|| async { file("text/css; charset=utf-8", CSS) }))
        .route(LIVE, get(|| async { file("text/javascript; charset=utf-8", LIVE_JS) }))
        .route("/assets/icon.svg", get(|| async { file("image/svg+xml", ICON) }))
        // Browsers ask for it beside pages that are not ours, such as the JSON of the API.
        .route("/favicon.ico", get(|| async { file("image/svg+xml", ICON) }))
}

fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, FRESH)], content)
}
