//! The keys that seal cursors.

use std::fmt;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64ct::{Base64UrlUnpadded, Encoding};
use thiserror::Error;
use zeroize::Zeroizing;

/// One key that seals and opens, and perhaps the one before it, which only opens.
///
/// To change the key without breaking the lists that people are reading: start with the new key
/// [`with_previous`](Self::with_previous) set to the old one, and leave the old one out once the
/// cursors that it sealed have expired.
#[derive(Clone)]
pub struct CursorKeys {
    current: Aes256GcmSiv,
    previous: Option<Aes256GcmSiv>,
}

/// A key of one repeated byte, which is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a cursor key must be 32 random bytes, not one byte repeated")]
#[non_exhaustive]
pub struct WeakKey;

impl CursorKeys {
    /// Takes 32 random bytes; its own copy is wiped when it is dropped.
    ///
    /// # Errors
    ///
    /// [`WeakKey`] for one byte repeated.
    pub fn new(key: [u8; 32]) -> Result<Self, WeakKey> {
        cipher(key).map(|current| Self { current, previous: None })
    }

    /// Opens what the key before this one has sealed, too.
    ///
    /// # Errors
    ///
    /// [`WeakKey`] for one byte repeated.
    pub fn with_previous(self, key: [u8; 32]) -> Result<Self, WeakKey> {
        cipher(key).map(|previous| Self { previous: Some(previous), ..self })
    }

    pub(super) fn encrypt(&self, scope: &[u8], plain: &[u8]) -> Option<String> {
        let payload = Payload { msg: plain, aad: scope };
        let sealed = self.current.encrypt(&nonce(), payload).ok()?;
        Some(Base64UrlUnpadded::encode_string(&sealed))
    }

    pub(super) fn decrypt(&self, scope: &[u8], text: &str) -> Option<Vec<u8>> {
        let sealed = Base64UrlUnpadded::decode_vec(text).ok()?;
        let open =
            |key: &Aes256GcmSiv| key.decrypt(&nonce(), Payload { msg: &sealed, aad: scope }).ok();
        open(&self.current).or_else(|| self.previous.as_ref().and_then(open))
    }
}

fn cipher(key: [u8; 32]) -> Result<Aes256GcmSiv, WeakKey> {
    let key = Zeroizing::new(key);
    let [first, rest @ ..] = &*key;
    if rest.iter().all(|byte| byte == first) {
        return Err(WeakKey);
    }
    Aes256GcmSiv::new_from_slice(&*key).map_err(|_| WeakKey)
}

/// One nonce for all: under RFC 8452 a repeated one reveals equal plaintexts and nothing more.
fn nonce() -> Nonce {
    Nonce::default()
}

impl fmt::Debug for CursorKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CursorKeys")
            .field("previous", &self.previous.is_some())
            .finish_non_exhaustive()
    }
}
