//! Buckets: one word each.

use super::{MemoryStore, hashes, is_strict};
use crate::quota::{Gcra, Step};
use crate::store::{Ask, Reading};
use crate::table::{Place, Seen, Terms};
use crate::tick::LONGEST;

/// What a bucket was seen to have, and what it is charged.
#[derive(Debug)]
pub(super) struct Charge<'a> {
    seen: Seen<'a>,
    gcra: Gcra,
    tat: u64,
}

impl Charge<'_> {
    /// Charges the bucket, if it is still as it was seen; says whether it was.
    #[inline]
    pub(super) fn is_made(&self) -> bool {
        self.seen.becomes(self.tat)
    }

    /// Reads the bucket after that.
    #[inline]
    pub(super) const fn reading(&self, now: u64, tick: u64) -> Reading {
        Reading::of_bucket(Step::Admitted { tat: self.tat }, self.gcra, self.tat, now, tick)
    }
}

impl MemoryStore {
    /// Returns the bucket in ticks, its place, and what it may owe.
    #[inline]
    fn bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> (Gcra, Place, Terms) {
        let mut gcra = self.tick.bucket(gcra);
        if gcra.span() > LONGEST {
            gcra = shortened(gcra);
        }
        let place = self.table.place(hashes(ask, 0), is_strict(ask));
        (gcra, place, Terms { now, span: gcra.span(), second: self.tick.second() })
    }

    pub(super) fn look_at_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> Reading {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let tat = self.table.peek(place, terms);
        Reading::of_bucket(gcra.decide(tat, now, ask.amount()), gcra, tat, now, self.tick.nanos())
    }

    /// Looks at a bucket; returns what it would be charged, if it has that.
    #[expect(clippy::inline_always, reason = "what is copied waits for its own bytes")]
    #[inline(always)]
    pub(super) fn charge(&self, ask: &Ask, gcra: Gcra, now: u64) -> Option<Charge<'_>> {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let seen = self.table.look(place, terms);
        match gcra.decide(seen.moment(), now, ask.amount()) {
            Step::Admitted { tat } => Some(Charge { seen, gcra, tat }),
            Step::Early { .. } | Step::Never => None,
        }
    }

    #[expect(clippy::inline_always, reason = "a reading that is copied waits for its own bytes")]
    #[inline(always)]
    pub(super) fn take_from_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> Reading {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let cost = ask.amount();
        let next = |tat| match gcra.decide(tat, now, cost) {
            Step::Admitted { tat } => Some(tat),
            Step::Early { .. } | Step::Never => None,
        };
        let (step, tat) = match self.table.update(place, terms, next) {
            Ok(tat) => (Step::Admitted { tat }, tat),
            Err(tat) => (gcra.decide(tat, now, cost), tat),
        };
        Reading::of_bucket(step, gcra, tat, now, self.tick.nanos())
    }

    pub(super) fn return_to_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        self.table.give_back(place, terms, |tat| gcra.refund(tat, ask.amount()));
    }
}

/// A quota that takes longer to earn than a word can tell: what fits of its burst.
#[cold]
fn shortened(gcra: Gcra) -> Gcra {
    let fits = LONGEST.checked_div(gcra.interval()).unwrap_or(0);
    Gcra::new(gcra.interval(), u32::try_from(fits).unwrap_or(u32::MAX))
}
