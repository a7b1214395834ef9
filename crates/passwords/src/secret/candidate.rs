//! A password as someone typed it.

use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::{Zeroize, Zeroizing};

/// A password as it came from outside: to be verified, or checked by a [`Policy`](crate::Policy).
///
/// The text lies in one buffer of exactly its length, which is wiped when the value is dropped.
/// There is no `Debug`, `Display`, `Clone` or `Serialize`, and no way to read the text: what would
/// show a password does not compile.
///
/// ```compile_fail
/// let candidate = palisade_passwords::Candidate::from("correct horse battery staple");
/// println!("{candidate:?}");
/// ```
///
/// # Security
///
/// Against memory that is read later (a core dump, a bug that shows freed memory). The buffers the
/// password passed through before, those of the TLS and HTTP libraries, are not ours to wipe.
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct Candidate {
    text: Zeroizing<Box<str>>,
    too_long: bool,
}

impl Candidate {
    /// How long a password may be, in bytes of UTF-8; what is longer never matches.
    ///
    /// NIST SP 800-63B-4 asks for at least 64 characters, which never need more than 256 bytes.
    pub const MAX_BYTES: usize = 1024;

    fn copy_of(text: &str) -> Self {
        let too_long = text.len() > Self::MAX_BYTES;
        let kept = if too_long { "" } else { text };
        Self { text: Zeroizing::new(kept.into()), too_long }
    }

    /// Returns whether the input was longer than [`MAX_BYTES`](Self::MAX_BYTES); its text is then
    /// already gone.
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// The text byte for byte as it came, which is what other frameworks hashed.
    pub(crate) fn as_received(&self) -> &str {
        &self.text
    }

    /// The text in NFC, in a buffer of its own exact length.
    pub(crate) fn nfc(&self) -> Zeroizing<Box<str>> {
        if is_nfc(&self.text) {
            return self.text.clone();
        }
        // NFC never needs more than three times the bytes (UAX 15, 9.1), so this never grows.
        let mut wide = Zeroizing::new(String::with_capacity(self.text.len().saturating_mul(3)));
        wide.extend(self.text.nfc());
        Zeroizing::new(wide.as_str().into())
    }
}

impl From<&str> for Candidate {
    /// Copies the text; the original stays with the caller.
    fn from(text: &str) -> Self {
        Self::copy_of(text)
    }
}

impl From<String> for Candidate {
    /// Copies the text and wipes the whole buffer of the original.
    fn from(mut text: String) -> Self {
        let candidate = Self::copy_of(&text);
        text.zeroize();
        candidate
    }
}
