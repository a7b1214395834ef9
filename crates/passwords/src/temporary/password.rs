//! A password that nobody chose.

use zeroize::Zeroizing;

use crate::random::{Random, RandomError};
use crate::secret::Accepted;

/// A random password that can be read aloud and typed: `k7mqx-2vd9h-ptw4n-s3rfg`.
///
/// Twenty characters of 32, of which no two look alike: 100 bits. Wiped when dropped; without
/// `Debug`, `Display`, `Clone` or `Serialize`, so that it gets into no log and no answer by mistake.
///
/// ```compile_fail
/// # use palisade_passwords::{OsRandom, temporary::TemporaryPassword};
/// println!("{}", TemporaryPassword::generate(&OsRandom::new()).unwrap());
/// ```
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct TemporaryPassword {
    text: Zeroizing<Box<str>>,
}

/// Without `l`, `o`, `0` and `1`.
const ALPHABET: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";
const CHARS: usize = 20;
const GROUP: usize = 5;

impl TemporaryPassword {
    /// Draws a password.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source has no random bytes.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; CHARS]);
        random.fill(&mut *bytes)?;
        let mut text = Zeroizing::new(String::with_capacity(CHARS.saturating_mul(2)));
        for (number, group) in bytes.chunks(GROUP).enumerate() {
            if number > 0 {
                text.push('-');
            }
            // The alphabet has 32 letters: each is as likely as any other.
            let letters = group.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)));
            letters.for_each(|letter| text.push(char::from(*letter)));
        }
        Ok(Self { text: Zeroizing::new(text.as_str().into()) })
    }

    /// Returns the text, to be shown once to whom it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Returns the password as one that may be hashed: what is drawn needs no policy.
    #[must_use]
    pub fn accepted(&self) -> Accepted {
        Accepted::new(self.text.clone())
    }
}
