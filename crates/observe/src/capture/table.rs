//! Which faults are told, in memory of fixed size.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::setup::Limits;

/// Faults that are told apart.
const MOST: usize = 256;

/// The faults that were seen lately.
pub(super) struct Table {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    faults: Vec<Seen>,
    /// When the minute began in which `told` reports were told.
    minute: Option<Instant>,
    told: u32,
    repeated: u64,
    limited: u64,
}

/// A fault.
struct Seen {
    print: u64,
    last: Instant,
    /// When it was told.
    told: Option<Instant>,
    /// How often it was since, and was not told.
    since: u64,
}

impl Table {
    pub(super) fn new(limits: Limits) -> Self {
        let faults = Vec::with_capacity(MOST);
        let state = State { faults, minute: None, told: 0, repeated: 0, limited: 0 };
        Self { limits, state: Mutex::new(state) }
    }

    /// Returns whether a fault would be told now; counts nothing.
    pub(super) fn would_tell(&self, print: u64, now: Instant) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = state.faults.iter().find(|seen| seen.print == print);
        seen.is_none_or(|seen| self.is_due(seen, now)) && !self.is_full(&state, now)
    }

    /// Counts a fault; returns how often it was since it was last told, if it is told now.
    pub(super) fn tell(&self, print: u64, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let full = self.is_full(&state, now);
        let state = &mut *state;
        let seen = find(&mut state.faults, print, now)?;
        seen.last = now;
        if !self.is_due(seen, now) {
            seen.since = seen.since.saturating_add(1);
            state.repeated = state.repeated.saturating_add(1);
            return None;
        }
        if full {
            seen.since = seen.since.saturating_add(1);
            state.limited = state.limited.saturating_add(1);
            return None;
        }
        seen.told = Some(now);
        let since = std::mem::take(&mut seen.since);
        if state.minute.is_none_or(|minute| is_over(minute, now)) {
            (state.minute, state.told) = (Some(now), 0);
        }
        state.told = state.told.saturating_add(1);
        Some(since)
    }

    /// Returns how many errors were not told, as repeats and for their number.
    pub(super) fn counts(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.repeated, state.limited)
    }

    /// The first time is due; of the others one in so many, after a while.
    fn is_due(&self, seen: &Seen, now: Instant) -> bool {
        seen.told.is_none_or(|told| {
            let due = seen.since.saturating_add(1) >= self.limits.one_in;
            due && now.saturating_duration_since(told) >= self.limits.interval
        })
    }

    fn is_full(&self, state: &State, now: Instant) -> bool {
        let running = state.minute.is_some_and(|minute| !is_over(minute, now));
        state.told >= self.limits.a_minute && (running || self.limits.a_minute == 0)
    }
}

fn is_over(minute: Instant, now: Instant) -> bool {
    now.saturating_duration_since(minute) >= Duration::from_mins(1)
}

/// Returns the place of a fault, which may be that of the one that was away the longest.
fn find(faults: &mut Vec<Seen>, print: u64, now: Instant) -> Option<&mut Seen> {
    if let Some(place) = faults.iter().position(|seen| seen.print == print) {
        return faults.get_mut(place);
    }
    let fresh = Seen { print, last: now, told: None, since: 0 };
    if faults.len() < MOST {
        faults.push(fresh);
        return faults.last_mut();
    }
    let oldest = faults.iter_mut().min_by_key(|seen| seen.last)?;
    *oldest = fresh;
    Some(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn table(one_in: u64, a_minute: u32) -> Table {
        Table::new(Limits { one_in, interval: Duration::from_mins(1), a_minute })
    }

    fn start() -> Instant {
        palisade_core::Clock::now(&palisade_core::ManualClock::new())
    }

    #[test]
    fn the_first_is_told_then_one_in_ten_and_one_a_minute() {
        let (table, start) = (table(10, 60), start());
        assert_eq!(table.tell(1, start), Some(0));
        for number in 1..=20 {
            assert_eq!(table.tell(1, start + SECOND * number), None);
        }
        assert!(table.would_tell(1, start + SECOND * 60) && !table.would_tell(1, start));
        assert_eq!(table.tell(1, start + SECOND * 60), Some(20));
        for number in 1..=9 {
            assert_eq!(table.tell(1, start + SECOND * 600 * number), None);
        }
        assert_eq!(table.tell(1, start + SECOND * 6000), Some(9));
        assert_eq!(table.counts(), (29, 0));
    }

    #[test]
    fn all_together_are_so_many_a_minute() {
        let (table, start) = (table(1, 3), start());
        let told = (0..10).filter(|print| table.tell(*print, start).is_some()).count();
        assert_eq!((told, table.counts()), (3, (0, 7)));
        // Those that were not told are told as if it were the first time, with their number.
        assert_eq!(table.tell(9, start + SECOND * 60), Some(1));
        let told = (10..20).filter(|print| table.tell(*print, start + SECOND * 61).is_some());
        assert_eq!(told.count(), 2, "the new minute has begun with one");
    }

    #[test]
    fn faults_without_end_are_kept_in_the_same_memory() {
        const FAULTS: u64 = 100_000;
        let (table, start) = (table(10, u32::MAX), start());
        for print in 0..FAULTS {
            table.tell(print, start + Duration::from_micros(print));
        }
        let state = table.state.lock().unwrap();
        assert_eq!((state.faults.len(), state.faults.capacity()), (MOST, MOST));
        assert!(state.faults.iter().all(|seen| seen.print >= FAULTS - 256));
    }
}
