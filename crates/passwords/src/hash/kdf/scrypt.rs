//! scrypt (RFC 7914).

use std::time::Duration;

use scrypt::{Params, scrypt};

use crate::hash::arena::Arena;
use crate::hash::kdf::{Cost, Kdf};

/// Nanoseconds for each step of block size one: a mix while filling, another while reading.
const STEP: u64 = 265;

/// scrypt with its cost; it takes memory of its own for each hash.
#[derive(Debug)]
pub(crate) struct Scrypt {
    params: Params,
}

impl Scrypt {
    /// `None` for what scrypt cannot run with: `n` is a power of two above one (RFC 7914 2).
    pub(crate) fn new(n: u64, r: u32, p: u32) -> Option<Self> {
        if n < 2 || !n.is_power_of_two() || r.checked_mul(p)? == 0 {
            return None;
        }
        let log_n = u8::try_from(n.ilog2()).ok()?;
        Some(Self { params: Params::new(log_n, r, p).ok()? })
    }
}

impl Kdf for Scrypt {
    fn cost(&self) -> Cost {
        let (n, r, p) = (self.params.n(), self.params.r(), self.params.p());
        // Two blocks of 64 bytes for each unit of r: n of them for the table, p for the lanes.
        let units = n.saturating_add(u64::from(p)).saturating_mul(u64::from(r));
        let steps = n.saturating_mul(u64::from(r)).saturating_mul(u64::from(p));
        Cost {
            function: "scrypt",
            lanes: p,
            memory_kib: units.div_ceil(8),
            work: Duration::from_nanos(steps.saturating_mul(STEP)),
        }
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        scrypt(password, salt, &self.params, tag).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_what_rfc_7914_says_and_impossible_parameters_are_none() {
        let cost = Scrypt::new(1 << 15, 8, 1).unwrap().cost();
        assert_eq!(cost.memory_kib, 32 * 1024 + 1);
        assert_eq!(cost.work, Duration::from_nanos((1 << 18) * STEP));
        for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (1024, 0, 1), (1024, 8, 0)] {
            assert!(Scrypt::new(n, r, p).is_none(), "{n} {r} {p}");
        }
    }

    #[test]
    fn a_product_of_r_and_p_that_wraps_around_is_refused_and_not_computed() {
        assert!(Scrypt::new(1024, 65_536, 65_536).is_none());
        assert!(Scrypt::new(1024, 1 << 15, 1 << 15).is_none(), "2^30 is RFC 7914's bound");
        assert!(Scrypt::new(1 << 63, u32::MAX, 1).is_none());
    }
}
