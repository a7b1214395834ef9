//! Hashes of inline blocks and of files.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::ConfigError;

/// A hash as a source: the one inline block (or, for scripts, file) that has it.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::Hash;
///
/// let hash = Hash::sha256_of("doSomething();");
/// assert_eq!(hash.to_string(), "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hash {
    algorithm: Algorithm,
    base64: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Hashes the text between the tags, to the byte, line ends as they are sent.
    #[must_use]
    pub fn sha256_of(inline: &str) -> Self {
        Self::new(Algorithm::Sha256, &Sha256::digest(inline))
    }

    /// As [`sha256_of`](Self::sha256_of), with SHA-384.
    #[must_use]
    pub fn sha384_of(inline: &str) -> Self {
        Self::new(Algorithm::Sha384, &Sha384::digest(inline))
    }

    /// As [`sha256_of`](Self::sha256_of), with SHA-512.
    #[must_use]
    pub fn sha512_of(inline: &str) -> Self {
        Self::new(Algorithm::Sha512, &Sha512::digest(inline))
    }

    fn new(algorithm: Algorithm, digest: &[u8]) -> Self {
        Self { algorithm, base64: Base64::encode_string(digest).into() }
    }
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256-",
            Self::Sha384 => "sha384-",
            Self::Sha512 => "sha512-",
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl FromStr for Hash {
    type Err = ConfigError;

    /// Reads `sha256-...`, with or without single quotes; both base64 alphabets, as browsers do.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let refuse = || {
            let instead = "write sha256-, sha384- or sha512- and the digest in padded base64";
            ConfigError::new("CSP hash", text, instead)
        };
        let bare = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(text);
        let known =
            |a: &Algorithm| bare.get(..7).is_some_and(|p| p.eq_ignore_ascii_case(a.prefix()));
        let algorithm = Algorithm::ALL.into_iter().find(known).ok_or_else(refuse)?;
        let encoded = bare.get(7..).unwrap_or_default().replace('-', "+").replace('_', "/");
        let digest = Base64::decode_vec(&encoded).map_err(|_| refuse())?;
        if digest.len() == algorithm.length() {
            Ok(Self::new(algorithm, &digest))
        } else {
            Err(refuse())
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}{}'", self.algorithm.prefix(), self.base64)
    }
}
