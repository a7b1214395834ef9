//! Lengths of a tick: what a moment in a word counts.

use crate::quota::{Gcra, Meter, Quota};

/// The furthest that a moment may be ahead, in ticks: a quarter of what a word can tell.
pub(crate) const LONGEST: u64 = 1 << 38;

/// A length of which a second is a whole multiple, so that usual quotas lose nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    nanos: u32,
    second: u64,
    /// What a number is multiplied with instead of being divided by the length, and by how many bits
    /// more than 64 that is too much.
    reciprocal: u64,
    shift: u32,
}

impl Tick {
    /// 62.5 us: a word can tell 2.1 years, and quotas may take 198 days to earn.
    pub(crate) const USUAL: Self = Self::of(62_500);
    /// 1 us: 12 days, and 3 days.
    const MICRO: Self = Self::of(1000);
    /// 10 ns: 3 hours, and 45 minutes.
    const TENS: Self = Self::of(10);

    const FROM_LONG: [Self; 3] = [Self::USUAL, Self::MICRO, Self::TENS];

    /// The most nanoseconds that are counted: 292 years.
    pub(crate) const MOST: u64 = u64::MAX >> 1;

    /// States the length, and the reciprocal that is exact for all numbers of 63 bits (Granlund,
    /// Montgomery 1994, "Division by Invariant Integers using Multiplication", theorem 4.2).
    #[expect(
        clippy::as_conversions,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::integer_division,
        reason = "of three constants, when they are compiled"
    )]
    const fn of(nanos: u32) -> Self {
        let shift = nanos.ilog2();
        let reciprocal = (1_u128 << (64 + shift)).div_ceil(nanos as u128) as u64;
        Self { nanos, second: 1_000_000_000 / nanos as u64, reciprocal, shift }
    }

    /// Chooses the longest that lengthens no interval by more than a thousandth, among those in
    /// which all quotas fit.
    pub(crate) fn for_quotas(quotas: &[Quota]) -> Self {
        let meters = || quotas.iter().filter_map(|quota| quota.meter());
        let fits = |tick: &Self| meters().all(|meter| tick.up(span(meter)) < LONGEST >> 1);
        let true_to = |tick: &Self| {
            meters().all(|meter| {
                let nanos = interval(meter);
                let told = tick.up(nanos).saturating_mul(tick.nanos().into());
                told.saturating_sub(nanos).saturating_mul(1000) <= nanos
            })
        };
        let mut fitting = Self::FROM_LONG.into_iter().filter(fits);
        let all = fitting.clone();
        fitting
            .find(true_to)
            .or_else(|| all.max_by_key(|tick| tick.second()))
            .unwrap_or(Self::USUAL)
    }

    /// Returns its length.
    pub(crate) const fn nanos(self) -> u32 {
        self.nanos
    }

    /// Returns how many are in a second.
    pub(crate) const fn second(self) -> u64 {
        self.second
    }

    /// Returns how many have passed after so many nanoseconds, fewer than 2^63.
    #[inline]
    pub(crate) const fn down(self, nanos: u64) -> u64 {
        #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
        let product = (nanos as u128).wrapping_mul(self.reciprocal as u128);
        crate::key::halves(product)[0].wrapping_shr(self.shift)
    }

    /// Returns how many it takes for so many nanoseconds to have passed; more than 292 years count as
    /// that.
    #[inline]
    pub(crate) const fn up(self, nanos: u64) -> u64 {
        let nanos = if nanos > Self::MOST { Self::MOST } else { nanos };
        match nanos.checked_sub(1) {
            Some(less) => self.down(less).wrapping_add(1),
            None => 0,
        }
    }

    /// Returns a bucket in ticks, its interval rounded up.
    #[inline]
    pub(crate) const fn bucket(self, gcra: Gcra) -> Gcra {
        gcra.with_interval(self.up(gcra.interval()))
    }
}

const fn interval(meter: Meter) -> u64 {
    match meter {
        Meter::Bucket(gcra) => gcra.interval(),
        Meter::Strict(tickets) => tickets.window(),
    }
}

const fn span(meter: Meter) -> u64 {
    match meter {
        Meter::Bucket(gcra) => gcra.span(),
        Meter::Strict(tickets) => tickets.window(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_quotas_lose_nothing() {
        for quota in [Quota::per_minute(5), Quota::per_hour(100), Quota::per_second(1000)] {
            assert_eq!(Tick::for_quotas(&[quota]), Tick::USUAL);
            let nanos = interval(quota.meter().unwrap());
            assert_eq!(Tick::USUAL.up(nanos).wrapping_mul(62_500), nanos, "{quota}");
        }
    }

    #[test]
    fn fast_quotas_have_a_finer_tick_if_the_slow_ones_allow() {
        let fast = Quota::per_second(1_000_000);
        assert_eq!(Tick::for_quotas(&[fast]), Tick::MICRO);
        assert_eq!(Tick::for_quotas(&[Quota::per_second(30_000_000)]), Tick::TENS);
        assert_eq!(Tick::for_quotas(&[fast, Quota::per_day(3)]), Tick::MICRO);
        let month = Quota::per(3, Quota::LONGEST).unwrap();
        assert_eq!(Tick::for_quotas(&[fast, month]), Tick::USUAL);
    }

    #[test]
    fn a_second_is_a_whole_number_of_each() {
        for tick in Tick::FROM_LONG {
            assert_eq!(tick.second().wrapping_mul(tick.nanos().into()), 1_000_000_000);
            assert_eq!((tick.down(1_000_000_000), tick.up(1)), (tick.second(), 1));
        }
    }

    proptest! {
        #[test]
        fn ticks_are_counted_as_by_division(
            anywhere in 0..=Tick::MOST, ticks in 0_u64..1 << 40, before in 0_u64..3,
        ) {
            for tick in Tick::FROM_LONG {
                // Quotients change at whole ticks.
                let length = u64::from(tick.nanos());
                let edge = ticks.wrapping_mul(length).min(Tick::MOST).saturating_sub(before);
                for nanos in [anywhere, edge, Tick::MOST] {
                    prop_assert_eq!(Some(tick.down(nanos)), nanos.checked_div(length));
                    prop_assert_eq!(tick.up(nanos), nanos.div_ceil(length));
                }
                prop_assert_eq!(tick.up(u64::MAX), tick.up(Tick::MOST));
            }
        }
    }
}
