//! The body of an answer, followed to its end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::line::{Outcome, Pending};

pin_project! {
    /// Body of an answer; its end, or its drop, writes the line of the request.
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        pending: Option<Pending>,
        // Bytes after which the answer is whole, where that is known.
        length: Option<u64>,
    }
}

impl<B: Body> ResponseBody<B> {
    /// Follows a body; the answer to `HEAD`, and one whose status has no body, is whole at once.
    pub(super) fn of(
        response: Response<B>,
        pending: Option<Pending>,
        no_body: bool,
    ) -> Response<Self> {
        let bare = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || response.status().is_informational();
        let length = response.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        response.map(|inner| {
            let length = if no_body || bare { Some(0) } else { length };
            let mut this = Self { inner, pending, length };
            this.note_end();
            this
        })
    }

    /// Notes that nothing is missing, so that it is no loss if nobody asks further.
    fn note_end(&mut self) {
        note_end(&self.inner, &mut self.pending, self.length);
    }
}

fn note_end(inner: &impl Body, pending: &mut Option<Pending>, length: Option<u64>) {
    if let Some(pending) = pending
        && (inner.is_end_stream() || length.is_some_and(|length| pending.bytes_out >= length))
    {
        pending.outcome = Outcome::Answered;
    }
}

impl<B: fmt::Debug> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<B: Body + Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { inner: B::default(), pending: None, length: None }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let frame = match &*this.pending {
            Some(pending) => {
                let _in = pending.span.enter();
                ready!(this.inner.as_mut().poll_frame(cx))
            }
            None => ready!(this.inner.as_mut().poll_frame(cx)),
        };
        if let Some(pending) = &mut *this.pending {
            match &frame {
                Some(Ok(frame)) => {
                    let data = frame.data_ref().map_or(0, Buf::remaining);
                    let data = u64::try_from(data).unwrap_or(u64::MAX);
                    pending.bytes_out = pending.bytes_out.saturating_add(data);
                }
                Some(Err(_)) => pending.finish(Outcome::Failed),
                None => pending.finish(Outcome::Answered),
            }
        }
        note_end(&*this.inner, this.pending, *this.length);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
