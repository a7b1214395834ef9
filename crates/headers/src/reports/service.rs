//! The service.

use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{Collector, Refused, ResponseBody, ResponseFuture};

/// Service that gives violation reports to a [`Collector`] and answers 204, whatever comes.
///
/// The preflight of a browser that reports to another origin is granted: the address itself is the
/// proof, and no cookie is read.
///
/// # Cost
///
/// No allocation but the answer's headers until the tag is known to be good.
#[derive(Clone, Debug)]
pub struct Reports {
    collector: Collector,
}

impl Reports {
    pub(super) const fn new(collector: Collector) -> Self {
        Self { collector }
    }
}

impl<B: Body> Service<Request<B>> for Reports {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<B> {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return ResponseFuture::answered(parts.method == Method::OPTIONS);
        }
        let user_agent = parts.headers.get("user-agent").map(HeaderValue::as_bytes);
        let Ok(ticket) = self.collector.admit(parts.uri.query(), user_agent.unwrap_or_default())
        else {
            return ResponseFuture::answered(false);
        };
        if !is_report(&parts.headers) {
            ticket.refuse(Refused::Malformed);
            return ResponseFuture::answered(false);
        }
        ResponseFuture::reading(body, ticket)
    }
}

/// `application/csp-report` of `report-uri`, `application/reports+json` of the Reporting API, or
/// `application/json`, which older browsers send: none that a form of another site could send.
fn is_report(headers: &HeaderMap) -> bool {
    let known = [&b"application/csp-report"[..], b"application/reports+json", b"application/json"];
    let media_type = headers.get("content-type").map(HeaderValue::as_bytes).unwrap_or_default();
    let media_type = media_type.split(|byte| *byte == b';').next().unwrap_or_default();
    known.iter().any(|name| media_type.trim_ascii().eq_ignore_ascii_case(name))
}
