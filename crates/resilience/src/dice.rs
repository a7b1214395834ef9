//! Randomness as a parameter.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Lock-free source of the random numbers that spread waits: `SplitMix64` (Steele, Lea, Flood 2014).
///
/// Good enough to keep a fleet from marching in step, and nothing else: never make a secret of it.
///
/// # Example
///
/// ```
/// use palisade_resilience::Dice;
///
/// let (one, same) = (Dice::seeded(7), Dice::seeded(7));
/// assert_eq!(one.roll(), same.roll());
/// ```
///
/// # Cost
///
/// One atomic addition for each roll; no allocation, no lock.
#[derive(Debug)]
pub struct Dice {
    state: AtomicU64,
}

impl Dice {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// Starts a sequence that is the same for the same seed, for tests and simulations.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// Starts a sequence of its own, from the randomness that the standard library takes for its
    /// hash maps.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(RandomState::new().hash_one(Self::STEP))
    }

    /// Returns the next number; all 2^64 values are equally likely.
    #[must_use]
    pub fn roll(&self) -> u64 {
        let mut z = self.state.fetch_add(Self::STEP, Ordering::Relaxed).wrapping_add(Self::STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the part of `whole` that a random number stands for: 0 is nothing, `u64::MAX` all but
/// a 2^64th.
pub(crate) fn part(whole: Duration, random: u64) -> Duration {
    let nanos = u128::from(u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX));
    let scaled = nanos.saturating_mul(u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_less_than_the_whole_and_grows_with_the_number() {
        let whole = Duration::from_secs(8);
        assert_eq!(part(whole, 0), Duration::ZERO);
        assert_eq!(part(whole, 1 << 63), Duration::from_secs(4));
        assert!(part(whole, u64::MAX) < whole);
        assert!(part(Duration::MAX, u64::MAX) <= Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn splitmix_gives_the_published_numbers_and_two_dice_differ() {
        // The first three outputs of the reference implementation for the seed 1234567.
        let dice = Dice::seeded(1_234_567);
        let rolls = [dice.roll(), dice.roll(), dice.roll()];
        assert_eq!(
            rolls,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert_ne!(Dice::new().roll(), Dice::new().roll());
    }
}
