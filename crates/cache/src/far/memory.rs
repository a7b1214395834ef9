//! A store in memory, for tests and examples: what is shared is shared by tiers of one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palisade_core::{Clock, SystemClock};
use tokio::sync::broadcast;
use tokio::time::timeout_at;

use super::store::{Fill, Reading, Store, StoreFuture, Walk};
use super::{Ear, SLOTS, chance};
use crate::envelope::Mark;

/// The most values that are kept.
const MOST: usize = 10_000;

/// A store in memory; a clone is the same store. It keeps 10,000 values.
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Box<dyn Clock>,
    start: Instant,
    life: Mutex<Life>,
    news: broadcast::Sender<News>,
}

#[derive(Clone)]
struct News {
    mark: Mark,
    origin: [u8; 16],
    slots: Arc<[u16]>,
}

struct Life {
    mark: Mark,
    slots: HashMap<u16, u64>,
    values: HashMap<String, Value>,
}

struct Value {
    bytes: Vec<u8>,
    mark: Mark,
    slots: Vec<u16>,
    until: u64,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }

    /// Makes an empty store that goes by this clock.
    #[must_use]
    pub fn with_clock(clock: impl Clock) -> Self {
        let start = clock.now();
        let life = Mutex::new(Life::new());
        let (clock, news) = (Box::new(clock), broadcast::Sender::new(1024));
        Self { inner: Arc::new(Inner { clock, start, life, news }) }
    }

    /// Loses everything, counters too, as a server does that starts empty.
    pub fn lose_all(&self) {
        *self.life() = Life::new();
    }

    /// Replaces every value that is there.
    pub fn tamper(&self, mut change: impl FnMut(&mut Vec<u8>)) {
        self.life().values.values_mut().for_each(|value| change(&mut value.bytes));
    }

    /// Waits until so many values are there and hold.
    pub async fn holds(&self, values: usize) {
        while self.life().count() < values {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn now(&self) -> u64 {
        let passed = self.inner.clock.now().saturating_duration_since(self.inner.start);
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.inner.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Life {
    fn new() -> Self {
        Self { mark: Mark { id: chance(), era: 0 }, slots: HashMap::new(), values: HashMap::new() }
    }

    fn count(&self) -> usize {
        self.values.values().filter(|value| self.holds(value.mark, &value.slots)).count()
    }

    fn holds(&self, mark: Mark, slots: &[u16]) -> bool {
        let noted = |slot| self.slots.get(slot).copied().unwrap_or(0);
        mark.id == self.mark.id && slots.iter().all(|slot| noted(slot) <= mark.era)
    }
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "cache-memory"
    }

    fn read<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Reading> {
        let (now, life) = (self.now(), self.life());
        let values = keys.iter().map(|key| {
            let value = life.values.get(key).filter(|value| value.until > now)?;
            life.holds(value.mark, &value.slots).then(|| value.bytes.clone())
        });
        let reading = Reading { now, values: values.collect() };
        Box::pin(async { Ok(reading) })
    }

    fn fill<'a>(&'a self, fills: &'a [Fill]) -> StoreFuture<'a, ()> {
        let (now, mut life) = (self.now(), self.life());
        for fill in fills {
            let until = now.saturating_add(u64::try_from(fill.keep.as_millis()).unwrap_or(0));
            if life.holds(fill.mark, &fill.slots) && life.values.len() < MOST {
                let Fill { key, mark, slots, value, .. } = fill.clone();
                life.values.insert(key, Value { bytes: value, mark, slots, until });
            }
        }
        Box::pin(async { Ok(()) })
    }

    fn end<'a>(
        &'a self,
        origin: &'a [u8; 16],
        slots: &'a [u16],
        keys: &'a [String],
    ) -> StoreFuture<'a, Mark> {
        let mut life = self.life();
        life.mark.era = life.mark.era.saturating_add(1);
        let mark = life.mark;
        for slot in slots.iter().filter(|slot| **slot < SLOTS) {
            life.slots.insert(*slot, mark.era);
        }
        for key in keys {
            life.values.remove(key);
        }
        // Nobody may listen.
        let _ = self.inner.news.send(News { mark, origin: *origin, slots: slots.into() });
        Box::pin(async move { Ok(mark) })
    }

    /// All at once: there are not many.
    fn walk<'a>(&'a self, prefix: &'a str, _: u64, _: usize) -> StoreFuture<'a, Walk> {
        let life = self.life();
        let keys = life.values.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        Box::pin(async move { Ok((keys, None)) })
    }

    fn watch(&self, pace: Duration, ear: Ear) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let mut news = self.inner.news.subscribe();
            let mut next = tokio::time::Instant::now();
            loop {
                if let Ok(heard) = timeout_at(next, news.recv()).await {
                    // What came too fast is missed, and the next beat tells so.
                    if let Ok(News { mark, origin, slots }) = heard {
                        ear.announced(mark, &origin, &slots);
                    }
                    continue;
                }
                let now = tokio::time::Instant::now();
                next = now.checked_add(pace).unwrap_or(now);
                let Some(asked) = ear.now() else { return Ok(()) };
                let (mark, now) = (self.life().mark, self.now());
                while let Ok(News { mark, origin, slots }) = news.try_recv() {
                    ear.announced(mark, &origin, &slots);
                }
                ear.marked(asked, mark, now);
            }
        })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("mark", &self.life().mark).finish_non_exhaustive()
    }
}
