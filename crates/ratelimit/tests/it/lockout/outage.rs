//! What holds while the store does not answer.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use palisade_core::{Clock, SystemClock};
use palisade_ratelimit::lockout::store::RedisLockouts;
use palisade_ratelimit::lockout::{GuardedLockouts, Lockout, Refused};
use palisade_ratelimit::store::{OnStoreError, RedisClient, StoreErrorKind};
use palisade_resilience::breaker::{Breaker, BreakerPolicy};
use palisade_testkit::fault::{Fault, FaultProxy};
use palisade_testkit::redis::Redis;

const DEADLINE: Duration = Duration::from_millis(200);

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn now() -> Instant {
    SystemClock::new().now()
}

fn lockout(url: &str, on_error: OnStoreError) -> Lockout {
    let client = RedisClient::open(url).unwrap();
    let policy = BreakerPolicy::default()
        .failures_in_a_row(3)
        .unwrap()
        .open_for(Duration::from_millis(50), Duration::from_millis(100))
        .unwrap();
    let guard = GuardedLockouts::new(RedisLockouts::new(client), on_error)
        .deadline(DEADLINE)
        .unwrap()
        .with_breaker(Breaker::new("lockout", policy));
    Lockout::shared(guard, &[7; 32]).unwrap()
}

/// Begins until the store answers again.
async fn recovered(lockout: &Lockout) {
    let begun = now();
    while lockout.locks(1).await.is_err() {
        assert!(now().duration_since(begun) < Duration::from_mins(1), "no recovery");
        tokio::task::yield_now().await;
    }
}

async fn warm(lockout: &Lockout) {
    recovered(lockout).await;
    for _ in 0..4 {
        drop(lockout.begin("ada", address(1)).await.unwrap());
    }
}

#[tokio::test]
async fn a_redis_that_hangs_denies_within_the_deadline_and_is_back_by_itself() {
    let server = Redis::start().unwrap();
    let lockout = lockout(&server.url(), OnStoreError::Deny);
    warm(&lockout).await;
    server.pause().unwrap();
    for number in 0..20 {
        let begun = now();
        let refused = lockout.begin("ada", address(number)).await.unwrap_err();
        assert!(matches!(refused, Refused::Unavailable(_)), "{refused:?}");
        assert!(now().duration_since(begun) < 10 * DEADLINE, "waited too long");
    }
    server.resume().unwrap();
    recovered(&lockout).await;
    lockout.begin("eve", address(9)).await.unwrap().succeed().await.unwrap();
}

#[tokio::test]
async fn allow_looks_at_passwords_uncounted() {
    let server = Redis::start().unwrap();
    let lockout = lockout(&server.url(), OnStoreError::Allow);
    warm(&lockout).await;
    server.kill();
    for _ in 0..50 {
        let begun = now();
        let _ = lockout.begin("ada", address(1)).await.unwrap().fail();
        assert!(now().duration_since(begun) < 10 * DEADLINE, "waited too long");
    }
    server.restart().unwrap();
    recovered(&lockout).await;
    let _ = lockout.begin("ada", address(1)).await.unwrap().fail();
    assert!(matches!(lockout.begin("ada", address(1)).await, Err(Refused::Locked(_))));
}

#[tokio::test]
async fn local_goes_on_from_what_the_store_has_said() {
    let server = Redis::start().unwrap();
    let proxy = FaultProxy::start(server.address()).unwrap();
    let (here, elsewhere) = (
        lockout(&server.url_through(proxy.address()), OnStoreError::Local),
        lockout(&server.url(), OnStoreError::Local),
    );
    recovered(&here).await;
    recovered(&elsewhere).await;
    // Two failures elsewhere, which this instance hears of with its own.
    for _ in 0..2 {
        drop(elsewhere.begin("ada", address(2)).await.unwrap());
    }
    for _ in 0..2 {
        drop(here.begin("ada", address(1)).await.unwrap());
    }
    proxy.set(Fault::Cut).unwrap();
    let failure = here.begin("ada", address(1)).await.unwrap().fail();
    assert!(failure.locked().is_some(), "the fifth, counted from four");
    assert!(matches!(here.begin("ada", address(3)).await, Err(Refused::Locked(_))));
    proxy.set(Fault::Pass).unwrap();
    recovered(&here).await;
    assert!(elsewhere.begin("ada", address(1)).await.is_ok(), "the store has heard of four");
    assert!(here.begin("ada", address(1)).await.is_err(), "of the fifth, only this instance");
}

#[tokio::test]
async fn a_success_that_cannot_be_told_is_an_error_and_leaves_the_failures() {
    let server = Redis::start().unwrap();
    let lockout = lockout(&server.url(), OnStoreError::Deny);
    warm(&lockout).await;
    let attempt = lockout.begin("ada", address(1)).await.unwrap();
    server.pause().unwrap();
    let error = attempt.succeed().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    server.resume().unwrap();
    recovered(&lockout).await;
}

#[tokio::test]
async fn forgotten_scripts_are_sent_again() {
    let server = Redis::start().unwrap();
    let lockout = lockout(&server.url(), OnStoreError::Deny);
    warm(&lockout).await;
    server.command(&["SCRIPT", "FLUSH"]).unwrap();
    let _ = lockout.begin("ada", address(1)).await.unwrap().fail();
    assert_eq!(lockout.locks(10).await.unwrap()[0].failures, 5, "counted once");
}

#[tokio::test]
async fn a_redis_without_memory_refuses_and_changes_nothing() {
    let server = Redis::start().unwrap();
    let lockout = lockout(&server.url(), OnStoreError::Deny);
    warm(&lockout).await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    let refused = lockout.begin("ada", address(1)).await.unwrap_err();
    let Refused::Unavailable(error) = &refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(refused.problem().status(), http::StatusCode::SERVICE_UNAVAILABLE);
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    recovered(&lockout).await;
    let failure = lockout.begin("ada", address(1)).await.unwrap().fail();
    assert!(failure.locked().is_some(), "the fifth, not the sixth");
}
