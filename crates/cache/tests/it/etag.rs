//! Conditional requests: what is sent again, what is not, and what must not be overwritten.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use palisade_cache::etag::{EntityTag, EtagLayer, Validators, Verdict, evaluate};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const PAGE: &str = "a page";

fn fields(list: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Asks a handler that answers 200 with these fields.
async fn ask(
    layer: &EtagLayer,
    method: Method,
    asked: &[(&str, &str)],
    answered: &[(&str, &str)],
) -> Response<Full<Bytes>> {
    let answered = fields(answered);
    let service = layer.layer(service_fn(async |_: Request<()>| {
        let mut response = Response::new(Full::from(PAGE));
        *response.headers_mut() = answered.clone();
        Ok::<_, Infallible>(response)
    }));
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.headers_mut() = fields(asked);
    service.oneshot(request).await.unwrap()
}

async fn text(response: Response<Full<Bytes>>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn tag() -> String {
    EntityTag::of(PAGE.as_bytes()).to_value().unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_is_tagged_and_not_sent_twice() {
    let layer = EtagLayer::new();
    let first = ask(&layer, Method::GET, &[], &[("content-type", "text/plain")]).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["etag"], tag());
    assert_eq!(text(first).await, PAGE);
    let answered = [
        ("content-type", "text/plain"),
        ("content-language", "ne"),
        ("cache-control", "private, no-cache"),
        ("vary", "cookie"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    for has in [tag(), format!("W/{}", tag()), format!("\"x\" , {}", tag()), "*".to_owned()] {
        let again = ask(&layer, Method::GET, &[("if-none-match", &has)], &answered).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{has}");
        let names: Vec<_> = again.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        for name in ["etag", "cache-control", "vary", "date"] {
            assert!(again.headers().contains_key(name), "{name}");
        }
        assert_eq!(text(again).await, "");
    }
    let no_comma = format!("\"x\" {}", tag());
    for other in [no_comma.as_str(), "\"x\"", "", ",", "x", "\"x\" \"y\"", &tag()[1..]] {
        let again = ask(&layer, Method::GET, &[("if-none-match", other)], &[]).await;
        assert_eq!((again.status(), text(again).await.as_str()), (StatusCode::OK, PAGE), "{other}");
    }
}

#[tokio::test]
async fn what_must_not_be_kept_is_never_a_304() {
    let layer = EtagLayer::new();
    for answered in [
        ("cache-control", "private, No-Store"),
        ("set-cookie", "session=1"),
        ("content-range", "bytes 0-5/6"),
        ("content-security-policy", "script-src 'nonce-abc'"),
        ("content-security-policy-report-only", "script-src 'Nonce-abc'"),
    ] {
        let tag = tag();
        let with = [answered, ("etag", tag.as_str())];
        let response = ask(&layer, Method::GET, &[("if-none-match", &tag)], &with).await;
        assert_eq!(response.status(), StatusCode::OK, "{answered:?}");
        let response = ask(&layer, Method::GET, &[], &[answered]).await;
        assert!(!response.headers().contains_key("etag"), "{answered:?}");
    }
}

#[tokio::test]
async fn the_handlers_own_validators_are_taken_as_they_are() {
    let layer = EtagLayer::new();
    let own = [("etag", "W/\"7\""), ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")];
    for (asked, status) in [
        (("if-none-match", "\"7\""), 304),
        (("if-none-match", "\"8\""), 200),
        (("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"), 304),
        (("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT"), 200),
        (("if-modified-since", "yesterday"), 200),
        (("if-match", "\"7\""), 412),
        (("if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT"), 412),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let response = ask(&layer, method, &[asked], &own).await;
            assert_eq!(response.status(), status, "{asked:?}");
            if status == 412 {
                assert_eq!(response.headers()["content-type"], "application/problem+json");
                assert!(!response.headers().contains_key("etag"));
            }
        }
    }
    let post = ask(&layer, Method::POST, &[("if-none-match", "\"7\"")], &own).await;
    assert_eq!(post.status(), StatusCode::OK, "what is changed is the handler's to check");
    let head = ask(&layer, Method::HEAD, &[], &[]).await;
    assert!(!head.headers().contains_key("etag"), "the body of the GET is not known");
}

#[tokio::test]
async fn long_bodies_are_left_alone_and_tags_may_be_weak() {
    let short = EtagLayer::new().most_bytes(5).unwrap();
    let response = ask(&short, Method::GET, &[], &[]).await;
    assert!(!response.headers().contains_key("etag"));
    assert_eq!(text(response).await, PAGE);
    assert!(EtagLayer::new().most_bytes(1 << 40).is_err());
    let weak = ask(&EtagLayer::new().weak(), Method::GET, &[], &[]).await;
    assert_eq!(weak.headers()["etag"], format!("W/{}", tag()));
}

/// A body in pieces whose length is known, or not.
struct Pieces {
    left: Vec<Result<&'static str, &'static str>>,
    known: bool,
    whole: Bytes,
}

impl From<Bytes> for Pieces {
    fn from(whole: Bytes) -> Self {
        Self { left: Vec::new(), known: true, whole }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if !self.whole.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.whole)))));
        }
        let piece = if self.left.is_empty() { None } else { Some(self.left.remove(0)) };
        Poll::Ready(piece.map(|piece| piece.map(|piece| Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        let left: usize = self.left.iter().flatten().map(|piece| piece.len()).sum();
        let left = (left + self.whole.len()) as u64;
        if self.known { SizeHint::with_exact(left) } else { SizeHint::default() }
    }
}

#[tokio::test]
async fn pieces_are_put_together_and_what_breaks_off_is_said_before_anything_is_sent() {
    let ask = async |pieces: &[Result<&'static str, &'static str>], known| {
        let layer = EtagLayer::new();
        let service = layer.layer(service_fn(async |_: Request<()>| {
            let body = Pieces { left: pieces.to_vec(), known, whole: Bytes::new() };
            Ok::<_, Infallible>(Response::new(body))
        }));
        service.oneshot(Request::new(())).await.unwrap()
    };
    let whole = ask(&[Ok("a "), Ok("pa"), Ok("ge")], true).await;
    assert_eq!(whole.headers()["etag"], tag());
    assert_eq!(whole.into_body().collect().await.unwrap().to_bytes(), PAGE);
    let endless = ask(&[Ok("a "), Ok("page")], false).await;
    assert!(!endless.headers().contains_key("etag"));
    assert_eq!(endless.into_body().collect().await.unwrap().to_bytes(), PAGE);
    let broken = ask(&[Ok("a "), Err("gone")], true).await;
    assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!broken.headers().contains_key("etag"));
}

#[test]
fn two_who_change_one_thing_cannot_overwrite_each_other() {
    // The table of RFC 9110, section 13.2.2, for changes: what is stored, what is asked, whether it goes on.
    let seven = || Validators::some().tag(EntityTag::parse(b"\"7\"").unwrap());
    let weak = || Validators::some().tag(EntityTag::parse(b"W/\"7\"").unwrap());
    let new = Validators::none;
    let (go, fail) = (Verdict::Proceed, Verdict::Failed);
    for (stored, asked, verdict) in [
        (seven(), vec![], go),
        (seven(), vec![("if-match", "\"7\"")], go),
        (seven(), vec![("if-match", "\"6\", \"7\"")], go),
        (seven(), vec![("if-match", "\"6\""), ("if-match", "\"7\"")], go),
        (seven(), vec![("if-match", "\"6\"")], fail),
        (seven(), vec![("if-match", "7")], fail),
        (seven(), vec![("if-match", "")], fail),
        (seven(), vec![("if-match", "*")], go),
        (seven(), vec![("if-match", "*, \"7\"")], fail),
        (weak(), vec![("if-match", "W/\"7\"")], fail),
        (new(), vec![("if-match", "*")], fail),
        (new(), vec![("if-match", "\"7\"")], fail),
        (new(), vec![("if-none-match", "*")], go),
        (seven(), vec![("if-none-match", "*")], fail),
        (weak(), vec![("if-none-match", "\"7\"")], fail),
        (seven(), vec![("if-none-match", "\"6\"")], go),
        (seven(), vec![("if-none-match", "6")], fail),
        (seven(), vec![("if-match", "\"7\""), ("if-none-match", "\"7\"")], fail),
    ] {
        assert_eq!(
            evaluate(&Method::PUT, &fields(&asked), &stored),
            verdict,
            "{stored:?} {asked:?}"
        );
    }
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let since = fields(&[("if-unmodified-since", "Thu, 01 Jan 1970 00:00:10 GMT")]);
    let modified = |seconds| Validators::some().modified(at(seconds));
    assert_eq!(evaluate(&Method::PUT, &since, &modified(10)), go);
    assert_eq!(evaluate(&Method::PUT, &since, &modified(11)), fail);
    let since = fields(&[("if-modified-since", "Thu, 01 Jan 1970 00:00:10 GMT")]);
    assert_eq!(evaluate(&Method::PUT, &since, &modified(10)), go, "for reads only");
    // If-None-Match goes before the date.
    let both = fields(&[
        ("if-none-match", "\"6\""),
        ("if-modified-since", "Thu, 01 Jan 1970 00:00:10 GMT"),
    ]);
    assert_eq!(evaluate(&Method::GET, &both, &seven().modified(at(9))), go);
}

proptest! {
    #[test]
    fn whatever_stands_in_a_field_is_decided(
        value in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'W'), Just(b'/'), Just(b' '), 0x21..=0xFF_u8], 0..24),
    ) {
        let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
        let stored = Validators::some().tag(EntityTag::of(b"x"));
        for field in ["if-match", "if-none-match"] {
            let mut headers = HeaderMap::new();
            headers.insert(field, value.clone());
            let change = evaluate(&Method::PUT, &headers, &stored);
            // Nothing random names the hash of x.
            let star = value.as_bytes().trim_ascii() == b"*";
            prop_assert!(field != "if-match" || star || change == Verdict::Failed);
            let read = evaluate(&Method::GET, &headers, &stored);
            prop_assert!(field != "if-none-match" || star || read == Verdict::Proceed);
        }
        if let Some(tag) = EntityTag::parse(value.as_bytes()) {
            prop_assert_eq!(tag.to_value().unwrap(), value);
        }
    }
}
