//! Names that must not be mistaken for each other.

use unicode_normalization::UnicodeNormalization;
use unicode_security::GeneralSecurityProfile;
use unicode_security::confusable_detection::skeleton;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection};

use super::Line;
use crate::issue::{Breach, code};
use crate::macros::text_type;

/// A name under which people or things are told apart, of at most `MAX` characters.
///
/// Shown as it was written; [`key`](Self::key) is equal for two names that look alike, so that a
/// unique index on it keeps `admin` from being registered again with a Cyrillic or a full-width
/// letter, as `ADMIN`, or decomposed.
///
/// Made of characters that identifiers may have (UTS 39, General Security Profile), `-`, `.` and `_`,
/// with letters of one script, or of Latin together with Chinese, Japanese or Korean (restriction
/// level "highly restrictive").
///
/// One key cannot hold every pair that looks alike: letters are compared as capitals first, so that
/// a pair of small letters of two scripts whose capitals differ is told apart.
///
/// # Example
///
/// ```
/// use palisade_input_validation::UniqueName;
///
/// let name = UniqueName::<32>::parse("testo")?;
/// let copy = UniqueName::<32>::parse("TEST0")?;
/// assert_eq!(name.key(), copy.key());
/// assert!(UniqueName::<32>::parse("test\u{43e}").is_err()); // Latin and Cyrillic in one name
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Debug)]
pub struct UniqueName<const MAX: usize> {
    text: Box<str>,
    key: Box<str>,
}

impl<const MAX: usize> UniqueName<MAX> {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// What [`Line`] refuses, [`code::CHARSET`] for a character that is none of a name, and
    /// [`code::MIXED_SCRIPTS`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let line = Line::<MAX>::parse(text)?;
        let name = line.as_str();
        if !name.chars().all(is_of_names) {
            return Err(Breach::new(code::CHARSET));
        }
        if name.detect_restriction_level() > RestrictionLevel::HighlyRestrictive {
            return Err(Breach::new(code::MIXED_SCRIPTS));
        }
        let key = key(name);
        Ok(Self { text: line.into_string().into(), key: key.into() })
    }

    /// Returns what is equal for names that look alike; it is for an index, never for people.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_of_names(character: char) -> bool {
    matches!(character, '-' | '.' | '_') || character.identifier_allowed()
}

/// Takes the skeleton (UTS 39 section 4) of the capitals, then of the small letters, until nothing
/// changes: `I` looks like `l`, and `rn` like `m`.
fn key(name: &str) -> String {
    let mut key = alike(&name.nfkc().collect::<String>().to_uppercase());
    // A skeleton may have letters that fold again; the tables are at most this deep.
    for _ in 0..4 {
        let next = alike(&key);
        if next == key {
            break;
        }
        key = next;
    }
    key
}

fn alike(text: &str) -> String {
    fold(&skeleton(text).collect::<String>())
}

/// NFKC and case folding: upper and lower case together are full folding (`ss` for U+00DF).
fn fold(text: &str) -> String {
    let compatible: String = text.nfkc().collect();
    compatible.to_uppercase().to_lowercase().nfkc().collect()
}

/// Two names are one if they look alike.
impl<const MAX: usize> PartialEq for UniqueName<MAX> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<const MAX: usize> Eq for UniqueName<MAX> {}

impl<const MAX: usize> std::hash::Hash for UniqueName<MAX> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

text_type!([const MAX: usize] UniqueName<MAX>);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<UniqueName<32>, Breach> {
        UniqueName::parse(text)
    }

    #[test]
    fn names_that_look_alike_have_one_key() {
        let pairs = [
            ("admin", "ADMIN"),
            ("admin", "adm1n"),
            ("paypal", "paypaI"),
            ("boo", "\u{412}\u{41e}\u{41e}"),
            ("Kelvin", "\u{212a}elvin"),
            ("paypal", "paypa1"),
            ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"), // wholly Cyrillic
            ("ame\u{301}lie", "am\u{e9}lie"),
            ("strasse", "stra\u{df}e"),
            ("modern", "rnodern"),
        ];
        for (one, other) in pairs {
            let (one, other) = (parse(one).unwrap(), parse(other).unwrap());
            assert_eq!(one, other, "{} and {}", one.key(), other.key());
        }
        assert_ne!(parse("anna").unwrap(), parse("hanna").unwrap());
    }

    #[test]
    fn a_key_is_a_fixed_point() {
        for name in ["TESTO", "\u{3a3}\u{3c3}\u{3c2}", "stra\u{df}e", "\u{130}stanbul", "rn1l0O"] {
            let Ok(name) = parse(name) else { continue };
            assert_eq!(key(&key(name.key())), key(name.key()));
        }
    }

    #[test]
    fn scripts_that_are_not_written_together_are_refused() {
        for name in ["test\u{43e}", "\u{3b1}bc", "p\u{430}ypal"] {
            assert_eq!(parse(name).unwrap_err().code(), code::MIXED_SCRIPTS, "{name}");
        }
        for name in ["\u{ff41}dmin", "a b", "a@b", "\u{1f600}"] {
            assert!(parse(name).is_err(), "{name}");
        }
        for name in ["\u{7530}\u{4e2d}taro", "\u{928}\u{947}\u{92a}\u{93e}\u{932}", "o.k_a-y7"] {
            assert!(parse(name).is_ok(), "{name}");
        }
    }
}
