//! What one Argon2id hash costs.

use std::time::Duration;

use palisade_core::Clock;

use crate::error::ConfigError;
use crate::hash::arena::Arena;
use crate::hash::engine::{Argon, Variant, Version};

/// The cost of an Argon2id hash: memory, passes over it, lanes.
///
/// The presets are the rows of the OWASP Password Storage Cheat Sheet that have at least two
/// passes; all of them cost an attacker about the same, the first ones need less time per KiB.
/// With a single pass the first block would survive in memory and shorten a guess a thousandfold.
///
/// # Example
///
/// ```
/// use palisade_passwords::Params;
///
/// assert_eq!(Params::default(), Params::OWASP_19M);
/// assert!(Params::new(65536, 3, 1).is_ok());
/// assert!(Params::new(4096, 2, 1).is_err(), "weaker than every row");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Params {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Params {
    /// 19 MiB, two passes, one lane: the default.
    pub const OWASP_19M: Self = Self::raw(19_456, 2, 1);
    /// 12 MiB, three passes, one lane.
    pub const OWASP_12M: Self = Self::raw(12_288, 3, 1);
    /// 9 MiB, four passes, one lane.
    pub const OWASP_9M: Self = Self::raw(9_216, 4, 1);
    /// 7 MiB, five passes, one lane.
    pub const OWASP_7M: Self = Self::raw(7_168, 5, 1);
    /// 64 MiB, three passes, four lanes: the second choice of RFC 9106 section 4.
    pub const RFC9106_64M: Self = Self::raw(65_536, 3, 4);

    /// KiB x passes of the cheapest row of OWASP.
    const LEAST_WORK: u64 = 7_168 * 5;

    pub(crate) const fn raw(memory_kib: u32, passes: u32, lanes: u32) -> Self {
        Self { memory_kib, passes, lanes }
    }

    /// States own parameters: memory in KiB, passes, lanes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::WeakParams`] below two passes or below the cheapest row of OWASP;
    /// [`ConfigError::ArgonParams`] when Argon2 cannot run with them.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ConfigError> {
        let least = Self::LEAST_WORK;
        if passes < 2 || u64::from(memory_kib).saturating_mul(u64::from(passes)) < least {
            return Err(ConfigError::WeakParams { memory_kib, passes, least });
        }
        Self::insecure_new(memory_kib, passes, lanes)
    }

    /// States parameters of any weakness, for tests of an application that must be fast.
    ///
    /// What takes its place in production is [`new`](Self::new) or a preset.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ArgonParams`] when Argon2 cannot run with them.
    pub fn insecure_new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ConfigError> {
        let impossible = ConfigError::ArgonParams { memory_kib, passes, lanes };
        match argon2::Params::new(memory_kib, passes, lanes, None) {
            Ok(_) => Ok(Self::raw(memory_kib, passes, lanes)),
            Err(_) => Err(impossible),
        }
    }

    /// Measures this machine and returns as many passes over `memory_kib` as fit into `target`.
    ///
    /// Ask once at start, on a machine as busy as it will be. One lane; never weaker than OWASP's
    /// lowest row, even where that takes longer than `target`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ArgonParams`] for less than 8 KiB of memory.
    ///
    /// # Cost
    ///
    /// Three hashes with two passes each, six clock reads.
    pub fn calibrate(
        target: Duration,
        memory_kib: u32,
        clock: &dyn Clock,
    ) -> Result<Self, ConfigError> {
        let probe = Self::insecure_new(memory_kib, 2, 1)?;
        let argon = Argon { variant: Variant::Id, version: Version::V19, params: probe };
        let mut arena = Arena::new();
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let start = clock.now();
            arena.argon(argon, b"a password to measure", &[0; 16], &mut [0; 32]);
            best = best.min(clock.now().saturating_duration_since(start));
        }
        Ok(Self::fitting(best.checked_div(2).unwrap_or(best), target, memory_kib))
    }

    /// Decides what [`calibrate`](Self::calibrate) measures: `per_pass` is one pass over the memory.
    #[must_use]
    pub fn fitting(per_pass: Duration, target: Duration, memory_kib: u32) -> Self {
        let fit = target.as_nanos().checked_div(per_pass.as_nanos()).unwrap_or(2);
        let memory_kib = memory_kib.max(8);
        let memory = u64::from(memory_kib);
        let least = u32::try_from(Self::LEAST_WORK.div_ceil(memory)).unwrap_or(u32::MAX).max(2);
        let passes = u32::try_from(fit).unwrap_or(u32::MAX).clamp(least, least.max(100));
        Self::raw(memory_kib, passes, 1)
    }

    /// Returns the memory of one hash, in KiB.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Returns the number of passes over the memory.
    #[must_use]
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Returns the number of lanes.
    #[must_use]
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Returns whether these are weaker than `other`: smaller in memory or passes and larger in
    /// neither, or, where one is larger and one smaller, less work (memory x passes).
    #[must_use]
    pub fn is_weaker_than(&self, other: &Self) -> bool {
        let memory = self.memory_kib.cmp(&other.memory_kib);
        let passes = self.passes.cmp(&other.passes);
        if memory == passes.reverse() {
            self.work() < other.work()
        } else {
            memory.is_lt() || passes.is_lt()
        }
    }

    pub(crate) fn work(&self) -> u64 {
        u64::from(self.memory_kib).saturating_mul(u64::from(self.passes))
    }
}

impl Default for Params {
    fn default() -> Self {
        Self::OWASP_19M
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weaker_means_less_in_one_and_more_in_none_or_less_work() {
        let base = Params::OWASP_19M;
        for (memory, passes, weaker) in [
            (19_456, 2, false),
            (65_536, 3, false),
            (19_456, 1, true),
            (19_455, 2, true),
            (19_456, 3, false),
            (12_288, 3, true),
            (47_104, 1, false),
            (9_728, 4, false),
            (8, 1, true),
        ] {
            assert_eq!(
                Params::raw(memory, passes, 1).is_weaker_than(&base),
                weaker,
                "{memory}/{passes}"
            );
        }
    }

    #[test]
    fn calibration_fits_the_target_but_never_goes_below_the_lowest_row() {
        let ms = Duration::from_millis;
        assert_eq!(Params::fitting(ms(7), ms(50), 19_456), Params::raw(19_456, 7, 1));
        assert_eq!(Params::fitting(ms(7), ms(1), 19_456), Params::OWASP_19M);
        assert_eq!(Params::fitting(ms(3), ms(1), 7_168), Params::OWASP_7M);
        assert_eq!(Params::fitting(Duration::ZERO, ms(1), 65_536).passes(), 2);
        assert_eq!(Params::fitting(Duration::from_nanos(1), ms(900), 65_536).passes(), 100);
    }
}
