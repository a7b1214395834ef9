//! Hot paths of `palisade-ratelimit`: one decision, and a request through the layer and back.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::net::IpAddr;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use palisade_edge::{ClientIp, Peer, TrustedProxies, client_ip};
use palisade_ratelimit::fields::Fields;
use palisade_ratelimit::key::{Key, KeyHasher};
use palisade_ratelimit::layer::{RateLimit, ResponseBody};
use palisade_ratelimit::store::{Act, Ask, MemoryStore, Reading, RuleId, Store, Verdict};
use palisade_ratelimit::{Limits, Quota, RateLimitLayer, Rule};
use tower_layer::Layer;
use tower_service::Service;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_ratelimit_check", || decided(1, ic_ratelimit_check)),
    ("ic_ratelimit_charge", || {
        let (store, asks) = known(1);
        assert!(asks.iter().all(|ask| black_box(ic_ratelimit_charge(&store, ask)).is_admitted()));
    }),
    ("ic_ratelimit_check_three", || decided(3, ic_ratelimit_check_three)),
    ("ic_ratelimit_layer", || {
        passed(HOURLY, Fields::none(), network(), ic_ratelimit_layer);
    }),
    ("ic_ratelimit_layer_levels", || {
        passed(HOURLY, Fields::none(), Key::client_ip(), ic_ratelimit_layer_levels);
    }),
    ("ic_ratelimit_layer_fields", || {
        passed(HOURLY, Fields::default(), network(), ic_ratelimit_layer_fields);
    }),
    ("ic_ratelimit_layer_refused", || {
        passed(Quota::per_hour(1), Fields::default(), network(), ic_ratelimit_layer_refused);
    }),
];

const HOURLY: Quota = Quota::per_hour(1000);

/// Requests before the one that is counted: the first 256 are looked at for another layer.
const WARM: usize = 260;

/// The client's network alone.
fn network() -> Key {
    Key::of("network", |head| {
        let address = head.extensions().get::<ClientIp>()?.address();
        let IpAddr::V6(address) = address else { return None };
        u64::try_from(address.to_bits() >> 64).ok().map(Into::into)
    })
}

#[derive(Clone, Debug)]
struct Page;

impl Service<Request<()>> for Page {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Bytes::new())))
    }
}

fn request() -> Request<()> {
    let mut request = Request::get("/api/orders").body(()).expect("a request");
    let peer = Peer::new("[2001:db8:1:2::9]:40000".parse().expect("an address"));
    let client = client_ip(&peer, &HeaderMap::new(), &TrustedProxies::none()).expect("a client");
    request.extensions_mut().insert(client);
    request
}

type Answer = Response<ResponseBody<Bytes>>;
type Decided = fn(&MemoryStore, &[Ask]) -> Option<Verdict>;
type Passed = fn(&mut RateLimit<Page>, Request<()>) -> Option<Answer>;

/// A store, and asks of a key that it knows.
fn known(rules: u8) -> (MemoryStore, Vec<Ask>) {
    let store = MemoryStore::with_bytes(1 << 20).expect("a size").for_quotas([HOURLY]);
    let subject = KeyHasher::keyed(&[7; 16]).word(64, 7);
    let meter = HOURLY.meter().expect("a rate");
    let asks: Vec<Ask> =
        (0..rules).map(|rule| Ask::new(subject, RuleId::of("", rule), meter)).collect();
    for _ in 0..8 {
        black_box(store.decide_now(black_box(&asks), Act::Charge));
    }
    (store, asks)
}

fn decided(rules: u8, measured: Decided) {
    let (store, asks) = known(rules);
    assert!(black_box(measured(&store, &asks)).is_some_and(|verdict| verdict.is_admitted()));
}

fn passed(quota: Quota, fields: Fields, key: Key, measured: Passed) {
    let rule = Rule::new("api", quota).by(key);
    let limits = Limits::builder().rule(rule).fields(fields);
    let mut service = RateLimitLayer::new(limits.finish().expect("a rule")).layer(Page);
    for _ in 0..WARM {
        black_box(through::<0>(black_box(&mut service), request()));
    }
    let request = request();
    let answer = black_box(measured(&mut service, request)).expect("an answer");
    assert_eq!(answer.status() == 429, quota != HOURLY);
}

/// Drives a request by hand; functions of one body would become one symbol, so each has a number.
fn through<const NUMBER: u8>(
    service: &mut RateLimit<Page>,
    request: Request<()>,
) -> Option<Answer> {
    black_box(NUMBER);
    let future = pin!(service.call(request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(answer)) => Some(answer),
        Poll::Pending => None,
    }
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_charge(store: &MemoryStore, ask: &Ask) -> Reading {
    store.charge(ask)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_check(store: &MemoryStore, asks: &[Ask]) -> Option<Verdict> {
    store.decide_now(asks, Act::Charge)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_check_three(store: &MemoryStore, asks: &[Ask]) -> Option<Verdict> {
    store.decide_now(black_box(asks), Act::Charge)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_layer(service: &mut RateLimit<Page>, request: Request<()>) -> Option<Answer> {
    through::<1>(service, request)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_layer_levels(
    service: &mut RateLimit<Page>,
    request: Request<()>,
) -> Option<Answer> {
    through::<2>(service, request)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_layer_fields(
    service: &mut RateLimit<Page>,
    request: Request<()>,
) -> Option<Answer> {
    through::<3>(service, request)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_ratelimit_layer_refused(
    service: &mut RateLimit<Page>,
    request: Request<()>,
) -> Option<Answer> {
    through::<4>(service, request)
}
