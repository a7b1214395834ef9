//! The body, let out up to what may be the beginning of a secret.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::layer::report;
use super::{LeakGuardLayer, Scan, Secrets};

type BoxError = Box<dyn Error + Send + Sync>;

/// Body of an answer that passes [`LeakGuardLayer`].
///
/// It ends with an error that is a [`Leak`](super::Leak) before a secret in it is complete.
pub struct ResponseBody<B> {
    /// `None` where the body of the handler was stopped.
    guarded: Option<(B, Scan)>,
    /// Frames that were read and have not left.
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    /// How many of these bytes, the last ones, may be the beginning of a secret.
    held: usize,
    /// What comes behind them.
    end: Option<End>,
}

enum End {
    Data,
    Error(BoxError),
    Trailers(HeaderMap),
}

impl<B> ResponseBody<B> {
    /// More frames than these are joined, so that few bytes do not keep many buffers.
    const MOST_FRAMES: usize = 64;

    pub(super) fn new(body: B, secrets: &Secrets) -> Self {
        Self {
            guarded: Some((body, secrets.scan())),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            held: 0,
            end: None,
        }
    }

    pub(super) fn withheld(problem: Bytes) -> Self {
        let waiting_bytes = problem.len();
        let waiting = VecDeque::from([problem]);
        Self { guarded: None, waiting, waiting_bytes, held: 0, end: Some(End::Data) }
    }

    /// Takes bytes that may leave.
    fn release(&mut self) -> Option<Bytes> {
        let free = self.waiting_bytes.checked_sub(self.held).filter(|free| *free > 0)?;
        let first = self.waiting.front_mut()?;
        let bytes =
            if first.len() <= free { self.waiting.pop_front()? } else { first.split_to(free) };
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes.len());
        Some(bytes)
    }

    fn end(&mut self, end: End) {
        self.held = 0;
        self.end = Some(end);
    }

    fn join(&mut self) {
        let mut joined = BytesMut::with_capacity(self.waiting_bytes);
        self.waiting.drain(..).for_each(|bytes| joined.extend_from_slice(&bytes));
        self.waiting.push_back(joined.freeze());
    }
}

impl<B> ResponseBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    /// Reads what is there at once; a secret in it is an error, and nothing of the body has left.
    pub(super) fn read_ahead(&mut self, cx: &mut Context<'_>) -> Result<(), super::Leak> {
        while self.end.is_none()
            && self.waiting_bytes < LeakGuardLayer::AT_ONCE
            && self.waiting.len() < Self::MOST_FRAMES
        {
            match self.read(cx) {
                Poll::Pending => break,
                Poll::Ready(read) => read?,
            }
        }
        Ok(())
    }

    /// Reads one frame.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), super::Leak>> {
        let Some((body, scan)) = &mut self.guarded else { return Poll::Ready(Ok(())) };
        let frame =
            if body.is_end_stream() { None } else { ready!(Pin::new(&mut *body).poll_frame(cx)) };
        match frame {
            None => self.end(End::Data),
            Some(Err(error)) => {
                // The bytes that were held back cannot become a secret any more, nor do they matter.
                self.waiting_bytes = self.waiting_bytes.saturating_sub(self.held);
                self.end(End::Error(error.into()));
            }
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    self.held = scan.read(&data)?;
                    self.waiting_bytes = self.waiting_bytes.saturating_add(data.len());
                    self.waiting.push_back(data);
                    if body.is_end_stream() {
                        self.end(End::Data);
                    }
                }
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    scan.secrets().check_headers(&trailers)?;
                    self.end(End::Trailers(trailers));
                }
            },
        }
        Poll::Ready(Ok(()))
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.release() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            match this.end.take() {
                Some(End::Trailers(trailers)) => {
                    this.end = Some(End::Data);
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                Some(End::Error(error)) => {
                    this.end = Some(End::Data);
                    return Poll::Ready(Some(Err(error)));
                }
                Some(End::Data) => {
                    this.end = Some(End::Data);
                    return Poll::Ready(None);
                }
                None => {}
            }
            if this.waiting.len() > Self::MOST_FRAMES {
                this.join();
            }
            if let Err(leak) = ready!(this.read(cx)) {
                report(leak);
                this.waiting.clear();
                this.waiting_bytes = 0;
                this.end(End::Error(leak.into()));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting_bytes == 0 && matches!(self.end, Some(End::Data))
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = u64::try_from(self.waiting_bytes).unwrap_or(u64::MAX);
        let rest = match (&self.guarded, &self.end) {
            (Some((body, _)), None) => body.size_hint(),
            _ => SizeHint::with_exact(0),
        };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(waiting));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(waiting));
        }
        hint
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("waiting", &self.waiting_bytes).finish_non_exhaustive()
    }
}
