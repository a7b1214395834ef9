//! A row that changes, loaders that stand still, and a clock that is moved.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_cache::{Bounded, Builder, Cache, Loading};
use palisade_core::ManualClock;
use palisade_resilience::Dice;
use tokio::sync::Semaphore;

pub(crate) type Numbers = Cache<u64, u64>;

type Load = Pin<Box<dyn Future<Output = Result<u64, Infallible>> + Send>>;

pub(crate) const TTL: Duration = Duration::from_mins(5);

/// A cache of five minutes without chance, and its clock.
pub(crate) fn cache(
    setup: impl FnOnce(Builder<u64, u64, Bounded>) -> Builder<u64, u64, Bounded>,
) -> (Numbers, ManualClock) {
    let clock = ManualClock::new();
    let tier = palisade_cache::Tier::MEDIUM.jitter(0).unwrap();
    let builder = Cache::builder("numbers").tier(tier).clock(clock.clone()).dice(Dice::seeded(1));
    (setup(builder.without_early_loads().entries(1000).unwrap()).build(), clock)
}

/// What is cached: a row, how often it was read, and a gate before the reader returns.
#[derive(Clone)]
pub(crate) struct Row {
    value: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
    gate: Arc<Semaphore>,
}

impl Row {
    pub(crate) fn new(value: u64) -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self { value: Arc::new(AtomicU64::new(value)), reads: Arc::default(), gate }
    }

    /// One whose readers stand still until they are let go.
    pub(crate) fn gated(value: u64) -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..Self::new(value) }
    }

    pub(crate) fn write(&self, value: u64) {
        self.value.store(value, Ordering::SeqCst);
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// Lets so many readers go on.
    pub(crate) fn open(&self, readers: usize) {
        self.gate.add_permits(readers);
    }

    /// Waits until so many readers have read.
    pub(crate) async fn read_by(&self, readers: u64) {
        until(|| self.reads() >= readers).await;
    }

    /// Reads the row, and returns later.
    pub(crate) async fn read(self) -> u64 {
        let value = self.value.load(Ordering::SeqCst);
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        value
    }

    /// A loader of the row.
    pub(crate) fn loader(&self) -> impl FnOnce(Loading<u64>) -> Load + use<> {
        let row = self.clone();
        move |_| Box::pin(async move { Ok(row.read().await) })
    }

    /// A loader that puts the row under a tag.
    pub(crate) fn tagged(&self, id: u64) -> impl FnOnce(Loading<u64>) -> Load + use<> {
        let row = self.clone();
        move |loading| {
            Box::pin(async move {
                let value = row.read().await;
                // Named late, as by a loader that learns it from the row.
                loading.tag("org", id);
                Ok(value)
            })
        }
    }
}

/// Lets other tasks run until something is so.
pub(crate) async fn until(so: impl Fn() -> bool) {
    for _ in 0..1_000_000 {
        if so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never was so");
}

/// Waits until something is so that a server, a disk or another thread has its part in.
pub(crate) async fn before_long(otherwise: &str, so: impl AsyncFn() -> bool) {
    let wait = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_mins(1), wait).await.is_ok(), "{otherwise}");
}
