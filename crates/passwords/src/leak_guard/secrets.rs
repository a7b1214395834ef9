//! The decision.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use zeroize::Zeroizing;

use super::automaton::Automaton;
use super::forms;

/// What must not be in an answer; a clone is one pointer.
///
/// # Security
///
/// The secrets and their forms lie in memory as long as this lives, wiped when it is dropped. Who can
/// read that memory can read the program's own copies too.
///
/// # Cost
///
/// One table look-up for each byte that is read, none for bytes that begin no form; the same for one
/// secret and for a hundred. The table has some 100 KiB for a secret of 40 characters.
#[derive(Clone)]
pub struct Secrets {
    shared: Arc<Shared>,
}

struct Shared {
    automaton: Automaton,
    labels: Vec<&'static str>,
}

/// Secrets that are being registered.
#[derive(Default)]
#[must_use = "nothing is looked for until `finish`"]
pub struct SecretsBuilder {
    labels: Vec<&'static str>,
    forms: Vec<(u32, Zeroizing<Vec<u8>>)>,
    bytes: usize,
}

/// A secret that cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It would be found where it is not.
    #[error("the secret {label:?} is shorter than {least} bytes: ordinary answers would hold it")]
    Short {
        /// Its name.
        label: &'static str,
        /// The bound, in bytes.
        least: usize,
    },
    /// The table would be too large.
    #[error(
        "with the secret {label:?} there are too many: their forms have more than {most} bytes"
    )]
    TooMany {
        /// Its name.
        label: &'static str,
        /// The bound, in bytes.
        most: usize,
    },
}

/// A secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer holds the secret {label:?}")]
pub struct Leak {
    label: &'static str,
}

/// Looks for secrets in bytes that arrive piece by piece.
pub struct Scan {
    secrets: Secrets,
    state: u32,
}

impl Secrets {
    /// The least length of a secret, in bytes.
    pub const LEAST_BYTES: usize = 8;

    /// Starts without secrets.
    #[expect(clippy::new_ret_no_self, reason = "secrets come before the table of them")]
    pub fn new() -> SecretsBuilder {
        SecretsBuilder::default()
    }

    /// Looks for a secret in the bytes.
    ///
    /// # Errors
    ///
    /// [`Leak`] when there is one.
    pub fn check(&self, bytes: &[u8]) -> Result<(), Leak> {
        self.read(Automaton::START, bytes).map(|_| ())
    }

    fn read(&self, state: u32, bytes: &[u8]) -> Result<u32, Leak> {
        self.shared.automaton.read(state, bytes).map_err(|number| {
            let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            let label = place.and_then(|place| self.shared.labels.get(place)).copied();
            Leak { label: label.unwrap_or("?") }
        })
    }

    /// Looks for a secret in the values of headers, each for itself.
    ///
    /// # Errors
    ///
    /// [`Leak`] when there is one.
    pub fn check_headers(&self, headers: &HeaderMap) -> Result<(), Leak> {
        headers.values().try_for_each(|value| self.check(value.as_bytes()))
    }

    /// Begins to look through bytes that arrive piece by piece.
    #[must_use]
    pub fn scan(&self) -> Scan {
        Scan { secrets: self.clone(), state: Automaton::START }
    }
}

impl SecretsBuilder {
    /// Registers a secret under a name that may stand in logs.
    ///
    /// # Errors
    ///
    /// [`SecretError`] for a secret of fewer than 8 bytes, and for too many.
    pub fn add(mut self, label: &'static str, secret: &[u8]) -> Result<Self, SecretError> {
        if secret.len() < Secrets::LEAST_BYTES {
            return Err(SecretError::Short { label, least: Secrets::LEAST_BYTES });
        }
        let most = Automaton::MOST_STATES;
        let too_many = SecretError::TooMany { label, most };
        // Six forms are as long as the secret or longer: no need to write them all to know.
        if secret.len() > most / 6 {
            return Err(too_many);
        }
        let forms = forms::of(secret);
        self.bytes = forms.iter().fold(self.bytes, |sum, form| sum.saturating_add(form.len()));
        if self.bytes >= most {
            return Err(too_many);
        }
        self.labels.push(label);
        // From one on: none of the states in which no form ends has a label.
        let number = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.forms.extend(forms.into_iter().map(|form| (number, form)));
        Ok(self)
    }

    /// Builds the table.
    #[must_use]
    pub fn finish(self) -> Secrets {
        let forms = self.forms.iter().map(|(label, form)| (*label, form.as_slice()));
        let automaton = Automaton::new(forms);
        Secrets { shared: Arc::new(Shared { automaton, labels: self.labels }) }
    }
}

impl Scan {
    /// Reads on, and returns how many of the bytes read last may be the beginning of a secret: what
    /// came before them may leave.
    ///
    /// # Errors
    ///
    /// [`Leak`] when a secret ends in these bytes.
    pub fn read(&mut self, bytes: &[u8]) -> Result<usize, Leak> {
        self.state = self.secrets.read(self.state, bytes)?;
        Ok(self.secrets.shared.automaton.depth(self.state))
    }

    pub(super) const fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}

impl Leak {
    /// Returns the name under which the secret was registered.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        self.label
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("labels", &self.shared.labels).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsBuilder").field("labels", &self.labels).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").finish_non_exhaustive()
    }
}
