//! The key that the portal signs with.

use palisade_passwords::{SecretKeyError, SecretKeys};

use super::mistake::{Mistake, Mistakes};
use super::value::Wrong;

const VARIABLE: &str = "SECRET_KEY";

/// Reads the file of `--secret-key-file`.
pub(super) fn of_file(path: &str) -> Result<SecretKeys, Wrong> {
    SecretKeys::from_file(path).map_err(Wrong::from)
}

/// Reads `SECRET_KEY`, if it is there; production does not do without.
pub(super) fn of_environment(production: bool, mistakes: &mut Mistakes) -> Option<SecretKeys> {
    if std::env::var_os(VARIABLE).is_some() {
        let keys = SecretKeys::from_env(VARIABLE);
        return keys
            .map_err(|error| mistakes.add(Mistake::told(&VARIABLE, &error.to_string())))
            .ok();
    }
    if production {
        let wrong = "needs a secret key of its own";
        let instead = "make one with `openssl rand -hex 32` and give it by --secret-key-file or \
                       SECRET_KEY";
        mistakes.add(Mistake::new(&"--production", wrong, instead));
    }
    None
}

impl From<SecretKeyError> for Wrong {
    fn from(error: SecretKeyError) -> Self {
        Self::Sentence(error.to_string())
    }
}
