//! Counts in this process, in a memory of fixed size.

mod bucket;
mod snapshot;
mod tickets;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_core::Clock;
use smallvec::SmallVec;

use super::{Act, Ask, Outcome, Reading, Readings, Store, StoreFuture, Verdict};
use crate::clock::Stopwatch;
use crate::quota::{Meter, Quota};
use crate::table::{Change, Table};
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
/// price is that newcomers are refused while more keys owe something than fit.
///
/// Against clients that choose their keys. A key is told apart by a place and 22 bits of a hash with
/// a secret key, 40 bits in 16 MiB: two given keys share a count with a probability of 2^-40, one
/// key shares its own with any other of a full table of any size with 1.5 in a million. Keys that
/// share take from each other; neither gets more than its quota. Who does not know the secret cannot
/// compute two that do, only try: 2^40 keys on average for a given one.
/// [`KeyHasher::random`](crate::key::KeyHasher::random) takes another secret in every process. More
/// memory adds a bit whenever it doubles.
///
/// # Cost
///
/// All memory is taken at the start: 16 bytes for each key while it is two thirds full. A decision on one
/// bucket reads the clock and one cache line, and swaps one word; of a home that has sent keys away
/// to their other line, a sixth at that load, it may read that one too. A strict window does so for
/// each of its tickets. No lock, no allocation, no thread.
pub struct MemoryStore {
    table: Table,
    clock: Stopwatch,
    tick: Tick,
}

/// What is to change for the asks of a request, in their order.
type Changes<'a> = SmallVec<[Change<'a>; 4]>;

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
        Ok(Self { table, clock, tick: Tick::USUAL })
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
        self.table.live(self.now())
    }

    /// Decides on one ask by itself, now: for whoever counts something else than requests.
    ///
    /// What [`decide_now`](Store::decide_now) says of this ask alone, without the list around it;
    /// whether a refusal of an advisory ask refuses anything is the caller's.
    #[inline]
    #[must_use]
    pub fn charge(&self, ask: &Ask) -> Reading {
        let now = self.now();
        let reading = match ask.meter() {
            Meter::Bucket(gcra) => self.charge_at_once(ask, gcra, now),
            Meter::Strict(_) => None,
        };
        reading.unwrap_or_else(|| self.take(ask, now))
    }

    /// Decides at that moment, which comes from the clock of this store.
    #[must_use]
    pub fn decide_at(&self, asks: &[Ask], act: Act, now: Instant) -> Verdict {
        self.decide_in(asks, act, self.ticks(self.clock.until(now)))
    }

    // Beside it the decision on one bucket would have no registers left.
    #[inline(never)]
    fn decide_in(&self, asks: &[Ask], act: Act, now: u64) -> Verdict {
        match (asks, act) {
            ([ask], Act::Charge) => Verdict::of(ask, self.take(ask, now)),
            (_, Act::Charge) => self.take_if_all_pass(asks, now),
            (_, Act::Peek) => self.look_at_all(asks, now),
        }
    }

    fn take_if_all_pass(&self, asks: &[Ask], now: u64) -> Verdict {
        let mut changes = Changes::new();
        let mut verdict = Verdict::new(true, Readings::new());
        for ask in asks {
            if let Meter::Bucket(gcra) = ask.meter() {
                let (change, reading) = self.charged(ask, gcra, now);
                verdict.push(ask, reading);
                changes.push(change);
            } else {
                verdict.push(ask, self.look(ask, now));
                changes.push(Change::Anew);
            }
        }
        let made = if verdict.is_admitted() {
            changes.iter().take_while(|change| change.is_made()).count()
        } else {
            // Nothing is charged, so what the others have is what they had.
            verdict = self.look_at_all(asks, now);
            0
        };
        // Of what is refused, something may have been given back meanwhile.
        if verdict.is_admitted() && made < asks.len() {
            verdict = self.take_rest(asks, made, &verdict, now);
        }
        verdict
    }

    /// Looks again from the first ask on that was not still as it was seen; if another was faster,
    /// gives all back.
    #[cold]
    fn take_rest(&self, asks: &[Ask], first: usize, seen: &Verdict, now: u64) -> Verdict {
        let mut verdict = Verdict::new(true, Readings::new());
        for (position, ask) in asks.iter().enumerate() {
            let taken = seen.readings().get(..first).and_then(|taken| taken.get(position));
            let reading = taken.copied().unwrap_or_else(|| self.take(ask, now));
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

    fn look_at_all(&self, asks: &[Ask], now: u64) -> Verdict {
        let mut verdict = Verdict::new(true, Readings::new());
        for ask in asks {
            verdict.push(ask, self.look(ask, now));
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

    fn look(&self, ask: &Ask, now: u64) -> Reading {
        match ask.meter() {
            Meter::Bucket(gcra) => self.look_at_bucket(ask, gcra, now),
            Meter::Strict(tickets) => self.look_at_tickets(ask, tickets, now),
        }
    }

    #[cold]
    #[inline(never)]
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
        self.ticks(self.clock.nanos())
    }

    #[inline]
    const fn ticks(&self, nanos: u64) -> u64 {
        self.tick.down(nanos).wrapping_add(BEGINNING)
    }
}

/// Returns a hash of whose count it is, and one of whose and which: the subject's own is keyed.
#[inline]
fn hashes(ask: &Ask, lane: u64) -> [u64; 2] {
    let [high, low] = crate::key::halves(ask.subject().hash());
    let rule = ask.rule().bits().wrapping_add(lane.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    let whose = (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    [whose, crate::key::fold(u128::from(low ^ rule).wrapping_mul(u128::from(high | 1)))]
}

fn is_strict(ask: &Ask) -> bool {
    ask.on_overflow() == Overflow::Strict
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn decide_now(&self, asks: &[Ask], act: Act) -> Option<Verdict> {
        let now = self.now();
        // What most requests ask, in this one function: a verdict that is handed on is copied.
        if let ([ask], Act::Charge) = (asks, act)
            && let Meter::Bucket(gcra) = ask.meter()
            && let Some(reading) = self.charge_at_once(ask, gcra, now)
        {
            return Some(Verdict::of(ask, reading));
        }
        Some(self.decide_in(asks, act, now))
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
            .field("tick", &Duration::from_nanos(self.tick.nanos().into()))
            .finish_non_exhaustive()
    }
}

/// The reading of an ask for nothing.
fn nothing(reading: Reading) -> Reading {
    let (remaining, full) = (reading.remaining(), reading.full());
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Reading::new(Outcome::Admitted, remaining, 0, nanos(reading.next()), nanos(full))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::key::KeyHasher;
    use crate::store::{RuleId, Subject};

    fn ask(subject: Subject) -> Ask {
        Ask::new(subject, RuleId::of("api", 0), Quota::per_hour(1).meter().expect("a rate"))
    }

    fn store() -> MemoryStore {
        MemoryStore::with_bytes(MemoryStore::LEAST_BYTES).expect("a size")
    }

    fn shares(hasher: &KeyHasher, [one, other]: [u32; 2]) -> bool {
        let store = store();
        let passes = |key: u32| {
            let subject = hasher.bytes(1, &key.to_be_bytes());
            store.decide_now(&[ask(subject)], Act::Charge).is_some_and(|v| v.is_admitted())
        };
        passes(one) && !passes(other)
    }

    /// Tries API keys until two of them share a place and a fingerprint.
    fn construct(hasher: &KeyHasher) -> [u32; 2] {
        let store = store();
        let mut seen = HashMap::new();
        for key in 0..1_u32 << 20 {
            let found = hashes(&ask(hasher.bytes(1, &key.to_be_bytes())), 0);
            if let Some(first) = seen.insert(store.table.place(found, false).parts(), key) {
                return [first, key];
            }
        }
        unreachable!("a million keys for eight million places")
    }

    #[test]
    fn who_knows_the_secret_makes_two_keys_one_and_who_does_not_cannot() {
        let known = KeyHasher::keyed(b"known to an evil");
        let pair = construct(&known);
        assert!(shares(&known, pair), "the attack works");
        for _ in 0..20 {
            assert!(!shares(&KeyHasher::random(), pair));
        }
    }

    /// Keys of any pattern meet as seldom as random ones: of 2^17 in 2^10 places with 22 bits each,
    /// 2 pairs on average.
    #[test]
    fn keys_of_a_pattern_meet_no_more_often_than_chance() {
        const KEYS: u64 = 1 << 17;
        let patterns: [fn(u64) -> u64; 7] = [
            |number| number,
            |number| number << 16,
            |number| number << 32,
            |number| number << 47,
            |number| number.reverse_bits(),
            |number| number.wrapping_mul(0x0001_0001_0001_0001),
            |number| number | number << 40,
        ];
        let store = MemoryStore::with_bytes(64 << 10).expect("a size");
        for hasher in [KeyHasher::random(), KeyHasher::keyed(&[7; 16])] {
            let places = |subject: &dyn Fn(u64) -> Subject| {
                let place = |key| store.table.place(hashes(&ask(subject(key)), 0), false).parts();
                let mut places: Vec<_> = (0..KEYS).map(place).collect();
                places.sort_unstable();
                places.windows(2).filter(|pair| pair.first() == pair.last()).count()
            };
            for (number, pattern) in patterns.iter().enumerate() {
                let met = places(&|key| hasher.word(64, pattern(key)));
                assert!(met < 20, "{met} of pattern {number}");
            }
            let met = places(&|key| hasher.bytes(1, format!("key-{key:08}").as_bytes()));
            assert!(met < 20, "{met}");
        }
    }

    /// What is one client's is in one group of lines; clients are spread over all groups all the same.
    #[test]
    fn three_quarters_full_hardly_anything_is_forgotten() {
        let store = MemoryStore::with_bytes(1 << 20).expect("a size");
        let hasher = KeyHasher::random();
        let meter = Quota::per_hour(1).meter().expect("a rate");
        let clients = store.capacity() / 4;
        for client in 0..u64::try_from(clients).expect("a size") {
            let subject = hasher.word(64, client << 16);
            let ask = |window| Ask::new(subject, RuleId::of("api", window), meter);
            assert_eq!(store.decide_now(&[0, 1, 2].map(ask), Act::Charge).map(|_| ()), Some(()));
        }
        let live = store.live();
        assert!(live * 100 > clients * 3 * 99, "{live} of {}", clients * 3);
    }
}
