//! Locks in this process.

use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palisade_core::{Clock, SystemClock};

use super::{Lock, LockoutStore};
use crate::ConfigError;
#[cfg(feature = "palisade-resilience")]
use crate::lockout::answer::Locked;
use crate::lockout::answer::{Answer, Reserved};
use crate::lockout::claim::{Claim, Kind};
use crate::lockout::moment::Moment;
use crate::lockout::set::{Key, Set};
use crate::store::StoreFuture;

/// Locks in this process, in a table of fixed size; a clone is the same table.
///
/// Time is the monotonic clock's, so that no step of the wall clock shortens or lengthens a lock.
/// [`snapshot`](Self::snapshot) and [`restore`](Self::restore) carry locks over a restart; what
/// happened after the last snapshot is lost with a crash.
///
/// # Cost
///
/// A record takes 80 bytes; the default of 65,536 accounts and as many addresses takes 12 MiB when all
/// are there. A sign-in takes two locks and walks two sets of at most 16.
#[derive(Clone)]
pub struct MemoryLockouts {
    shared: Arc<Shared>,
}

struct Shared {
    tables: [Box<[Mutex<Set>]>; 2],
    clock: Box<dyn Clock>,
    start: Instant,
}

impl MemoryLockouts {
    /// How many accounts, and how many addresses, are remembered unless set.
    pub const CAPACITY: u32 = 65_536;
    /// The most that can be.
    pub const MAX_CAPACITY: u32 = 1 << 24;
    pub(super) const ROOM: usize = 16;
    const ROOM_U32: u32 = 16;
    /// So that the past before the start is not cut off.
    const START: Duration = Duration::from_hours(24 * 365 * 50);

    /// An empty table on the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::table(SystemClock::new(), Self::CAPACITY)
    }

    /// An empty table for so many accounts and as many addresses.
    ///
    /// The number is rounded up to a power of two. More subjects than that share counts: newcomers
    /// begin with the failures of those that they displace.
    ///
    /// # Errors
    ///
    /// Refuses numbers outside 16 to [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    pub fn with_capacity(clock: impl Clock, subjects: u32) -> Result<Self, ConfigError> {
        let most = Self::MAX_CAPACITY;
        let subjects = ConfigError::number("capacity", subjects, Self::ROOM_U32, most)?;
        Ok(Self::table(clock, subjects))
    }

    fn table(clock: impl Clock, subjects: u32) -> Self {
        let sets = subjects.div_ceil(Self::ROOM_U32).next_power_of_two();
        let table = || (0..sets).map(|_| Mutex::default()).collect();
        let (tables, start) = ([table(), table()], clock.now());
        Self { shared: Arc::new(Shared { tables, clock: Box::new(clock), start }) }
    }

    /// Takes over what a store that others write to has answered since `asked`; says what holds.
    #[cfg(feature = "palisade-resilience")]
    pub(crate) fn learn(&self, claim: &Claim, answer: Answer, asked: Moment) -> Answer {
        self.with(claim, |sets, now| claim.learn(answer, sets, Self::ROOM, (asked, now)))
    }

    /// Says what is locked by what no store knows.
    #[cfg(feature = "palisade-resilience")]
    pub(crate) fn locked_alone(&self, claim: &Claim) -> Option<Locked> {
        self.with(claim, |sets, now| claim.locked_alone(sets, now))
    }

    #[cfg(feature = "palisade-resilience")]
    pub(crate) fn decide_alone(&self, claim: &Claim) -> Answer {
        self.with(claim, |sets, now| claim.begin_alone(sets, Self::ROOM, now))
    }

    fn decide(&self, claim: &Claim) -> Answer {
        self.with(claim, |sets, now| claim.begin(sets, Self::ROOM, now))
    }

    pub(crate) fn settle(&self, claim: &Claim, reserved: &Reserved) {
        self.with(claim, |sets, now| claim.succeed(reserved, sets, now));
    }

    pub(crate) fn forget(&self, kind: Kind, key: &Key) -> bool {
        let Some(mut set) = self.set(kind, key) else { return false };
        let known = set.get(key).is_some();
        set.remove(key);
        known
    }

    pub(crate) fn now(&self) -> Moment {
        let shared = &self.shared;
        let elapsed = shared.clock.now().saturating_duration_since(shared.start);
        Moment::ZERO.after(Self::START.saturating_add(elapsed))
    }

    pub(super) fn wall(&self) -> Moment {
        Moment::from_wall(self.shared.clock.wall())
    }

    pub(super) fn sets(&self, kind: Kind) -> &[Mutex<Set>] {
        let [accounts, addresses] = &self.shared.tables;
        match kind {
            Kind::Account => accounts,
            Kind::Address => addresses,
        }
    }

    pub(super) fn set(&self, kind: Kind, key: &Key) -> Option<MutexGuard<'_, Set>> {
        let sets = self.sets(kind);
        let [a, b, c, d, ..] = *key;
        let hash = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(0);
        // A power of two, so the mask is one less.
        sets.get(hash & sets.len().saturating_sub(1)).map(lock)
    }

    /// Gives both sets at once, always accounts first.
    fn with<T>(&self, claim: &Claim, act: impl FnOnce(&mut [&mut Set], Moment) -> T) -> T {
        let mut guards: Vec<_> =
            claim.subjects().filter_map(|subject| self.set(subject.kind, &subject.key)).collect();
        let mut sets: Vec<&mut Set> = guards.iter_mut().map(|guard| &mut **guard).collect();
        act(&mut sets, self.now())
    }
}

impl Default for MemoryLockouts {
    fn default() -> Self {
        Self::new()
    }
}

impl LockoutStore for MemoryLockouts {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        Box::pin(ready(Ok(self.decide(claim))))
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        self.settle(claim, reserved);
        Box::pin(ready(Ok(())))
    }

    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool> {
        Box::pin(ready(Ok(self.forget(kind, &key))))
    }

    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>> {
        let now = self.now();
        let mut locks = Vec::new();
        for kind in Kind::ALL {
            for set in self.sets(kind) {
                for (key, record) in lock(set).records() {
                    if let Some(wait) = record.locked(now) {
                        locks.push(Lock::new(kind, *key, record.failures(), wait));
                    }
                }
            }
        }
        longest_first(&mut locks, most);
        Box::pin(ready(Ok(locks)))
    }
}

impl fmt::Debug for MemoryLockouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sets = self.sets(Kind::Account).len();
        f.debug_struct("MemoryLockouts").field("sets", &sets).finish_non_exhaustive()
    }
}

pub(super) fn longest_first(locks: &mut Vec<Lock>, most: usize) {
    locks.sort_unstable_by_key(|lock| (std::cmp::Reverse(lock.wait), lock.kind, lock.key));
    locks.truncate(most);
}

pub(super) fn lock(set: &Mutex<Set>) -> MutexGuard<'_, Set> {
    // Nothing panics while it holds a set; if something did, each record is whole all the same.
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
