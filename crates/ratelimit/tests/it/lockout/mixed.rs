//! A store that answers now and then: what it counts and what is counted here alone add up.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_ratelimit::lockout::{
    Answer, Claim, GuardedLockouts, Key, Kind, Lock, Lockout, LockoutStore, MemoryLockouts,
    Refused, Reserved,
};
use palisade_ratelimit::store::{OnStoreError, StoreError, StoreErrorKind, StoreFuture};
use palisade_resilience::RuntimeClock;
use proptest::prelude::*;
use tokio::sync::oneshot;
use tokio::time::sleep;

const DEADLINE: Duration = Duration::from_millis(25);

/// What becomes of one call: when it is counted, if it is, and when the answer is there.
#[derive(Clone, Copy, Debug)]
struct Call {
    counted: Option<u64>,
    answered: u64,
}

const PROMPT: Call = Call { counted: Some(0), answered: 0 };
const LOST: Call = Call { counted: None, answered: 1000 };
/// Counted, but nobody hears of it.
const UNHEARD: Call = Call { counted: Some(1), answered: 1000 };

/// Does with each `begin` what is planned for it, and answers promptly when nothing is.
#[derive(Clone, Debug)]
struct Fickle {
    store: MemoryLockouts,
    plan: Arc<Mutex<VecDeque<Call>>>,
}

impl Fickle {
    fn new(plan: impl IntoIterator<Item = Call>) -> Self {
        let store = MemoryLockouts::with_capacity(RuntimeClock::new(), 1 << 12).unwrap();
        Self { store, plan: Arc::new(Mutex::new(plan.into_iter().collect())) }
    }

    fn plan(&self, calls: impl IntoIterator<Item = Call>) {
        self.plan.lock().unwrap().extend(calls);
    }
}

impl LockoutStore for Fickle {
    fn name(&self) -> &'static str {
        "fickle"
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        let call = self.plan.lock().unwrap().pop_front().unwrap_or(PROMPT);
        let (store, claim) = (self.store.clone(), *claim);
        let (answer, answered) = oneshot::channel();
        // A server goes on when its client does not wait any more.
        tokio::spawn(async move {
            let mut said = Err(StoreError::new(StoreErrorKind::Unreachable));
            if let Some(wait) = call.counted {
                sleep(Duration::from_millis(wait)).await;
                said = store.begin(&claim).await;
            }
            sleep(Duration::from_millis(call.answered)).await;
            drop(answer.send(said));
        });
        Box::pin(async move { answered.await.unwrap() })
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        self.store.succeed(claim, reserved)
    }

    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool> {
        self.store.unlock(kind, key)
    }

    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>> {
        self.store.locks(most)
    }
}

/// An instance that counts for itself while the store does not answer.
fn instance(store: &Fickle, room: u32) -> Lockout {
    let copy = MemoryLockouts::with_capacity(RuntimeClock::new(), room).unwrap();
    let guard = GuardedLockouts::new(store.clone(), OnStoreError::Local)
        .deadline(DEADLINE)
        .unwrap()
        .with_copy(copy);
    Lockout::shared(guard, &[7; 32]).unwrap()
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

async fn looked_at(lockout: &Lockout, tries: usize) -> usize {
    let mut looked_at = 0;
    for _ in 0..tries {
        looked_at += usize::from(lockout.begin("ada", address(1)).await.is_ok());
        sleep(Duration::from_millis(1)).await;
    }
    looked_at
}

#[tokio::test(start_paused = true)]
async fn what_was_looked_at_while_the_store_was_away_counts_when_it_is_back() {
    for way in [LOST, UNHEARD] {
        for away in 0..=5 {
            let store = Fickle::new(std::iter::repeat_n(way, away));
            let lockout = instance(&store, 1 << 10);
            let looked_at = looked_at(&lockout, 1000).await;
            assert!(looked_at <= 5, "{looked_at} with {away} of {way:?}");
            if way.counted.is_none() {
                assert_eq!(looked_at, 5, "what the store has not counted counts once");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_further_lock_is_the_longer_one_and_tries_do_not_reach_the_store() {
    let store = Fickle::new(std::iter::repeat_n(LOST, 5));
    let lockout = instance(&store, 1 << 10);
    assert_eq!(looked_at(&lockout, 50).await, 5);
    for seconds in [30, 120, 300, 600, 600] {
        assert!(store.store.locks(1).await.unwrap().is_empty(), "a try has reached the store");
        sleep(Duration::from_secs(seconds)).await;
        let failure = lockout.begin("ada", address(2)).await.unwrap().fail();
        assert!(failure.locked().is_some(), "{failure:?}");
        assert_eq!(looked_at(&lockout, 50).await, 0, "after {seconds} s");
        // The store alone would look at four more.
        lockout_of(&store).unlock_account("ada").await.unwrap();
    }
}

/// The store as an instance without a copy sees it.
fn lockout_of(store: &Fickle) -> Lockout {
    Lockout::shared(GuardedLockouts::new(store.clone(), OnStoreError::Deny), &[7; 32]).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_older_answer_takes_nothing_back_from_a_newer_one() {
    // The first of five is heard last; then the store is away.
    let slow = Call { counted: Some(0), answered: 20 };
    let store = Fickle::new([slow, PROMPT, PROMPT, PROMPT, PROMPT]);
    let lockout = instance(&store, 1 << 10);
    let slow = {
        let lockout = lockout.clone();
        tokio::spawn(async move { lockout.begin("ada", address(1)).await.is_ok() })
    };
    sleep(Duration::from_millis(1)).await;
    assert_eq!(looked_at(&lockout, 4).await, 4);
    assert!(slow.await.unwrap());
    store.plan([LOST; 10]);
    assert_eq!(looked_at(&lockout, 10).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_what_was_counted_from_its_address_and_nobody_elses() {
    let store = Fickle::new([LOST; 4]);
    let lockout = instance(&store, 1 << 10);
    for from in [1, 1, 9, 9] {
        drop(lockout.begin("ada", address(from)).await.unwrap());
    }
    lockout.begin("ada", address(1)).await.unwrap().succeed().await.unwrap();
    // The two from elsewhere stay.
    for left in [2, 1, 0] {
        let failure = lockout.begin("ada", address(1)).await.unwrap().fail();
        assert_eq!(failure.left(), left);
    }
    assert!(lockout.begin("ada", address(1)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_administrator_ends_what_was_counted_alone() {
    let store = Fickle::new([LOST; 4]);
    let lockout = instance(&store, 1 << 10);
    assert_eq!(looked_at(&lockout, 20).await, 5);
    assert!(lockout.unlock_account("ada").await.unwrap());
    assert_eq!(looked_at(&lockout, 20).await, 5, "as the store says");
}

#[tokio::test(start_paused = true)]
async fn an_unlock_elsewhere_ends_a_lock_without_end() {
    let store = Fickle::new([LOST]);
    let lockout = instance(&store, 1 << 10);
    for _ in 0..101 {
        let _ = lockout.begin("ada", address(1)).await.unwrap().fail();
        // An address is forgotten, and the account's last lock is over.
        sleep(Duration::from_hours(1)).await;
    }
    let refused = lockout.begin("ada", address(1)).await.unwrap_err();
    assert!(matches!(&refused, Refused::Locked(locked) if locked.retry_after().is_none()));
    assert!(lockout_of(&store).unlock_account("ada").await.unwrap());
    assert!(lockout.begin("ada", address(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_is_followed_when_somebody_succeeds_elsewhere() {
    let store = Fickle::new([]);
    let (here, elsewhere) = (instance(&store, 1 << 10), instance(&store, 1 << 10));
    for round in 0..5 {
        assert_eq!(looked_at(&here, 4).await, 4, "{round}");
        elsewhere.begin("ada", address(1)).await.unwrap().succeed().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_back_elsewhere_is_not_taken_back_twice() {
    let store = Fickle::new([]);
    let (here, elsewhere) = (instance(&store, 1 << 10), instance(&store, 1 << 10));
    for from in [9, 9, 1, 1] {
        drop(here.begin("ada", address(from)).await.unwrap());
        sleep(Duration::from_millis(1)).await;
    }
    for instance in [&elsewhere, &here] {
        instance.begin("ada", address(1)).await.unwrap().succeed().await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    store.plan([LOST; 10]);
    assert_eq!(looked_at(&here, 10).await, 3, "beside the two from elsewhere");
}

fn call() -> impl Strategy<Value = Call> {
    let counted = prop_oneof![1 => Just(None), 3 => (0_u64..40).prop_map(Some)];
    (counted, 0_u64..40).prop_map(|(counted, answered)| Call { counted, answered })
}

proptest! {
    /// Whatever is late, lost or answered in time, in whatever order, in a room too small for all:
    /// nobody is looked at more often than five times before the first lock ends.
    #[test]
    fn no_mix_of_answers_looks_at_a_sixth_password(
        tries in prop::collection::vec((0_u64..120, 0_u8..60, call()), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let looked_at = runtime.block_on(async {
            let mut tries = tries;
            tries.sort_by_key(|(at, ..)| *at);
            let store = Fickle::new([]);
            let lockout = instance(&store, 16).insecure_without_addresses();
            let mut tasks = Vec::new();
            let mut now = 0;
            for (at, account, call) in tries {
                sleep(Duration::from_millis(at - now)).await;
                now = at;
                store.plan([call]);
                // A third of them at one account, the others at more than there is room for.
                let account = account.saturating_sub(20);
                let lockout = lockout.clone();
                tasks.push(tokio::spawn(async move {
                    match lockout.begin(&account.to_string(), address(account)).await {
                        Ok(attempt) => { drop(attempt); Some(account) }
                        Err(Refused::Locked(_)) => None,
                        Err(other) => panic!("{other}"),
                    }
                }));
            }
            let mut looked_at = [0_usize; 40];
            for task in tasks {
                if let Some(account) = task.await.unwrap() {
                    looked_at[usize::from(account)] += 1;
                }
            }
            looked_at
        });
        prop_assert!(looked_at.iter().all(|times| *times <= 5), "{looked_at:?}");
    }
}
