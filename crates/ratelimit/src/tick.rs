//! Lengths of a tick: what a moment in a word counts.

use crate::quota::{Gcra, Meter, Quota};

/// The furthest that a moment may be ahead, in ticks: a quarter of what a word can tell.
pub(crate) const LONGEST: u64 = 1 << 38;

/// A length of which a second is a whole multiple, so that usual quotas lose nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// 62.5 us: a word can tell 2.1 years, and quotas may take 198 days to earn.
    Usual,
    /// 1 us: 12 days, and 3 days.
    Micro,
    /// 10 ns: 3 hours, and 45 minutes.
    Tens,
}

impl Tick {
    const FROM_LONG: [Self; 3] = [Self::Usual, Self::Micro, Self::Tens];

    /// Chooses the longest that lengthens no interval by more than a thousandth, among those in
    /// which all quotas fit.
    pub(crate) fn for_quotas(quotas: &[Quota]) -> Self {
        let meters = || quotas.iter().filter_map(|quota| quota.meter());
        let fits = |tick: &Self| meters().all(|meter| tick.up(span(meter)) < LONGEST >> 1);
        let true_to = |tick: &Self| {
            meters().all(|meter| {
                let nanos = interval(meter);
                let told = tick.up(nanos).saturating_mul(tick.nanos());
                told.saturating_sub(nanos).saturating_mul(1000) <= nanos
            })
        };
        let mut fitting = Self::FROM_LONG.into_iter().filter(fits);
        let all = fitting.clone();
        fitting
            .find(true_to)
            .or_else(|| all.max_by_key(|tick| tick.second()))
            .unwrap_or(Self::Usual)
    }

    /// Returns its length.
    pub(crate) const fn nanos(self) -> u64 {
        match self {
            Self::Usual => 62_500,
            Self::Micro => 1000,
            Self::Tens => 10,
        }
    }

    /// Returns how many are in a second.
    pub(crate) const fn second(self) -> u64 {
        match self {
            Self::Usual => 16_000,
            Self::Micro => 1_000_000,
            Self::Tens => 100_000_000,
        }
    }

    /// Returns how many have passed after so many nanoseconds. The divisors are constants: no
    /// division is left of them.
    #[inline]
    pub(crate) const fn down(self, nanos: u64) -> u64 {
        match self {
            Self::Usual => nanos / 62_500,
            Self::Micro => nanos / 1000,
            Self::Tens => nanos / 10,
        }
    }

    /// Returns how many it takes for so many nanoseconds to have passed.
    #[inline]
    pub(crate) const fn up(self, nanos: u64) -> u64 {
        self.down(nanos.saturating_add(self.nanos().saturating_sub(1)))
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
    use super::*;

    #[test]
    fn usual_quotas_lose_nothing() {
        for quota in [Quota::per_minute(5), Quota::per_hour(100), Quota::per_second(1000)] {
            assert_eq!(Tick::for_quotas(&[quota]), Tick::Usual);
            let nanos = interval(quota.meter().unwrap());
            assert_eq!(Tick::Usual.up(nanos).wrapping_mul(62_500), nanos, "{quota}");
        }
    }

    #[test]
    fn fast_quotas_have_a_finer_tick_if_the_slow_ones_allow() {
        let fast = Quota::per_second(1_000_000);
        assert_eq!(Tick::for_quotas(&[fast]), Tick::Micro);
        assert_eq!(Tick::for_quotas(&[Quota::per_second(30_000_000)]), Tick::Tens);
        assert_eq!(Tick::for_quotas(&[fast, Quota::per_day(3)]), Tick::Micro);
        let month = Quota::per(3, Quota::LONGEST).unwrap();
        assert_eq!(Tick::for_quotas(&[fast, month]), Tick::Usual);
    }

    #[test]
    fn a_second_is_a_whole_number_of_each() {
        for tick in Tick::FROM_LONG {
            assert_eq!(tick.second().wrapping_mul(tick.nanos()), 1_000_000_000);
            assert_eq!((tick.down(1_000_000_000), tick.up(1)), (tick.second(), 1));
        }
    }
}
