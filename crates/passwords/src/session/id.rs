//! What a client shows, and what the store keeps of it.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::random::{Random, RandomError};

/// The secret that a session cookie carries: 256 random bits.
///
/// NIST SP 800-63B-4 5.1 asks for 64 bits, OWASP ASVS 5.0 7.2.3 for 128. Wiped when dropped;
/// without `Debug`, `Display`, `Clone` or `Serialize`.
///
/// ```compile_fail
/// # use palisade_passwords::{OsRandom, session::SessionId};
/// println!("{:?}", SessionId::generate(&OsRandom::new()).unwrap());
/// ```
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct SessionId {
    bytes: Zeroizing<[u8; 32]>,
}

impl SessionId {
    /// How many characters an id has as text.
    pub const CHARS: usize = 43;

    /// Draws a new id.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source has no random bytes; there is then no session.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes)?;
        Ok(Self { bytes })
    }

    /// Reads the text of a cookie; `None` for everything that [`reveal`](Self::reveal) cannot give.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let read = Base64UrlUnpadded::decode(text, &mut *bytes).ok()?.len();
        (read == 32).then_some(Self { bytes })
    }

    /// Returns the text for the cookie: 43 characters of base64url.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(&*self.bytes))
    }

    /// Returns what the store keeps in place of the id.
    #[must_use]
    pub fn key(&self) -> SessionKey {
        SessionKey::of(&*self.bytes)
    }
}

/// The SHA-256 of a session's secret: finds the session, and opens none.
///
/// # Security
///
/// Against a stolen table of sessions (a backup, an SQL injection): whoever reads keys cannot make
/// the cookies of them. A plain hash is enough for a secret of 112 bits and more (OWASP ASVS 5.0
/// 6.5.2). A key may also stand in a log or name one session among the user's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    digest: [u8; 32],
}

impl SessionKey {
    /// Returns the key of a secret that another library made, such as the 16 bytes of an id of
    /// `tower-sessions`.
    ///
    /// The secret must be random and have at least 14 bytes: shorter ones can be guessed from the
    /// key.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        let digest = Sha256::new_with_prefix(b"palisade-passwords session\0").chain_update(secret);
        Self { digest: digest.finalize().into() }
    }

    /// Returns the bytes for a column of the store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl fmt::Display for SessionKey {
    /// Writes 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({self})")
    }
}
