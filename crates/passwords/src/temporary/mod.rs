//! Passwords that are handed out, for one sign-in.
//!
//! A temporary password is drawn at random, so that nobody chooses it; it expires; and the sign-in
//! that uses it burns it, so that whoever reads it later in a mailbox or over a shoulder has nothing
//! (OWASP ASVS 5.0 6.4.1). What is signed in with it is a
//! [`Pending`](crate::session::Pending) session.
//!
//! # Example
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use palisade_passwords::temporary::{Temporary, TemporaryPassword};
//! use palisade_passwords::{
//!     Attempt, Candidate, Hasher, OsRandom, Params, Scheme, Verdict, Workers,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now = SystemTime::UNIX_EPOCH;
//! let hasher = Hasher::start(Scheme::new(Params::OWASP_19M)?, Workers::new())?;
//! let password = TemporaryPassword::generate(&OsRandom::new())?;
//! // UPDATE users SET hash = $stored, temporary_until = $until, must_change = TRUE, stamp = stamp + 1
//! let stored = hasher.hash(password.accepted()).await?;
//! let temporary = Temporary::lasting(Duration::from_hours(24), now);
//!
//! // Shown once, to whom it is for; then typed.
//! let typed = Candidate::from(password.reveal());
//! let attempt = Attempt::new("ada").stored(Some(&stored));
//! let Verdict::Verified(_) = hasher.verify(&attempt, typed).await? else { panic!("verified") };
//! // UPDATE users SET hash = $burnt WHERE id = $id AND hash = $stored
//! let mut row = stored.clone();
//! temporary
//!     .redeem(&stored, now, async |expected, burnt| {
//!         let is = row == expected;
//!         row = burnt.to_owned();
//!         Ok::<_, std::io::Error>(is)
//!     })
//!     .await?;
//! let again = Candidate::from(password.reveal());
//! assert!(!hasher.verify(&Attempt::new("ada").stored(Some(&row)), again).await?.is_verified());
//! # Ok(())
//! # }
//! ```

mod password;
mod term;

pub use password::TemporaryPassword;
pub use term::{RedeemError, Temporary};

pub(crate) use term::unburnt;
