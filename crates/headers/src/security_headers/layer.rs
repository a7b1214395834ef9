//! Layer and service.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::rendered::Rendered;
use super::{Exchange, ResponseFuture, SecurityHeaders};

/// Layer that writes the headers of [`SecurityHeaders`] into every response.
///
/// Place it outside everything that makes responses (timeouts, panic catching, limits) and inside
/// `EdgeLayer`, which tells it the scheme. Of two nested ones the outer decides, and browsers obey
/// the policies of both.
///
/// # Security
///
/// Against script injection, framing, sniffing, downgrade and leaks to other origins. What a server
/// answers before any service is called (hyper's own 400) carries no headers.
///
/// # Cost
///
/// The response's map is a clone of a prepared one, into which the handler's headers are moved:
/// at most three allocations, and three more for a nonce behind `EdgeLayer`; one system call every 32
/// nonces. A response with one grant costs the same; one with several renders its policies anew. With
/// the endpoint of a collector, one clock read for each request and all policies anew at midnight (UTC).
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct SecurityHeadersLayer {
    rendered: Arc<Rendered>,
}

impl SecurityHeadersLayer {
    pub(super) fn new(set: SecurityHeaders) -> Self {
        Self { rendered: Arc::new(Rendered::new(set)) }
    }

    /// Starts an exchange without tower: reads the site, leaves a [`Nonce`](crate::csp::Nonce) in
    /// the request's extensions.
    pub fn open(&self, request: &mut Extensions) -> Exchange {
        Exchange::open(self.rendered.current(), request)
    }
}

impl<S> Layer<S> for SecurityHeadersLayer {
    type Service = SecurityHeadersService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SecurityHeadersService { inner, rendered: Arc::clone(&self.rendered) }
    }
}

/// Middleware that writes security headers; see [`SecurityHeadersLayer`].
#[derive(Clone, Debug)]
pub struct SecurityHeadersService<S> {
    inner: S,
    rendered: Arc<Rendered>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SecurityHeadersService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let exchange = Exchange::open(self.rendered.current(), request.extensions_mut());
        ResponseFuture { inner: self.inner.call(request), exchange }
    }
}
