//! When a breaker opens, for how long, and how it tries again.

use std::time::Duration;

use crate::ConfigError;

/// When a breaker opens, for how long, and what closes it again.
///
/// [`Default`]: 5 failures in a row, or half of the last 100 calls once there are 20; open for 5 s,
/// doubled for each failed trial up to 60 s; one probe at a time, one success closes.
///
/// # Example
///
/// ```
/// use palisade_resilience::breaker::BreakerPolicy;
/// use std::time::Duration;
///
/// let redis = BreakerPolicy::default()
///     .failures_in_a_row(3)?
///     .open_for(Duration::from_secs(1), Duration::from_secs(30))?
///     .slow_after(Duration::from_millis(50));
/// assert!(redis.failures_in_a_row(9999).is_err());
/// # Ok::<(), palisade_resilience::ConfigError>(())
/// ```
#[must_use = "a policy does nothing until a breaker follows it"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    pub(super) streak: Option<u16>,
    pub(super) ratio: Option<Ratio>,
    pub(super) open_for: Duration,
    pub(super) open_at_most: Duration,
    pub(super) probes: u8,
    pub(super) successes: u8,
    pub(super) probe_limit: Duration,
    pub(super) slow_after: Option<Duration>,
}

/// The rule over the window: so many percent of the last calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) percent: u8,
    pub(super) minimum: u16,
    /// Half of the window: what is forgotten at once.
    pub(super) half: u16,
}

impl BreakerPolicy {
    /// The longest window, in calls.
    pub const MAX_WINDOW: u16 = 1022;
    /// The most failures in a row that can be asked for.
    pub const MAX_FAILURES_IN_A_ROW: u16 = 511;
    /// The most probes at one time, and the most successes that closing can ask for.
    pub const MAX_PROBES: u8 = 15;
    /// The shortest time that a breaker stays open or a probe may take.
    pub const MIN_TIME: Duration = Duration::from_millis(10);
    /// The longest time that a breaker stays open or a probe may take.
    pub const MAX_TIME: Duration = Duration::from_hours(24);

    /// Opens after so many failures without a success between them.
    ///
    /// # Errors
    ///
    /// Refuses 0 and more than [`MAX_FAILURES_IN_A_ROW`](Self::MAX_FAILURES_IN_A_ROW).
    pub fn failures_in_a_row(mut self, failures: u16) -> Result<Self, ConfigError> {
        let most = Self::MAX_FAILURES_IN_A_ROW;
        self.streak = Some(ConfigError::number("failures_in_a_row", failures, 1, most)?);
        Ok(self)
    }

    /// Opens when at least `percent` of the calls in the window failed and it holds at least
    /// `minimum` calls.
    ///
    /// The window slides by halves: it forgets the older half of its calls at once, so it looks
    /// at the last `window / 2 + 1` to `window` calls. An odd window is rounded up.
    ///
    /// # Errors
    ///
    /// Refuses a percentage outside 1 to 100, a window outside 2 to
    /// [`MAX_WINDOW`](Self::MAX_WINDOW), and a minimum outside 1 to `window / 2 + 1` (a larger one
    /// would blind the rule each time that the older half is forgotten).
    pub fn failure_ratio(
        mut self,
        percent: u8,
        window: u16,
        minimum: u16,
    ) -> Result<Self, ConfigError> {
        let percent = ConfigError::number("failure_ratio percent", percent, 1, 100)?;
        let window = ConfigError::number("failure_ratio window", window, 2, Self::MAX_WINDOW)?;
        let half = window.div_ceil(2);
        let most = half.saturating_add(1);
        let minimum = ConfigError::number("failure_ratio minimum", minimum, 1, most)?;
        self.ratio = Some(Ratio { percent, minimum, half });
        Ok(self)
    }

    /// Leaves the ratio out: only failures in a row open.
    ///
    /// A success that follows a success then writes nothing.
    pub const fn without_failure_ratio(mut self) -> Self {
        self.ratio = None;
        if self.streak.is_none() {
            self.streak = Some(5);
        }
        self
    }

    /// Leaves failures in a row out: only the ratio opens.
    pub const fn without_failures_in_a_row(mut self) -> Self {
        self.streak = None;
        if self.ratio.is_none() {
            self.ratio = Some(Self::RATIO);
        }
        self
    }

    /// Stays open for `first`, twice as long after each trial that failed, `at_most` in the end.
    ///
    /// Up to half of the time is added by chance, so that a fleet does not come back as one.
    ///
    /// # Errors
    ///
    /// Refuses times outside [`MIN_TIME`](Self::MIN_TIME) to [`MAX_TIME`](Self::MAX_TIME), and
    /// `at_most` below `first`.
    pub fn open_for(mut self, first: Duration, at_most: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Self::MIN_TIME, Self::MAX_TIME);
        self.open_for = ConfigError::time("open_for first", first, least, most)?;
        self.open_at_most = ConfigError::time("open_for at_most", at_most, first, most)?;
        Ok(self)
    }

    /// Lets at most so many calls at one time try whether the dependency is back, and closes after
    /// so many of them succeeded.
    ///
    /// # Errors
    ///
    /// Refuses 0 and more than [`MAX_PROBES`](Self::MAX_PROBES) of either.
    pub fn probes(mut self, at_once: u8, successes: u8) -> Result<Self, ConfigError> {
        let most = Self::MAX_PROBES;
        self.probes = ConfigError::number("probes at_once", at_once, 1, most)?;
        self.successes = ConfigError::number("probes successes", successes, 1, most)?;
        Ok(self)
    }

    /// Gives up probes that have not answered after this time (10 s unless set): when all slots are
    /// taken and none was given out for so long, the breaker opens again.
    ///
    /// Set it above the deadline of a call.
    ///
    /// # Errors
    ///
    /// Refuses times outside [`MIN_TIME`](Self::MIN_TIME) to [`MAX_TIME`](Self::MAX_TIME).
    pub fn probe_limit(mut self, limit: Duration) -> Result<Self, ConfigError> {
        let (least, most) = (Self::MIN_TIME, Self::MAX_TIME);
        self.probe_limit = ConfigError::time("probe_limit", limit, least, most)?;
        Ok(self)
    }

    /// Counts a call that took this long as a failure, whatever came of it, even when its caller
    /// went away before the answer.
    ///
    /// Costs two clock reads per call.
    pub const fn slow_after(mut self, limit: Duration) -> Self {
        self.slow_after = Some(limit);
        self
    }

    const RATIO: Ratio = Ratio { percent: 50, minimum: 20, half: 50 };
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            streak: Some(5),
            ratio: Some(Self::RATIO),
            open_for: Duration::from_secs(5),
            open_at_most: Duration::from_mins(1),
            probes: 1,
            successes: 1,
            probe_limit: Duration::from_secs(10),
            slow_after: None,
        }
    }
}
