//! How long a subject is locked after how many failures.

use std::time::Duration;

use crate::ConfigError;

/// How many failures pass unpunished, and how long each further one locks.
///
/// The failure with the number `after` locks for the first step, each later one for the next, and
/// all beyond the last step for the last. NIST SP 800-63B asks for waits "of 30 seconds up to an
/// hour" that grow, and for no more than 100 consecutive failures: then only an administrator
/// unlocks.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::lockout::Ladder;
/// use std::time::Duration;
///
/// let strict = Ladder::new(3, &[Duration::from_mins(1), Duration::from_mins(30)])?
///     .forget_after(Duration::from_hours(48))?
///     .at_most(20)?;
/// assert_eq!(strict.lock_after(2), None);
/// assert_eq!(strict.lock_after(3), Some(Duration::from_mins(1)));
/// assert_eq!(strict.lock_after(9), Some(Duration::from_mins(30)));
/// # Ok::<(), palisade_ratelimit::ConfigError>(())
/// ```
#[must_use = "a ladder does nothing until a lockout follows it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    after: u32,
    /// In milliseconds, the last one repeated.
    steps: [u32; Self::MAX_STEPS],
    used: u32,
    forget_after: Duration,
    at_most: Option<u32>,
}

impl Ladder {
    /// The most steps.
    pub const MAX_STEPS: usize = 8;
    /// The most consecutive failures that NIST SP 800-63B allows on one account.
    pub const MAX_CONSECUTIVE: u32 = 100;
    /// The shortest step.
    pub const MIN_STEP: Duration = Duration::from_secs(1);
    /// The longest step.
    pub const MAX_STEP: Duration = Duration::from_hours(24);
    /// The longest time after which failures can be forgotten.
    pub const MAX_MEMORY: Duration = Duration::from_hours(24 * 90);

    /// For accounts: 30, 120, 300 and 600 s from the 5th failure on, forgotten after a day without
    /// one, 100 consecutive failures at most.
    pub const ACCOUNT: Self = Self::wish(5, Duration::from_hours(24));
    /// For addresses: the same steps from the 20th failure on, forgotten after an hour.
    ///
    /// Many people may share an address; what somebody failed before they got in does not count.
    pub const ADDRESS: Self = Self { at_most: None, ..Self::wish(20, Duration::from_hours(1)) };

    const fn wish(after: u32, forget_after: Duration) -> Self {
        let steps = [30_000, 120_000, 300_000, 600_000, 600_000, 600_000, 600_000, 600_000];
        Self { after, steps, used: 4, forget_after, at_most: Some(Self::MAX_CONSECUTIVE) }
    }

    /// Locks from the failure with that number on, step by step; failures are forgotten after a day
    /// without one, and 100 consecutive ones are the most.
    ///
    /// # Errors
    ///
    /// Refuses numbers outside 1 to [`MAX_CONSECUTIVE`](Self::MAX_CONSECUTIVE), no step and more than
    /// [`MAX_STEPS`](Self::MAX_STEPS), a step outside [`MIN_STEP`](Self::MIN_STEP) to
    /// [`MAX_STEP`](Self::MAX_STEP), and a step that is shorter than the one before it.
    pub fn new(after: u32, steps: &[Duration]) -> Result<Self, ConfigError> {
        let after = ConfigError::number("failures", after, 1, Self::MAX_CONSECUTIVE)?;
        let used = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let used = ConfigError::number("steps", used, 1, 8)?;
        let mut least = Self::MIN_STEP;
        let mut kept = [0; Self::MAX_STEPS];
        for (number, slot) in kept.iter_mut().enumerate() {
            let step = steps.get(number).copied().unwrap_or(least);
            least = ConfigError::time("step", step, least, Self::MAX_STEP)?;
            *slot = u32::try_from(least.as_millis()).unwrap_or(u32::MAX);
        }
        let forget_after = Duration::from_hours(24);
        Ok(Self { after, steps: kept, used, forget_after, at_most: Some(Self::MAX_CONSECUTIVE) })
    }

    /// Begins at the bottom again when so much time has passed since the last failure.
    ///
    /// # Errors
    ///
    /// Refuses times below the longest step and above [`MAX_MEMORY`](Self::MAX_MEMORY).
    pub fn forget_after(mut self, quiet: Duration) -> Result<Self, ConfigError> {
        let longest = self.longest();
        self.forget_after = ConfigError::time("forget_after", quiet, longest, Self::MAX_MEMORY)?;
        Ok(self)
    }

    /// Locks until an administrator unlocks when so many failures came without a success between
    /// them, however slowly.
    ///
    /// They are remembered for [`MAX_MEMORY`](Self::MAX_MEMORY) after the last of them.
    ///
    /// # Errors
    ///
    /// Refuses numbers below the one that locks first and above
    /// [`MAX_CONSECUTIVE`](Self::MAX_CONSECUTIVE).
    pub fn at_most(mut self, consecutive: u32) -> Result<Self, ConfigError> {
        let most = Self::MAX_CONSECUTIVE;
        self.at_most = Some(ConfigError::number("at_most", consecutive, self.after, most)?);
        Ok(self)
    }

    /// Returns for how long the failure with that number locks.
    #[must_use]
    pub fn lock_after(&self, failures: u32) -> Option<Duration> {
        let step = usize::try_from(failures.checked_sub(self.after)?).unwrap_or(usize::MAX);
        Some(self.steps.get(step).map_or_else(|| self.longest(), |millis| length(*millis)))
    }

    /// Returns the number of the failure that locks first.
    #[must_use]
    pub const fn first_lock(&self) -> u32 {
        self.after
    }

    /// Returns the steps, whole milliseconds.
    pub fn steps(&self) -> impl Iterator<Item = Duration> {
        (0..self.used).zip(self.steps).map(|(_, millis)| length(millis))
    }

    /// Returns the steps, the last one repeated up to [`MAX_STEPS`](Self::MAX_STEPS).
    #[cfg(feature = "redis")]
    pub(super) fn all_steps(&self) -> impl Iterator<Item = Duration> {
        self.steps.into_iter().map(length)
    }

    /// Returns after how much time without a failure it begins at the bottom again.
    #[must_use]
    pub const fn memory(&self) -> Duration {
        self.forget_after
    }

    /// Returns how many consecutive failures lock until an administrator unlocks.
    #[must_use]
    pub const fn most_consecutive(&self) -> Option<u32> {
        self.at_most
    }

    /// The same for addresses, which no administrator should have to unlock.
    pub(super) const fn without_end(mut self) -> Self {
        self.at_most = None;
        self
    }

    fn longest(&self) -> Duration {
        let [.., longest] = self.steps;
        length(longest)
    }
}

fn length(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_fifth_failure_locks_and_each_later_one_locks_longer() {
        let table = [
            (Ladder::ACCOUNT, 0, None),
            (Ladder::ACCOUNT, 4, None),
            (Ladder::ACCOUNT, 5, Some(30)),
            (Ladder::ACCOUNT, 6, Some(120)),
            (Ladder::ACCOUNT, 7, Some(300)),
            (Ladder::ACCOUNT, 8, Some(600)),
            (Ladder::ACCOUNT, 9, Some(600)),
            (Ladder::ACCOUNT, u32::MAX, Some(600)),
            (Ladder::ADDRESS, 19, None),
            (Ladder::ADDRESS, 20, Some(30)),
            (Ladder::ADDRESS, 23, Some(600)),
        ];
        for (ladder, failures, expected) in table {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(ladder.lock_after(failures), expected, "{failures} of {ladder:?}");
        }
    }

    #[test]
    fn refuses_what_would_not_protect_and_says_what_is_allowed() {
        let step = |seconds| Duration::from_secs(seconds);
        let table: [(Result<Ladder, ConfigError>, &str); 9] = [
            (Ladder::new(0, &[SECOND]), "failures must be from 1 to 100, not 0"),
            (Ladder::new(101, &[SECOND]), "failures must be from 1 to 100, not 101"),
            (Ladder::new(5, &[]), "steps must be from 1 to 8, not 0"),
            (Ladder::new(5, &[SECOND; 9]), "steps must be from 1 to 8, not 9"),
            (Ladder::new(5, &[step(0)]), "step must be from 1s to 86400s, not 0ns"),
            (Ladder::new(5, &[step(9), step(8)]), "step must be from 9s to 86400s, not 8s"),
            (Ladder::new(5, &[step(86_401)]), "step must be from 1s to 86400s, not 86401s"),
            (
                Ladder::ACCOUNT.forget_after(step(599)),
                "forget_after must be from 600s to 7776000s, not 599s",
            ),
            (Ladder::ACCOUNT.at_most(4), "at_most must be from 5 to 100, not 4"),
        ];
        for (refused, message) in table {
            assert_eq!(refused.unwrap_err().to_string(), message);
        }
        assert!(Ladder::ACCOUNT.at_most(101).is_err(), "NIST SP 800-63B allows 100");
    }

    #[test]
    fn one_step_is_a_ladder() {
        let flat = Ladder::new(1, &[SECOND]).unwrap();
        assert_eq!(flat.steps().collect::<Vec<_>>(), [SECOND]);
        assert_eq!((flat.lock_after(1), flat.lock_after(40)), (Some(SECOND), Some(SECOND)));
    }
}
