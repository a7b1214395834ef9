//! The hashing threads under a flood.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::task::{Context as Polling, Poll, Waker};
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_passwords::{
    Attempt, Candidate, ConfigError, Context, Factor, Hasher, Params, Policy, Scheme, Verdict,
    Workers,
};

const PASSWORD: &str = "red bicycles under snow";

fn start(params: Params, wait: Duration) -> Hasher {
    let workers = Workers::new().count(NonZeroUsize::new(2).unwrap()).longest_wait(wait);
    Hasher::start(Scheme::new(params).unwrap(), workers.with_clock(ManualClock::new())).unwrap()
}

fn cheap() -> Params {
    Params::insecure_new(64, 2, 1).unwrap()
}

async fn stored(hasher: &Hasher) -> String {
    let policy = Policy::nist_800_63b_4(Factor::Single);
    let accepted = policy.check(&Candidate::from(PASSWORD), &Context::new()).ok().unwrap();
    hasher.hash(accepted).await.unwrap()
}

#[tokio::test]
async fn hashes_and_verifies_awaited_or_waited_for() {
    let hasher = start(cheap(), Duration::from_secs(2));
    let stored = stored(&hasher).await;
    let attempt = Attempt::new("ada").stored(Some(&stored)).from_client("192.0.2.7");
    let right = hasher.verify(&attempt, Candidate::from(PASSWORD)).await.unwrap();
    assert!(matches!(right, Verdict::Verified(_)));
    let wrong = hasher.verify(&attempt, Candidate::from("red bicycles")).wait().unwrap();
    assert!(matches!(wrong, Verdict::Rejected));
    let unknown = Attempt::new("nobody");
    assert!(!hasher.verify(&unknown, Candidate::from(PASSWORD)).await.unwrap().is_verified());
}

#[tokio::test]
async fn a_flood_is_refused_at_once_while_another_client_is_served() {
    let hasher = start(Params::OWASP_19M, Duration::from_millis(200));
    let stored = stored(&hasher).await;
    let mut flood = Vec::new();
    for _ in 0..1000 {
        let attempt = Attempt::new("victim").stored(Some(&stored)).from_client("198.51.100.1");
        flood.push(hasher.verify(&attempt, Candidate::from("guess")));
    }
    let load = hasher.load();
    assert!(load.running <= 2 && load.queued_work <= Duration::from_millis(400), "{load:?}");
    assert!(load.refused > 900, "{load:?}");
    let attempt = Attempt::new("ada").stored(Some(&stored)).from_client("203.0.113.9");
    let ada = hasher.verify(&attempt, Candidate::from(PASSWORD)).await.unwrap();
    assert!(ada.is_verified());
    let refused = flood.pop().unwrap().await.unwrap_err();
    assert!(refused.retry_after() > Duration::from_millis(100), "{refused:?}");
    let answer = refused.problem();
    assert_eq!((answer.status().as_u16(), answer.code()), (503, "password_hasher_overloaded"));
    // Who hung up is forgotten: nothing of the flood is left in the queue.
    drop(flood);
    assert_eq!(hasher.load().queued, 0);
}

#[test]
fn a_flood_of_registrations_leaves_room_for_another_client() {
    let hasher = start(Params::OWASP_19M, Duration::from_millis(200));
    let policy = Policy::nist_800_63b_4(Factor::Single);
    let accepted = || policy.check(&Candidate::from(PASSWORD), &Context::new()).ok().unwrap();
    let flood: Vec<_> = (0..100).map(|_| hasher.hash_for("198.51.100.1", accepted())).collect();
    assert!(hasher.load().refused > 50, "{:?}", hasher.load());
    assert!(hasher.hash_for("203.0.113.9", accepted()).wait().is_ok());
    drop(flood);
}

#[test]
fn a_ticket_wakes_the_task_that_polled_it_last_and_answers_after_the_hasher_is_gone() {
    let hasher = start(cheap(), Duration::from_secs(2));
    let mut ticket = pin!(hasher.verify(&Attempt::new("ada"), Candidate::from(PASSWORD)));
    drop(hasher);
    let mut polling = Polling::from_waker(Waker::noop());
    loop {
        // Either computed before the end or refused by it; never left without an answer.
        if let Poll::Ready(answer) = ticket.as_mut().poll(&mut polling) {
            assert!(answer.is_err() || answer.is_ok_and(|verdict| !verdict.is_verified()));
            break;
        }
        std::thread::yield_now();
    }
    assert!(ticket.as_mut().poll(&mut polling).map(|again| again.is_err()).is_ready());
}

#[test]
fn a_queue_that_holds_nothing_is_refused_at_the_start() {
    let workers = Workers::new().longest_wait(Duration::ZERO);
    let refused = Hasher::start(Scheme::new(cheap()).unwrap(), workers);
    assert!(matches!(refused, Err(ConfigError::Wait(Duration::ZERO))));
}

#[test]
fn public_types_can_be_shared_between_threads() {
    const fn promised<T: Send + Sync + 'static>() {}
    promised::<Hasher>();
    promised::<Candidate>();
    promised::<palisade_passwords::Ticket<Verdict>>();
    assert_eq!(size_of::<Hasher>(), size_of::<usize>());
}
