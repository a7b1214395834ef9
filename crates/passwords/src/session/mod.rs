//! Who is signed in, told in plain types to whatever keeps sessions.
//!
//! Nothing here stores anything. The application keeps a [`Session`] under the [`SessionKey`] of a
//! [`SessionId`], or in the session of another library, and beside each account a [`Stamp`] and
//! whether its password must be changed. The rules:
//!
//! 1. Signing in, changing a password and gaining rights give a [`Renewed`] session, which goes
//!    under a new id; the old id is deleted. An id that someone planted before is then worth nothing.
//! 2. A session holds the stamp that its account had when it began. A change of password or of
//!    rights raises the stamp in the same statement, which ends every other session.
//! 3. Who must change the password has a [`Pending`] session: a type that can set a password and do
//!    nothing else. [`MustChangeLayer`](crate::must_change::MustChangeLayer) says the same to routes.
//!
//! # Example
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use palisade_passwords::OsRandom;
//! use palisade_passwords::session::{Account, Lifetime, Session, SessionId, Stamp, Standing};
//!
//! # let now = SystemTime::UNIX_EPOCH;
//! // Signed in: the cookie gets the id, the table its key.
//! let account = Account::settled(Stamp::FIRST);
//! let id = SessionId::generate(&OsRandom::new())?;
//! let row = (id.key(), Session::begin(7, &account, now).into_session());
//!
//! // Each request: find the row by the cookie, then the account by the row.
//! let sent = SessionId::parse(&id.reveal()).ok_or("no session id")?;
//! assert!(sent.key() == row.0);
//! let lifetime = Lifetime::new(Duration::from_hours(12));
//! let Ok(Standing::Active(active)) = row.1.standing(Some(&account), now, &lifetime) else {
//!     panic!("signed in");
//! };
//! assert_eq!(active.user(), &7);
//!
//! // Another device has changed the password meanwhile.
//! let account = Account::settled(Stamp::FIRST.next());
//! assert!(row.1.standing(Some(&account), now, &lifetime).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
#[cfg(feature = "axum")]
mod extract;
mod id;
mod record;
mod stamp;
mod standing;

pub use change::{ChangeError, NewPassword, PasswordChange};
pub use id::{SessionId, SessionKey};
pub use record::{Ended, Lifetime, Renewed, Session};
pub use stamp::{Account, Stamp};
pub use standing::{Active, Pending, Standing};
