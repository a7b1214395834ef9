//! Buckets: one word each.

use super::{MemoryStore, hash, is_strict};
use crate::quota::{Gcra, Step};
use crate::store::{Ask, Reading};
use crate::table::{Place, Terms};
use crate::tick::LONGEST;

impl MemoryStore {
    /// Returns the bucket in ticks, its place, and what it may owe.
    #[inline]
    fn bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> (Gcra, Place, Terms) {
        let mut gcra = self.tick.bucket(gcra);
        if gcra.span() > LONGEST {
            gcra = shortened(gcra);
        }
        let place = self.table.place(hash(ask, 0), is_strict(ask));
        (gcra, place, Terms { now, span: gcra.span(), second: self.tick.second() })
    }

    pub(super) fn look_at_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> Reading {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let tat = self.table.peek(place, terms);
        Reading::of_bucket(gcra.decide(tat, now, ask.amount()), gcra, tat, now, self.tick.nanos())
    }

    #[inline]
    pub(super) fn bucket_has(&self, ask: &Ask, gcra: Gcra, now: u64) -> bool {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        matches!(
            gcra.decide(self.table.peek(place, terms), now, ask.amount()),
            Step::Admitted { .. }
        )
    }

    #[inline]
    pub(super) fn take_from_bucket(&self, ask: &Ask, gcra: Gcra, now: u64) -> Reading {
        let (gcra, place, terms) = self.bucket(ask, gcra, now);
        let cost = ask.amount();
        let next = |tat| match gcra.decide(tat, now, cost) {
            Step::Admitted { tat } => Some(tat),
            Step::Early { .. } | Step::Never => None,
        };
        match self.table.update(place, terms, next) {
            Ok(tat) => {
                Reading::of_bucket(Step::Admitted { tat }, gcra, tat, now, self.tick.nanos())
            }
            Err(tat) => {
                Reading::of_bucket(gcra.decide(tat, now, cost), gcra, tat, now, self.tick.nanos())
            }
        }
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
