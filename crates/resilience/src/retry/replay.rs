//! Which requests can be sent twice.

use http::{Method, Request};

/// Makes the body of a repetition; implemented by closures.
pub trait Replay<B> {
    /// Returns the same body again, or `None` where it can be sent only once.
    fn replay(&self, body: &B) -> Option<B>;
}

impl<B, F> Replay<B> for F
where
    F: Fn(&B) -> Option<B>,
{
    fn replay(&self, body: &B) -> Option<B> {
        self(body)
    }
}

/// Clones the body; for bodies whose clone has the same content, as bytes have.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a choice without parts")]
pub struct CloneBody;

impl<B: Clone> Replay<B> for CloneBody {
    fn replay(&self, body: &B) -> Option<B> {
        Some(body.clone())
    }
}

/// Request extension that says: sending this twice does what sending it once does.
///
/// GET, HEAD, OPTIONS, TRACE, PUT and DELETE say so by themselves (RFC 9110 9.2.2). Put it on a POST
/// that carries an idempotency key the server honours, on nothing else.
///
/// # Example
///
/// ```
/// use http::Request;
/// use palisade_resilience::retry::{Repeatable, is_repeatable};
///
/// let plain = Request::post("/payments").body(())?;
/// assert!(!is_repeatable(&plain));
/// let keyed = Request::post("/payments").extension(Repeatable).body(())?;
/// assert!(is_repeatable(&keyed));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a mark without parts")]
pub struct Repeatable;

/// Says whether sending the request twice is safe, by its method or by the mark [`Repeatable`].
#[must_use]
pub fn is_repeatable<B>(request: &Request<B>) -> bool {
    const IDEMPOTENT: [Method; 6] =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
    IDEMPOTENT.contains(request.method()) || request.extensions().get::<Repeatable>().is_some()
}

/// Returns the request to keep for another try.
pub(super) fn spare<B>(request: &Request<B>, replay: &impl Replay<B>) -> Option<Request<B>> {
    if !is_repeatable(request) {
        return None;
    }
    let mut spare = Request::new(replay.replay(request.body())?);
    *spare.method_mut() = request.method().clone();
    *spare.uri_mut() = request.uri().clone();
    *spare.version_mut() = request.version();
    *spare.headers_mut() = request.headers().clone();
    *spare.extensions_mut() = request.extensions().clone();
    Some(spare)
}
