//! What was refused, minute by minute.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use palisade_core::Clock;
use palisade_ratelimit::Limits;

/// The refusals of this process in its last minutes; the memory is fixed.
pub(crate) struct History {
    limits: Limits,
    clock: Arc<dyn Clock>,
    since: SystemTime,
    past: Mutex<Past>,
}

#[derive(Default)]
struct Past {
    /// All refusals up to the end of the last minute.
    counted: u64,
    minutes: VecDeque<Minute>,
}

/// One minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minute {
    pub(crate) end: SystemTime,
    pub(crate) refused: u64,
}

impl History {
    pub(crate) const STEP: Duration = Duration::from_mins(1);
    /// How many minutes are kept.
    const KEPT: usize = 29;

    pub(super) fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let since = clock.wall();
        Self { limits, clock, since, past: Mutex::default() }
    }

    /// Returns since when is counted.
    pub(crate) const fn since(&self) -> SystemTime {
        self.since
    }

    /// Ends a minute.
    pub(super) fn note(&self) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now(&past);
        past.counted = past.counted.saturating_add(now.refused);
        if past.minutes.len() == Self::KEPT {
            past.minutes.pop_front();
        }
        past.minutes.push_back(now);
    }

    /// Returns the minutes from the oldest to the one that is not over.
    pub(crate) fn minutes(&self) -> Vec<Minute> {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.minutes.iter().copied().chain([self.now(&past)]).collect()
    }

    fn now(&self, past: &Past) -> Minute {
        let figures = self.limits.figures();
        let all = figures.iter().map(|figure| figure.refused).fold(0, u64::saturating_add);
        Minute { end: self.clock.wall(), refused: all.saturating_sub(past.counted) }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use palisade_core::ManualClock;
    use palisade_ratelimit::key::Key;
    use palisade_ratelimit::{Quota, Rule};

    use super::*;

    #[test]
    fn minutes_hold_what_was_refused_in_them_and_old_ones_go() {
        let rule = Rule::new("none", Quota::per_hour(0)).by(Key::everyone());
        let limits = Limits::builder().rule(rule).finish().unwrap();
        let history = History::new(limits.clone(), Arc::new(ManualClock::new()));
        let refuse = |times: usize| {
            let request = Request::get("/").body(()).unwrap();
            for _ in 0..times {
                assert!(limits.check((&request).into()).is_err());
            }
        };
        for minute in 0..100 {
            refuse(minute);
            history.note();
        }
        refuse(3);
        let refused: Vec<u64> = history.minutes().iter().map(|minute| minute.refused).collect();
        let expected: Vec<u64> = (71..100).chain([3]).collect();
        assert_eq!(refused, expected);
    }
}
