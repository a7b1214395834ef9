//! An estimate of the guesses that a short password takes.

use std::hash::Hash;
use std::time::Duration;

use crate::hasher::Hasher;
use crate::policy::{Context, Policy, Refusal, Violation};
use crate::pool::Ticket;
use crate::secret::{Accepted, Candidate};

/// How many guesses a password must take, by the estimate of zxcvbn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Strength {
    /// 10^8: holds against guessing online, and offline where the hash is slow (score 3).
    Good,
    /// 10^10 (score 4).
    Strong,
}

impl Strength {
    const fn least_log10(self) -> f64 {
        match self {
            Self::Good => 8.0,
            Self::Strong => 10.0,
        }
    }
}

/// A [`Policy`] that also estimates how many guesses a password takes.
///
/// Only a password of fewer than [`CHARS`](Self::CHARS) code points is estimated: a longer one that
/// the policy accepts takes more guesses than any [`Strength`] asks for.
///
/// # Security
///
/// The estimate makes copies of the password that are freed as they are, and takes milliseconds for
/// passwords that are built to cost them. [`Hasher::check`] does it on the hashing threads, where it
/// waits its turn.
///
/// # Example
///
/// ```
/// use palisade_passwords::{
///     Candidate, Context, Factor, Hasher, Params, Policy, Scheme, Strength, Violation, Workers,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hasher = Hasher::start(Scheme::new(Params::OWASP_19M)?, Workers::new())?;
/// let policy = Policy::nist_800_63b_4(Factor::Mfa).estimated(Strength::Good);
/// let typed = Candidate::from("Tr0ub4d0ur");
/// let checked = hasher.check(&policy, "192.0.2.7", typed, Context::new()).await?;
/// assert_eq!(checked.err().unwrap().violations(), [Violation::Guessable]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EstimatedPolicy {
    policy: Policy,
    least: Strength,
}

impl Policy {
    /// Refuses what takes few guesses, too; reads the dictionaries of the estimate, once.
    #[must_use]
    pub fn estimated(self, least: Strength) -> EstimatedPolicy {
        zxcvbn::zxcvbn("a", &[]);
        EstimatedPolicy { policy: self, least }
    }
}

impl EstimatedPolicy {
    /// Fewer code points than these are estimated.
    pub const CHARS: usize = 24;

    /// Checks a password on this thread; where there are others to serve, ask [`Hasher::check`].
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every rule that is broken.
    ///
    /// # Cost
    ///
    /// Up to some 15 milliseconds for 23 characters that are made to cost them.
    pub fn check(&self, candidate: &Candidate, context: &Context) -> Result<Accepted, Refusal> {
        let checked = self.policy.check(candidate, context);
        let text = candidate.nfc();
        if text.chars().count() >= Self::CHARS || candidate.is_too_long() {
            return checked;
        }
        let words = context.texts();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if zxcvbn::zxcvbn(&text, &words).guesses_log10() >= self.least.least_log10() {
            return checked;
        }
        let mut violations = checked.err().map_or_else(Vec::new, |refusal| refusal.violations);
        violations.push(Violation::Guessable);
        Err(Refusal::new(violations))
    }

    /// What is charged: a little more than the worst passwords of so many characters were seen to
    /// take, nothing where nothing is estimated.
    fn work(candidate: &Candidate) -> Duration {
        let chars = candidate.as_received().chars().count();
        // NFC has at most three times the characters, and seldom fewer.
        if chars >= Self::CHARS.saturating_mul(3) {
            return Duration::ZERO;
        }
        let chars = u64::try_from(chars.min(Self::CHARS)).unwrap_or(u64::MAX);
        Duration::from_micros(chars.saturating_mul(chars).saturating_mul(40))
    }
}

impl Hasher {
    /// Checks a password on the hashing threads, charged by its length.
    ///
    /// `client` waits for its own jobs first, as in [`hash_for`](Self::hash_for).
    pub fn check(
        &self,
        policy: &EstimatedPolicy,
        client: impl Hash,
        candidate: Candidate,
        context: Context,
    ) -> Ticket<Result<Accepted, Refusal>> {
        let work = EstimatedPolicy::work(&candidate);
        let policy = policy.clone();
        self.submit(client, work, move || policy.check(&candidate, &context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_passwords_are_charged_and_longer_ones_of_them_more() {
        let work = |text: &str| EstimatedPolicy::work(&Candidate::from(text));
        assert!(work("tr0ub4dour") < work("tr0ub4dour tr0ub4dour"));
        assert!(work(&"4@8({[<369!1|0$5+7%2/`".repeat(2)[..23]) >= Duration::from_millis(20));
        assert_eq!(work(&"a ".repeat(40)), Duration::ZERO);
    }
}
