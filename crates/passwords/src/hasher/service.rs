//! The scheme behind a bounded number of threads.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::hash::Arena;
use crate::hasher::attempt::{Attempt, lane};
use crate::hasher::scheme::Scheme;
use crate::hasher::verdict::Verdict;
use crate::hasher::workers::Workers;
use crate::pool::{Pool, Ticket};
use crate::random::Random;
use crate::secret::{Accepted, Candidate};

/// Hashes and verifies passwords on threads of its own, and survives a flood of sign-ins.
///
/// Memory is at most the number of threads times the memory of one hash. What waits is bounded by
/// its work; clients take turns, so that one of them cannot fill the queue; what would wait too
/// long is answered with [`Overloaded`](crate::Overloaded) at once. The async threads of the
/// server only wait. A clone shares the threads; they end with the last clone.
///
/// # Example
///
/// ```
/// use palisade_passwords::{
///     Attempt, Candidate, Context, Factor, Hasher, Params, Policy, Scheme, Verdict, Workers,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hasher = Hasher::start(Scheme::new(Params::OWASP_19M)?, Workers::new())?;
/// let policy = Policy::nist_800_63b_4(Factor::Single);
/// let accepted = policy.check(&Candidate::from("red bicycles under snow"), &Context::new())?;
/// let stored = hasher.hash(accepted).await?;
///
/// let attempt = Attempt::new("ada").stored(Some(&stored));
/// match hasher.verify(&attempt, Candidate::from("red bicycles under snow")).await? {
///     Verdict::Verified(_) => println!("welcome"),
///     Verdict::Rejected => println!("name or password is wrong"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hasher {
    shared: Arc<Shared>,
}

struct Shared {
    scheme: Arc<Scheme>,
    random: Arc<dyn Random>,
    pool: Arc<Pool>,
}

/// How busy a [`Hasher`] is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Load {
    /// Jobs that wait.
    pub queued: usize,
    /// Nominal time one thread needs for them.
    pub queued_work: Duration,
    /// Jobs that are being computed, at most one for each thread.
    pub running: usize,
    /// Jobs refused since the start.
    pub refused: u64,
}

impl Hasher {
    /// Starts the threads, after a known-answer test of the engine.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SelfTest`] when this machine computes Argon2 wrongly, [`ConfigError::Wait`]
    /// when nothing may wait, [`ConfigError::Thread`] when the system gives no threads.
    pub fn start(scheme: Scheme, workers: Workers) -> Result<Self, ConfigError> {
        if workers.longest_wait.is_zero() {
            return Err(ConfigError::Wait(workers.longest_wait));
        }
        if !Arena::new().self_test() {
            return Err(ConfigError::SelfTest);
        }
        let pool = Pool::start(workers.count, workers.longest_wait, workers.clock)?;
        let shared = Shared { scheme: Arc::new(scheme), random: workers.random.into(), pool };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Hashes a password that a policy has accepted, to a PHC string.
    ///
    /// The ticket gives [`Overloaded`](crate::Overloaded) when there is no room, and also when
    /// there is no randomness for a salt, which is logged as an error.
    ///
    /// All jobs of this method share one turn; where strangers register,
    /// [`hash_for`](Self::hash_for) gives each of them their own.
    pub fn hash(&self, password: Accepted) -> Ticket<String> {
        self.hash_in(0, password)
    }

    /// [`hash`](Self::hash) for a client, such as an address (IPv6 by its /64), which waits for its
    /// own jobs first, those of [`Attempt::from_client`] included.
    pub fn hash_for(&self, client: impl Hash, password: Accepted) -> Ticket<String> {
        self.hash_in(lane(client), password)
    }

    fn hash_in(&self, lane: u64, password: Accepted) -> Ticket<String> {
        let (scheme, random) = (Arc::clone(&self.shared.scheme), Arc::clone(&self.shared.random));
        self.shared.pool.submit(lane, self.shared.scheme.work(), move |arena| {
            scheme
                .hash(&password, arena, &*random)
                .inspect_err(|error| tracing::error!(%error, "no salt for a password hash"))
                .ok()
        })
    }

    /// Compares a password with what is stored for a name.
    ///
    /// # Security
    ///
    /// Against finding out which accounts exist: an unknown name, a locked account and a hash that
    /// cannot be read take the work of a wrong password.
    ///
    /// # Cost
    ///
    /// One hash, and a second one when a right password is stored with a weaker hash.
    pub fn verify(&self, attempt: &Attempt<'_>, candidate: Candidate) -> Ticket<Verdict> {
        let scheme = Arc::clone(&self.shared.scheme);
        let random = Arc::clone(&self.shared.random);
        let plan = scheme.plan(attempt);
        self.shared.pool.submit(attempt.lane, scheme.work_of(&plan, &candidate), move |arena| {
            Some(scheme.execute(&plan, &candidate, arena, &*random))
        })
    }

    /// Runs other work of the crate that takes as long as hashing.
    #[cfg(feature = "zxcvbn")]
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        client: impl Hash,
        work: Duration,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Ticket<T> {
        self.shared.pool.submit(lane(client), work, move |_| Some(compute()))
    }

    /// Returns how busy the threads are, for a gauge or a health probe.
    #[must_use]
    pub fn load(&self) -> Load {
        let (queued, queued_work, running, refused) = self.shared.pool.load();
        Load { queued, queued_work, running, refused }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("load", &self.load()).finish_non_exhaustive()
    }
}
