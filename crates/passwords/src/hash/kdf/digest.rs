//! Salted digests: no work at all, and still found in old tables.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use sha2::Digest;

use crate::hash::arena::Arena;
use crate::hash::kdf::{Cost, Kdf};

/// A digest of the salt and then the password, and of its own output for further rounds.
#[cfg(any(feature = "django", feature = "spring"))]
#[derive(Debug)]
pub(crate) struct SaltFirst<D> {
    rounds: u32,
    digest: PhantomData<fn() -> D>,
}

#[cfg(any(feature = "django", feature = "spring"))]
impl<D> SaltFirst<D> {
    pub(crate) const fn new(rounds: u32) -> Self {
        Self { rounds, digest: PhantomData }
    }
}

#[cfg(any(feature = "django", feature = "spring"))]
impl<D: Digest + fmt::Debug> Kdf for SaltFirst<D> {
    fn cost(&self) -> Cost {
        cost(self.rounds)
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        let mut output = D::new().chain_update(salt).chain_update(password).finalize();
        for _ in 1..self.rounds {
            output = D::digest(&output);
        }
        write(&output, tag)
    }
}

/// A digest of the password and then the salt.
#[cfg(feature = "ldap")]
#[derive(Debug)]
pub(crate) struct SaltLast<D>(PhantomData<fn() -> D>);

#[cfg(feature = "ldap")]
impl<D> SaltLast<D> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

#[cfg(feature = "ldap")]
impl<D: Digest + fmt::Debug> Kdf for SaltLast<D> {
    fn cost(&self) -> Cost {
        cost(1)
    }

    fn derive(&self, _arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        write(&D::new().chain_update(password).chain_update(salt).finalize(), tag)
    }
}

fn cost(rounds: u32) -> Cost {
    // Five microseconds for the longest password, then a fifth for each output.
    let nanos = u64::from(rounds).saturating_mul(200).saturating_add(5_000);
    Cost { function: "digest", lanes: 1, memory_kib: 0, work: Duration::from_nanos(nanos) }
}

const fn write(output: &[u8], tag: &mut [u8]) -> bool {
    let fits = output.len() == tag.len();
    if fits {
        tag.copy_from_slice(output);
    }
    fits
}
