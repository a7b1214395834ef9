//! What a password breaks, for machines and for people.

use std::fmt;

use http::StatusCode;
use palisade_core::{FieldError, Pointer, Problem, Text};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// It is on the list of common passwords.
    #[error("this is one of the most common passwords")]
    Common,
    /// It consists of common words: two of them, or one with a few signs around it.
    #[error("common passwords joined or decorated are as easy to guess as one")]
    CommonJoined,
    /// It consists mostly of words that belong to the account or the service.
    #[error("the password says little more than a name that belongs to this account or service")]
    ContextWord,
    /// It holds a character that cannot be typed.
    #[error("control characters cannot be used")]
    ControlCharacter,
    /// It is a number, which [`Policy::django_compat`](crate::Policy::django_compat) refuses.
    #[error("digits alone are not enough")]
    DigitsOnly,
    /// It takes few guesses, which an [`EstimatedPolicy`](crate::EstimatedPolicy) refuses.
    #[cfg(feature = "zxcvbn")]
    #[error("the password takes few guesses; a few unrelated words take many")]
    Guessable,
    /// It repeats itself.
    #[error("the password repeats a few characters")]
    Repeated,
    /// It follows the alphabet, the digits or the keyboard.
    #[error("the password follows the alphabet, the digits or the keyboard")]
    Sequence,
    /// It is longer than can be handled.
    #[error("at most {most_bytes} bytes can be used")]
    TooLong {
        /// The bound, in bytes of UTF-8.
        most_bytes: usize,
    },
    /// It has too few characters.
    #[error("at least {least} characters are needed; a few unrelated words make a good password")]
    TooShort {
        /// The bound, in code points.
        least: usize,
    },
}

impl Violation {
    /// Returns the word that programs compare; it does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Common => "password_common",
            Self::CommonJoined => "password_common_joined",
            Self::ContextWord => "password_context_word",
            Self::ControlCharacter => "password_control_character",
            Self::DigitsOnly => "password_digits_only",
            #[cfg(feature = "zxcvbn")]
            Self::Guessable => "password_guessable",
            Self::Repeated => "password_repeated",
            Self::Sequence => "password_sequence",
            Self::TooLong { .. } => "password_too_long",
            Self::TooShort { .. } => "password_too_short",
        }
    }
}

/// A password that may not be set, with every reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(super) violations: Vec<Violation>,
}

impl Refusal {
    pub(super) const fn new(violations: Vec<Violation>) -> Self {
        Self { violations }
    }

    /// Returns every broken rule.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Returns the answer for the client: 422 with every rule that `field` breaks.
    pub fn problem(&self, field: &'static str) -> Problem {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "password_refused")
            .detail("choose another password");
        self.violations.iter().fold(problem, |problem, violation| {
            let rule = Text::from_program(violation.to_string());
            problem.error(FieldError::new(Pointer::root().field(field), violation.code(), rule))
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the password is refused")?;
        for (number, violation) in self.violations.iter().enumerate() {
            write!(f, "{}{violation}", if number == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
