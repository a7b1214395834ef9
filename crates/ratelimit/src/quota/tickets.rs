//! A strict window: as many tickets as the window admits, each good once per window.
//!
//! Exact where the generic cell rate algorithm is not: never more than `count` in any window,
//! wherever it begins, and always as many as that leaves. The state is a moment per ticket, from
//! which it is free again; the order of the tickets means nothing.

/// The tickets of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tickets {
    window: u64,
    count: u8,
}

impl Tickets {
    /// How many tickets a key may have; larger windows are held by [`Gcra`](super::Gcra).
    pub const MOST: u8 = 16;

    /// States the window; a `count` above [`MOST`](Self::MOST) is held at it, a `window` of 0
    /// counts as 1.
    #[must_use]
    pub const fn new(count: u8, window: u64) -> Self {
        let count = if count > Self::MOST { Self::MOST } else { count };
        Self { window: if window == 0 { 1 } else { window }, count }
    }

    /// Returns the length of the window.
    #[must_use]
    pub const fn window(self) -> u64 {
        self.window
    }

    /// Returns how many tickets there are.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.count
    }

    /// Returns the moment from which a ticket that is taken now is free again.
    #[must_use]
    pub const fn taken(self, now: u64) -> u64 {
        now.saturating_add(self.window)
    }

    /// Returns how many tickets are free now, given when each is; missing ones are free.
    #[must_use]
    pub fn free(self, moments: &[u64], now: u64) -> u32 {
        let taken = moments.iter().filter(|moment| **moment > now).count();
        u32::from(self.count).saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
    }

    /// Returns how long until that many are free, 0 if they are; `None` if there never are.
    #[must_use]
    pub fn wait(self, moments: &[u64], now: u64, cost: u32) -> Option<u64> {
        let missing = cost.saturating_sub(self.free(moments, now));
        if cost > u32::from(self.count) {
            return None;
        }
        if missing == 0 {
            return Some(0);
        }
        // The missing ones come free in the order of their moments; 16 of them need no sorting.
        let nth = usize::try_from(missing).unwrap_or(usize::MAX);
        let later = moments.iter().filter(|moment| **moment > now);
        let mut moments: smallvec::SmallVec<[u64; 16]> = later.copied().collect();
        moments.sort_unstable();
        moments.get(nth.saturating_sub(1)).map(|moment| moment.saturating_sub(now))
    }

    /// Returns how long until all are free.
    #[must_use]
    pub fn full(self, moments: &[u64], now: u64) -> u64 {
        moments.iter().max().map_or(0, |moment| moment.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_are_those_of_the_tickets_that_come_free_first() {
        let tickets = Tickets::new(3, 60);
        let moments = [130, 105, 100];
        assert_eq!(tickets.free(&moments, 100), 1);
        assert_eq!(tickets.wait(&moments, 100, 1), Some(0));
        assert_eq!(tickets.wait(&moments, 100, 2), Some(5));
        assert_eq!(tickets.wait(&moments, 100, 3), Some(30));
        assert_eq!(tickets.wait(&moments, 100, 4), None);
        assert_eq!(tickets.full(&moments, 100), 30);
        assert_eq!(tickets.wait(&[], 100, 3), Some(0), "a key that was never seen");
    }

    proptest! {
        /// Exact: a request passes if and only if fewer than `count` passed in the window before it.
        #[test]
        fn agrees_with_a_list_of_all_times(
            count in 1_u8..6, window in 1_u64..40, pauses in prop::collection::vec(0_u64..20, 1..150),
        ) {
            let tickets = Tickets::new(count, window);
            let (mut moments, mut all, mut now) = (vec![0; count.into()], Vec::new(), 1000);
            for pause in pauses {
                now += pause;
                let recent = all.iter().filter(|at| now - **at < window).count();
                let passes = recent < usize::from(count);
                prop_assert_eq!(tickets.wait(&moments, now, 1) == Some(0), passes);
                if passes {
                    let free = moments.iter().position(|moment| *moment <= now).unwrap();
                    moments[free] = tickets.taken(now);
                    all.push(now);
                }
            }
        }
    }
}
