//! The body of an answer.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// Body of the answers of [`HttpCacheService`](super::HttpCacheService): what is stored, or what the
    /// inner service sends.
    pub struct HttpCacheBody<B>
    where
        B: Body,
    {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B>
    where
        B: Body,
    {
        Whole { bytes: Bytes },
        Direct { #[pin] inner: B },
        // Read in part to be stored, and too large for that.
        Resumed { read: Pieces<B>, rest: Pin<Box<B>> },
    }
}

type Pieces<B> = VecDeque<Result<Frame<Bytes>, <B as Body>::Error>>;

impl<B: Body> HttpCacheBody<B> {
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { bytes } }
    }

    pub(super) const fn direct(inner: B) -> Self {
        Self { kind: Kind::Direct { inner } }
    }

    const fn resumed(read: Pieces<B>, rest: Pin<Box<B>>) -> Self {
        Self { kind: Kind::Resumed { read, rest } }
    }
}

impl<B: Body> From<Bytes> for HttpCacheBody<B> {
    fn from(bytes: Bytes) -> Self {
        Self::whole(bytes)
    }
}

impl<B: Body<Data = Bytes>> Body for HttpCacheBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProjection::Whole { bytes } if bytes.is_empty() => Poll::Ready(None),
            KindProjection::Whole { bytes } => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes)))))
            }
            KindProjection::Direct { inner } => inner.poll_frame(cx),
            KindProjection::Resumed { read, rest } => match read.pop_front() {
                Some(frame) => Poll::Ready(Some(frame)),
                None => rest.as_mut().poll_frame(cx),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { bytes } => bytes.is_empty(),
            Kind::Direct { inner } => inner.is_end_stream(),
            Kind::Resumed { read, rest } => read.is_empty() && rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { bytes } => SizeHint::with_exact(length(bytes)),
            Kind::Direct { inner } => inner.size_hint(),
            Kind::Resumed { read, rest } => {
                let ahead = read.iter().flatten().filter_map(Frame::data_ref).map(length);
                let ahead = ahead.fold(0, u64::saturating_add);
                let mut hint = SizeHint::new();
                let left = rest.size_hint();
                if let Some(upper) = left.upper().and_then(|upper| upper.checked_add(ahead)) {
                    hint.set_upper(upper);
                }
                hint.set_lower(
                    left.lower().saturating_add(ahead).min(hint.upper().unwrap_or(u64::MAX)),
                );
                hint
            }
        }
    }
}

impl<B: Body> fmt::Debug for HttpCacheBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCacheBody").finish_non_exhaustive()
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// What was read of a body that was to be stored.
pub(super) enum Read<B: Body> {
    Whole(Bytes),
    /// It is too large, has trailers, or broke off: it goes on as it came.
    Rest(HttpCacheBody<B>),
}

/// Reads a body of so many bytes at the most.
pub(super) async fn read<B: Body<Data = Bytes>>(body: B, most: u64) -> Read<B> {
    if body.size_hint().lower() > most {
        return Read::Rest(HttpCacheBody::direct(body));
    }
    let (mut rest, mut read, mut sum) = (Box::pin(body), Pieces::<B>::new(), 0_u64);
    while let Some(piece) = std::future::poll_fn(|cx| rest.as_mut().poll_frame(cx)).await {
        let size = piece.as_ref().ok().and_then(Frame::data_ref).map(length);
        sum = sum.saturating_add(size.unwrap_or_default());
        read.push_back(piece);
        if size.is_none() || sum > most {
            return Read::Rest(HttpCacheBody::resumed(read, rest));
        }
    }
    Read::Whole(join::<B>(read))
}

/// Puts the pieces together; mostly there is one.
fn join<B: Body<Data = Bytes>>(mut pieces: Pieces<B>) -> Bytes {
    let mut data = || pieces.pop_front()?.ok()?.into_data().ok();
    let (first, second) = (data().unwrap_or_default(), data());
    let Some(second) = second else { return first };
    let mut all = BytesMut::from(&*first);
    all.extend_from_slice(&second);
    while let Some(piece) = data() {
        all.extend_from_slice(&piece);
    }
    all.freeze()
}
