//! Refusals, as pages.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use palisade_core::Problem;

use super::frame::Frame;

/// A page that could not be shown: the form of a [`Problem`] that people read.
pub(super) struct Failure(Problem);

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    title: &'static str,
    told: &'static str,
}

impl<P: Into<Problem>> From<P> for Failure {
    fn from(problem: P) -> Self {
        Self(problem.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let (title, told) = match status {
            // Whoever is not signed in is shown where to.
            StatusCode::UNAUTHORIZED => return super::to("/login"),
            StatusCode::FORBIDDEN => {
                ("Not for your account", "Your account may not open this page.")
            }
            StatusCode::NOT_FOUND => ("Not found", "Nothing is at this address."),
            StatusCode::TOO_MANY_REQUESTS => {
                ("Too many tries", "Nothing was looked at. Wait a while and try again.")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ("One moment", "The portal is busy. Try again in a moment.")
            }
            status if status.is_client_error() => {
                ("This did not work", "The form could not be read. Go back and try again.")
            }
            _ => ("Our mistake", "The portal made a mistake; it is in its log."),
        };
        let mut page = super::html(&FailurePage { frame: Frame::default(), title, told });
        *page.status_mut() = status;
        // The wait that the problem asks for.
        let problem = self.0.into_response();
        let waits = problem.headers().get_all(http::header::RETRY_AFTER);
        for wait in waits {
            page.headers_mut().append(http::header::RETRY_AFTER, wait.clone());
        }
        page
    }
}
