//! Which passwords may be set.

mod common;
mod context;
#[cfg(feature = "zxcvbn")]
mod estimate;
mod structure;
mod violation;

use crate::secret::{Accepted, Candidate};

pub use context::Context;
#[cfg(feature = "zxcvbn")]
pub use estimate::{EstimatedPolicy, Strength};
pub use violation::{Refusal, Violation};

/// Whether the password stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete by NIST SP 800-63B-4 3.1.1.2")]
pub enum Factor {
    /// The password is one of several factors.
    Mfa,
    /// The password is all that is asked.
    Single,
}

/// The rules for new passwords.
///
/// All rules are tried and every broken one is told. There are no composition rules ("one digit,
/// one capital") and no expiry, which NIST forbids: they make passwords worse.
///
/// # Example
///
/// ```
/// use palisade_passwords::{Candidate, Context, Factor, Policy, Violation};
///
/// let policy = Policy::nist_800_63b_4(Factor::Single);
/// let context = Context::new().word("ada");
/// let refusal = policy.check(&Candidate::from("password1"), &context).err().unwrap();
/// assert_eq!(refusal.violations(), [Violation::TooShort { least: 15 }, Violation::Common]);
/// assert_eq!(refusal.violations()[0].code(), "password_too_short");
/// assert!(policy.check(&Candidate::from("red bicycles under snow"), &context).is_ok());
/// ```
///
/// # Security
///
/// Against guessing: online within the limits of the login, and offline after a theft of the
/// hashes. The list holds the 19,640 most common passwords; of these only 48 have 15 characters,
/// which is why the structural rules exist: repeats, walks over the keyboard, sequences and joined
/// common words.
///
/// # Cost
///
/// Linear in the length, and bounded: above 64 characters no list is asked but for the part that a
/// password repeats, since nothing else that is common is that long.
#[derive(Clone, Debug)]
pub struct Policy {
    least_chars: usize,
    digits_only: bool,
}

impl Policy {
    /// NIST SP 800-63B-4 3.1.1.2: 15 characters, or 8 beside another factor.
    #[must_use]
    pub const fn nist_800_63b_4(factor: Factor) -> Self {
        let least_chars = match factor {
            Factor::Single => 15,
            Factor::Mfa => 8,
        };
        Self { least_chars, digits_only: true }
    }

    /// OWASP ASVS 5.0 6.2: 8 characters, no common passwords, no context words.
    ///
    /// The comparison with breached passwords (6.2.12) is up to the application.
    #[must_use]
    pub const fn asvs5() -> Self {
        Self { least_chars: 8, digits_only: true }
    }

    /// The validators of a new Django project: 8 characters, and not digits alone.
    ///
    /// For tables that move over and shall keep their rule; NIST forbids the second half. Names that
    /// Django compares by similarity are compared as [`Context`] says; repeats, walks and joined words,
    /// which Django takes, are refused as by every policy.
    #[must_use]
    pub const fn django_compat() -> Self {
        Self { least_chars: 8, digits_only: false }
    }

    /// Asks for at least this many characters (code points), never fewer than the preset does.
    #[must_use]
    pub const fn least_chars(mut self, chars: usize) -> Self {
        if chars > self.least_chars {
            self.least_chars = chars;
        }
        self
    }

    /// Checks a password that someone wants to set, in NFC.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every rule that is broken; it holds nothing of the password.
    pub fn check(&self, candidate: &Candidate, context: &Context) -> Result<Accepted, Refusal> {
        let text = candidate.nfc();
        let mut violations = Vec::new();
        if candidate.is_too_long() {
            violations.push(Violation::TooLong { most_bytes: Candidate::MAX_BYTES });
            return Err(Refusal::new(violations));
        }
        if text.chars().count() < self.least_chars {
            violations.push(Violation::TooShort { least: self.least_chars });
        }
        if text.chars().any(char::is_control) {
            violations.push(Violation::ControlCharacter);
        }
        if !self.digits_only && !text.is_empty() && text.chars().all(char::is_numeric) {
            violations.push(Violation::DigitsOnly);
        }
        let folded = structure::Folded::of(&text);
        violations.extend(structure::check(&folded));
        if context.covers(&folded) {
            violations.push(Violation::ContextWord);
        }
        if violations.is_empty() { Ok(Accepted::new(text)) } else { Err(Refusal::new(violations)) }
    }
}
