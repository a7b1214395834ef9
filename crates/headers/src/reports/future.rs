//! The response future: reads a body, within bounds.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL,
};
use http::{HeaderValue, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::parse::MAX_BODY;
use super::{Refused, ResponseBody, Ticket};

/// Frames of a body: one for each byte, and as many empty ones.
const MAX_FRAMES: usize = 2 * MAX_BODY;

pin_project! {
    /// Response future of [`Reports`](super::Reports).
    #[derive(Debug)]
    pub struct ResponseFuture<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<B> {
        Answered { preflight: bool },
        Reading {
            #[pin]
            body: B,
            ticket: Option<Ticket>,
            read: Vec<u8>,
            frames: usize,
        },
    }
}

impl<B> ResponseFuture<B> {
    pub(super) const fn answered(preflight: bool) -> Self {
        Self { state: State::Answered { preflight } }
    }

    pub(super) const fn reading(body: B, ticket: Ticket) -> Self {
        let ticket = Some(ticket);
        Self { state: State::Reading { body, ticket, read: Vec::new(), frames: 0 } }
    }
}

impl<B: Body> Future for ResponseFuture<B> {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut body, ticket, read, frames) = match self.project().state.project() {
            StateProjection::Answered { preflight } => return Poll::Ready(Ok(answer(*preflight))),
            StateProjection::Reading { body, ticket, read, frames } => (body, ticket, read, frames),
        };
        let refused = loop {
            let frame = match ready!(body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => break Some(Refused::Malformed),
                None => break None,
            };
            *frames = frames.saturating_add(1);
            // What is no data is a trailer, which says nothing here.
            let fits = frame.into_data().map_or(true, |data| append(read, data));
            if !fits || *frames > MAX_FRAMES {
                break Some(Refused::Oversized);
            }
        };
        if let Some(ticket) = ticket.take() {
            match refused {
                Some(reason) => ticket.refuse(reason),
                None => ticket.collect(read),
            }
        }
        Poll::Ready(Ok(answer(false)))
    }
}

/// Takes in what a frame holds and returns whether it is still within the bound.
fn append(read: &mut Vec<u8>, mut data: impl Buf) -> bool {
    if data.remaining() > MAX_BODY.saturating_sub(read.len()) {
        return false;
    }
    while data.has_remaining() {
        let chunk = data.chunk();
        read.extend_from_slice(chunk);
        let length = chunk.len();
        data.advance(length);
    }
    true
}

fn answer(preflight: bool) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody);
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if preflight {
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
            (ACCESS_CONTROL_MAX_AGE, "86400"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
