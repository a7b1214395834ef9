//! The portable hashes of phpass: MD5 over and over.

use std::time::Duration;

use md5::{Digest, Md5};

use crate::hash::arena::Arena;
use crate::hash::kdf::{Cost, Kdf};

/// Nanoseconds for one block of MD5.
const BLOCK: u64 = 120;

/// phpass with the logarithm of its rounds, over what a framework takes of the password.
#[derive(Debug)]
pub(crate) struct Phpass {
    log_rounds: u32,
    taken: fn(&[u8]) -> &[u8],
}

impl Phpass {
    /// `None` outside 7 to 30, as the original has it.
    pub(crate) fn new(log_rounds: u32, taken: fn(&[u8]) -> &[u8]) -> Option<Self> {
        (7..=30).contains(&log_rounds).then_some(Self { log_rounds, taken })
    }

    fn rounds(&self) -> u64 {
        1_u64.checked_shl(self.log_rounds).unwrap_or(u64::MAX)
    }
}

impl Kdf for Phpass {
    fn cost(&self) -> Cost {
        Cost { function: "phpass", lanes: 1, memory_kib: 0, work: self.work(0) }
    }

    fn work(&self, password: usize) -> Duration {
        // Each round digests the password anew, after 16 bytes and before 9 of padding.
        let blocks = u64::try_from(password.saturating_add(25).div_ceil(64)).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rounds().saturating_mul(blocks).saturating_mul(BLOCK))
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        let password = (self.taken)(password);
        let mut output = Md5::new().chain_update(salt).chain_update(password).finalize();
        for _ in 0..self.rounds() {
            output = Md5::new().chain_update(output).chain_update(password).finalize();
        }
        let fits = output.len() == tag.len();
        if fits {
            tag.copy_from_slice(&output);
        }
        fits
    }
}
