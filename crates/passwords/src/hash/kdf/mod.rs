//! The functions that turn a password into a tag, and what each costs.

mod argon;
#[cfg(feature = "bcrypt")]
mod bcrypt;
#[cfg(any(feature = "django", feature = "ldap"))]
mod digest;
#[cfg(feature = "pbkdf2")]
mod pbkdf2;
#[cfg(feature = "wordpress")]
mod phpass;
#[cfg(any(feature = "django", feature = "passlib", feature = "wordpress"))]
mod prehashed;
#[cfg(feature = "scrypt")]
mod scrypt;

use std::fmt;
use std::time::Duration;

use crate::hash::arena::Arena;
use crate::hash::engine::Argon;

#[cfg(feature = "bcrypt")]
pub(crate) use bcrypt::Bcrypt;
#[cfg(any(feature = "django", feature = "spring"))]
pub(crate) use digest::SaltFirst;
#[cfg(feature = "ldap")]
pub(crate) use digest::SaltLast;
#[cfg(feature = "pbkdf2")]
pub(crate) use pbkdf2::Pbkdf2;
#[cfg(feature = "wordpress")]
pub(crate) use phpass::Phpass;
#[cfg(any(feature = "django", feature = "passlib", feature = "wordpress"))]
pub(crate) use prehashed::Prehashed;
#[cfg(feature = "scrypt")]
pub(crate) use scrypt::Scrypt;

/// A function with all its parameters but the salt.
pub(crate) trait Kdf: fmt::Debug + Send + Sync {
    /// What one hash costs, known before any of it is computed.
    fn cost(&self) -> Cost;

    /// The work for a password of so many bytes, where that makes a difference.
    fn work(&self, _password: usize) -> Duration {
        self.cost().work
    }

    /// Computes the tag; false when the parameters or lengths are impossible.
    fn derive(&self, arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool;

    /// How many bytes of the password the function looks at; all others would match as well.
    fn seen(&self, password: &[u8]) -> usize {
        password.len()
    }

    /// The parameters, when the function is Argon2.
    fn argon(&self) -> Option<&Argon> {
        None
    }
}

/// What one hash costs: two hashes of equal cost are not told apart by the time they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) function: &'static str,
    pub(crate) lanes: u32,
    pub(crate) memory_kib: u64,
    /// Time on a common server core; counted, not measured.
    pub(crate) work: Duration,
}
