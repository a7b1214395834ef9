//! The plain functions: no threads, no queue.

use std::fmt;
use std::time::Duration;

use crate::error::ConfigError;
use crate::hash::{Arena, Argon, Ceiling, Kdf, Params, Stored, argon2id_string};
use crate::hasher::attempt::Attempt;
use crate::hasher::decoys::Decoys;
use crate::hasher::verdict::{Upgrade, Verdict, Verified};
use crate::legacy::Legacy;
use crate::random::{Random, RandomError};
use crate::secret::{Accepted, Candidate};

/// How passwords are hashed and which stored hashes are understood.
///
/// Its [`hash`](Self::hash) and [`verify`](Self::verify) do the work where they are called, in an
/// [`Arena`] that the caller keeps; a server gives the scheme to a [`Hasher`](crate::Hasher)
/// instead, which bounds how much of it happens at once.
///
/// # Example
///
/// ```
/// use palisade_passwords::{
///     Arena, Attempt, Candidate, Context, Factor, OsRandom, Params, Policy, Scheme, Verdict,
/// };
///
/// let scheme = Scheme::new(Params::OWASP_19M)?;
/// let (mut arena, random) = (Arena::new(), OsRandom::new());
/// let policy = Policy::nist_800_63b_4(Factor::Single);
/// let accepted = policy.check(&Candidate::from("red bicycles under snow"), &Context::new())?;
/// let stored = scheme.hash(&accepted, &mut arena, &random)?;
///
/// let attempt = Attempt::new("ada").stored(Some(&stored));
/// let candidate = Candidate::from("red bicycles under snow");
/// assert!(scheme.verify(&attempt, &candidate, &mut arena, &random).is_verified());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Scheme {
    params: Params,
    ceiling: Ceiling,
    legacy: Legacy,
    decoys: Decoys,
}

impl Scheme {
    /// Hashes with `params` and understands Argon2 strings below the default [`Ceiling`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::AboveCeiling`] when the own hashes would not fit under that ceiling.
    pub fn new(params: Params) -> Result<Self, ConfigError> {
        Self::with_ceiling(params, Ceiling::default())
    }

    /// Like [`new`](Self::new), with a ceiling of one's own.
    ///
    /// # Errors
    ///
    /// [`ConfigError::AboveCeiling`] when the own hashes would not fit under it.
    pub fn with_ceiling(params: Params, ceiling: Ceiling) -> Result<Self, ConfigError> {
        Self::with_legacy(params, ceiling, Legacy::new())
    }

    /// Like [`with_ceiling`](Self::with_ceiling), and understands what other frameworks wrote.
    ///
    /// A right password that is stored with one of their hashes always brings an
    /// [`Upgrade`]; nothing is ever hashed as they did.
    ///
    /// # Errors
    ///
    /// [`ConfigError::AboveCeiling`] when the own hashes would not fit under the ceiling.
    pub fn with_legacy(
        params: Params,
        ceiling: Ceiling,
        legacy: Legacy,
    ) -> Result<Self, ConfigError> {
        let own = Argon::id(params).cost();
        if !ceiling.allows(&own) {
            return Err(ConfigError::AboveCeiling {
                needed_kib: params.memory_kib(),
                work: own.work,
                ceiling_kib: ceiling.memory_kib(),
                ceiling_work: ceiling.work(),
            });
        }
        Ok(Self { params, ceiling, legacy, decoys: Decoys::like_new(params) })
    }

    /// Lets a name without an account cost what an account of this table costs.
    ///
    /// `table` is the stored hashes, or a fair sample of them. A table that was imported holds
    /// several schemes whose costs differ thirtyfold; a name that always took the time of a new
    /// hash would be known as free. The key makes the choice unpredictable: 32 random bytes, the
    /// same on all instances and kept over restarts, since a name must not change its cost.
    ///
    /// # Cost
    ///
    /// Reads each string once; keeps at most 64 kinds and nothing of the hashes.
    #[must_use]
    pub fn with_decoys<'a>(
        mut self,
        key: [u8; 32],
        table: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        if let Some(mix) = Decoys::of(key, table.into_iter().filter_map(|row| self.read(row))) {
            self.decoys = mix;
        }
        self
    }

    /// Returns whether a stored string can be verified, to find those that cannot before a
    /// migration: not malformed, of a family that is on, and below the ceiling.
    #[must_use]
    pub fn understands(&self, stored: &str) -> bool {
        self.read(stored).is_some()
    }

    /// Returns the cost of new hashes.
    #[must_use]
    pub const fn params(&self) -> Params {
        self.params
    }

    /// Hashes a password to a PHC string with a fresh salt of 16 bytes and a tag of 32.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when there is no randomness for the salt.
    pub fn hash(
        &self,
        password: &Accepted,
        arena: &mut Arena,
        random: &dyn Random,
    ) -> Result<String, RandomError> {
        hash_bytes(self.params, password.as_bytes(), arena, random)
    }

    /// Compares a password with what is stored; the work does not tell why it was rejected.
    #[must_use = "a verdict lets nobody in until it is read"]
    pub fn verify(
        &self,
        attempt: &Attempt<'_>,
        candidate: &Candidate,
        arena: &mut Arena,
        random: &dyn Random,
    ) -> Verdict {
        self.execute(&self.plan(attempt), candidate, arena, random)
    }

    /// Reads a stored string; `None` when it is malformed, foreign or above the ceiling.
    fn read(&self, stored: &str) -> Option<Stored> {
        if stored.len() > Stored::MAX_LENGTH {
            return None;
        }
        let stored = Stored::phc(stored).or_else(|| self.legacy.read(stored))?;
        self.ceiling.allows(&stored.kdf.cost()).then_some(stored)
    }

    /// Decides what a sign-in will compute, without computing it.
    pub(crate) fn plan(&self, attempt: &Attempt<'_>) -> Plan {
        let real = attempt.stored.and_then(|text| Some((self.read(text)?, text.to_owned())));
        match real {
            Some((stored, text)) => {
                Plan { stored: Some(stored), text: (!attempt.refused).then_some(text) }
            }
            None => Plan { stored: self.decoys.draw(attempt.name), text: None },
        }
    }

    /// How much the plan costs, with the upgrade it may lead to.
    pub(crate) fn work_of(&self, plan: &Plan, candidate: &Candidate) -> Duration {
        let Some(stored) = &plan.stored else { return self.work() };
        let work = stored.kdf.work(candidate.as_received().len());
        match stored.upgrade(&self.params) {
            Some(better) => work.saturating_add(Argon::id(better).cost().work),
            None => work,
        }
    }

    /// How much one new hash costs.
    pub(crate) fn work(&self) -> Duration {
        Argon::id(self.params).cost().work
    }

    pub(crate) fn execute(
        &self,
        plan: &Plan,
        candidate: &Candidate,
        arena: &mut Arena,
        random: &dyn Random,
    ) -> Verdict {
        let Some(stored) = &plan.stored else { return Verdict::Rejected };
        let equal = stored.matches(candidate, self.legacy.cut, arena);
        let Some(expected) = plan.text.as_ref().filter(|_| equal) else {
            return Verdict::Rejected;
        };
        let Some(better) = stored.upgrade(&self.params) else {
            return Verdict::Verified(Verified::new(None));
        };
        match hash_bytes(better, candidate.nfc().as_bytes(), arena, random) {
            Ok(replacement) => {
                Verdict::Verified(Verified::new(Some(Upgrade::new(expected.clone(), replacement))))
            }
            Err(error) => {
                tracing::error!(%error, "no salt for a stronger password hash");
                Verdict::Verified(Verified::new(None))
            }
        }
    }
}

fn hash_bytes(
    params: Params,
    password: &[u8],
    arena: &mut Arena,
    random: &dyn Random,
) -> Result<String, RandomError> {
    let (mut salt, mut tag) = ([0; 16], [0; 32]);
    random.fill(&mut salt)?;
    // `Params` were checked when they were made, so the engine does not refuse them.
    if !Argon::id(params).derive(arena, password, &salt, &mut tag) {
        return Err(RandomError::new("the argon2 engine refused its parameters"));
    }
    Ok(argon2id_string(&params, &salt, &tag))
}

/// What a sign-in will compute.
pub(crate) struct Plan {
    stored: Option<Stored>,
    /// The stored string, when a match lets someone in.
    text: Option<String>,
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme")
            .field("params", &self.params)
            .field("ceiling", &self.ceiling)
            .field("legacy", &self.legacy)
            .finish_non_exhaustive()
    }
}
