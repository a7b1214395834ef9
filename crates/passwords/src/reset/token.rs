//! The secret in a link.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::random::{Random, RandomError};
use crate::reset::purpose::Purpose;
use crate::reset::record::{Digest, Selector};

/// 128 bits by which a store finds the row, and 256 bits that prove the right to it.
///
/// As text 64 characters of base64url, in one spelling. There is no `Debug`, `Display`, `Clone` or
/// `Serialize`; the bytes lie in one buffer, wiped when dropped. The text is written into a mail by
/// [`Letters`](crate::reset::Letters) and nowhere else.
///
/// ```compile_fail
/// let token = palisade_passwords::reset::ResetToken::parse("").unwrap();
/// println!("{token:?}");
/// ```
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct ResetToken {
    /// Selector, then verifier.
    bytes: Zeroizing<Box<[u8]>>,
}

/// A text that cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has {} characters of base64url", ResetToken::CHARS)]
pub struct NotAToken {
    _private: (),
}

impl ResetToken {
    /// Length of the text.
    pub const CHARS: usize = 64;

    /// Makes a new token.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source has no random bytes.
    pub(crate) fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = empty();
        random.fill(&mut bytes)?;
        Ok(Self { bytes })
    }

    /// Reads the text of a token, in time that depends on its length only.
    ///
    /// # Errors
    ///
    /// [`NotAToken`] for every text that no token has.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let mut bytes = empty();
        if text.len() != Self::CHARS {
            return Err(NotAToken { _private: () });
        }
        Base64UrlUnpadded::decode(text, &mut bytes).map_err(|_| NotAToken { _private: () })?;
        Ok(Self { bytes })
    }

    pub(crate) fn selector(&self) -> Selector {
        let mut selector = [0; Selector::LENGTH];
        selector.iter_mut().zip(self.bytes.iter()).for_each(|(to, from)| *to = *from);
        Selector::new(selector)
    }

    /// The digest that is stored: of the purpose and the whole token, so that a row that was moved
    /// to another selector or purpose fits no token.
    pub(crate) fn digest(&self, purpose: Purpose) -> Digest {
        let digest = Sha256::new()
            .chain_update(b"palisade-passwords reset token 1\0")
            .chain_update(purpose.as_str())
            .chain_update(b"\0")
            .chain_update(&*self.bytes)
            .finalize();
        Digest::new(digest.into())
    }

    /// The text, in a buffer of exactly its length.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let mut buffer = Zeroizing::new([0; Self::CHARS]);
        let text = Base64UrlUnpadded::encode(&self.bytes, &mut *buffer).unwrap_or_default();
        Zeroizing::new(text.to_owned())
    }
}

fn empty() -> Zeroizing<Box<[u8]>> {
    Zeroizing::new(vec![0; Selector::LENGTH.saturating_add(Digest::LENGTH)].into_boxed_slice())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::OsRandom;

    #[test]
    fn a_token_reads_back_and_holds_for_one_purpose() {
        let token = ResetToken::generate(&OsRandom::new()).unwrap();
        let text = token.text();
        assert_eq!((text.len(), text.capacity()), (ResetToken::CHARS, ResetToken::CHARS));
        let again = ResetToken::parse(&text).unwrap();
        assert_eq!(again.selector(), token.selector());
        assert!(again.digest(Purpose::Reset).matches(&token.digest(Purpose::Reset)));
        assert!(!again.digest(Purpose::Invitation).matches(&token.digest(Purpose::Reset)));
    }

    #[test]
    fn the_digest_covers_the_selector_and_the_verifier() {
        let token = ResetToken::generate(&OsRandom::new()).unwrap();
        for at in 0..token.bytes.len() {
            let mut bytes = token.bytes.clone();
            bytes[at] ^= 1;
            let other = ResetToken { bytes };
            let (one, two) = (other.digest(Purpose::Reset), token.digest(Purpose::Reset));
            assert!(!one.matches(&two), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn a_token_has_one_spelling(text in "[A-Za-z0-9_-]{64}") {
            let token = ResetToken::parse(&text).unwrap();
            prop_assert_eq!(&**token.text(), text.as_str());
        }

        #[test]
        fn other_texts_are_no_tokens(text in ".{0,70}") {
            let alphabet = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let fits = text.len() == 64 && text.chars().all(alphabet);
            prop_assert_eq!(ResetToken::parse(&text).is_ok(), fits);
        }
    }
}
