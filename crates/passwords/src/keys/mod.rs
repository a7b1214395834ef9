//! The keys that an application signs with.

mod rules;

use std::env;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub use rules::KeyFinding;

/// The key that signs, and older ones that only verify.
///
/// Each signature names its key by an id, so that one verification is one computation however many
/// keys there are. To rotate, put the new key first and the old one among the fallbacks, until what
/// it signed has expired.
///
/// # Example
///
/// ```
/// use palisade_passwords::{SecretKeys, SignedBy};
///
/// let old = "k8Zq2v9fXw4LrT7yNcB1mHs6JdPe3GaUoQiVx5WtYzCbRnKfMj";
/// let new = "0f1d0c9b7e2c4a5d8e6f9b3a1c7d5e2f4b6a8c0d9e1f3a5b7c2d4e6f8a0b1c3d";
/// let before = SecretKeys::parse(old, [])?;
/// let signature = before.sign("unsubscribe", b"ada@example.org");
///
/// let after = SecretKeys::parse(new, [old])?;
/// let signed_by = after.verify("unsubscribe", b"ada@example.org", &signature);
/// assert_eq!(signed_by, Some(SignedBy::Fallback));
/// assert_eq!(after.verify("invitation", b"ada@example.org", &signature), None);
///
/// let refused = SecretKeys::parse("changeme", []).unwrap_err();
/// assert!(refused.to_string().contains("openssl rand -hex 32"));
/// # Ok::<(), palisade_passwords::SecretKeyError>(())
/// ```
#[derive(Clone)]
pub struct SecretKeys {
    /// The current key first.
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: [u8; 6],
    /// SHA-256 of the text, padded to the block of HMAC as RFC 2104 pads it.
    secret: Zeroizing<[u8; 64]>,
}

/// Which key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is one key that signs and those before it")]
pub enum SignedBy {
    /// The key that signs now.
    Current,
    /// An older one: sign anew where that is possible.
    Fallback,
}

/// Keys that must not be used, each with every reason and none with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKeyError {
    findings: Vec<(String, KeyFinding)>,
}

impl SecretKeys {
    /// How many older keys are kept.
    pub const MOST_FALLBACKS: usize = 8;

    /// How long a key, and a file of keys, may be, in bytes; what is longer is unreadable.
    pub const MOST_BYTES: usize = 16 * 1024;

    /// Reads the environment variable `name`, and older keys from `{name}_FALLBACKS`, separated by
    /// white space.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError`] with everything that is wrong with each of them.
    pub fn from_env(name: &str) -> Result<Self, SecretKeyError> {
        let fallbacks_name = format!("{name}_FALLBACKS");
        let read = |name: &str| env::var(name).map(Zeroizing::new);
        let current = match read(name) {
            Err(env::VarError::NotUnicode(_)) => return Err(unreadable(name)),
            found => found.unwrap_or_default(),
        };
        let fallbacks = match read(&fallbacks_name) {
            Err(env::VarError::NotUnicode(_)) => return Err(unreadable(&fallbacks_name)),
            found => found.unwrap_or_default(),
        };
        Self::named(name, &current, fallbacks.split_ascii_whitespace())
    }

    /// Reads a file: the first line is the key, each following line an older one.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError`] when the file cannot be read, or with everything that is wrong in it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SecretKeyError> {
        let name = path.as_ref().display().to_string();
        let Some(bytes) = read_at_most(path.as_ref(), Self::MOST_BYTES) else {
            return Err(unreadable(&name));
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => {
                let mut lines = text.lines().map(str::trim);
                let current = lines.next().unwrap_or_default();
                Self::named(&name, current, lines.filter(|line| !line.is_empty()))
            }
            Err(_) => Err(unreadable(&name)),
        }
    }

    /// Checks keys that come from somewhere else.
    ///
    /// # Errors
    ///
    /// [`SecretKeyError`] with everything that is wrong with each of them.
    pub fn parse<'a>(
        current: &'a str,
        fallbacks: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SecretKeyError> {
        Self::named("secret key", current, fallbacks)
    }

    fn named<'a>(
        name: &str,
        current: &'a str,
        fallbacks: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SecretKeyError> {
        let mut findings = Vec::new();
        let mut keys: Vec<Key> = Vec::new();
        let texts = std::iter::once(current).chain(fallbacks);
        for (number, text) in texts.enumerate() {
            let name =
                if number == 0 { name.to_owned() } else { format!("{name} fallback {number}") };
            if number > Self::MOST_FALLBACKS {
                findings.push((name, KeyFinding::Fallbacks { most: Self::MOST_FALLBACKS }));
                break;
            }
            let broken = rules::findings(text);
            findings.extend(broken.into_iter().map(|finding| (name.clone(), finding)));
            let key = Key::new(text);
            if keys.iter().any(|other| other.id == key.id) {
                findings.push((name, KeyFinding::Duplicate));
            }
            keys.push(key);
        }
        if findings.is_empty() { Ok(Self { keys }) } else { Err(SecretKeyError { findings }) }
    }

    /// Signs a message for one purpose: a signature for another is not valid.
    ///
    /// Returns `id.signature` (8 and 43 characters of base64url), HMAC-SHA-256 under a key that is
    /// derived for the purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, message: &[u8]) -> String {
        self.keys.first().map_or_else(String::new, |key| {
            let tag = key.mac(purpose, message).finalize().into_bytes();
            let encode = Base64UrlUnpadded::encode_string;
            format!("{}.{}", encode(&key.id), encode(&tag))
        })
    }

    /// Returns which key signed the message for this purpose; `None` when none did.
    #[must_use]
    pub fn verify(&self, purpose: &str, message: &[u8], signature: &str) -> Option<SignedBy> {
        let (id, tag) = signature.split_once('.')?;
        let (mut id_bytes, mut tag_bytes) = ([0; 6], [0; 32]);
        let id = Base64UrlUnpadded::decode(id, &mut id_bytes).ok()?;
        let tag = Base64UrlUnpadded::decode(tag, &mut tag_bytes).ok()?;
        let place = self.keys.iter().position(|key| key.id == *id)?;
        self.keys.get(place)?.mac(purpose, message).verify_slice(tag).ok()?;
        Some(if place == 0 { SignedBy::Current } else { SignedBy::Fallback })
    }
}

impl Key {
    fn new(text: &str) -> Self {
        let digest = |label: &[u8]| {
            Sha256::new().chain_update(label).chain_update(text.as_bytes()).finalize()
        };
        let mut id = [0; 6];
        id.iter_mut().zip(digest(b"palisade-passwords key id\0")).for_each(|(to, from)| *to = from);
        Self { id, secret: block(digest(b"palisade-passwords key\0")) }
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        let mut derive = Hmac::<Sha256>::new(&(*self.secret).into());
        derive.update(purpose.as_bytes());
        let derived = block(derive.finalize().into_bytes());
        let mut mac = Hmac::<Sha256>::new(&(*derived).into());
        mac.update(message);
        mac
    }
}

fn block(digest: impl IntoIterator<Item = u8>) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    block
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKeys").field("count", &self.keys.len()).finish_non_exhaustive()
    }
}

/// Reads into one buffer, which leaves no copy behind by growing.
fn read_at_most(path: &Path, most: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; most.saturating_add(1)]);
    let mut file = File::open(path).ok()?;
    let mut length = 0_usize;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => {
                bytes.truncate(length);
                return Some(bytes);
            }
            Ok(read) => length = length.saturating_add(read),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    None
}

fn unreadable(name: &str) -> SecretKeyError {
    SecretKeyError { findings: vec![(name.to_owned(), KeyFinding::Unreadable)] }
}

impl SecretKeyError {
    /// Returns which key breaks which rule.
    pub fn findings(&self) -> impl Iterator<Item = (&str, KeyFinding)> {
        self.findings.iter().map(|(name, finding)| (name.as_str(), *finding))
    }
}

impl fmt::Display for SecretKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, finding) in &self.findings {
            write!(f, "{name}: {finding}; ")?;
        }
        f.write_str("make a new key with `openssl rand -hex 32`")
    }
}

impl std::error::Error for SecretKeyError {}
