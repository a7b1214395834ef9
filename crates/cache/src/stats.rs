//! How often a cache gave what.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread_local;

/// Stripes of the counters, so that threads do not fight for one word.
const STRIPES: usize = 8;

/// Counts since the cache was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Reads that found a fresh value, or that there is none.
    pub hits: u64,
    /// Reads that found nothing they could give.
    pub misses: u64,
    /// Reads that gave a stale value while it was loaded anew.
    pub stale: u64,
    /// Reads that gave a stale value because a load had failed.
    pub degraded: u64,
    /// Loads that gave a value.
    pub loads: u64,
    /// Loads that failed.
    pub failures: u64,
    /// Values that were loaded and not stored, since an invalidation overtook the load.
    pub overtaken: u64,
    /// Values that were taken from the far tier.
    pub far_hits: u64,
    /// Keys of which the far tier knew nothing that could be used.
    pub far_misses: u64,
    /// Entries that went because others needed their room.
    pub evictions: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    Hit,
    Miss,
    Stale,
    Degraded,
    Load,
    Failure,
    Overtaken,
    FarHit,
    FarMiss,
    Eviction,
    Bypass,
    Joined,
    Renewal,
    Refusal,
}

/// The counters: stripes that share no cache line.
#[derive(Default)]
pub(crate) struct Tally {
    stripes: [Stripe; STRIPES],
}

#[derive(Default)]
#[repr(align(64))]
struct Stripe {
    counts: [AtomicU64; 14],
}

impl Tally {
    #[inline]
    pub(crate) fn add(&self, count: Count) {
        let stripe = STRIPE.with(|stripe| *stripe);
        let counter = self.stripes.get(stripe).and_then(|stripe| stripe.counts.get(place(count)));
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns how often something was counted.
    pub(crate) fn sum(&self, count: Count) -> u64 {
        let one = |stripe: &Stripe| {
            stripe.counts.get(place(count)).map_or(0, |counter| counter.load(Ordering::Relaxed))
        };
        self.stripes.iter().map(one).fold(0, u64::wrapping_add)
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            hits: self.sum(Count::Hit),
            misses: self.sum(Count::Miss),
            stale: self.sum(Count::Stale),
            degraded: self.sum(Count::Degraded),
            loads: self.sum(Count::Load),
            failures: self.sum(Count::Failure),
            overtaken: self.sum(Count::Overtaken),
            far_hits: self.sum(Count::FarHit),
            far_misses: self.sum(Count::FarMiss),
            evictions: self.sum(Count::Eviction),
        }
    }
}

const fn place(count: Count) -> usize {
    match count {
        Count::Hit => 0,
        Count::Miss => 1,
        Count::Stale => 2,
        Count::Degraded => 3,
        Count::Load => 4,
        Count::Failure => 5,
        Count::Overtaken => 6,
        Count::FarHit => 7,
        Count::FarMiss => 8,
        Count::Eviction => 9,
        Count::Bypass => 10,
        Count::Joined => 11,
        Count::Renewal => 12,
        Count::Refusal => 13,
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The stripe of this thread.
    static STRIPE: usize = NEXT.fetch_add(1, Ordering::Relaxed).checked_rem(STRIPES).unwrap_or(0);
}
