//! Locks in one process.

use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::lockout::store::SnapshotError;
use palisade_ratelimit::lockout::store::contract::{self, Fixture};
use palisade_ratelimit::lockout::{Lockout, LockoutStore, MemoryLockouts, Refused, Wait};

pub(crate) struct Memory {
    store: MemoryLockouts,
    clock: ManualClock,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::starting_at(Duration::from_hours(500_000));
        let store = MemoryLockouts::with_capacity(clock.clone(), 1 << 16).unwrap();
        Self { store, clock }
    }
}

impl Fixture for Memory {
    fn store(&self) -> &dyn LockoutStore {
        &self.store
    }

    fn advance(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        self.clock.advance(by);
        Box::pin(ready(()))
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract::holds(&Memory::new()).await.unwrap();
}

fn fill(memory: &Memory) -> Lockout {
    Lockout::in_memory(memory.store.clone(), &[7; 32]).unwrap()
}

fn address() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

async fn fail(lockout: &Lockout, times: u32) {
    for _ in 0..times {
        drop(lockout.begin("ada", address()).await.unwrap());
    }
}

async fn left(lockout: &Lockout) -> Option<Duration> {
    match lockout.begin("ada", address()).await {
        Ok(_) => None,
        Err(Refused::Locked(locked)) => locked.retry_after(),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_snapshot_carries_the_ladder_over_a_restart() {
    let before = Memory::new();
    fail(&fill(&before), 5).await;
    before.clock.advance(Duration::from_secs(10));
    let snapshot = before.store.snapshot();
    assert!(!snapshot.windows(3).any(|bytes| bytes == b"ada"));

    // Seven seconds without the process; its monotonic clock begins anew.
    let after = Memory::new();
    after.clock.advance(Duration::from_secs(17));
    assert_eq!(after.store.restore(&snapshot), Ok(2));
    let lockout = fill(&after);
    assert_eq!(left(&lockout).await, Some(Duration::from_secs(13)));
    after.clock.advance(Duration::from_secs(13));
    let attempt = lockout.begin("ada", address()).await.unwrap();
    assert_eq!(attempt.fail().locked(), Some(Wait::For(Duration::from_mins(2))));
}

#[tokio::test]
async fn a_wall_clock_that_went_back_over_a_restart_lengthens_no_lock() {
    let before = Memory::new();
    fail(&fill(&before), 5).await;
    let snapshot = before.store.snapshot();
    let after = Memory::new();
    after.clock.set_wall(Duration::from_hours(1));
    after.store.restore(&snapshot).unwrap();
    assert_eq!(left(&fill(&after)).await, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn a_step_of_the_wall_clock_changes_no_lock_in_memory() {
    let memory = Memory::new();
    let lockout = fill(&memory);
    fail(&lockout, 5).await;
    for hours in [1, 500_000, 9_000_000] {
        memory.clock.set_wall(Duration::from_hours(hours));
        assert_eq!(left(&lockout).await, Some(Duration::from_secs(30)));
    }
}

#[tokio::test]
async fn a_damaged_snapshot_is_refused_whole() {
    let before = Memory::new();
    fail(&fill(&before), 5).await;
    let snapshot = before.store.snapshot();
    let after = Memory::new();
    for at in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[at] ^= 1;
        assert!(after.store.restore(&damaged).is_err(), "byte {at}");
        assert!(after.store.restore(&snapshot[..at]).is_err(), "{at} bytes");
    }
    assert_eq!(after.store.restore(b"PALLOCK2 of another version."), Err(SnapshotError::Unknown));
    assert_eq!(left(&fill(&after)).await, None, "nothing was taken");
}
