//! The layer around a service that answers at once.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum_governor::extractor::PeerIp;
use harness::Contestant;
use http::{Request, Response};
use palisade_edge::{ClientIp, Peer, TrustedProxies, client_ip};
use palisade_ratelimit::fields::Fields;
use palisade_ratelimit::key::Key;
use palisade_ratelimit::{Limits, Quota, RateLimitLayer, Rule};
use tower::{Layer, Service};
use tower_governor::key_extractor::PeerIpKeyExtractor;

#[derive(Clone)]
struct Page;

impl Service<Request<Body>> for Page {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(Response::new(Body::empty())))
    }
}

/// A thousand clients, each with a network of its own.
fn clients() -> Vec<(SocketAddr, ClientIp)> {
    let of = |number: u128| {
        let address = Ipv6Addr::from(0x2001_0db8_u128 << 96 | number << 80 | 1);
        let peer = SocketAddr::new(IpAddr::V6(address), 40_000);
        let none = TrustedProxies::none();
        (peer, client_ip(&Peer::new(peer), &http::HeaderMap::new(), &none).expect("a client"))
    };
    (0..1000).map(of).collect()
}

/// Makes a request, clones the service as axum does, and drives it by hand.
fn contestant<S, B>(name: &'static str, service: S) -> Contestant
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + 'static,
{
    let clients = clients();
    let mut position = 0;
    Contestant::new(name, move || {
        position = (position + 1) % clients.len();
        let (peer, client) = clients[position];
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(client);
        let mut service = service.clone();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready(), "ready at once");
        let future = pin!(service.call(black_box(request)));
        match future.poll(&mut cx) {
            Poll::Ready(Ok(response)) => drop(black_box(response)),
            _ => unreachable!("it answers at once"),
        }
    })
}

fn ours(name: &'static str, quota: Quota, fields: Fields, key: Key) -> Contestant {
    let rule = Rule::new("api", quota).by(key);
    let limits = Limits::builder().rule(rule).fields(fields).finish().expect("a rule");
    contestant(name, RateLimitLayer::new(limits).layer(Page))
}

const FAST: Quota = Quota::per_second(1_000_000);
const SLOW: Quota = Quota::per_hour(1);

/// The client's network alone, as peers count an address alone.
fn network() -> Key {
    Key::of("network", |head| {
        let address = head.extensions().get::<ClientIp>()?.address();
        let IpAddr::V6(address) = address else { return None };
        u64::try_from(address.to_bits() >> 64).ok().map(Into::into)
    })
}

fn tower_governor(name: &'static str, seconds: u64, burst: u32, fields: bool) -> Contestant {
    let mut builder = tower_governor::governor::GovernorConfigBuilder::default();
    let mut builder = builder.key_extractor(PeerIpKeyExtractor);
    if seconds > 0 {
        builder.per_second(seconds)
    } else {
        builder.per_nanosecond(1000)
    };
    builder.burst_size(burst);
    if fields {
        let config = builder.use_headers().finish().expect("a quota");
        return contestant(name, tower_governor::GovernorLayer::new(config).layer(Page));
    }
    let config = builder.finish().expect("a quota");
    contestant(name, tower_governor::GovernorLayer::new(config).layer(Page))
}

fn axum_governor(name: &'static str, quota: axum_governor::Quota) -> Contestant {
    let config = axum_governor::GovernorConfigBuilder::default()
        .with_extractor(PeerIp::default())
        .expect_connect_info()
        .gc_disable()
        .quota_default(quota)
        .finish()
        .expect("a quota");
    contestant(name, axum_governor::GovernorLayer::new(config).layer(Page))
}

fn many() -> axum_governor::Quota {
    axum_governor::Quota::requests_per_second(1_000_000.try_into().expect("not 0"))
}

pub(crate) fn silent() -> Vec<Contestant> {
    vec![
        ours("palisade-ratelimit, one network", FAST, Fields::none(), network()),
        ours("palisade-ratelimit, /64 /56 /48", FAST, Fields::none(), Key::client_ip()),
        tower_governor("tower_governor 0.8 PeerIp", 0, 1_000_000, false),
        contestant("no layer", Page),
    ]
}

pub(crate) fn telling() -> Vec<Contestant> {
    vec![
        ours("palisade-ratelimit, one network", FAST, Fields::default(), network()),
        ours("palisade-ratelimit, /64 /56 /48", FAST, Fields::default(), Key::client_ip()),
        axum_governor("axum-governor 2.1 PeerIp", many()),
        tower_governor("tower_governor 0.8 PeerIp", 0, 1_000_000, true),
        contestant("no layer", Page),
    ]
}

pub(crate) fn refused() -> Vec<Contestant> {
    vec![
        ours("palisade-ratelimit, one network", SLOW, Fields::default(), network()),
        ours("palisade-ratelimit, /64 /56 /48", SLOW, Fields::default(), Key::client_ip()),
        ours("palisade-ratelimit, admitted", FAST, Fields::default(), network()),
        axum_governor(
            "axum-governor 2.1 PeerIp",
            axum_governor::Quota::requests_per_hour(1.try_into().expect("not 0")),
        ),
        tower_governor("tower_governor 0.8 PeerIp", 3600, 1, false),
        contestant("no layer", Page),
    ]
}
