//! What may be done with an entry at a moment: pure, in ticks.

use crate::time::TICK_MICROS;

/// Bits of a fraction in [`exponential`].
const FRACTION: u32 = 16;
/// No draw is larger: 65 ln 2, rounded up.
const LARGEST: u64 = 46;

/// What one entry carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// The first tick at which it is stale.
    pub(crate) fresh_until: u32,
    /// After a load that failed: the first tick at which another is tried.
    pub(crate) retry_at: u32,
    /// Microseconds that its load took.
    pub(crate) cost: u32,
}

/// Microseconds in a byte, a ninth too few at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost(u8);

impl Cost {
    /// Keeps the leading bit and three more.
    pub(crate) fn new(micros: u32) -> Self {
        let shift = 28_u32.saturating_sub(micros.leading_zeros());
        let bits = micros.checked_shr(shift).unwrap_or(0);
        // 8 * 28 + 15 at the most.
        Self(u8::try_from((shift << 3).saturating_add(bits)).unwrap_or(u8::MAX))
    }

    #[inline]
    pub(crate) fn micros(self) -> u32 {
        let shift = (self.0 >> 3).saturating_sub(1);
        let bits = self.0.saturating_sub(shift << 3);
        u32::from(bits).checked_shl(shift.into()).unwrap_or(u32::MAX)
    }

    pub(crate) const fn code(self) -> u8 {
        self.0
    }

    pub(crate) const fn of_code(code: u8) -> Self {
        Self(code)
    }
}

/// How long entries of a cache may be served after they are stale, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grace {
    /// While a load runs that nobody waits for.
    pub(crate) while_revalidate: u32,
    /// When a load has failed.
    pub(crate) if_error: u32,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it, and load it anew before it is stale.
    Early,
    /// Serve it, stale for so many ticks, and load it anew.
    Revalidate { stale: u32 },
    /// Serve it, stale for so many ticks: a load failed a moment ago.
    Degraded { stale: u32 },
    /// Load it; serve it, stale for so many ticks, if that fails.
    Fallback { stale: u32 },
    /// Load it.
    Dead,
}

/// Judges an entry at a tick.
///
/// The early load is that of Vattani, Chierichetti and Lowenstein (VLDB 2015): the sooner the longer
/// the last load took, at a random moment, so that of many readers about one loads.
#[inline]
pub(crate) fn judge(term: Term, grace: Grace, now: u32, random: impl FnOnce() -> u64) -> Freshness {
    if let Some(left) = term.fresh_until.checked_sub(now).filter(|left| *left > 0) {
        // Only the last moments of an entry cost a random number.
        let left = micros(left);
        let cost = u64::from(term.cost);
        let early = left <= cost.saturating_mul(LARGEST)
            && now >= term.retry_at
            && left <= cost.saturating_mul(exponential(random())) >> FRACTION;
        return if early { Freshness::Early } else { Freshness::Fresh };
    }
    let stale = now.saturating_sub(term.fresh_until);
    if now < term.retry_at && stale < grace.while_revalidate.max(grace.if_error) {
        Freshness::Degraded { stale }
    } else if stale < grace.while_revalidate {
        Freshness::Revalidate { stale }
    } else if stale < grace.if_error {
        Freshness::Fallback { stale }
    } else {
        Freshness::Dead
    }
}

fn micros(ticks: u32) -> u64 {
    u64::from(ticks).saturating_mul(TICK_MICROS)
}

/// Returns a draw of the exponential distribution with mean 1, with 16 bits of fraction.
///
/// Minus the logarithm of a uniform number: leading zeros are its whole part, to the base of 2, and
/// the bits after the leading one its fraction, in a straight line (off by 0.06 at most).
fn exponential(random: u64) -> u64 {
    /// ln 2.
    const LN_2: u64 = 45_426;
    let zeros = random.leading_zeros();
    let fraction = random.checked_shl(zeros.saturating_add(1)).unwrap_or(0) >> 48;
    let log2 = (u64::from(zeros).saturating_add(1) << FRACTION).saturating_sub(fraction);
    log2.saturating_mul(LN_2) >> FRACTION
}

#[cfg(test)]
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "the tests compare with the real logarithm"
)]
mod tests {
    use super::*;

    const GRACE: Grace = Grace { while_revalidate: 10, if_error: 100 };

    fn at(now: u32, retry_at: u32) -> Freshness {
        let term = Term { fresh_until: 1000, retry_at, cost: 0 };
        judge(term, GRACE, now, || 0)
    }

    #[test]
    fn an_entry_ages_from_fresh_to_dead() {
        use Freshness::{Dead, Degraded, Fallback, Fresh, Revalidate};
        assert_eq!(at(999, 0), Fresh);
        assert_eq!(at(1000, 0), Revalidate { stale: 0 });
        assert_eq!(at(1009, 0), Revalidate { stale: 9 });
        assert_eq!(at(1010, 0), Fallback { stale: 10 });
        assert_eq!(at(1099, 0), Fallback { stale: 99 });
        assert_eq!(at(1100, 0), Dead);
        assert_eq!(at(u32::MAX, 0), Dead);
        // A load that failed is not tried again at once, and not for longer than is allowed.
        assert_eq!(at(1005, 1006), Degraded { stale: 5 });
        assert_eq!(at(1050, 1051), Degraded { stale: 50 });
        assert_eq!(at(1050, 1050), Fallback { stale: 50 });
        assert_eq!(at(1100, 2000), Dead);
        // After two years nothing is fresh.
        let term = Term { fresh_until: u32::MAX, retry_at: 0, cost: 0 };
        assert_eq!(judge(term, Grace::default(), u32::MAX, || 0), Dead);
    }

    #[test]
    fn a_dear_entry_is_loaded_early_by_chance_and_a_cheap_one_never() {
        let early = |cost, random, retry_at| {
            let term = Term { fresh_until: 1000, retry_at, cost };
            judge(term, GRACE, 990, || random) == Freshness::Early
        };
        // 160 ms are left; the load took 100 ms: early if the draw is over 1.6.
        assert!(early(100_000, u64::MAX / 16, 0));
        assert!(!early(100_000, u64::MAX / 2, 0));
        assert!(!early(100_000, u64::MAX / 16, 991), "one failed a moment ago");
        assert!(!early(1000, 0, 0), "46 ms at the most");
    }

    #[test]
    fn a_cost_is_kept_to_a_ninth() {
        for micros in (0..10_000).chain((0..32).map(|bit| 1 << bit)).chain([u32::MAX]) {
            let kept = Cost::new(micros).micros();
            assert!(
                kept <= micros && u64::from(micros - kept) * 9 <= u64::from(micros),
                "{micros}"
            );
            assert_eq!(Cost::new(kept), Cost::new(micros));
            assert_eq!(Cost::of_code(Cost::new(micros).code()).micros(), kept);
        }
    }

    #[test]
    fn the_draw_is_minus_the_logarithm() {
        for step in 1..10_000_u64 {
            let random = step * (u64::MAX / 10_000);
            let exact = -(random as f64 / u64::MAX as f64).ln();
            let drawn = exponential(random) as f64 / 65_536.0;
            assert!((drawn - exact).abs() < 0.062, "{random}: {drawn} for {exact}");
        }
        assert!(exponential(0) <= LARGEST << FRACTION);
        assert_eq!(exponential(u64::MAX), 0);
    }
}
