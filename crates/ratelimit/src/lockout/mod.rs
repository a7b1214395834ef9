//! Login lockout: each failure counts before it happens, so that a thousand at once are no more
//! than the few that are allowed.
//!
//! ```
//! use palisade_ratelimit::lockout::{Lockout, MemoryLockouts};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (name, address, key) = ("ada", "192.0.2.7".parse()?, [7; 32]);
//! # let verify = |_: &str| async { false };
//! let lockout = Lockout::in_memory(MemoryLockouts::new(), &key)?;
//!
//! // Before anything is hashed; unknown names too.
//! match lockout.begin(name, address).await {
//!     Err(refused) => { /* answer with `refused.problem()` */ }
//!     Ok(attempt) => {
//!         if verify("the password").await {
//!             attempt.succeed().await?;
//!         } else {
//!             attempt.fail(); // as dropping it would, or a crash
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is counted
//!
//! [`Lockout::begin`] counts a failure against the account and against the address, in one step,
//! unless one of them is locked; then nothing is counted, so that tries during a lock do not make it
//! longer. [`Attempt::succeed`] takes the failure back, and with it what this account failed from this
//! address before (NIST SP 800-63B); what others failed elsewhere stays on the [`Ladder`]. An attacker
//! who signs in with an account of their own wins back nothing for their address.
//!
//! # What is wrong -> what happens
//!
//! | what is wrong | what the client gets |
//! |---|---|
//! | account or address is locked | [`Refused::Locked`]: 429 with `Retry-After`, the same for names that do not exist |
//! | 100 failures without a success | the same without `Retry-After`, until [`Lockout::unlock_account`] |
//! | the process dies between `begin` and `succeed` | the failure stands |
//! | the store cannot be reached, or is slow | what the [`OnStoreError`](crate::store::OnStoreError) says that the lockout was made with |
//! | the store is lost while the password was right | signed in; the failure stands and a warning is logged |
//! | more names than there is room for | newcomers begin with the failures of those they displace; who is locked stays |
//! | the wall clock steps back | no lock gets longer |
//!
//! # Security
//!
//! Whoever knows a name can lock it, as with every lockout by name; one address can do that to few
//! accounts only, before it is locked itself. A password reset must stay possible while an account is
//! locked; call [`Lockout::unlock_account`] after one.

mod answer;
mod attempt;
mod claim;
#[cfg(feature = "palisade-resilience")]
mod guard;
mod ladder;
mod moment;
mod names;
mod record;
mod refused;
mod report;
mod set;
pub mod store;

use std::net::IpAddr;
use std::sync::Arc;

use names::Names;

use crate::ConfigError;
use crate::store::StoreError;

pub use answer::{Answer, Charged, Locked, Reserved};
pub use attempt::{Attempt, Failure};
pub use claim::{Claim, Kind, Subject};
#[cfg(feature = "palisade-resilience")]
pub use guard::GuardedLockouts;
pub use ladder::Ladder;
pub use moment::Moment;
pub use record::{Record, Wait};
pub use refused::Refused;
pub use set::{Key, Set};
pub use store::{Lock, LockoutStore, MemoryLockouts};

/// Decides whose password may be looked at; a clone is the same lockout.
///
/// See the [module docs](self).
///
/// # Cost
///
/// Three keyed hashes and one call of the store for each attempt, a second call for a success.
#[derive(Clone, Debug)]
pub struct Lockout {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    store: Arc<dyn LockoutStore>,
    names: Names,
    accounts: Ladder,
    addresses: Option<Ladder>,
}

impl Lockout {
    /// The most locks that are listed at once.
    pub const MAX_LISTED: usize = 1000;

    /// Locks in this process alone.
    ///
    /// The key hides names and addresses in snapshots and events; with another key all is forgotten.
    ///
    /// # Errors
    ///
    /// Refuses a key of less than 32 bytes.
    pub fn in_memory(store: MemoryLockouts, key: &[u8]) -> Result<Self, ConfigError> {
        Self::with(Arc::new(store), key)
    }

    /// Locks that all instances share; the key must be the same in all of them.
    ///
    /// # Errors
    ///
    /// Refuses a key of less than 32 bytes.
    #[cfg(feature = "palisade-resilience")]
    pub fn shared(guard: GuardedLockouts, key: &[u8]) -> Result<Self, ConfigError> {
        Self::with(Arc::new(guard), key)
    }

    fn with(store: Arc<dyn LockoutStore>, key: &[u8]) -> Result<Self, ConfigError> {
        let (names, accounts) = (Names::new(key)?, Ladder::ACCOUNT);
        let addresses = Some(Ladder::ADDRESS);
        Ok(Self { shared: Arc::new(Shared { store, names, accounts, addresses }) })
    }

    /// Locks accounts by this ladder, instead of [`Ladder::ACCOUNT`].
    #[must_use]
    pub fn accounts(mut self, ladder: Ladder) -> Self {
        Arc::make_mut(&mut self.shared).accounts = ladder;
        self
    }

    /// Locks addresses by this ladder, instead of [`Ladder::ADDRESS`]; a lock without end is not for
    /// addresses, so [`Ladder::at_most`] is left out.
    #[must_use]
    pub fn addresses(mut self, ladder: Ladder) -> Self {
        Arc::make_mut(&mut self.shared).addresses = Some(ladder.without_end());
        self
    }

    /// Locks no address: for services that see all clients come from one.
    ///
    /// # Security
    ///
    /// One client can then lock any number of accounts; a rate limit must bound its sign-ins.
    #[must_use]
    pub fn insecure_without_addresses(mut self) -> Self {
        Arc::make_mut(&mut self.shared).addresses = None;
        self
    }

    /// Counts IPv6 addresses by networks of so many bits, instead of 64.
    ///
    /// # Errors
    ///
    /// Refuses lengths outside 32 to 128.
    pub fn ipv6_prefix(mut self, bits: u8) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.shared).names.ipv6_prefix(bits)?;
        Ok(self)
    }

    /// Counts a failure for this account and address before it happens; call it before anything is
    /// looked up or hashed.
    ///
    /// The account is whatever the client typed, known or not: case, spaces around it and
    /// compatible Unicode spellings make no difference.
    ///
    /// # Errors
    ///
    /// [`Refused`]; then nothing was counted, and no password may be looked at.
    pub async fn begin(&self, account: &str, address: IpAddr) -> Result<Attempt, Refused> {
        let shared = &self.shared;
        let claim = shared.claim(account, address);
        match shared.store.begin(&claim).await {
            Ok(Answer::Reserved(reserved)) => {
                report::begun(shared.store.name());
                Ok(Attempt::new(self.clone(), claim, reserved))
            }
            Ok(Answer::Locked(locked)) => {
                report::locked(shared.store.name(), locked.kind());
                Err(Refused::Locked(locked))
            }
            Err(error) => {
                report::unavailable(shared.store.name(), &error);
                Err(Refused::Unavailable(error))
            }
        }
    }

    /// Forgets all failures of an account and unlocks it; says whether there were any.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer.
    pub async fn unlock_account(&self, account: &str) -> Result<bool, StoreError> {
        self.unlock(Kind::Account, self.account_key(account)).await
    }

    /// Forgets all failures of an address and unlocks it; says whether there were any.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer.
    pub async fn unlock_address(&self, address: IpAddr) -> Result<bool, StoreError> {
        self.unlock(Kind::Address, self.address_key(address)).await
    }

    /// Does the same for an entry of [`locks`](Self::locks).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer.
    pub async fn unlock(&self, kind: Kind, key: Key) -> Result<bool, StoreError> {
        let known = self.shared.store.unlock(kind, key).await?;
        report::unlocked(kind, &key, known);
        Ok(known)
    }

    /// Returns what is locked now: `most` entries, at most [`MAX_LISTED`](Self::MAX_LISTED), those
    /// that wait longest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer.
    pub async fn locks(&self, most: usize) -> Result<Vec<Lock>, StoreError> {
        self.shared.store.locks(most.min(Self::MAX_LISTED)).await
    }

    /// Returns the keyed hash under which an account is listed and reported.
    #[must_use]
    pub fn account_key(&self, account: &str) -> Key {
        self.shared.names.account(account)
    }

    /// Returns the keyed hash under which an address, or the network that counts for it, is listed.
    #[must_use]
    pub fn address_key(&self, address: IpAddr) -> Key {
        self.shared.names.address(address)
    }
}

impl Shared {
    fn claim(&self, account: &str, address: IpAddr) -> Claim {
        let source = self.names.address(address);
        let account = self.names.account(account);
        let account = Subject { kind: Kind::Account, key: account, ladder: self.accounts };
        let address =
            self.addresses.map(|ladder| Subject { kind: Kind::Address, key: source, ladder });
        Claim::new(account, address, names::source(source))
    }
}
