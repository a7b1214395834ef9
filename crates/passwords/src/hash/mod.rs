//! From a stored string to the work it asks for, and back.

mod arena;
mod ceiling;
mod engine;
mod kdf;
mod params;
mod phc_params;
mod stored;

pub use arena::Arena;
pub use ceiling::Ceiling;
pub use params::Params;

pub(crate) use engine::Argon;
#[cfg(feature = "bcrypt")]
pub(crate) use kdf::Bcrypt;
#[cfg(all(
    test,
    feature = "aspnet",
    feature = "django",
    feature = "ldap",
    feature = "werkzeug",
    feature = "wordpress"
))]
pub(crate) use kdf::Cost;
pub(crate) use kdf::Kdf;
#[cfg(feature = "pbkdf2")]
pub(crate) use kdf::Pbkdf2;
#[cfg(feature = "wordpress")]
pub(crate) use kdf::Phpass;
#[cfg(any(feature = "django", feature = "passlib", feature = "wordpress"))]
pub(crate) use kdf::Prehashed;
#[cfg(any(feature = "django", feature = "spring"))]
pub(crate) use kdf::SaltFirst;
#[cfg(feature = "ldap")]
pub(crate) use kdf::SaltLast;
#[cfg(feature = "scrypt")]
pub(crate) use kdf::Scrypt;
#[cfg(any(feature = "pbkdf2", feature = "scrypt"))]
pub(crate) use phc_params::numbers;
pub(crate) use stored::{Stored, argon2id_string};
