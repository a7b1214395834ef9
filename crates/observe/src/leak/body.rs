//! Bodies, also such as break.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The body of a request of a check.
#[derive(Debug)]
pub struct Body {
    pub(super) state: State,
}

/// What a body does when it is read.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Gives its bytes.
    Whole(Bytes),
    /// Fails with this message.
    Fails(String),
    /// Panics with this message.
    Panics(String),
    /// Is at its end.
    End,
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    #[expect(clippy::panic, reason = "a body that is asked for so that the reader panics")]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match std::mem::replace(&mut self.state, State::End) {
            State::Whole(bytes) => Some(Ok(Frame::data(bytes))),
            State::Fails(message) => Some(Err(message.into())),
            State::Panics(message) => panic!("{message}"),
            State::End => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Whole(bytes) => bytes.is_empty(),
            State::End => true,
            State::Fails(_) | State::Panics(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(0)),
            State::End => SizeHint::with_exact(0),
            State::Fails(_) | State::Panics(_) => SizeHint::default(),
        }
    }
}
