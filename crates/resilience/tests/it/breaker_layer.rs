//! The breaker around a tower service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Response;
use palisade_resilience::breaker::{
    Breaker, BreakerError, BreakerLayer, BreakerPolicy, Phase, ServerErrorsFail,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::breaker::{breaker, open, policy};

#[tokio::test]
async fn a_dead_service_is_called_until_it_opens_and_no_more() {
    let (breaker, clock) = breaker(policy());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let service = BreakerLayer::new(breaker.clone()).layer(service_fn(move |(): ()| {
        counted.fetch_add(1, Ordering::SeqCst);
        ready(Err::<(), _>("down"))
    }));
    for call in 0..1000 {
        let result = service.clone().oneshot(()).await;
        assert_eq!(matches!(result, Err(BreakerError::Inner("down"))), call < 2);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    clock.advance(Duration::from_secs(2));
    service.oneshot(()).await.unwrap_err();
    assert_eq!(calls.load(Ordering::SeqCst), 3, "one probe");
}

#[tokio::test]
async fn a_dropped_response_future_frees_its_slot() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    clock.advance(Duration::from_secs(2));
    let hangs = service_fn(|(): ()| std::future::pending::<Result<(), Infallible>>());
    let mut service = BreakerLayer::new(breaker.clone()).layer(hangs);
    let probe = service.ready().await.unwrap().call(());
    assert!(breaker.acquire().is_err());
    drop(probe);
    assert!(breaker.acquire().is_ok());
}

#[tokio::test]
async fn server_errors_open_and_client_errors_do_not() {
    for (status, phase) in [(404, Phase::Closed), (429, Phase::Closed), (500, Phase::Open)] {
        let (breaker, _) = breaker(policy());
        let service = BreakerLayer::new(breaker.clone()).with_classifier(ServerErrorsFail).layer(
            service_fn(move |(): ()| {
                ready(Ok::<_, Infallible>(Response::builder().status(status).body(()).unwrap()))
            }),
        );
        for _ in 0..2 {
            service.clone().oneshot(()).await.unwrap();
        }
        assert_eq!(breaker.phase(), phase, "{status}");
    }
}

/// A pool that is never ready and must never be called.
#[derive(Clone)]
struct Exhausted;

impl Service<()> for Exhausted {
    type Response = ();
    type Error = Infallible;
    type Future = Ready<Result<(), Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, (): ()) -> Self::Future {
        panic!("called without being ready");
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_though_the_pool_behind_it_hangs() {
    let (breaker, clock) = breaker(policy());
    open(&breaker);
    let mut service = BreakerLayer::new(breaker.clone()).layer(Exhausted);
    let soon = Duration::from_secs(1);
    let ready = tokio::time::timeout(soon, service.ready()).await.unwrap();
    assert!(matches!(ready.unwrap().call(()).await, Err(BreakerError::Refused(_))));
    // Ready because it refuses; due for a probe when the call comes: refused, and no slot lost.
    service.ready().await.unwrap();
    clock.advance(Duration::from_secs(2));
    assert!(matches!(service.call(()).await, Err(BreakerError::Refused(_))));
    assert!(breaker.acquire().is_ok());
}

#[test]
fn a_service_adds_one_pointer_and_a_flag() {
    fn promised<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    let layer = BreakerLayer::new(Breaker::new("redis", BreakerPolicy::default()));
    let service = layer.layer(());
    promised(&layer);
    promised(&service);
    assert_eq!(size_of_val(&service), 2 * size_of::<usize>());
}
