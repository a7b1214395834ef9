//! Who signs, and how that is checked.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The kind of all keys here: Ed25519.
const ED25519: u8 = 1;
const SIGNATURE: usize = 64;
const NAME: usize = 200;

/// Why a key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name could be mistaken for another, or for syntax.
    #[error(
        "the name of a log is 1 to {NAME} bytes without spaces, control characters and '+', like example.com/shop"
    )]
    Name,
    /// The text is not a verifier key.
    #[error("a verifier key is NAME+HASH+BASE64, as the log prints it")]
    Syntax,
    /// The key is not an Ed25519 key.
    #[error("the key is not an Ed25519 public key")]
    Kind,
}

/// The private key of one log, with the name of the log (its origin).
///
/// It shows nothing of itself; its memory is cleared when it goes.
#[derive(Clone)]
pub struct LogKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl LogKey {
    /// Makes the key of a log from 32 secret random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// Returns what others check the log with.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Returns the line of the signature under that text.
    pub(super) fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let mut bytes = self.verifier.id.to_vec();
        bytes.extend_from_slice(&signature.to_bytes());
        format!("\u{2014} {} {}\n", self.verifier.name, Base64::encode_string(&bytes))
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// The public key of a log, as text `NAME+HASH+BASE64`.
///
/// # Example
///
/// ```
/// use palisade_audit::{LogKey, VerifierKey};
///
/// let key = LogKey::from_seed("example.com/shop", &[7; 32])?;
/// let text = key.verifier().to_string();
/// assert_eq!(text.parse::<VerifierKey>()?, *key.verifier());
/// # Ok::<(), palisade_audit::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let mut hasher = Sha256::new();
        hasher.update(name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(key.as_bytes());
        let mut id = [0; 4];
        id.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        Ok(Self { name: name.to_owned(), id, key })
    }

    /// Returns the name of the log, which is the first line of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Says whether the key made that signature; a weak key and a malleable signature make none.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> bool {
        let Ok(bytes) = <&[u8; SIGNATURE]>::try_from(signature) else { return false };
        self.key.verify_strict(text.as_bytes(), &Signature::from_bytes(bytes)).is_ok()
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let legal = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=NAME).contains(&name.len()) && name.chars().all(legal)
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        let id = u32::from_be_bytes(self.id);
        write!(f, "{}+{id:08x}+{}", self.name, Base64::encode_string(&bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut fields = text.trim().splitn(3, '+');
        let mut next = || fields.next().ok_or(KeyError::Syntax);
        let (name, id, key) = (next()?, next()?, next()?);
        let bytes = Base64::decode_vec(key).map_err(|_| KeyError::Syntax)?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(KeyError::Kind) };
        let key = VerifyingKey::try_from(key).map_err(|_| KeyError::Kind)?;
        let verifier = Self::new(name, key)?;
        let expected = format!("{:08x}", u32::from_be_bytes(verifier.id));
        if id == expected { Ok(verifier) } else { Err(KeyError::Syntax) }
    }
}
