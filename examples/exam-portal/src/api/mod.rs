//! The JSON API under `/api/v1`.

mod body;
mod students;

use axum::Router;
use axum::routing::get;

use crate::store::Store;

pub(crate) fn routes() -> Router<Store> {
    Router::new().route("/students", get(students::list).post(students::add)).route(
        "/students/{code}",
        get(students::read).patch(students::change).delete(students::remove),
    )
}
