//! Hashes that other frameworks wrote.

#[cfg(feature = "aspnet")]
mod aspnet;
#[cfg(feature = "bcrypt")]
mod bcrypt;
#[cfg(feature = "django")]
mod django;
#[cfg(feature = "ldap")]
mod ldap;
#[cfg(feature = "passlib")]
mod passlib;
#[cfg(feature = "pbkdf2")]
mod pbkdf2;
#[cfg(feature = "scrypt")]
mod scrypt;
#[cfg(feature = "spring")]
mod spring;
#[cfg(any(feature = "django", feature = "passlib", feature = "spring", feature = "werkzeug"))]
mod text;
#[cfg(feature = "werkzeug")]
mod werkzeug;
#[cfg(feature = "wordpress")]
mod wordpress;

use std::fmt;

use crate::hash::Stored;

/// Reads the strings of one family; any other string is `None`. The cost is read, never paid.
type Read = fn(&str) -> Option<Stored>;

/// Which hashes of other frameworks are understood, so that a table can be taken over as it is.
///
/// Nothing is on that is not named; a string of a family that is off is rejected like a wrong
/// password, at full cost. Each family has a cargo feature of its name. Strings that begin with
/// `$argon2` need none of them.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "django")]
/// # fn main() -> Result<(), palisade_passwords::ConfigError> {
/// use palisade_passwords::{Ceiling, Legacy, Params, Scheme};
///
/// let legacy = Legacy::new().django();
/// let scheme = Scheme::with_legacy(Params::OWASP_19M, Ceiling::default(), legacy)?;
/// let row = "pbkdf2_sha256$1000000$XvGu6hc3$kkfbcIO5RyD8HLLZqEmZ5tqEbGJr0nGUXgVMExvSaTE=";
/// assert!(scheme.understands(row));
/// assert!(!scheme.understands("{noop}password"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "django"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
#[must_use = "a family is understood by a scheme that is made with it"]
pub struct Legacy {
    families: Vec<(&'static str, Read)>,
    pub(crate) cut: bool,
}

impl Legacy {
    /// Starts with none.
    pub const fn new() -> Self {
        Self { families: Vec::new(), cut: false }
    }

    /// Lets a bcrypt hash match every password that begins like the right one, as bcrypt does.
    ///
    /// bcrypt looks at 72 bytes (`$2y$`: up to a NUL) and not at what follows. Without this, a
    /// longer password never matches such a hash, and whoever has one needs a reset. With it, the
    /// first sign-in replaces the hash by one of the whole password as it was typed then. Turn it
    /// off again when few such hashes are left.
    pub const fn insecure_cut_bcrypt(mut self) -> Self {
        self.cut = true;
        self
    }

    #[cfg(any(feature = "bcrypt", feature = "ldap", feature = "pbkdf2", feature = "scrypt"))]
    pub(crate) fn family(mut self, name: &'static str, read: Read) -> Self {
        self.families.push((name, read));
        self
    }

    pub(crate) fn read(&self, text: &str) -> Option<Stored> {
        self.families.iter().find_map(|(_, read)| read(text))
    }
}

/// Functions, in strings that name them.
impl Legacy {
    /// `$2a$`, `$2b$`, `$2x$` and `$2y$`: PHP and Laravel, bcryptjs, Devise, htpasswd and others.
    #[cfg(feature = "bcrypt")]
    pub fn bcrypt(self) -> Self {
        self.family("bcrypt", bcrypt::read)
    }

    /// `$pbkdf2-sha256$i=600000,l=32$..`, the PHC strings of the `pbkdf2` and `password-auth`
    /// crates.
    #[cfg(feature = "pbkdf2")]
    pub fn pbkdf2(self) -> Self {
        self.family("pbkdf2", pbkdf2::read)
    }

    /// `$scrypt$ln=17,r=8,p=1$..`, the PHC strings of the `scrypt` and `password-auth` crates.
    #[cfg(feature = "scrypt")]
    pub fn scrypt(self) -> Self {
        self.family("scrypt", scrypt::read)
    }
}

/// Frameworks.
impl Legacy {
    /// ASP.NET Core Identity, versions 2 and 3 of its format.
    #[cfg(feature = "aspnet")]
    pub fn aspnet(self) -> Self {
        self.family("aspnet", aspnet::read)
    }

    /// Django: `pbkdf2_sha256`, `pbkdf2_sha1`, `argon2`, `bcrypt_sha256`, `bcrypt`, `scrypt`,
    /// `md5` and `sha1` with a salt.
    #[cfg(feature = "django")]
    pub fn django(self) -> Self {
        self.family("django", django::read)
    }

    /// LDAP: `{SSHA}`, `{SSHA256}`, `{SSHA512}` and the same without salt.
    #[cfg(feature = "ldap")]
    pub fn ldap(self) -> Self {
        self.family("ldap", ldap::read)
    }

    /// passlib and libpass: `pbkdf2`, `bcrypt`, `bcrypt_sha256` of both versions, `scrypt`.
    #[cfg(feature = "passlib")]
    pub fn passlib(self) -> Self {
        self.family("passlib", passlib::read)
    }

    /// Spring Security: `{bcrypt}`, `{pbkdf2}`, `{scrypt}`, `{argon2}`, those `@SpringSecurity_v5_8`,
    /// `{MD5}`, `{SHA-1}`, `{SHA-256}`, `{sha256}` and `{ldap}`; never `{noop}`.
    #[cfg(feature = "spring")]
    pub fn spring(self) -> Self {
        self.family("spring", spring::read)
    }

    /// Werkzeug and Flask: `scrypt:` and `pbkdf2:`.
    #[cfg(feature = "werkzeug")]
    pub fn werkzeug(self) -> Self {
        self.family("werkzeug", werkzeug::read)
    }

    /// WordPress: `$wp$2y$` (6.8 and later) and the phpass `$P$` of earlier versions.
    #[cfg(feature = "wordpress")]
    pub fn wordpress(self) -> Self {
        self.family("wordpress", wordpress::read)
    }
}

impl fmt::Debug for Legacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.families.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Legacy").field("families", &names).field("cut", &self.cut).finish()
    }
}

#[cfg(test)]
#[cfg(all(feature = "aspnet", feature = "passlib", feature = "spring", feature = "wordpress"))]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::hash::{Arena, Ceiling};

    const STRINGS: [&str; 7] = [
        "$scrypt$ln=4,r=8,p=1$tzaG8H5vLSWE0ForRagVwg$PfIcXxYOHsBGW7r9RCqFgPi308l7Q2XrZagzMZTJIdQ",
        "$pbkdf2-sha256$i=100,l=32$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
        "$bcrypt-sha256$v=2,t=2b,r=4$DvZW2IuvolhMLY62ij0e6.$qPxKD/4nwn/B5hcFpBo.cIwmUaN3xA6",
        "$P$5Fnw80QJNYljV6R2oiOraaWfAVljZz0",
        "AQAAAAIAAAAyAAAAEAABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
        "{SSHA}VQ7axE0T79va05SJX6mwzcMLSDYkpPRe",
        "{scrypt}$40801$AAECAwQFBgcICQoLDA0ODw==$SifLA7K0t5yM6JUFWSfwEu2b21TUGoi7m1p3x7fgMoI=",
    ];

    proptest! {
        /// A function that gives up at once would tell that this row is there.
        #[test]
        fn whatever_is_read_can_be_computed(
            which in 0..STRINGS.len(),
            at in any::<prop::sample::Index>(),
            with in prop::char::range(' ', '~'),
        ) {
            let mut chars: Vec<char> = STRINGS[which].chars().collect();
            let at = at.index(chars.len());
            chars[at] = with;
            let damaged: String = chars.into_iter().collect();
            let legacy = Legacy::new().scrypt().pbkdf2().passlib().wordpress().aspnet().spring();
            let Some(stored) = legacy.read(&damaged) else { return Ok(()) };
            prop_assume!(Ceiling::new(4096, Duration::from_millis(20)).allows(&stored.kdf.cost()));
            let mut tag = vec![0; stored.tag.len()];
            prop_assert!(stored.kdf.derive(&mut Arena::new(), b"guess", &stored.salt, &mut tag));
        }
    }
}
