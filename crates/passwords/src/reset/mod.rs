//! Links by which people set a password without knowing the old one.
//!
//! A link carries a [`ResetToken`]; a [`Store`] keeps no more than its digest. [`Resets`] issues,
//! looks and redeems:
//!
//! 1. Someone asks. The request puts one job into the [`Outbox`], the same for every address, and
//!    is answered. The job finds the account, issues a token and writes a [`Mail`] to the address
//!    that is *stored*, with a link of a configured [`Origin`].
//! 2. The link is opened. [`Resets::look`] says whether it is good and changes nothing, so that
//!    scanners of mail do not burn it.
//! 3. A new password arrives. The [`Policy`](crate::Policy) is asked first; only what it accepts
//!    can be given to [`Resets::redeem`], which hashes, and then claims the token and writes the
//!    password in one transaction. A refused password leaves the link as it was.
//!
//! ```
//! use palisade_passwords::reset::{Gone, MemoryStore, Purpose, Resets};
//! use palisade_passwords::{Candidate, Context, Factor, Hasher, Params, Policy, Scheme, Workers};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let hasher = Hasher::start(Scheme::new(Params::OWASP_19M)?, Workers::new())?;
//! let resets = Resets::new(MemoryStore::new());
//! let token = resets.issue(Purpose::Reset, "7").await?;
//!
//! let live = resets.look(Purpose::Reset, &token).await?;
//! let policy = Policy::nist_800_63b_4(Factor::Single);
//! let typed = Candidate::from("red bicycles under snow");
//! let accepted = policy.check(&typed, &Context::new().word(live.account()))?;
//! let redeemed = resets
//!     .redeem(live, accepted, &hasher, |_connection, new| {
//!         Box::pin(async move {
//!             // UPDATE users SET hash = $new.hash() WHERE id = $new.account()
//!             assert!(new.hash().starts_with("$argon2id$"));
//!             Ok(())
//!         })
//!     })
//!     .await?;
//! assert_eq!(redeemed.account(), "7");
//! assert_eq!(resets.look(Purpose::Reset, &token).await.err().unwrap().gone(), Some(Gone::Used));
//! # Ok(())
//! # }
//! ```
//!
//! # Security
//!
//! Against a copy of the database (digests of 256 random bits are useless), two who redeem at once
//! (one transaction, one winner), links that outlive their purpose (they end with time, with a
//! newer link and with a change of the password), poisoned `Host` headers (the origin is
//! configured), addresses that only look alike (mail goes to the stored one), and against finding
//! out who has an account (the request does the same work for all).

mod error;
mod mail;
mod outbox;
mod purpose;
mod record;
mod service;
mod store;
mod token;

pub use error::{
    ClaimError, Gone, IssueError, LookError, MigrateError, RedeemError, SettingError, StoreError,
};
pub use mail::{
    Address, AddressError, Delivery, DeliveryError, FileDelivery, Letters, Mail, Mailbox, Notice,
    Origin, OriginError, Template, TemplateError,
};
#[cfg(feature = "lettre")]
pub use mail::{SmtpDelivery, SmtpUrlError};
pub use outbox::{Outbox, OutboxLoad, OutboxRefused, OutboxSettings, Unsent};
pub use purpose::Purpose;
pub use record::{Claim, Digest, NewPassword, NewRecord, Record, Selector};
pub use service::{Live, Redeemed, Redeeming, Resets};
#[cfg(feature = "sqlx-postgres")]
pub use store::PostgresStore;
#[cfg(feature = "sqlx-sqlite")]
pub use store::SqliteStore;
pub use store::{MemoryStore, Store, WriteFuture, contract};
pub use token::{NotAToken, ResetToken};
