//! A shared store that fails, hangs and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Duration;

use palisade_ratelimit::key::Key;
use palisade_ratelimit::limits::Limits;
use palisade_ratelimit::store::{
    Act, Ask, Guarded, MemoryStore, OnStoreError, Store, StoreError, StoreErrorKind, StoreFuture,
    Verdict,
};
use palisade_ratelimit::{Quota, Rule};
use palisade_resilience::breaker::{Breaker, BreakerPolicy};
use tokio::time::Instant;

use crate::request::{answer, get};

/// A store elsewhere that can be broken.
#[derive(Debug, Clone)]
struct Remote {
    store: Arc<MemoryStore>,
    state: Arc<AtomicU8>,
    calls: Arc<AtomicU32>,
}

const WELL: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

impl Remote {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::with_bytes(1 << 12).unwrap());
        Self { store, state: Arc::default(), calls: Arc::default() }
    }

    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }
}

impl Store for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.state.load(Ordering::SeqCst) {
            WELL => self.store.decide(asks, act),
            FAILS => Box::pin(async { Err(StoreError::new(StoreErrorKind::Unreachable)) }),
            _ => Box::pin(std::future::pending()),
        }
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()> {
        self.store.refund(asks)
    }
}

fn guarded(remote: &Remote, policy: OnStoreError) -> Limits {
    let breaker = BreakerPolicy::default().failures_in_a_row(3).unwrap();
    let breaker = breaker.open_for(Duration::from_secs(1), Duration::from_secs(1)).unwrap();
    let local = MemoryStore::with_bytes(1 << 12).unwrap();
    let store = Guarded::new(remote.clone(), local)
        .replicas(2)
        .with_breaker(Breaker::new("remote", breaker.probes(1, 1).unwrap()));
    let rule = Rule::new("api", Quota::per_hour(10)).by(Key::everyone()).refund_on([418]);
    Limits::builder().with_store(store).rule(rule.on_store_error(policy)).finish().unwrap()
}

async fn statuses(limits: &Limits, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(answer(limits, get("/")).await.status().as_u16());
    }
    statuses
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|other| **other == status).count()
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_is_asked_once_for_each_request() {
    let remote = Remote::new();
    let limits = guarded(&remote, OnStoreError::Deny);
    let statuses = statuses(&limits, 12).await;
    assert_eq!((count(&statuses, 200), count(&statuses, 429)), (10, 2));
    assert_eq!(remote.calls.load(Ordering::SeqCst), 12);
}

#[tokio::test(start_paused = true)]
async fn while_it_fails_each_policy_holds() {
    for state in [FAILS, HANGS] {
        for (policy, expected) in [
            (OnStoreError::Deny, (0, 0, 12)),
            (OnStoreError::Allow, (12, 0, 0)),
            (OnStoreError::Local, (5, 7, 0)),
        ] {
            let remote = Remote::new();
            remote.set(state);
            let all = statuses(&guarded(&remote, policy), 12).await;
            let counts = (count(&all, 200), count(&all, 429), count(&all, 503));
            assert_eq!(counts, expected, "{policy:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_local_table_knows_what_was_taken_before_the_store_went_away() {
    let remote = Remote::new();
    let limits = guarded(&remote, OnStoreError::Local);
    assert_eq!(count(&statuses(&limits, 3).await, 200), 3);
    remote.set(FAILS);
    assert_eq!(count(&statuses(&limits, 12).await, 200), 2, "its half of ten, of which 3 are gone");
}

#[tokio::test(start_paused = true)]
async fn no_request_waits_longer_than_the_deadline_and_soon_none_waits() {
    let remote = Remote::new();
    remote.set(HANGS);
    let limits = guarded(&remote, OnStoreError::Local);
    for number in 0..8 {
        let start = Instant::now();
        let _ = statuses(&limits, 1).await;
        let waited = start.elapsed();
        assert!(waited <= Duration::from_millis(41), "{waited:?}");
        assert!(number < 3 || waited < Duration::from_millis(1), "the breaker is open: {waited:?}");
    }
    assert_eq!(remote.calls.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn when_the_store_is_back_it_decides_again() {
    let remote = Remote::new();
    remote.set(FAILS);
    let limits = guarded(&remote, OnStoreError::Deny);
    assert_eq!(count(&statuses(&limits, 5).await, 503), 5);
    remote.set(WELL);
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(count(&statuses(&limits, 12).await, 200), 10);
}

#[tokio::test(start_paused = true)]
async fn a_refund_reaches_the_store() {
    let remote = Remote::new();
    let limits = guarded(&remote, OnStoreError::Deny);
    for _ in 0..20 {
        let mut request = get("/");
        request.extensions_mut().insert(http::StatusCode::IM_A_TEAPOT);
        assert_eq!(answer(&limits, request).await.status(), 418);
    }
    assert_eq!(count(&statuses(&limits, 12).await, 200), 10);
}

#[test]
fn a_deadline_out_of_bounds_is_refused_and_told() {
    let local = MemoryStore::with_bytes(1 << 12).unwrap();
    let error = Guarded::new(Remote::new(), local).deadline(Duration::ZERO).unwrap_err();
    assert!(error.to_string().starts_with("the deadline of a decision must be"), "{error}");
}
