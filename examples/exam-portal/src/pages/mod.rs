//! What people see: pages made on the server, one stylesheet, no script.

mod assets;
mod dashboard;
mod students;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::refusal;
use crate::store::Store;

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/", get(dashboard::page))
        .route("/students", get(students::page))
        .merge(assets::routes())
}

/// Address of the stylesheet; it changes with the content.
const STYLESHEET: &str = assets::STYLESHEET;

fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "page not rendered");
            refusal::internal().into_response()
        }
    }
}
