//! Memory that hashes are computed in.

use std::fmt;

use crate::hash::engine::{Argon, Engine, Portable, Variant, Version};
use crate::hash::params::Params;

/// The memory of one worker: taken once, used for every hash, wiped after each.
///
/// # Cost
///
/// As much memory as the largest Argon2 hash computed in it. Reusing it instead of asking the
/// system for fresh pages saves a third of the time of a hash.
pub struct Arena {
    engine: Box<dyn Engine>,
}

impl Arena {
    /// Returns an arena that takes its memory at the first hash.
    #[must_use]
    pub fn new() -> Self {
        Self { engine: Box::new(Portable::default()) }
    }

    pub(crate) fn argon(
        &mut self,
        argon: Argon,
        password: &[u8],
        salt: &[u8],
        tag: &mut [u8],
    ) -> bool {
        self.engine.derive(argon, password, salt, tag)
    }

    /// Computes a known answer, so that a broken engine never writes a hash.
    pub(crate) fn self_test(&mut self) -> bool {
        // Output of the reference implementation: argon2id, m=256, t=2, p=1 (its test.c).
        const EXPECTED: [u8; 32] = [
            0x9d, 0xfe, 0xb9, 0x10, 0xe8, 0x0b, 0xad, 0x03, 0x11, 0xfe, 0xe2, 0x0f, 0x9c, 0x0e,
            0x2b, 0x12, 0xc1, 0x79, 0x87, 0xb4, 0xca, 0xc9, 0x0c, 0x2e, 0xf5, 0x4d, 0x5b, 0x30,
            0x21, 0xc6, 0x8b, 0xfe,
        ];
        let argon =
            Argon { variant: Variant::Id, version: Version::V19, params: Params::raw(256, 2, 1) };
        let mut tag = [0; 32];
        self.argon(argon, b"password", b"somesalt", &mut tag) && tag == EXPECTED
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").finish_non_exhaustive()
    }
}
