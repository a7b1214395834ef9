//! Answers that carry secrets.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body as _, Frame};
use palisade_passwords::leak_guard::{
    Leak, LeakGuard, LeakGuardLayer, ResponseBody, SecretError, Secrets,
};
use palisade_testkit::alloc::count;
use proptest::prelude::*;
use tower::{Layer, ServiceExt};

use crate::events::listen;

const SECRET: &str = "t\u{e4}n&\"g<e>r i'n\\e/b+s%lt*~7";

fn secrets(all: &[&str]) -> Secrets {
    let add = |secrets: palisade_passwords::leak_guard::SecretsBuilder, secret: &&str| {
        secrets.add("canary", secret.as_bytes()).unwrap()
    };
    all.iter().fold(Secrets::new(), add).finish()
}

/// How others write the secret.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let ascii: String = serde_json::to_string(secret)
        .unwrap()
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;");
    let askama = html
        .replace("&amp;", "&#38;")
        .replace("&lt;", "&#60;")
        .replace("&gt;", "&#62;")
        .replace("&quot;", "&#34;")
        .replace("&#x27;", "&#39;");
    let form = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    // As the URL crates write a component, and what JavaScript leaves as it is.
    let component = form.replace('+', "%20").replace("%7E", "~");
    let script = component.replace("%27", "'");
    let hex = secret.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let mut forms = vec![
        ("as it is", secret.to_owned()),
        ("JSON", serde_json::to_string(secret).unwrap()),
        ("JSON in ASCII", ascii),
        ("HTML", html.clone()),
        ("HTML, decimal", html.replace("&#x27;", "&#39;")),
        ("HTML of askama", askama),
        ("HTML of maud", html.replace("&#x27;", "'")),
        ("HTML of MiniJinja", html.replace('/', "&#x2f;")),
        ("HTML of Tera", html.replace('/', "&#x2F;")),
        ("form", form.clone()),
        (
            "form, small letters",
            form.replace("%C3", "%c3")
                .replace("%A4", "%a4")
                .replace("%2F", "%2f")
                .replace("%2B", "%2b")
                .replace("%5C", "%5c")
                .replace("%3C", "%3c")
                .replace("%3E", "%3e")
                .replace("%7E", "%7e"),
        ),
        ("component", component.replace('*', "%2A")),
        ("component of a script", script),
        ("hex", hex.clone()),
        ("HEX", hex.to_uppercase()),
    ];
    for before in 0..6 {
        for after in 0..4 {
            let text = format!("{}{secret}{}", &"user: "[..before], &"!!! "[..after]);
            forms.push(("base64", STANDARD.encode(&text)));
            forms.push(("base64url", URL_SAFE_NO_PAD.encode(&text)));
        }
    }
    forms
}

#[test]
fn every_form_is_found_in_the_midst_of_an_answer() {
    let secrets = secrets(&[SECRET]);
    for (form, text) in forms(SECRET) {
        let answer = format!("{{\"debug\": {text} }}");
        let leak = secrets.check(answer.as_bytes()).unwrap_err();
        assert_eq!(leak.label(), "canary", "{form}: {answer}");
        // A part of it is another text.
        let without_last = &text.trim_end_matches(['=', '"'])[..8];
        assert!(secrets.check(without_last.as_bytes()).is_ok(), "{form}");
    }
    assert!(secrets.check(b"tangerine, basalt").is_ok());
}

#[test]
fn secrets_of_any_bytes_are_found() {
    let all: Vec<u8> = (0..=255).collect();
    let secrets = Secrets::new().add("binary", &all).unwrap().finish();
    assert_eq!(secrets.check(&all).unwrap_err().label(), "binary");
    assert_eq!(secrets.check(STANDARD.encode(&all).as_bytes()).unwrap_err().label(), "binary");
    let mut other = all;
    for (at, to) in [(253, 254), (254, 255), (255, 253), (0, 1)] {
        let was = std::mem::replace(&mut other[at], to);
        assert!(secrets.check(&other).is_ok(), "{at}");
        other[at] = was;
    }
}

#[test]
fn of_several_secrets_the_one_that_was_found_is_named() {
    let secrets = Secrets::new()
        .add("first", b"abcabcabcd")
        .unwrap()
        .add("second", b"bcabcabce")
        .unwrap()
        .finish();
    assert_eq!(secrets.check(b"abcabcabcabcd").unwrap_err().label(), "first");
    assert_eq!(secrets.check(b"abcabcabcabce").unwrap_err().label(), "second");
    assert!(secrets.check(b"abcabcabcabcabc").is_ok());
    assert_eq!(format!("{secrets:?}"), "Secrets { labels: [\"first\", \"second\"], .. }");
}

#[test]
fn secrets_that_are_too_short_or_too_many_are_refused() {
    let short = Secrets::new().add("pin", b"4711471").unwrap_err();
    assert_eq!(short, SecretError::Short { label: "pin", least: 8 });
    assert!(!short.to_string().contains("4711471"));
    let long = Secrets::new().add("long", &vec![7; 100_000]).unwrap_err();
    assert!(matches!(long, SecretError::TooMany { label: "long", .. }));
    let many = (0..1000).try_fold(Secrets::new(), |secrets, n| {
        secrets.add("one of many", format!("secret number {n}").as_bytes())
    });
    assert!(matches!(many, Err(SecretError::TooMany { .. })));
    assert!(Secrets::new().finish().check(b"anything").is_ok());
}

/// A body of frames, some of which are not there yet.
#[derive(Default)]
struct Frames(VecDeque<Option<Result<Frame<Bytes>, std::io::Error>>>);

impl Frames {
    fn of(chunks: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(chunks.into_iter().map(|chunk| Some(Ok(Frame::data(chunk.into())))).collect())
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.0.pop_front() {
            None => Poll::Ready(None),
            Some(None) => Poll::Pending,
            Some(frame) => Poll::Ready(frame),
        }
    }
}

type Answer<B> = Response<ResponseBody<B>>;

/// The answer as it leaves the layer; the handler gives it at once.
fn guard<B>(secrets: &Secrets, response: Response<B>) -> Answer<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut response = Some(response);
    let inner = tower::service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap()))
    });
    let call = LeakGuardLayer::new(secrets.clone()).layer(inner).oneshot(Request::new(()));
    let mut call = std::pin::pin!(call);
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(answer)) => answer,
        _ => panic!("there at once"),
    }
}

/// What a client gets of the body: bytes, trailers, and the error that ended it.
fn drain<B>(body: &mut ResponseBody<B>) -> (Vec<u8>, Option<HeaderMap>, Option<String>)
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (mut bytes, mut trailers) = (Vec::new(), None);
    loop {
        match Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {}
            Poll::Ready(None) => return (bytes, trailers, None),
            Poll::Ready(Some(Err(error))) => {
                let next = Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
                assert!(matches!(next, Poll::Ready(None)), "ended");
                return (bytes, trailers, Some(error.to_string()));
            }
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => bytes.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    }
}

fn withheld<B>(mut answer: Answer<B>) -> bool
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let exact = answer.body().size_hint().exact();
    let (bytes, ..) = drain(answer.body_mut());
    assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
    assert_eq!(exact, Some(u64::try_from(bytes.len()).unwrap()));
    answer.status() == StatusCode::INTERNAL_SERVER_ERROR
        && answer.headers()["content-type"] == "application/problem+json"
        && bytes.starts_with(b"{")
}

#[test]
fn a_secret_in_the_body_or_a_header_leaves_without_the_layer_and_not_with_it() {
    let app = Router::new()
        .route("/body", get(|| async { format!("config: {SECRET}") }))
        .route("/header", get(|| async { [("x-debug", URL_SAFE_NO_PAD.encode(SECRET))] }))
        .route("/none", get(|| async { "hello" }));
    let holds = async |app: Router, path: &str| {
        let answer = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 4096).await.unwrap();
        let all = format!("{:?} {}", parts.headers, String::from_utf8_lossy(&body));
        let found = all.contains(SECRET) || all.contains(&URL_SAFE_NO_PAD.encode(SECRET));
        (parts.status.as_u16(), found)
    };
    let told = listen(async {
        let guarded = app.clone().layer(LeakGuardLayer::new(secrets(&[SECRET])));
        for path in ["/body", "/header"] {
            assert_eq!(holds(app.clone(), path).await, (200, true), "{path}");
            assert_eq!(holds(guarded.clone(), path).await, (500, false), "{path}");
        }
        assert_eq!(holds(guarded, "/none").await, (200, false));
    });
    assert_eq!(told.len(), 2, "{told:?}");
    for event in told {
        assert!(event.contains("event=\"sensitive_read\" secret=\"canary\""), "{event}");
        assert!(!event.contains(SECRET));
    }
}

#[test]
fn a_secret_across_frames_never_leaves_whole() {
    let secrets = secrets(&[SECRET]);
    let text = format!("before {SECRET} after");
    for length in 1..text.len() {
        // There at once: a clean refusal.
        let chunks = text.as_bytes().chunks(length).map(<[u8]>::to_vec);
        assert!(withheld(guard(&secrets, Response::new(Frames::of(chunks)))), "{length}");
        // The head has left: the body ends early.
        let chunks = text.as_bytes().chunks(length).map(<[u8]>::to_vec);
        let mut frames = Frames::of(chunks);
        frames.0.push_front(None);
        let mut answer = guard(&secrets, Response::new(frames));
        assert_eq!(answer.status(), StatusCode::OK);
        let (bytes, _, error) = drain(answer.body_mut());
        assert_eq!(error.as_deref(), Some("the answer holds the secret \"canary\""));
        let begun = "before ".len();
        assert!(bytes.len() <= begun, "{length}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn an_answer_that_waits_leaves_as_far_as_it_is_there() {
    let secrets = secrets(&["tangerine-basalt"]);
    let mut frames = Frames::of([b"event: 1\n".to_vec(), b"event: tangerine".to_vec()]);
    frames.0.push_back(None);
    frames.0.push_back(Some(Ok(Frame::data(Bytes::from_static(b"s\n")))));
    let mut answer = guard(&secrets, Response::new(frames));
    let mut next = || {
        let polled =
            Pin::new(answer.body_mut()).poll_frame(&mut Context::from_waker(Waker::noop()));
        polled.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    };
    assert_eq!(next(), Poll::Ready(Some("event: 1\n".into())));
    // Only what may become the secret waits.
    assert_eq!(next(), Poll::Ready(Some("event: ".into())));
    let rest: Vec<u8> = std::iter::from_fn(|| match next() {
        Poll::Ready(bytes) => bytes.map(Vec::from),
        Poll::Pending => Some(Vec::new()),
    })
    .flatten()
    .collect();
    assert_eq!(rest, b"tangerines\n");
}

#[test]
fn trailers_are_looked_at_and_pass() {
    for (value, leaks) in [("fine", false), ("tangerine-basalt", true)] {
        for at_once in [true, false] {
            let mut frames = Frames::of([b"body".to_vec()]);
            if !at_once {
                frames.0.push_front(None);
            }
            let trailers = HeaderMap::from_iter([(
                http::HeaderName::from_static("x-note"),
                HeaderValue::from_static(value),
            )]);
            frames.0.push_back(Some(Ok(Frame::trailers(trailers.clone()))));
            let mut answer = guard(&secrets(&["tangerine-basalt"]), Response::new(frames));
            let (bytes, got, error) = drain(answer.body_mut());
            if leaks {
                assert!(answer.status() == 500 || error.is_some());
                assert_eq!(got, None);
            } else {
                assert_eq!((bytes, got, error), (b"body".to_vec(), Some(trailers), None));
            }
        }
    }
}

#[test]
fn an_error_of_the_body_comes_behind_what_came_before_it() {
    let mut frames = Frames::of([b"half an answer, tang".to_vec()]);
    frames.0.push_back(Some(Err(std::io::Error::other("broken"))));
    let mut answer = guard(&secrets(&["tangerine-basalt"]), Response::new(frames));
    let (bytes, _, error) = drain(answer.body_mut());
    assert_eq!((bytes.as_slice(), error.as_deref()), (&b"half an answer, "[..], Some("broken")));
}

#[test]
fn the_length_of_a_body_stays_known_and_its_bytes_are_not_copied() {
    let bytes = Bytes::from(vec![b'a'; 100_000]);
    let place = bytes.as_ptr();
    let mut answer = guard(&secrets(&["aaaaaaaab"]), Response::new(Body::from(bytes)));
    assert_eq!(answer.body().size_hint().exact(), Some(100_000));
    let first = Pin::new(answer.body_mut()).poll_frame(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Some(Ok(frame))) = first else { panic!("a frame") };
    let data = frame.into_data().unwrap();
    assert_eq!((data.as_ptr(), data.len()), (place, 100_000));
    assert!(answer.body().is_end_stream());
    let empty = guard(&secrets(&["aaaaaaaab"]), Response::new(Body::empty()));
    assert!(empty.body().is_end_stream());
}

#[test]
fn many_small_frames_are_held_in_little_memory() {
    let secret = "a".repeat(2000);
    let mut frames =
        Frames::of((0..10_000).map(|n| vec![if n % 1999 == 1998 { b'b' } else { b'a' }]));
    frames.0.push_front(None);
    let mut answer = guard(&secrets(&[&secret]), Response::new(frames));
    let made = count(|| drain(answer.body_mut()));
    assert!(made.bytes < 1_000_000, "{made:?}");
}

#[test]
fn a_body_without_end_is_not_awaited_before_its_head_leaves() {
    let endless = Frames::of((0..10_000).map(|_| vec![b'.']));
    let answer = guard(&secrets(&["tangerine-basalt"]), Response::new(endless));
    assert_eq!(format!("{:?}", answer.body()), "ResponseBody { waiting: 64, .. }");
    let endless = Frames::of((0..100).map(|_| vec![b'.'; 10_000]));
    let answer = guard(&secrets(&["tangerine-basalt"]), Response::new(endless));
    assert_eq!(format!("{:?}", answer.body()), "ResponseBody { waiting: 70000, .. }");
}

#[test]
fn the_way_through_costs_no_allocation_and_a_clone_is_one_pointer() {
    let secrets = secrets(&[SECRET]);
    let layer = LeakGuardLayer::new(secrets);
    let mut service = layer.layer(tower::service_fn(|_: Request<()>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    }));
    let mut call = std::pin::pin!(tower::Service::call(&mut service, Request::new(())));
    let made = count(|| call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(made.allocations, 0, "an empty body");
    assert_eq!(size_of::<LeakGuard<()>>(), size_of::<usize>());
}

/// The forms of these secrets are themselves, their base64 and their hex: letters of few kinds, so
/// that beginnings overlap.
const ALIKE: [&str; 3] = ["abababab", "babababac", "abacababac"];

proptest! {
    #[test]
    fn what_leaves_is_the_answer_or_holds_no_secret(
        text in "(a|b|ab|aba|c|YWJhYm|[ab]{0,9}c?){0,12}",
        cuts in prop::collection::vec(1..7_usize, 1..40),
        waits: bool,
    ) {
        let mut rest = text.as_bytes();
        let mut frames = Frames::default();
        if waits {
            frames.0.push_back(None);
        }
        for cut in cuts.iter().cycle() {
            let Some(chunk) = rest.get(..*cut) else { break };
            frames.0.push_back(Some(Ok(Frame::data(Bytes::copy_from_slice(chunk)))));
            rest = &rest[*cut..];
        }
        frames.0.push_back(Some(Ok(Frame::data(Bytes::copy_from_slice(rest)))));
        let holds = |text: &str| ALIKE.iter().any(|secret| {
            forms(secret).iter().any(|(form, written)| {
                let written = if form.starts_with("base64") { "YWJhYmFiYW" } else { written };
                text.contains(written)
            })
        });
        let secrets = secrets(&ALIKE);
        let leaks = secrets.check(text.as_bytes()).is_err();
        prop_assert!(leaks || !holds(&text), "{}", text);
        let mut answer = guard(&secrets, Response::new(frames));
        let (bytes, _, error) = drain(answer.body_mut());
        if leaks {
            prop_assert_eq!((answer.status() == 500) != waits, true);
            prop_assert_eq!(error.is_some(), waits);
            prop_assert!(secrets.check(&bytes).is_ok());
        } else {
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
        }
    }
}

#[test]
fn an_error_can_be_told_from_others() {
    let error: Box<dyn Error + Send + Sync> =
        secrets(&[SECRET]).check(SECRET.as_bytes()).unwrap_err().into();
    assert!(error.downcast_ref::<Leak>().is_some());
}
