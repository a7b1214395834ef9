//! PBKDF2 (RFC 8018 5.2).

use std::time::Duration;

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::hash::arena::Arena;
use crate::hash::kdf::{Cost, Kdf};

/// The hash function below HMAC.
#[derive(Clone, Copy, Debug)]
enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

/// PBKDF2 that fills a tag of known length.
#[derive(Debug)]
pub(crate) struct Pbkdf2 {
    prf: Prf,
    rounds: u32,
    tag_length: usize,
}

impl Pbkdf2 {
    /// `None` for a hash function that is not known by this name, no rounds or no tag.
    pub(crate) fn new(prf: &str, rounds: u32, tag_length: usize) -> Option<Self> {
        let prf = match prf {
            "sha1" => Prf::Sha1,
            "sha256" => Prf::Sha256,
            "sha512" => Prf::Sha512,
            _ => return None,
        };
        (rounds > 0 && tag_length > 0).then_some(Self { prf, rounds, tag_length })
    }

    /// The length of one output of the hash function, which is the tag of most frameworks.
    pub(crate) const fn output_length(&self) -> usize {
        match self.prf {
            Prf::Sha1 => 20,
            Prf::Sha256 => 32,
            Prf::Sha512 => 64,
        }
    }
}

impl Kdf for Pbkdf2 {
    fn cost(&self) -> Cost {
        // Each block of the tag takes all rounds again, of two compressions each.
        let (function, nanos) = match self.prf {
            Prf::Sha1 => ("pbkdf2-sha1", 120),
            Prf::Sha256 => ("pbkdf2-sha256", 130),
            Prf::Sha512 => ("pbkdf2-sha512", 600),
        };
        let blocks =
            u64::try_from(self.tag_length.div_ceil(self.output_length())).unwrap_or(u64::MAX);
        let steps = u64::from(self.rounds).saturating_mul(blocks);
        let work = Duration::from_nanos(steps.saturating_mul(nanos));
        Cost { function, lanes: 1, memory_kib: 0, work }
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        match self.prf {
            Prf::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, self.rounds, tag),
            Prf::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, self.rounds, tag),
            Prf::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, self.rounds, tag),
        }
        true
    }
}
