//! Arithmetic of the generic cell rate algorithm (ITU-T I.371, virtual scheduling), integers only.
//!
//! The state is one number, the theoretical arrival time: the moment at which everything that was
//! taken is earned back. Time is in any unit, the same in all arguments.

/// What an arrival asks for and may have: `burst` at once, one more for each `interval`.
///
/// In any span of time `d` at most `burst + d / interval` are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gcra {
    interval: u64,
    burst: u32,
}

/// What the algorithm says of one arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an arrival is admitted, too early, or too large")]
pub enum Step {
    /// It passes, and this is the new state.
    Admitted {
        /// The theoretical arrival time after it.
        tat: u64,
    },
    /// It comes too early; the state stays.
    Early {
        /// How long until it would pass if nothing else came.
        wait: u64,
    },
    /// It asks for more than there ever is.
    Never,
}

impl Gcra {
    /// Times below this can be added up without leaving `u64`.
    pub const HORIZON: u64 = 1 << 62;

    /// States the algorithm; an `interval` of 0 counts as 1.
    ///
    /// A burst that takes longer than [`HORIZON`](Self::HORIZON) to earn is cut to what fits.
    #[must_use]
    pub const fn new(interval: u64, burst: u32) -> Self {
        let interval = if interval == 0 { 1 } else { interval };
        // The divisor is not 0.
        let fits = match Self::HORIZON.checked_div(interval) {
            Some(fits) => fits,
            None => 0,
        };
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "checked to be below a u32; `From` is not const"
        )]
        let burst = if fits < widen(burst) { fits as u32 } else { burst };
        Self { interval, burst }
    }

    /// Returns the same with an interval that is shorter or, by rounding, a little longer.
    #[must_use]
    pub(crate) const fn with_interval(self, interval: u64) -> Self {
        Self { interval, burst: self.burst }
    }

    /// Returns the time in which one is earned.
    #[must_use]
    pub const fn interval(self) -> u64 {
        self.interval
    }

    /// Returns how many pass at once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Returns the time in which a whole burst is earned: no state is ever further ahead.
    #[must_use]
    pub const fn span(self) -> u64 {
        self.interval.wrapping_mul(widen(self.burst))
    }

    /// Decides on an arrival of that cost.
    ///
    /// A clock that goes back earns nothing and takes nothing: the state only grows.
    #[must_use]
    pub const fn decide(self, tat: u64, now: u64, cost: u32) -> Step {
        if cost > self.burst {
            return Step::Never;
        }
        let start = if tat > now { tat } else { now };
        // A cost within the burst takes no longer to earn than the burst, below the horizon.
        let end = start.saturating_add(self.interval.wrapping_mul(widen(cost)));
        let limit = now.saturating_add(self.span());
        if end <= limit {
            Step::Admitted { tat: end }
        } else {
            Step::Early { wait: end.saturating_sub(limit) }
        }
    }

    /// Returns the state after giving back what an admitted arrival of that cost took.
    #[must_use]
    pub const fn refund(self, tat: u64, cost: u32) -> u64 {
        tat.saturating_sub(self.interval.saturating_mul(widen(cost)))
    }

    /// Returns how many would pass at once now.
    #[must_use]
    pub const fn remaining(self, tat: u64, now: u64) -> u32 {
        self.standing(tat, now).0
    }

    /// Returns how many would pass at once now, and how long until one more would, 0 when all do.
    #[must_use]
    pub(crate) const fn standing(self, tat: u64, now: u64) -> (u32, u64) {
        let debt = tat.saturating_sub(now);
        // Debts are paid back interval by interval from the far end. The divisor is not 0.
        let (whole, odd) = match (debt.checked_div(self.interval), debt.checked_rem(self.interval))
        {
            (Some(whole), Some(odd)) => (whole, odd),
            _ => (0, 0),
        };
        let (missing, next) = match odd {
            0 if debt > 0 => (whole, self.interval),
            0 => (0, 0),
            odd => (whole.saturating_add(1), odd),
        };
        let left = widen(self.burst).saturating_sub(missing);
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "at most the burst; `TryFrom` is not const"
        )]
        (left as u32, next)
    }

    /// Says whether at most so many would pass at once now; asked of every admission, it divides nothing.
    #[must_use]
    pub(crate) const fn has_at_most(self, count: u32, tat: u64, now: u64) -> bool {
        let free = self.span().saturating_sub(tat.saturating_sub(now));
        free < self.interval.saturating_mul(widen(count).saturating_add(1))
    }

    /// Returns how long until one more is there than now, 0 when all are.
    #[must_use]
    pub const fn next(self, tat: u64, now: u64) -> u64 {
        self.standing(tat, now).1
    }
}

const fn widen(count: u32) -> u64 {
    #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
    {
        count as u64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_then_one_for_each_interval() {
        let gcra = Gcra::new(12, 5);
        let mut tat = 0;
        for taken in 1..=5 {
            let Step::Admitted { tat: next } = gcra.decide(tat, 1000, 1) else { panic!("{taken}") };
            tat = next;
            assert_eq!(gcra.remaining(tat, 1000), 5 - taken);
        }
        assert_eq!(gcra.decide(tat, 1000, 1), Step::Early { wait: 12 });
        assert_eq!(gcra.decide(tat, 1011, 1), Step::Early { wait: 1 });
        assert_eq!(gcra.decide(tat, 1012, 1), Step::Admitted { tat: 1072 });
        assert_eq!(gcra.next(tat, 1000), 12);
        assert_eq!(gcra.next(tat, 1005), 7);
        assert_eq!(gcra.next(tat, 1060), 0);
    }

    #[test]
    fn an_idle_key_and_a_new_key_have_the_same_burst() {
        let gcra = Gcra::new(10, 3);
        let admitted = |mut tat: u64| {
            let mut count = 0;
            while let Step::Admitted { tat: next } = gcra.decide(tat, 1_000_000, 1) {
                tat = next;
                count += 1;
            }
            count
        };
        assert_eq!(admitted(0), 3);
        assert_eq!(admitted(30), 3, "an idle key that was kept");
    }

    #[test]
    fn a_cost_above_the_burst_never_passes_and_is_not_a_wait() {
        let gcra = Gcra::new(10, 3);
        assert_eq!(gcra.decide(0, 0, 4), Step::Never);
        assert_eq!(Gcra::new(10, 0).decide(0, u64::MAX, 1), Step::Never);
    }

    #[test]
    fn a_burst_beyond_all_time_is_cut() {
        let gcra = Gcra::new(1 << 61, u32::MAX);
        assert_eq!(gcra.burst(), 2);
        assert_eq!(Gcra::new(0, 1).interval(), 1);
        assert_eq!(Gcra::new(1 << 61, 2).span(), Gcra::HORIZON);
    }

    fn passes(step: Step) -> bool {
        matches!(step, Step::Admitted { .. })
    }

    #[derive(Clone, Debug)]
    struct Arrival {
        pause: u64,
        cost: u32,
    }

    fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
        let arrival = (0_u64..40, 1_u32..4).prop_map(|(pause, cost)| Arrival { pause, cost });
        prop::collection::vec(arrival, 1..120)
    }

    proptest! {
        /// The bound: in any span `d` at most `burst + d / interval`.
        #[test]
        fn no_span_admits_more_than_burst_and_what_is_earned(
            interval in 1_u64..30, burst in 0_u32..8, arrivals in arrivals(),
        ) {
            let gcra = Gcra::new(interval, burst);
            let (mut tat, mut now, mut admitted) = (0, 1000, Vec::<(u64, u64)>::new());
            for Arrival { pause, cost } in arrivals {
                now += pause;
                if let Step::Admitted { tat: next } = gcra.decide(tat, now, cost) {
                    tat = next;
                    admitted.push((now, u64::from(cost)));
                }
            }
            for first in 0..admitted.len() {
                let mut sum = 0;
                for (at, cost) in &admitted[first..] {
                    sum += cost;
                    let most = u64::from(burst) + (at - admitted[first].0) / interval;
                    prop_assert!(sum <= most, "{sum} of {most}");
                }
            }
        }

        /// The wait is exact: a moment earlier it is refused, then it passes.
        #[test]
        fn who_waits_as_told_passes_and_not_before(
            interval in 1_u64..30, burst in 1_u32..8, arrivals in arrivals(),
        ) {
            let gcra = Gcra::new(interval, burst);
            let (mut tat, mut now) = (0, 1000);
            for Arrival { pause, cost } in arrivals {
                now += pause;
                let cost = cost.min(burst);
                match gcra.decide(tat, now, cost) {
                    Step::Admitted { tat: next } => tat = next,
                    Step::Early { wait } => {
                        prop_assert!(!passes(gcra.decide(tat, now + wait - 1, cost)));
                        prop_assert!(passes(gcra.decide(tat, now + wait, cost)));
                    }
                    Step::Never => prop_assert!(false, "the cost is within the burst"),
                }
                let (left, next) = (gcra.remaining(tat, now), gcra.next(tat, now));
                if left > 0 {
                    prop_assert!(passes(gcra.decide(tat, now, left)));
                }
                if left < burst {
                    prop_assert_eq!(gcra.remaining(tat, now + next), left + 1);
                    prop_assert_eq!(gcra.remaining(tat, now + next - 1), left);
                }
            }
        }

        #[test]
        fn a_refund_gives_back_what_was_taken(
            interval in 1_u64..30, burst in 1_u32..8, ahead in 0_u64..200, cost in 1_u32..8,
        ) {
            let (gcra, now) = (Gcra::new(interval, burst), 1000);
            let before = now + ahead.min(gcra.span());
            if let Step::Admitted { tat } = gcra.decide(before, now, cost) {
                prop_assert_eq!(gcra.refund(tat, cost), before);
            }
        }
    }
}
