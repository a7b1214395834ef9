//! Reading and writing what stands in the database.

use std::sync::Arc;

use base64ct::{Base64Unpadded, Encoding};
use phc::PasswordHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::hash::arena::Arena;
use crate::hash::engine::{Argon, Variant, Version};
use crate::hash::kdf::Kdf;
use crate::hash::params::Params;
use crate::hash::phc_params;
use crate::secret::Candidate;

/// What a stored string says.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) kdf: Arc<dyn Kdf>,
    pub(crate) salt: Box<[u8]>,
    pub(crate) tag: Box<[u8]>,
    /// Written by this crate (NFC), or by another framework (as received).
    pub(crate) ours: bool,
}

impl Stored {
    /// Strings that are longer are not looked at.
    pub(crate) const MAX_LENGTH: usize = 512;

    /// Reads an Argon2 string in the PHC format; any other string is `None`.
    pub(crate) fn phc(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let variant = match hash.algorithm.as_str() {
            "argon2d" => Variant::D,
            "argon2i" => Variant::I,
            "argon2id" => Variant::Id,
            _ => return None,
        };
        let version = match hash.version {
            None | Some(16) => Version::V16,
            Some(19) => Version::V19,
            Some(_) => return None,
        };
        // A key id or associated data would change the result: such a hash is not ours.
        let [memory, passes, lanes] = phc_params::numbers(&hash.params, ["m", "t", "p"])?;
        let params = Params::insecure_new(memory?, passes?, lanes?).ok()?;
        Some(Self {
            kdf: Arc::new(Argon { variant, version, params }),
            salt: hash.salt?.as_ref().into(),
            tag: hash.hash?.as_bytes().into(),
            ours: true,
        })
    }

    /// What another framework wrote; `None` when there is no tag to compare with.
    #[cfg(any(feature = "bcrypt", feature = "ldap", feature = "pbkdf2", feature = "scrypt"))]
    pub(crate) fn foreign(
        kdf: impl Kdf + 'static,
        salt: impl Into<Box<[u8]>>,
        tag: impl Into<Box<[u8]>>,
    ) -> Option<Self> {
        let (salt, tag) = (salt.into(), tag.into());
        (!tag.is_empty()).then(|| Self { kdf: Arc::new(kdf), salt, tag, ours: false })
    }

    /// The same hash, of the password as another framework received it.
    #[cfg(any(feature = "django", feature = "spring"))]
    pub(crate) fn taken_as_received(self) -> Self {
        Self { ours: false, ..self }
    }

    /// Whether the candidate is the password; the work is the same when it is not.
    ///
    /// With `cut`, bytes that the function does not look at need not match.
    pub(crate) fn matches(&self, candidate: &Candidate, cut: bool, arena: &mut Arena) -> bool {
        if self.ours {
            self.compare(candidate, candidate.nfc().as_bytes(), cut, arena)
        } else {
            self.compare(candidate, candidate.as_received().as_bytes(), cut, arena)
        }
    }

    fn compare(
        &self,
        candidate: &Candidate,
        password: &[u8],
        cut: bool,
        arena: &mut Arena,
    ) -> bool {
        let mut tag = Zeroizing::new(vec![0; self.tag.len()]);
        let derived = self.kdf.derive(arena, password, &self.salt, &mut tag);
        let equal = bool::from(tag.as_slice().ct_eq(&self.tag));
        let whole = cut || self.kdf.seen(password) == password.len();
        derived && equal && whole && !candidate.is_too_long() && !self.tag.is_empty()
    }

    /// What a better hash is made with: when this one is weaker, of another function or foreign.
    ///
    /// Never weaker than this one, so that a foreign hash stronger than new ones keeps its cost.
    /// A short salt or tag alone is no reason to lower the cost.
    pub(crate) fn upgrade(&self, params: &Params) -> Option<Params> {
        let argon = self.kdf.argon().filter(|argon| **argon == Argon::id(argon.params));
        let Some(argon) = argon else { return Some(*params) };
        if argon.params.is_weaker_than(params) {
            return Some(*params);
        }
        if !self.ours {
            return Some(argon.params);
        }
        let short = self.salt.len() < 16 || self.tag.len() < 32;
        (short && !params.is_weaker_than(&argon.params)).then_some(*params)
    }
}

/// Writes an Argon2id hash as a PHC string.
pub(crate) fn argon2id_string(params: &Params, salt: &[u8], tag: &[u8]) -> String {
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        params.memory_kib(),
        params.passes(),
        params.lanes(),
        Base64Unpadded::encode_string(salt),
        Base64Unpadded::encode_string(tag)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &str = "c29tZXNhbHRzb21lc2FsdA";
    const TAG: &str = "CWrdrQSsO5h2eGAvT+KJ+dBpmNJ2Ztiu9ZkZqX5kGy0";

    #[test]
    fn reads_what_it_writes() {
        let params = Params::raw(19_456, 2, 1);
        let text = argon2id_string(&params, &[7; 16], &[9; 32]);
        let stored = Stored::phc(&text).unwrap();
        assert_eq!(stored.salt.as_ref(), &[7; 16]);
        assert_eq!(stored.tag.as_ref(), &[9; 32]);
        assert_eq!(stored.upgrade(&params), None);
    }

    #[test]
    fn a_string_that_is_not_exactly_a_hash_is_none() {
        assert!(Stored::phc(&format!("$argon2id$v=19$m=64,t=2,p=1${SALT}${TAG}")).is_some());
        for text in [
            String::new(),
            "password".to_owned(),
            "$argon2id$".to_owned(),
            format!("$argon2x$v=19$m=64,t=2,p=1${SALT}${TAG}"),
            format!("$argon2id$v=20$m=64,t=2,p=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=0,p=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=7,t=2,p=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2,p=4294967295${SALT}${TAG}"),
            format!("$argon2id$v=19$m=99999999999,t=2,p=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2,p=1,keyid=AAAA${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2,p=1,x=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2,p=1${SALT}"),
            format!("$argon2id$v=19$m=64,t=2,p=1${SALT}${TAG}$"),
            format!(" $argon2id$v=19$m=64,t=2,p=1${SALT}${TAG}"),
            format!("$argon2id$v=19$m=64,t=2,p=1${SALT}$"),
            // The engine refuses such a salt without any work, which would tell that it is there.
            format!("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbA${TAG}"),
        ] {
            assert!(Stored::phc(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_upgrade_is_for_the_weaker_the_other_and_the_short_only() {
        let now = Params::OWASP_19M;
        for (text, outdated) in [
            ("$argon2id$v=19$m=19456,t=2,p=1", false),
            ("$argon2id$v=19$m=65536,t=3,p=4", false),
            ("$argon2id$v=19$m=47104,t=2,p=1", false),
            ("$argon2id$v=19$m=19456,t=1,p=1", true),
            ("$argon2id$v=19$m=12288,t=3,p=1", true),
            ("$argon2id$v=16$m=65536,t=3,p=1", true),
            ("$argon2i$v=19$m=65536,t=3,p=1", true),
            ("$argon2d$v=19$m=65536,t=3,p=1", true),
        ] {
            let stored = Stored::phc(&format!("{text}${SALT}${TAG}")).unwrap();
            assert_eq!(stored.upgrade(&now).is_some(), outdated, "{text}");
        }
        // A short salt or tag is a reason, but never to lower the cost.
        for (text, outdated) in [
            (format!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ${TAG}"), true),
            (format!("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ${TAG}"), false),
            (format!("$argon2id$v=19$m=19456,t=2,p=1${SALT}${SALT}"), true),
            (format!("$argon2id$v=19$m=65536,t=3,p=4${SALT}${SALT}"), false),
        ] {
            let upgrade = Stored::phc(&text).unwrap().upgrade(&now);
            assert_eq!(upgrade.is_some(), outdated, "{text}");
        }
    }
}
