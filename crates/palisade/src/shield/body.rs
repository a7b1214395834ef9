//! The one body of a shielded service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of requests and answers inside a [`Shield`](super::Shield).
///
/// An axum router takes it as it takes any; other services name it.
#[derive(Default)]
pub struct Body {
    kind: Kind,
}

/// What catching panics makes of every body.
type Caught = tower_http::body::UnsyncBoxBody<Bytes, BoxError>;

enum Kind {
    Bytes(Full<Bytes>),
    Caught(Caught),
    Stream(UnsyncBoxBody<Bytes, BoxError>),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Bytes(Full::default())
    }
}

impl Body {
    /// Takes any body; one that is empty costs nothing, others a box.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if body.is_end_stream() {
            return Self::default();
        }
        Self { kind: Kind::Stream(body.map_err(Into::into).boxed_unsync()) }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { kind: Kind::Bytes(Full::new(bytes)) }
    }
}

impl From<Caught> for Body {
    fn from(body: Caught) -> Self {
        Self { kind: Kind::Caught(body) }
    }
}

impl From<palisade_observe::request::ResponseBody<Self>> for Body {
    fn from(body: palisade_observe::request::ResponseBody<Self>) -> Self {
        Self { kind: Kind::Stream(body.boxed_unsync()) }
    }
}

impl From<palisade_ratelimit::layer::ResponseBody<Self>> for Body {
    fn from(body: palisade_ratelimit::layer::ResponseBody<Self>) -> Self {
        Self { kind: Kind::Stream(body.boxed_unsync()) }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.kind {
            Kind::Bytes(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Kind::Caught(body) => Pin::new(body).poll_frame(cx),
            Kind::Stream(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Bytes(body) => body.is_end_stream(),
            Kind::Caught(body) => body.is_end_stream(),
            Kind::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Bytes(body) => body.size_hint(),
            Kind::Caught(body) => body.size_hint(),
            Kind::Stream(body) => body.size_hint(),
        }
    }
}
