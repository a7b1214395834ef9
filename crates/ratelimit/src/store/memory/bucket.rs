//! Buckets: one word each.

use super::{MemoryStore, hashes, is_strict};
use crate::quota::{Gcra, Step};
use crate::store::{Ask, Reading};
use crate::table::{Change, Place, Terms};
use crate::tick::LONGEST;

impl MemoryStore {
    /// Returns the bucket in ticks, its place, and what it may owe.
    #[inline]
    fn bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> (Gcra, Place, Terms) {
        let mut gcra = self.tick.bucket(gcra);
        if gcra.span() > LONGEST {
            gcra = shortened(gcra);
        }
        let place = self.table.place(hashes(ask, 0), is_strict(ask));
        (gcra, place, Terms::new(now, gcra.span(), self.tick.second()))
    }

    /// Looks at a bucket; returns what has to be changed there, the charge of an ask that passes, and
    /// the reading after that.
    #[expect(clippy::inline_always, reason = "what is copied waits for its own bytes")]
    #[inline(always)]
    pub(super) fn charged(&self, ask: &Ask, gcra: Gcra, now: u64) -> (Change<'_>, Reading) {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let seen = self.table.look(place, terms);
        // As if it were the beginning of time: then the theoretical arrival time is the debt.
        let step = gcra.decide(seen.debt(), 0, ask.amount());
        let (change, debt) = match step {
            Step::Admitted { tat: debt } => (seen.to(now.wrapping_add(debt)), debt),
            Step::Early { .. } | Step::Never => (seen.left(), seen.debt()),
        };
        (change, Reading::of_debt(step, gcra, debt, self.tick.nanos()))
    }

    /// Charges a bucket in which nothing stands in the way: a key that is held, and as it was seen.
    #[expect(clippy::inline_always, reason = "what is copied waits for its own bytes")]
    #[inline(always)]
    pub(super) fn charge_at_once(&self, ask: &Ask, gcra: Gcra, now: u64) -> Option<Reading> {
        let (change, reading) = self.charged(ask, gcra, now);
        change.is_made().then_some(reading)
    }

    pub(super) fn look_at_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> Reading {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let debt = self.table.look(place, terms).debt();
        let step = gcra.decide(debt, 0, ask.amount());
        Reading::of_debt(step, gcra, debt, self.tick.nanos())
    }

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
        Reading::of_bucket(step, gcra, tat, now, self.tick.nanos().into())
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
