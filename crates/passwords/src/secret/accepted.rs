//! A password that may be set.

use zeroize::Zeroizing;

use crate::secret::Candidate;

/// A password that a [`Policy`](crate::Policy) has accepted, in NFC: the only thing that
/// [`Hasher::hash`](crate::Hasher::hash) takes.
///
/// Like [`Candidate`](crate::Candidate) it is wiped when dropped and has no way to be shown.
///
/// ```compile_fail
/// # async fn f(hasher: palisade_passwords::Hasher) {
/// // A password that no policy has seen is not hashed.
/// hasher.hash(palisade_passwords::Candidate::from("password")).await;
/// # }
/// ```
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct Accepted {
    text: Zeroizing<Box<str>>,
}

impl Accepted {
    pub(crate) const fn new(text: Zeroizing<Box<str>>) -> Self {
        Self { text }
    }

    /// The same text as someone types it, in a buffer of its own.
    pub(crate) fn to_candidate(&self) -> Candidate {
        Candidate::from(&**self.text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}
