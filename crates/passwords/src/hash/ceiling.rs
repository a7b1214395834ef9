//! What a stored hash may ask for.

use std::time::Duration;

use crate::hash::kdf::Cost;

/// The most memory and work that one stored hash may ask for.
///
/// Cost parameters stand in the stored string, so whoever can write one row could otherwise ask
/// for gigabytes or minutes at each sign-in. They are compared with the ceiling when the string is
/// read, before anything is allocated; a hash above it is treated as one that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    memory_kib: u32,
    work: Duration,
}

impl Ceiling {
    /// States a ceiling: memory in KiB, and work as time on a common server core.
    ///
    /// The work of a hash is counted, not measured: 360 ns for each KiB that Argon2 passes over; for
    /// the functions of other frameworks see the README.
    #[must_use]
    pub const fn new(memory_kib: u32, work: Duration) -> Self {
        Self { memory_kib, work }
    }

    /// Returns the memory one hash may use, in KiB.
    #[must_use]
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Returns the nominal work one hash may be.
    #[must_use]
    pub const fn work(&self) -> Duration {
        self.work
    }

    pub(crate) fn allows(&self, cost: &Cost) -> bool {
        cost.memory_kib <= u64::from(self.memory_kib) && cost.work <= self.work
    }
}

impl Default for Ceiling {
    /// 256 MiB and one second.
    fn default() -> Self {
        Self::new(262_144, Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Argon, Kdf as _, Params};

    fn argon(memory_kib: u32, passes: u32) -> Cost {
        Argon::id(Params::raw(memory_kib, passes, 1)).cost()
    }

    #[test]
    fn memory_and_work_are_bounded_each_for_itself() {
        let ceiling = Ceiling::default();
        for (memory_kib, passes, allowed) in [
            (19_456, 2, true),
            (262_144, 10, true),
            (262_145, 1, false),
            (262_144, 11, false),
            (u32::MAX, 1, false),
            (64, u32::MAX, false),
            (u32::MAX, u32::MAX, false),
        ] {
            let cost = argon(memory_kib, passes);
            assert_eq!(ceiling.allows(&cost), allowed, "{memory_kib} KiB, {passes} passes");
        }
    }
}
