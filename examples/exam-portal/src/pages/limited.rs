//! Who has to wait, as a page.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};

use super::frame::Frame;

#[derive(Template)]
#[template(path = "failure.html")]
struct Limited {
    frame: Frame,
    title: &'static str,
    told: String,
}

/// Answers a page that a limit refused with a page; calls of the API get the problem.
pub(crate) async fn show(request: Request, next: Next) -> Response {
    let is_call = request.uri().path().starts_with("/api/");
    let answer = next.run(request).await;
    let kind = answer.headers().get(CONTENT_TYPE);
    let is_problem = kind.is_some_and(|kind| kind == "application/problem+json");
    if is_call || !is_problem || answer.status() != StatusCode::TOO_MANY_REQUESTS {
        return answer;
    }
    let told = sentence(&answer);
    let page = super::html(&Limited { frame: Frame::default(), title: "Not so fast", told });
    instead_of(answer, page)
}

/// Returns the page with the status of the refusal and what its headers say.
pub(super) fn instead_of(refusal: Response, mut page: Response) -> Response {
    let (parts, _) = refusal.into_parts();
    *page.status_mut() = parts.status;
    for (name, value) in &parts.headers {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

/// Says until when to wait.
pub(super) fn sentence(refusal: &Response) -> String {
    if refusal.status() != StatusCode::TOO_MANY_REQUESTS {
        return "This is not possible at the moment. Try again in a few seconds.".to_owned();
    }
    let seconds = refusal.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    match seconds.and_then(|text| text.parse::<u64>().ok()) {
        Some(1) => "Too many tries. Try again in a second.".to_owned(),
        Some(seconds @ ..120) => format!("Too many tries. Try again in {seconds} seconds."),
        Some(seconds) => {
            format!("Too many tries. Try again in {} minutes.", seconds.div_ceil(60))
        }
        None => "Too many tries. Only an administrator can let you try again.".to_owned(),
    }
}
