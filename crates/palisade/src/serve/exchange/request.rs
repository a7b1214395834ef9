//! The body of a request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body of a request as it arrives.
///
/// An axum router takes any body; other services name this one.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Incoming,
    /// Whether it is here as a whole; nothing where it was empty.
    arrived: Option<Arc<AtomicBool>>,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming) -> (Self, Option<Arc<AtomicBool>>) {
        let arrived = (!incoming.is_end_stream()).then(Arc::default);
        (Self { incoming, arrived: arrived.clone() }, arrived)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if let Some(arrived) = &self.arrived
            && (frame.is_none() || self.incoming.is_end_stream())
        {
            arrived.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
