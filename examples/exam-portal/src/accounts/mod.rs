//! Who may use the portal, and how they prove who they are.

mod demo;
mod name;
mod password;
mod reset;
mod sign_in;
mod tasks;
mod user;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_passwords::session::Lifetime;
use palisade_passwords::{
    ConfigError, Context, Factor, Hasher, OsRandom, Params, Policy, Scheme, SecretKeys, Workers,
};
use palisade_ratelimit::lockout::Lockout;
use sha2::{Digest, Sha256};

pub(crate) use demo::{Printed, make as make_demo};
pub(crate) use password::{ChangeRefused, ChangeRequest};
pub(crate) use reset::ResetRefused;
pub(crate) use sign_in::{Client, Proof, SignInError};
pub(crate) use tasks::{TaskError, run};
pub(crate) use user::{NewUser, Role, User, UserId};

use crate::store::{Store, StoreError};

/// How long a session lasts, however much it is used.
const LIFETIME: Duration = Duration::from_hours(12);
/// How long a password can be used that an administrator hands out.
const TEMPORARY: Duration = Duration::from_hours(72);
/// So many stored hashes tell the mix of the table, by which unknown names are made to cost the
/// same.
const SAMPLE: u32 = 1024;

/// Accounts: their rows, and the threads that hash their passwords.
///
/// A clone shares both.
#[derive(Clone)]
pub(crate) struct Accounts {
    store: Store,
    hasher: Hasher,
    policy: Policy,
    lockout: Lockout,
    clock: Arc<dyn Clock>,
}

/// Why accounts cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AccountsError {
    #[error("passwords cannot be hashed on this machine: {0}")]
    Hasher(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Starts the hashing threads; whose password they look at, the lockout decides.
    pub(crate) async fn start(
        store: Store,
        keys: &SecretKeys,
        lockout: Lockout,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AccountsError> {
        let sample = store.some_hashes(SAMPLE).await?;
        let sample = sample.iter().map(String::as_str);
        let scheme = Scheme::new(Params::OWASP_19M)?.with_decoys(decoy_key(keys), sample);
        let workers = Workers::new().count(threads()).with_clock(Arc::clone(&clock));
        let hasher = Hasher::start(scheme, workers)?;
        let policy = Policy::nist_800_63b_4(Factor::Single);
        Ok(Self { store, hasher, policy, lockout, clock })
    }

    /// Returns how long sessions last.
    pub(crate) fn lifetime() -> Lifetime {
        Lifetime::new(LIFETIME)
    }

    /// What a password of this user must not consist of.
    fn context(user: &User) -> Context {
        Context::new().word(&user.name).word(&user.email).word("exam portal")
    }

    const fn random() -> OsRandom {
        OsRandom::new()
    }
}

/// One core stays free for everything that is not a sign-in.
fn threads() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    NonZeroUsize::new(cores.get().saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
}

/// The same on all instances and after a restart: a name must not change what it costs.
fn decoy_key(keys: &SecretKeys) -> [u8; 32] {
    Sha256::digest(keys.sign("exam-portal decoys", b"")).into()
}
