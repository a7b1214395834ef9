//! Layer and service.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, Entry, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::{Policy, ResponseFuture, harden, no_store};
use crate::Site;

/// Layer that hardens every `Set-Cookie` of a response.
///
/// Place it inside `EdgeLayer`, outside everything that sets cookies. A response that sets a cookie
/// and says nothing about caches gets `Cache-Control: no-store`, so that no cache hands one
/// client's cookie to another.
///
/// # Security
///
/// Against theft by script or in clear text, and against cookies set by other hosts of the domain
/// where the name has a prefix.
///
/// # Cost
///
/// Without `Set-Cookie` one header look-up and nothing else; with it, one allocation for each
/// cookie.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied to a service"]
pub struct CookiesLayer {
    policy: Arc<Policy>,
}

impl CookiesLayer {
    /// Hardens by this policy.
    pub fn new(policy: Policy) -> Self {
        Self { policy: Arc::new(policy) }
    }
}

impl<S> Layer<S> for CookiesLayer {
    type Service = Cookies<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Cookies { inner, policy: Arc::clone(&self.policy) }
    }
}

/// Middleware that hardens cookies; see [`CookiesLayer`].
#[derive(Clone, Debug)]
pub struct Cookies<S> {
    inner: S,
    policy: Arc<Policy>,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Cookies<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let site = Site::of(request.extensions());
        ResponseFuture { inner: self.inner.call(request), policy: Arc::clone(&self.policy), site }
    }
}

/// Hardens every cookie where it stands.
pub(super) fn rewrite(headers: &mut HeaderMap, policy: &Policy, site: Site) {
    let Entry::Occupied(mut cookies) = headers.entry(SET_COOKIE) else { return };
    let mut dropped = false;
    for value in cookies.iter_mut() {
        match harden(value.as_bytes(), policy, site) {
            Ok(hardened) => *value = hardened,
            Err(reason) => {
                tracing::error!(%reason, "a cookie that browsers would drop is not sent");
                *value = HeaderValue::from_static("");
                dropped = true;
            }
        }
    }
    if dropped {
        let (_, kept) = cookies.remove_entry_mult();
        let kept: Vec<_> = kept.filter(|value| !value.is_empty()).collect();
        for value in kept {
            headers.append(SET_COOKIE, value);
        }
    }
    if headers.contains_key(SET_COOKIE) && !headers.contains_key(CACHE_CONTROL) {
        no_store(headers);
    }
}
