//! The layer that gives answers their tags and says 304.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::future::ResponseFuture;
use crate::error::ConfigError;

/// Tags answers to GET and HEAD, and answers 304 to clients that have them.
///
/// An answer gets a strong tag of its bytes if its status is 200, its length is known and within the
/// limit, and it has no tag of its own. A tag or `Last-Modified` of the handler is taken as it is. Nothing
/// is tagged or turned into a 304 that must not be kept (`no-store`), that sets a cookie, that is a part
/// (`Content-Range`), or whose policy has a nonce: a page with a nonce is a new page each time, and a
/// browser that kept one would run its scripts under a nonce that is over.
///
/// Put it inside of compression, which gives each encoding bytes of its own, and inside of
/// `SecurityHeadersLayer` only for answers without nonces.
///
/// # Cost
///
/// SHA-256 of the body, and one allocation for the tag. No body is copied that comes in one piece.
#[derive(Clone, Debug)]
pub struct EtagLayer {
    settings: Arc<Settings>,
}

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) most_bytes: u64,
    pub(super) weak: bool,
}

impl EtagLayer {
    /// Tags bodies of up to 1 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self { settings: Arc::new(Settings { most_bytes: 1 << 20, weak: false }) }
    }

    /// Tags bodies of up to so many bytes; they are held in memory while they are tagged.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] over 1 GiB.
    pub fn most_bytes(self, most: u64) -> Result<Self, ConfigError> {
        let most_bytes = ConfigError::number("the bytes of a tagged body", most, 0, 1 << 30)?;
        Ok(Self { settings: Arc::new(Settings { most_bytes, weak: self.settings.weak }) })
    }

    /// Makes weak tags: for answers that a layer outside changes without changing what they mean.
    #[must_use]
    pub fn weak(self) -> Self {
        let most_bytes = self.settings.most_bytes;
        Self { settings: Arc::new(Settings { most_bytes, weak: true }) }
    }
}

impl Default for EtagLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for EtagLayer {
    type Service = Etag<S>;

    fn layer(&self, inner: S) -> Etag<S> {
        Etag { inner, settings: Arc::clone(&self.settings) }
    }
}

/// Service of [`EtagLayer`].
#[derive(Clone, Debug)]
pub struct Etag<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Etag<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Data = Bytes> + From<Bytes>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let asked = reads.then(|| (request.method().clone(), request.headers().clone()));
        ResponseFuture::new(self.inner.call(request), asked, Arc::clone(&self.settings))
    }
}
