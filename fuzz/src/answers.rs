//! Targets of `palisade_cache::http`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use palisade_cache::http::policy::{
    Asked, Decision, Policy, ResponseControl, Rules, Selection, Sharing, Times, Word, named,
};
use palisade_cache::http::{HttpCacheLayer, HttpCacheService};
use palisade_core::{Clock as _, SystemClock};
use tokio::runtime::{Builder, Runtime};
use tower_layer::Layer as _;
use tower_service::Service;

/// Fields of a request and of its answer, one a line, read by every parser of the policy.
pub fn cache_control(data: &[u8]) {
    const FIELDS: [&str; 10] = [
        "cache-control",
        "cdn-cache-control",
        "vary",
        "expires",
        "age",
        "date",
        "last-modified",
        "pragma",
        "location",
        "cookie",
    ];
    let (mut asked, mut answered) = (HeaderMap::new(), HeaderMap::new());
    for line in data.split(|byte| *byte == b'\n').take(16) {
        let Some((first, value)) = line.split_first() else { continue };
        let field = FIELDS[usize::from(*first) % FIELDS.len()];
        if let Ok(value) = HeaderValue::from_bytes(value) {
            asked.append(field, value.clone());
            answered.append(field, value);
        }
    }
    if let Some(selection) = Selection::of(&answered, &asked) {
        assert!(selection.matches(&asked), "a request selects what it selected");
        assert!(selection.fields().count() <= 16);
    }
    for path in named(&answered, b"host.example") {
        assert!(path.starts_with('/'));
    }
    let now = SystemClock::new().now();
    let times = Times::new(now, now, SystemTime::UNIX_EPOCH);
    let nobody = Asked::default();
    let read = |sharing, headers: &HeaderMap| {
        Policy::of(&Rules::new(sharing), &nobody, StatusCode::OK, headers, &times)
    };
    for sharing in [Sharing::Shared, Sharing::Private] {
        let policy = read(sharing, &answered);
        if let Ok(policy) = policy {
            let cookies = asked.contains_key("cookie");
            let decision = policy.serve(&Asked::of(&asked), times.received);
            let control = ResponseControl::parse(&answered);
            let for_all = control.says(Word::Public) || control.s_maxage().is_some();
            let targeted = answered.contains_key("cdn-cache-control");
            if cookies && sharing == Sharing::Shared && !for_all && !targeted {
                assert_eq!(decision, Decision::NotForThis);
            }
            let later = times.received + Duration::from_secs(policy.lifetime().into());
            assert_ne!(policy.serve(&nobody, later), Decision::Fresh);
        }
        answered.append("cache-control", HeaderValue::from_static("max-age=0"));
        let after = read(sharing, &answered);
        assert!(after.is_err() || policy.is_ok(), "what says more is kept no more");
    }
}

/// What the handler's answer depends on, and what a request may have.
const SOURCES: [(&str, [&str; 3]); 5] = [
    ("cookie", ["s=A", "s=B", "s=A; t=1"]),
    ("authorization", ["A", "B", "C"]),
    ("x-forwarded-host", ["evil.example", "other.example", ""]),
    ("accept-language", ["en", "ne", "en, ne"]),
    ("host", ["a.example", "b.example", "A.example"]),
];

/// A handler that shows what it read of a request, and says of it what it likes, but for one lie: that what
/// depends on who asks is for all.
#[derive(Clone)]
struct Handler {
    reads: u8,
    fields: HeaderMap,
}

impl Handler {
    fn new(reads: u8, says: u8, control: &[u8]) -> Self {
        let mut fields = HeaderMap::new();
        if let Ok(control) = HeaderValue::from_bytes(control) {
            fields.append("cache-control", control);
        }
        let menu = [
            ("cache-control", "max-age=60"),
            ("etag", "\"1\""),
            ("set-cookie", "s=new"),
            ("vary", "cookie"),
            ("expires", "Sun, 06 Nov 2094 08:49:37 GMT"),
            ("cdn-cache-control", "max-age=60"),
            ("cache-control", "public"),
            ("cache-control", "private"),
        ];
        for (bit, (name, value)) in menu.into_iter().enumerate() {
            if says & (1 << bit) != 0 {
                fields.append(name, HeaderValue::from_static(value));
            }
        }
        let control = ResponseControl::parse(&fields);
        let for_all = control.says(Word::Public) || control.s_maxage().is_some();
        let mut reads = reads;
        if for_all {
            reads &= !0b11;
        }
        if control.says(Word::MustRevalidate) {
            reads &= !0b10;
        }
        if reads & 0b1000 != 0 {
            fields.append("vary", HeaderValue::from_static("accept-language"));
        }
        Self { reads, fields }
    }

    fn answer(&self, request: &Request<Full<bytes::Bytes>>) -> Response<Full<bytes::Bytes>> {
        let mut text = format!("{} ", request.uri());
        for (bit, (name, _)) in SOURCES.iter().enumerate() {
            if self.reads & (1 << bit) != 0 {
                let value = request.headers().get(*name);
                text.extend([format!("{value:?} ")]);
            }
        }
        let mut response = Response::new(Full::from(text));
        *response.headers_mut() = self.fields.clone();
        response
    }
}

impl Service<Request<Full<bytes::Bytes>>> for Handler {
    type Response = Response<Full<bytes::Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<bytes::Bytes>>) -> Self::Future {
        ready(Ok(self.answer(&request)))
    }
}

fn request(has: u8, which: u8) -> Request<Full<bytes::Bytes>> {
    let mut request = Request::new(Full::default());
    *request.method_mut() = if has & 128 == 0 { Method::GET } else { Method::POST };
    let target = if has & 64 == 0 { "/page" } else { "/page?id=1" };
    *request.uri_mut() = target.parse().expect("a path");
    for (bit, (name, values)) in SOURCES.iter().enumerate() {
        if has & (1 << bit) != 0 {
            let value = values[usize::from(which >> bit) % values.len()];
            let name = HeaderName::from_static(name);
            request.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    request
}

/// A random handler and people who ask it through a shared cache: each gets what he would get without it.
pub fn cache_http_policy(data: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    let Some(([reads, says, one, other, which, that], control)) = data.split_first_chunk() else {
        return;
    };
    let handler = Handler::new(*reads, *says, control);
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let mut service: HttpCacheService<Handler> =
                HttpCacheLayer::shared().build().layer(handler.clone());
            for (has, which) in [(one, which), (other, that), (one, that), (one, which)] {
                let expected = handler.answer(&request(*has, *which));
                let call = service.call(request(*has, *which));
                let Ok(answered) = call.await;
                assert_eq!(read(answered).await, read(expected).await);
            }
        });
    });
}

async fn read<B>(response: Response<B>) -> bytes::Bytes
where
    B: http_body::Body<Data = bytes::Bytes, Error = Infallible>,
{
    match response.into_body().collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(never) => match never {},
    }
}
