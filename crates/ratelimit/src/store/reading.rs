//! What a store answers.

use std::ops::Deref;
use std::time::{Duration, SystemTime};

use smallvec::SmallVec;

use super::Ask;
use crate::quota::{Gcra, Meter, Step, Tickets};

/// What became of one ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an ask passes, must wait, or is too large")]
pub enum Outcome {
    /// It may pass.
    Admitted,
    /// It comes too early.
    Early,
    /// It asks for more than the quota ever has at once: no wait helps.
    Never,
}

/// One meter of one subject, after the decision.
///
/// What it tells is computed when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    outcome: Outcome,
    wait: u64,
    gauge: Gauge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gauge {
    Bucket { gcra: Gcra, debt: u64, tick: u32 },
    Known { remaining: u32, next: u64, full: u64 },
}

impl Reading {
    /// Reads a bucket whose theoretical arrival time is `tat` after the decision.
    ///
    /// All times are in units of `tick` nanoseconds; what comes out is rounded up.
    #[must_use]
    pub const fn of_bucket(step: Step, gcra: Gcra, tat: u64, now: u64, tick: u64) -> Self {
        // A unit of more than four seconds would be none of a limit's.
        let held = if tick > WIDEST { WIDEST } else { tick };
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "held")]
        Self::of_debt(step, gcra, tat.saturating_sub(now), held as u32)
    }

    /// Reads a bucket that is so far ahead after the decision.
    #[inline]
    pub(crate) const fn of_debt(step: Step, gcra: Gcra, debt: u64, tick: u32) -> Self {
        let (outcome, wait) = match step {
            Step::Admitted { .. } => (Outcome::Admitted, 0),
            Step::Early { wait } => (Outcome::Early, nanos(wait, wide(tick))),
            Step::Never => (Outcome::Never, 0),
        };
        Self { outcome, wait, gauge: Gauge::Bucket { gcra, debt, tick } }
    }

    /// Reads tickets that are free from these moments on, after the decision.
    #[must_use]
    pub fn of_tickets(
        admitted: bool,
        cost: u32,
        tickets: Tickets,
        moments: &[u64],
        now: u64,
        tick: u64,
    ) -> Self {
        let free = tickets.free(moments, now);
        let next = tickets.wait(moments, now, free.saturating_add(1)).unwrap_or(0);
        let (outcome, wait) = match tickets.wait(moments, now, cost) {
            _ if admitted => (Outcome::Admitted, 0),
            // Free again, but another was faster: the next moment will do.
            Some(wait) => (Outcome::Early, wait.max(1)),
            None => (Outcome::Never, 0),
        };
        let full = nanos(tickets.full(moments, now), tick);
        let gauge = Gauge::Known { remaining: free, next: nanos(next, tick), full };
        Self { outcome, wait: nanos(wait, tick), gauge }
    }

    /// Reads what a shared store computed; times in nanoseconds.
    #[must_use]
    pub const fn new(outcome: Outcome, remaining: u32, wait: u64, next: u64, full: u64) -> Self {
        Self { outcome, wait, gauge: Gauge::Known { remaining, next, full } }
    }

    /// Reads a meter that nothing was taken from: what a request gets that is not counted.
    #[must_use]
    pub const fn untouched(meter: Meter) -> Self {
        #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
        let remaining = match meter {
            Meter::Bucket(gcra) => gcra.burst(),
            Meter::Strict(tickets) => tickets.count() as u32,
        };
        Self::new(Outcome::Admitted, remaining, 0, 0, 0)
    }

    /// Says what became of the ask.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Says whether the ask may pass.
    #[must_use]
    pub const fn is_admitted(&self) -> bool {
        matches!(self.outcome, Outcome::Admitted)
    }

    /// Returns how many more would pass at once.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.standing().0
    }

    /// Returns how many more would pass at once, and how long until one more would, 0 when all do.
    #[must_use]
    pub(crate) const fn standing(&self) -> (u32, Duration) {
        let (remaining, next) = match self.gauge {
            Gauge::Bucket { gcra, debt, tick } => {
                let (remaining, next) = gcra.standing(debt, 0);
                (remaining, nanos(next, wide(tick)))
            }
            Gauge::Known { remaining, next, .. } => (remaining, next),
        };
        (remaining, Duration::from_nanos(next))
    }

    /// Says whether at most so many more would pass at once.
    pub(crate) const fn has_at_most(&self, count: u32) -> bool {
        match self.gauge {
            Gauge::Bucket { gcra, debt, .. } => gcra.has_at_most(count, debt, 0),
            Gauge::Known { remaining, .. } => remaining <= count,
        }
    }

    /// Returns how long until the same ask would pass, 0 if it did or never will.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        Duration::from_nanos(self.wait)
    }

    /// Returns how long until one more than [`remaining`](Self::remaining) is there, 0 when all are.
    #[must_use]
    pub const fn next(&self) -> Duration {
        self.standing().1
    }

    /// Returns how long until everything is there again.
    #[must_use]
    pub const fn full(&self) -> Duration {
        Duration::from_nanos(match self.gauge {
            Gauge::Bucket { debt, tick, .. } => nanos(debt, wide(tick)),
            Gauge::Known { full, .. } => full,
        })
    }
}

/// The longest unit of a bucket's times, in nanoseconds.
const WIDEST: u64 = 0xFFFF_FFFF;

const fn wide(tick: u32) -> u64 {
    #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
    {
        tick as u64
    }
}

/// Returns ticks in nanoseconds, held at what fits.
const fn nanos(ticks: u64, tick: u64) -> u64 {
    ticks.saturating_mul(tick)
}

/// The readings of all asks of one request, in their order.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    list: SmallVec<[Reading; 4]>,
}

impl Readings {
    /// Holds none yet.
    #[must_use]
    pub fn new() -> Self {
        Self { list: SmallVec::new() }
    }

    /// Adds the reading of the next ask.
    pub fn push(&mut self, reading: Reading) {
        self.list.push(reading);
    }
}

impl Deref for Readings {
    type Target = [Reading];

    fn deref(&self) -> &[Reading] {
        &self.list
    }
}

/// What became of a whole request.
#[derive(Clone, Debug)]
pub struct Verdict {
    admitted: bool,
    readings: Readings,
    store_time: Option<SystemTime>,
    alone: bool,
}

impl Verdict {
    /// States whether all binding asks passed, and how each meter stands.
    #[must_use]
    #[inline]
    pub const fn new(admitted: bool, readings: Readings) -> Self {
        Self { admitted, readings, store_time: None, alone: false }
    }

    /// States what became of the one ask of a request.
    #[expect(clippy::inline_always, reason = "a reading that is copied waits for its own bytes")]
    #[inline(always)]
    pub(crate) fn of(ask: &Ask, reading: Reading) -> Self {
        let mut list = SmallVec::new();
        list.push(reading);
        Self::new(reading.is_admitted() || !ask.is_binding(), Readings { list })
    }

    /// Adds the reading of the next ask; one that is binding and refused refuses the request.
    #[expect(clippy::inline_always, reason = "a reading that is copied waits for its own bytes")]
    #[inline(always)]
    pub(crate) fn push(&mut self, ask: &Ask, reading: Reading) {
        self.admitted &= reading.is_admitted() || !ask.is_binding();
        self.readings.push(reading);
    }

    /// Puts the reading that refuses the request in its place.
    pub(crate) fn refuse(&mut self, position: usize, reading: Reading) {
        self.admitted = false;
        if let Some(place) = self.readings.list.get_mut(position) {
            *place = reading;
        }
    }

    /// Adds what time it is by the clock of a shared store: a difference of seconds is a
    /// [`Finding`](crate::Finding).
    #[must_use]
    pub const fn at(mut self, store_time: SystemTime) -> Self {
        self.store_time = Some(store_time);
        self
    }

    /// Says that a shared store did not answer and this process decided alone: a
    /// [`Finding`](crate::Finding).
    #[must_use]
    pub const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Says whether this process decided alone.
    #[must_use]
    pub const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Returns what time it was by the clock of a shared store.
    #[must_use]
    pub const fn store_time(&self) -> Option<SystemTime> {
        self.store_time
    }

    /// Says whether all binding asks passed: then, and only then, something was charged.
    #[must_use]
    pub const fn is_admitted(&self) -> bool {
        self.admitted
    }

    /// Returns one reading for each ask.
    #[must_use]
    pub fn readings(&self) -> &[Reading] {
        &self.readings
    }
}
