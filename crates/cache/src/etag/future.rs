//! The future of the layer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, LAST_MODIFIED, SET_COOKIE, TRANSFER_ENCODING,
};
use http::response::Parts;
use http::{Method, Response, StatusCode};
use http_body::Body;
use palisade_core::Problem;
use pin_project_lite::pin_project;

use super::conditional::{Validators, Verdict, evaluate};
use super::layer::Settings;
use super::tag::EntityTag;

/// Method and fields of a request that reads.
type Asked = (Method, HeaderMap);

pin_project! {
    /// Response future of [`Etag`](super::Etag).
    pub struct ResponseFuture<F, B> {
        #[pin]
        state: State<F, B>,
        asked: Option<Asked>,
        settings: Arc<Settings>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Calling { #[pin] inner: F },
        Reading { parts: Option<Parts>, #[pin] body: B, read: Read },
    }
}

/// What was read of a body: mostly one piece.
#[derive(Default)]
struct Read {
    first: Bytes,
    all: Option<BytesMut>,
}

impl Read {
    fn add(&mut self, piece: Bytes) {
        match &mut self.all {
            Some(all) => all.extend_from_slice(&piece),
            None if self.first.is_empty() => self.first = piece,
            None => {
                let mut all = BytesMut::from(&*self.first);
                all.extend_from_slice(&piece);
                self.all = Some(all);
            }
        }
    }

    fn whole(&mut self) -> Bytes {
        self.all.take().map_or_else(|| std::mem::take(&mut self.first), BytesMut::freeze)
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) const fn new(inner: F, asked: Option<Asked>, settings: Arc<Settings>) -> Self {
        Self { state: State::Calling { inner }, asked, settings }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes> + From<Bytes>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProjection::Calling { inner } => {
                    let response = ready!(inner.poll(cx))?;
                    let Some(asked) = this.asked.as_ref() else {
                        return Poll::Ready(Ok(response));
                    };
                    if response.status() != StatusCode::OK || !may_be_kept(response.headers()) {
                        return Poll::Ready(Ok(response));
                    }
                    let size = response.body().size_hint().exact();
                    let tagged = response.headers().contains_key(ETAG)
                        || size.is_none_or(|size| size > this.settings.most_bytes)
                        // The body of a GET is not known.
                        || asked.0 == Method::HEAD;
                    if tagged {
                        return Poll::Ready(Ok(settle(response, asked)));
                    }
                    let (parts, body) = response.into_parts();
                    let (parts, read) = (Some(parts), Read::default());
                    this.state.set(State::Reading { parts, body, read });
                }
                StateProjection::Reading { parts, mut body, read } => {
                    match ready!(body.as_mut().poll_frame(cx)) {
                        Some(Ok(frame)) => {
                            if let Ok(piece) = frame.into_data() {
                                read.add(piece);
                            }
                        }
                        Some(Err(_)) => return Poll::Ready(Ok(broken())),
                        None => {
                            let (Some(mut parts), Some(asked)) = (parts.take(), &*this.asked)
                            else {
                                // Polled again after its answer, a future may wait for ever.
                                return Poll::Pending;
                            };
                            let bytes = read.whole();
                            let tag = EntityTag::of(&bytes);
                            let tag = if this.settings.weak { tag.weak() } else { tag };
                            if let Some(value) = tag.to_value() {
                                parts.headers.insert(ETAG, value);
                            }
                            let response = Response::from_parts(parts, B::from(bytes));
                            return Poll::Ready(Ok(settle(response, asked)));
                        }
                    }
                }
            }
        }
    }
}

/// Says whether a client may keep an answer with these fields and use it again.
fn may_be_kept(headers: &HeaderMap) -> bool {
    let words = |field, word: &str| {
        headers.get_all(field).iter().any(|value| {
            value
                .as_bytes()
                .windows(word.len())
                .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    !words(CACHE_CONTROL, "no-store")
        && !words(CONTENT_SECURITY_POLICY, "'nonce-")
        && !words(CONTENT_SECURITY_POLICY_REPORT_ONLY, "'nonce-")
        && !headers.contains_key(SET_COOKIE)
        && !headers.contains_key(CONTENT_RANGE)
}

/// Answers the condition of a request with what the answer says of itself.
fn settle<B: From<Bytes>>(response: Response<B>, (method, asked): &Asked) -> Response<B> {
    let headers = response.headers();
    let mut current = Validators::some();
    if let Some(tag) = headers.get(ETAG).and_then(|value| EntityTag::parse(value.as_bytes())) {
        current = current.tag(tag);
    }
    let modified = headers.get(LAST_MODIFIED).and_then(|value| value.to_str().ok());
    if let Some(modified) = modified.and_then(|value| httpdate::parse_http_date(value).ok()) {
        current = current.modified(modified);
    }
    match evaluate(method, asked, &current) {
        Verdict::Proceed => response,
        Verdict::NotModified => not_modified(response),
        Verdict::Failed => Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed")
            .detail("the current representation is not the one that the request names")
            .prepare()
            .response(),
    }
}

/// Fields that tell of content which a 304 does not have (RFC 9110, section 15.4.5).
pub(crate) const OF_THE_CONTENT: [HeaderName; 5] =
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING];

/// A 304 has the fields that a 200 would have, but those of the content.
fn not_modified<B: From<Bytes>>(response: Response<B>) -> Response<B> {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for field in &OF_THE_CONTENT {
        parts.headers.remove(field);
    }
    Response::from_parts(parts, B::from(Bytes::new()))
}

/// What a body that broke off would have become on the wire, said before anything is sent.
fn broken<B: From<Bytes>>() -> Response<B> {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").prepare().response()
}

impl<F, B> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
