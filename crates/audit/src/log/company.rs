//! Who comes back at once after an answer, and is waited for.

use std::time::Duration;

/// How many events are likely to come together, and how long they are waited for.
///
/// Who waits for one event before the next comes back when the batch is on the disk. Without a moment
/// of patience such callers fall apart into two crowds, each of which waits for the sync of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Company {
    events: usize,
    wait: Duration,
    /// Batches until it is tried again to wait.
    alone: u8,
}

impl Company {
    /// Below that nobody gains.
    const FEW: usize = 8;
    const LONGEST: Duration = Duration::from_millis(1);
    /// Batches for which nobody is waited for once the company did not come.
    const ALONE: u8 = 15;

    /// What to expect after a batch of so many events that took so long, while so many others came.
    pub(super) fn after(self, answered: usize, others: usize, took: Duration) -> Self {
        let events = answered.saturating_add(others);
        if events < Self::FEW {
            return Self::default();
        }
        let came = answered >= self.events.saturating_sub(self.events / 8);
        let alone = match (self.wait.is_zero(), came) {
            (false, false) => Self::ALONE,
            (_, _) => self.alone.saturating_sub(1),
        };
        let wait = took.checked_div(2).unwrap_or_default().min(Self::LONGEST);
        let wait = if alone > 0 { Duration::ZERO } else { wait };
        Self { events, wait, alone }
    }

    /// How many events are enough.
    pub(super) const fn events(self) -> usize {
        self.events
    }

    /// How long they are waited for.
    pub(super) const fn wait(self) -> Duration {
        self.wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_micros(400);

    #[test]
    fn two_crowds_become_one_and_stay_together() {
        // While the answer of 128 was on its way, 128 others came.
        let company = Company::default().after(128, 128, TOOK);
        assert_eq!((company.events(), company.wait()), (256, TOOK / 2));
        let together = company.after(256, 0, TOOK);
        assert_eq!((together.events(), together.wait()), (256, TOOK / 2));
        // Some go for good, and others come.
        let fewer = together.after(250, 0, TOOK);
        assert_eq!((fewer.events(), fewer.wait()), (250, TOOK / 2));
        assert_eq!(fewer.after(250, 30, TOOK).events(), 280);
    }

    #[test]
    fn who_does_not_come_back_is_seldom_waited_for() {
        let company = Company::default().after(100, 0, TOOK);
        let mut now = company.after(20, 20, TOOK);
        let mut waits = 0;
        for _ in 0..160 {
            waits += usize::from(!now.wait().is_zero());
            now = now.after(20, 20, TOOK);
        }
        assert_eq!(waits, 10);
    }

    #[test]
    fn a_few_are_not_waited_for_and_nobody_for_long() {
        assert_eq!(Company::default().after(4, 3, TOOK), Company::default());
        let slow = Company::default().after(100, 0, Duration::from_secs(1));
        assert_eq!(slow.wait(), Company::LONGEST);
    }
}
