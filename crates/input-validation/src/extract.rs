//! Extractors for axum.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method};
use http_body_util::BodyExt;
use palisade_core::Clock;
use serde::de::DeserializeOwned;

use crate::Check;
use crate::check::Reader;
use crate::issue::Language;
use crate::refusal::{Reason, Refusal, language_of};

/// What a handler takes instead of `Json<T>`, `Form<T>`, `Query<T>` or `Path<T>`: the same, checked.
///
/// There is no other way to make one and none to change what is in it. A request that is not valid
/// is answered by a [`Refusal`] in the language that it asks for, and reported.
///
/// | extractor | reads | limits |
/// |---|---|---|
/// | `Valid<Json<T>>` | `application/json` or `application/..+json` | [`BodyLimit`] |
/// | `Valid<Form<T>>` | `application/x-www-form-urlencoded`; of a `GET` or `HEAD` the query | [`BodyLimit`], 1,000 pairs |
/// | `Valid<Multipart<T>>` (feature `rustix`, on Unix) | `multipart/form-data` | those of [`Uploads`](crate::upload::Uploads) |
/// | `Valid<Query<T>>` | the query | 8 KiB, 1,000 pairs |
/// | `Valid<Path<T>>` | the parameters of the route, by name | 8 KiB |
///
/// # Example
///
/// ```
/// use axum::{Json, Router, routing::post};
/// use palisade_input_validation::{Check, Line, Valid};
/// use serde::Deserialize;
///
/// #[derive(Deserialize, Check)]
/// #[serde(deny_unknown_fields)]
/// struct Room {
///     name: Line<40>,
///     #[check(range(1..=500))]
///     seats: u16,
/// }
///
/// async fn add(room: Valid<Json<Room>>) -> String {
///     format!("{} has {} seats", room.name, room.seats)
/// }
///
/// let app: Router = Router::new().route("/rooms", post(add));
/// # drop(app);
/// ```
pub struct Valid<E> {
    inner: E,
}

impl<E> Valid<E> {
    #[cfg(all(unix, feature = "rustix"))]
    pub(crate) const fn from_checked(inner: E) -> Self {
        Self { inner }
    }

    /// Returns what was read; from here on nothing keeps it valid.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.inner
    }
}

impl<E: Deref> Deref for Valid<E> {
    type Target = E::Target;

    fn deref(&self) -> &E::Target {
        &self.inner
    }
}

/// Shows no value.
impl<E> fmt::Debug for Valid<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Valid(of a request)")
    }
}

/// The most bytes that a body has, 2 MiB unless a layer says otherwise:
/// `Extension(BodyLimit::new(64 * 1024))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    bytes: usize,
}

impl BodyLimit {
    /// Limits bodies to as many bytes.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        Self { bytes }
    }
}

impl Default for BodyLimit {
    fn default() -> Self {
        Self::new(2 * 1024 * 1024)
    }
}

/// The clock of rules that ask what time it is ([`At::now`](crate::issue::At::now)); a layer says which:
/// `Extension(CheckClock::new(clock))`. Without it they refuse.
#[derive(Clone)]
pub struct CheckClock {
    clock: Arc<dyn Clock>,
}

impl CheckClock {
    /// Reads requests by that clock.
    #[must_use]
    pub const fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl fmt::Debug for CheckClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckClock")
    }
}

/// A request that was refused, with the language of its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    refusal: Refusal,
    request: Language,
}

impl Rejected {
    /// Refuses a request, and reports it; for extractors of an application.
    pub fn new(refusal: impl Into<Refusal>, request: &HeaderMap) -> Self {
        let refusal = refusal.into();
        refusal.report();
        Self { refusal, request: language_of(request) }
    }

    /// Returns what is wrong.
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        self.refusal.response_in(self.request)
    }
}

/// An extractor that answers every refusal alike, for sign-in: see [`Refusal::uniform`].
///
/// ```
/// use axum::Json;
/// use palisade_input_validation::{Uniform, Valid};
/// # type Login = String;
///
/// async fn sign_in(login: Uniform<Valid<Json<Login>>>) {}
/// ```
#[derive(Debug)]
pub struct Uniform<E> {
    inner: E,
}

impl<E: Deref> Deref for Uniform<E> {
    type Target = E::Target;

    fn deref(&self) -> &E::Target {
        &self.inner
    }
}

impl<E> Uniform<E> {
    /// Returns the extractor that was wrapped.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.inner
    }
}

/// The answer of [`Uniform`], whatever was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UniformRejected;

impl IntoResponse for UniformRejected {
    fn into_response(self) -> Response {
        Refusal::uniform().response()
    }
}

impl<E: FromRequest<S, Rejection = Rejected>, S: Send + Sync> FromRequest<S> for Uniform<E> {
    type Rejection = UniformRejected;

    async fn from_request(request: Request, state: &S) -> Result<Self, UniformRejected> {
        let read = E::from_request(request, state).await;
        read.map(|inner| Self { inner }).map_err(|_| UniformRejected)
    }
}

impl<T: Check + DeserializeOwned, S: Sync> FromRequest<S> for Valid<Json<T>> {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> Result<Self, Rejected> {
        let (parts, body) = request.into_parts();
        let body = collect(&parts, body, is_json).await?;
        let value =
            reader(&parts).json(&body).map_err(|issues| Rejected::new(issues, &parts.headers))?;
        Ok(Self { inner: Json(value) })
    }
}

impl<T: Check, S: Sync> FromRequest<S> for Valid<Form<T>> {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> Result<Self, Rejected> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let (parts, _) = request.into_parts();
            return query(&parts).map(|value| Self { inner: Form(value) });
        }
        let (parts, body) = request.into_parts();
        let body = collect(&parts, body, is_form).await?;
        let pairs = std::str::from_utf8(&body);
        let pairs = pairs.map_err(|_| Rejected::new(Reason::Malformed, &parts.headers))?;
        let value = reader(&parts).pairs(pairs);
        let value = value.map_err(|issues| Rejected::new(issues, &parts.headers))?;
        Ok(Self { inner: Form(value) })
    }
}

impl<T: Check, S: Sync> FromRequestParts<S> for Valid<Query<T>> {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejected> {
        query(parts).map(|value| Self { inner: Query(value) })
    }
}

impl<T: Check, S: Send + Sync> FromRequestParts<S> for Valid<Path<T>> {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejected> {
        bounded(parts)?;
        let read = RawPathParams::from_request_parts(parts, state).await;
        let pairs = read.map_err(|_| Rejected::new(Reason::Malformed, &parts.headers))?;
        let value = reader(parts).fields(pairs.iter().map(|(name, text)| (name, Some(text))));
        let value = value.map_err(|issues| Rejected::new(issues, &parts.headers))?;
        Ok(Self { inner: Path(value) })
    }
}

/// Bytes of a URL that are read.
const LONGEST: usize = 8 * 1024;

pub(crate) fn reader(parts: &Parts) -> Reader {
    let clock = parts.extensions.get::<CheckClock>();
    clock.map_or(Reader::new(), |clock| Reader::at(clock.clock.wall()))
}

fn bounded(parts: &Parts) -> Result<(), Rejected> {
    let length = parts.uri.path_and_query().map_or(0, |text| text.as_str().len());
    if length > LONGEST { Err(Rejected::new(Reason::UriTooLong, &parts.headers)) } else { Ok(()) }
}

fn query<T: Check>(parts: &Parts) -> Result<T, Rejected> {
    bounded(parts)?;
    let read = reader(parts).pairs(parts.uri.query().unwrap_or_default());
    read.map_err(|issues| Rejected::new(issues, &parts.headers))
}

/// Reads a body of that type, within the limit.
async fn collect(parts: &Parts, body: Body, is_type: fn(&str) -> bool) -> Result<Bytes, Rejected> {
    let mut types = parts.headers.get_all(CONTENT_TYPE).iter();
    let named = types.next().and_then(|value| value.to_str().ok());
    let essence = named.map(|named| named.split(';').next().unwrap_or_default().trim());
    if types.next().is_some() || !essence.is_some_and(is_type) {
        return Err(Rejected::new(Reason::UnsupportedType, &parts.headers));
    }
    let limit = parts.extensions.get::<BodyLimit>().copied().unwrap_or_default().bytes;
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Rejected::new(Reason::BodyTooLarge, &parts.headers));
    }
    gather(body, limit).await.map_err(|reason| Rejected::new(reason, &parts.headers))
}

/// A body that comes in one piece, as most do, is not copied.
async fn gather(mut body: Body, limit: usize) -> Result<Bytes, Reason> {
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Reason::Unreadable)?.into_data() else { continue };
        let length = first.len().max(all.len()).saturating_add(piece.len());
        if length > limit {
            return Err(Reason::BodyTooLarge);
        }
        if first.is_empty() {
            first = piece;
            continue;
        }
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&piece);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn is_json(essence: &str) -> bool {
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let suffix = subtype.rsplit('+').next().unwrap_or_default();
    kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case("json")
}

const fn is_form(essence: &str) -> bool {
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
