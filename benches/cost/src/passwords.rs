//! Hot paths of `palisade-passwords`: what a request costs over the bare service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};
use std::time::{Duration, UNIX_EPOCH};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use palisade_passwords::leak_guard::Secrets;
use palisade_passwords::must_change::{Exits, MustChange, MustChangeLayer};
use palisade_passwords::session::{Account, Lifetime, Session, SessionId, Stamp, Standing};
use tower_layer::Layer;
use tower_service::Service;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_passwords_must_change", || {
        called(Account::settled(Stamp::FIRST), ic_passwords_must_change);
    }),
    ("ic_passwords_must_change_exit", || {
        called(Account::must_change(Stamp::FIRST), ic_passwords_must_change_exit);
    }),
    ("ic_passwords_leak_guard_headers", || {
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CONTENT_LENGTH, HeaderValue::from_static("1024")),
        ]);
        let secrets = secrets();
        black_box(secrets.check_headers(black_box(&headers))).expect("no secret");
        black_box(ic_passwords_leak_guard_headers(&secrets, &headers));
    }),
    ("ic_passwords_leak_guard_1k", || {
        let mut body = "{\"code\":\"S-00017\",\"name\":\"Student No. 17\"},".repeat(30);
        body.truncate(1024);
        let secrets = secrets();
        black_box(secrets.check(black_box(body.as_bytes()))).expect("no secret");
        black_box(ic_passwords_leak_guard_1k(&secrets, body.as_bytes()));
    }),
    ("ic_passwords_session_key", || {
        let text = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
        black_box(SessionId::parse(black_box(text)).map(|id| id.key()));
        black_box(ic_passwords_session_key(text));
    }),
];

fn secrets() -> Secrets {
    let secrets = Secrets::new().add("key", b"arnx6499M4j0-dWG9m6Z_VQIDfLERvDlhmiwnAihbdA");
    secrets.expect("a key").finish()
}

/// Answers at once.
#[derive(Clone, Copy)]
struct Bare;

impl Service<Request<()>> for Bare {
    type Response = Response<bytes::Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        black_box(request);
        ready(Ok(Response::default()))
    }
}

type Called = fn(&mut MustChange<Bare>, Request<()>);

fn called(account: Account, measured: Called) {
    let exits = Exits::new(Method::POST, "/api/v1/auth/password")
        .and_then(|exits| exits.and(Method::POST, "/api/v1/auth/logout"))
        .expect("exits");
    let layer = MustChangeLayer::new(exits, |parts| {
        parts.extensions.get::<Standing<u64>>().is_some_and(Standing::is_pending)
    });
    let session = Session::begin(7_u64, &account, UNIX_EPOCH).into_session();
    let lifetime = Lifetime::new(Duration::from_mins(1));
    let standing = session.standing(Some(&account), UNIX_EPOCH, &lifetime).expect("a session");
    let mut service = layer.layer(Bare);
    let request = || {
        let mut request = Request::post("/api/v1/auth/logout").body(()).expect("a request");
        request.extensions_mut().insert(standing.clone());
        request
    };
    drop(black_box(service.call(black_box(request()))));
    measured(&mut service, request());
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_passwords_must_change(service: &mut MustChange<Bare>, request: Request<()>) {
    drop(black_box(service.call(request)));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_passwords_must_change_exit(service: &mut MustChange<Bare>, request: Request<()>) {
    drop(black_box(service.call(black_box(request))));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_passwords_leak_guard_headers(secrets: &Secrets, headers: &HeaderMap) -> bool {
    secrets.check_headers(headers).is_ok()
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_passwords_leak_guard_1k(secrets: &Secrets, body: &[u8]) -> bool {
    secrets.check(body).is_ok()
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_passwords_session_key(text: &str) -> bool {
    SessionId::parse(text).map(|id| id.key()).is_some()
}
