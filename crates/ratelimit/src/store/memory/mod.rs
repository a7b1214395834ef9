//! Counts in this process, in a memory of fixed size.

mod bucket;
mod snapshot;
mod tickets;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_core::Clock;

use super::{Act, Ask, Outcome, Reading, Readings, Store, StoreFuture, Verdict};
use crate::clock::Stopwatch;
use crate::quota::{Meter, Quota};
use crate::table::{Table, Terms};
use crate::tick::{LONGEST, Tick};
use crate::{ConfigError, Overflow};

pub use snapshot::SnapshotError;

/// The store in memory: one table for all rules, a word per key, whatever clients send.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::Quota;
/// use palisade_ratelimit::key::KeyHasher;
/// use palisade_ratelimit::store::{Act, Ask, MemoryStore, RuleId, Store};
///
/// const LOGIN: Quota = Quota::per_minute(5).strict();
///
/// let store = MemoryStore::with_bytes(1 << 20)?.for_quotas([LOGIN]);
/// let client = KeyHasher::random().bytes(1, b"alice");
/// let ask = Ask::new(client, RuleId::of("login", 0), LOGIN.meter().unwrap());
/// for try_number in 1..=6 {
///     let verdict = store.decide_now(&[ask], Act::Charge).unwrap();
///     assert_eq!(verdict.is_admitted(), try_number <= 5);
/// }
/// # Ok::<(), palisade_ratelimit::ConfigError>(())
/// ```
///
/// # Security
///
/// Against floods of keys. What is full forgets who owes least, rules that are
/// [`Lenient`](Overflow::Lenient) first. Under [`Strict`](Overflow::Strict) the bound of the quota
/// holds for every key whatever is forgotten: a newcomer owes what the forgotten ones did. The
/// price is that newcomers are refused while more keys owe something than fit. Two keys share a
/// count with a probability of less than one in a million.
///
/// # Cost
///
/// All memory is taken at the start. A decision on one bucket reads the clock, one or two cache
/// lines, and swaps one word; a strict window does so for each of its tickets. No lock, no
/// allocation, no thread.
pub struct MemoryStore {
    table: Table,
    clock: Stopwatch,
    tick: Tick,
}

/// Ticks before the first moment: what is free is never before the beginning.
const BEGINNING: u64 = 1;

impl MemoryStore {
    /// The least memory that is taken: two lines.
    pub const LEAST_BYTES: usize = 2 * Table::LINE;

    /// The most memory that is taken: 128 GiB.
    pub const MOST_BYTES: usize = Table::LINE * Table::MOST_LINES;

    /// Takes at most so many bytes, now, on a [`CoarseClock`](crate::CoarseClock). Six keys fit in
    /// 64 bytes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] outside [`LEAST_BYTES`](Self::LEAST_BYTES) to
    /// [`MOST_BYTES`](Self::MOST_BYTES).
    pub fn with_bytes(bytes: usize) -> Result<Self, ConfigError> {
        let wide = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let (least, most) = (wide(Self::LEAST_BYTES), wide(Self::MOST_BYTES));
        ConfigError::number("the bytes of a memory store", wide(bytes), least, most)?;
        let lines = bytes.checked_div(Table::LINE).unwrap_or(0);
        let (table, clock) = (Table::new(lines, LONGEST), Stopwatch::new());
        Ok(Self { table, clock, tick: Tick::Usual })
    }

    /// Takes the time from here; before anything is counted.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Stopwatch::by(Arc::new(clock));
        self
    }

    /// Chooses the length of a tick for these quotas; before anything is counted.
    ///
    /// 62.5 us, unless an interval would be lengthened by more than a thousandth; not so fine that the
    /// longest quota does not fit. Other quotas are counted too, less finely.
    #[must_use]
    pub fn for_quotas(mut self, quotas: impl IntoIterator<Item = Quota>) -> Self {
        let quotas: Vec<Quota> = quotas.into_iter().collect();
        self.tick = Tick::for_quotas(&quotas);
        self
    }

    /// Returns how many bytes are taken.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.table.bytes()
    }

    /// Returns how many keys fit at the most.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }

    /// Returns how many keys owe something. Reads the whole table: for metrics, not for requests.
    #[must_use]
    pub fn live(&self) -> usize {
        self.table.live(Terms { now: self.now(), span: 0, second: self.tick.second() })
    }

    /// Decides at that moment, which comes from the clock of this store.
    #[must_use]
    pub fn decide_at(&self, asks: &[Ask], act: Act, now: Instant) -> Verdict {
        self.decide_in(asks, act, self.ticks(self.clock.until(now)))
    }

    #[inline]
    fn decide_in(&self, asks: &[Ask], act: Act, now: u64) -> Verdict {
        if let ([ask], Act::Charge) = (asks, act) {
            let mut verdict = Verdict::new(true, Readings::new());
            verdict.push(ask, self.take(ask, now));
            return verdict;
        }
        let passes = |ask: &Ask| !ask.is_binding() || self.would_pass(ask, now);
        if act == Act::Peek || !asks.iter().all(passes) {
            let verdict = self.look_at_all(asks, now);
            // Else something was given back meanwhile.
            if act == Act::Peek || !verdict.is_admitted() {
                return verdict;
            }
        }
        self.take_all(asks, now)
    }

    fn look_at_all(&self, asks: &[Ask], now: u64) -> Verdict {
        let mut verdict = Verdict::new(true, Readings::new());
        for ask in asks {
            verdict.push(ask, self.look(ask, now));
        }
        verdict
    }

    /// Takes what was seen to be there; if another was faster, gives all back.
    fn take_all(&self, asks: &[Ask], now: u64) -> Verdict {
        let mut verdict = Verdict::new(true, Readings::new());
        for (position, ask) in asks.iter().enumerate() {
            let reading = self.take(ask, now);
            if ask.is_binding() && !reading.is_admitted() {
                self.return_all(asks.iter().zip(verdict.readings()), now);
                let mut verdict = self.look_at_all(asks, now);
                verdict.refuse(position, reading);
                return verdict;
            }
            verdict.push(ask, reading);
        }
        verdict
    }

    fn return_all<'a>(&self, taken: impl Iterator<Item = (&'a Ask, &'a Reading)>, now: u64) {
        for (ask, reading) in taken {
            if reading.is_admitted() {
                self.give_back(ask, now);
            }
        }
    }

    /// Says whether an ask would pass, and nothing more.
    fn would_pass(&self, ask: &Ask, now: u64) -> bool {
        match ask.meter() {
            Meter::Bucket(gcra) => self.bucket_has(ask, gcra, now),
            Meter::Strict(tickets) => self.look_at_tickets(ask, tickets, now).is_admitted(),
        }
    }

    fn look(&self, ask: &Ask, now: u64) -> Reading {
        match ask.meter() {
            Meter::Bucket(gcra) => self.look_at_bucket(ask, gcra, now),
            Meter::Strict(tickets) => self.look_at_tickets(ask, tickets, now),
        }
    }

    #[inline]
    fn take(&self, ask: &Ask, now: u64) -> Reading {
        match ask.meter() {
            Meter::Bucket(gcra) => self.take_from_bucket(ask, gcra, now),
            Meter::Strict(tickets) => self.take_tickets(ask, tickets, now),
        }
    }

    fn give_back(&self, ask: &Ask, now: u64) {
        match ask.meter() {
            Meter::Bucket(gcra) => self.return_to_bucket(ask, gcra, now),
            Meter::Strict(tickets) => self.return_tickets(ask, tickets, now),
        }
    }

    #[inline]
    fn now(&self) -> u64 {
        self.ticks(self.clock.elapsed())
    }

    #[inline]
    fn ticks(&self, since: Duration) -> u64 {
        let part = self.tick.down(u64::from(since.subsec_nanos()));
        since.as_secs().wrapping_mul(self.tick.second()).wrapping_add(part).wrapping_add(BEGINNING)
    }
}

/// Returns a hash of whose count and which: the subject's own is keyed.
#[inline]
fn hash(ask: &Ask, lane: u64) -> u64 {
    let [high, low] = crate::key::halves(ask.subject().hash());
    let rule = ask.rule().bits().wrapping_add(lane.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    crate::key::fold(u128::from(low ^ rule).wrapping_mul(u128::from(high | 1)))
}

fn is_strict(ask: &Ask) -> bool {
    ask.on_overflow() == Overflow::Strict
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn decide_now(&self, asks: &[Ask], act: Act) -> Option<Verdict> {
        Some(self.decide_in(asks, act, self.now()))
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move { Ok(self.decide_in(asks, act, self.now())) })
    }

    fn refund_now(&self, asks: &[Ask]) -> bool {
        let now = self.now();
        for ask in asks {
            self.give_back(ask, now);
        }
        true
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.refund_now(asks);
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("bytes", &self.bytes())
            .field("tick", &Duration::from_nanos(self.tick.nanos()))
            .finish_non_exhaustive()
    }
}

/// The reading of an ask for nothing.
fn nothing(reading: Reading) -> Reading {
    let (remaining, full) = (reading.remaining(), reading.full());
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Reading::new(Outcome::Admitted, remaining, 0, nanos(reading.next()), nanos(full))
}
