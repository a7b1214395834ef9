//! The body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;

use super::running::Running;

pin_project! {
    /// A body of the application or of the server; its request runs until it is dropped.
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
        running: Option<Running>,
    }
}

pin_project! {
    #[project = Projected]
    enum Kind<B> {
        Own { #[pin] body: Full<Bytes> },
        App { #[pin] body: B },
    }
}

impl<B> ResponseBody<B> {
    pub(super) const fn of_app(body: B) -> Self {
        Self { kind: Kind::App { body }, running: None }
    }

    pub(super) const fn own(body: Full<Bytes>) -> Self {
        Self { kind: Kind::Own { body }, running: None }
    }

    pub(super) fn during(mut self, running: Option<Running>) -> Self {
        self.running = running;
        self
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            Projected::App { body } => body.poll_frame(cx),
            Projected::Own { body } => body.poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::App { body } => body.is_end_stream(),
            Kind::Own { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::App { body } => body.size_hint(),
            Kind::Own { body } => body.size_hint(),
        }
    }
}
