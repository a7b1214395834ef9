//! Argon2 (RFC 9106).

use std::time::Duration;

use crate::hash::arena::Arena;
use crate::hash::engine::{Argon, Variant};
use crate::hash::kdf::{Cost, Kdf};

/// Nanoseconds for each KiB in each pass.
const STEP: u64 = 360;

impl Kdf for Argon {
    fn cost(&self) -> Cost {
        Cost {
            function: match self.variant {
                Variant::D => "argon2d",
                Variant::I => "argon2i",
                Variant::Id => "argon2id",
            },
            lanes: self.params.lanes(),
            memory_kib: u64::from(self.params.memory_kib()),
            work: Duration::from_nanos(self.params.work().saturating_mul(STEP)),
        }
    }

    fn derive(&self, arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        arena.argon(*self, password, salt, tag)
    }

    fn argon(&self) -> Option<&Argon> {
        Some(self)
    }
}
