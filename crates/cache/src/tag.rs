//! Names under which many entries are invalidated at once.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use arrayvec::ArrayString;
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher13;

/// What a tag is about: a number or a text.
///
/// Numbers of all widths are one: `7_u32` and `7_u64` name the same tag, and so does `"7"`.
#[derive(Clone, Copy, Debug)]
pub struct TagId<'a>(Id<'a>);

#[derive(Clone, Copy, Debug)]
enum Id<'a> {
    Text(&'a str),
    Signed(i64),
    Unsigned(u64),
}

#[cfg(feature = "sqlx")]
impl TagId<'_> {
    /// Returns the text that names the same tag.
    pub(crate) fn to_text(self) -> String {
        match self.0 {
            Id::Text(text) => text.to_owned(),
            Id::Signed(number) => number.to_string(),
            Id::Unsigned(number) => number.to_string(),
        }
    }
}

impl<'a> From<&'a str> for TagId<'a> {
    fn from(text: &'a str) -> Self {
        Self(Id::Text(text))
    }
}

impl<'a> From<&'a String> for TagId<'a> {
    fn from(text: &'a String) -> Self {
        Self(Id::Text(text))
    }
}

macro_rules! numbers {
    ($variant:ident: $($number:ty),*) => {
        $(impl From<$number> for TagId<'_> {
            fn from(number: $number) -> Self {
                Self(Id::$variant(number.into()))
            }
        })*
    };
}

numbers!(Signed: i8, i16, i32, i64);
numbers!(Unsigned: u8, u16, u32, u64);

/// How the tags of one cache, or of all that share a store, are hashed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher {
    keys: (u64, u64),
}

impl Hasher {
    /// One of this process's own.
    pub(crate) fn random() -> Self {
        let random = RandomState::new();
        Self { keys: (random.hash_one(0_u8), random.hash_one(1_u8)) }
    }

    /// The same in every process that knows the name.
    pub(crate) fn stable(name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let word = |at: usize| {
            let bytes = digest.get(at..).and_then(|bytes| bytes.first_chunk::<8>());
            bytes.map_or(0, |bytes| u64::from_be_bytes(*bytes))
        };
        Self { keys: (word(0), word(8)) }
    }

    /// Hashes a kind and an id as text, with what no text contains between them.
    pub(crate) fn of(self, kind: &str, id: TagId<'_>) -> u64 {
        let mut state = SipHasher13::new_with_keys(self.keys.0, self.keys.1);
        state.write(kind.as_bytes());
        state.write(&[0xFF]);
        // 20 characters hold every 64-bit number.
        let mut digits = ArrayString::<20>::new();
        let written = match id.0 {
            Id::Text(text) => {
                state.write(text.as_bytes());
                Ok(())
            }
            Id::Signed(number) => write!(digits, "{number}"),
            Id::Unsigned(number) => write!(digits, "{number}"),
        };
        debug_assert!(written.is_ok(), "20 characters hold every number");
        state.write(digits.as_bytes());
        state.write(&[0xFF]);
        state.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tag_has_one_hash_however_its_id_is_written_and_two_have_two() {
        let tags = Hasher::random();
        let text = "7".to_owned();
        let seven = tags.of("org", 7_u64.into());
        let same: [TagId<'_>; 4] = [7_i32.into(), 7_u8.into(), "7".into(), (&text).into()];
        assert!(same.into_iter().all(|id| tags.of("org", id) == seven));
        let others =
            [("org", 8_u64.into()), ("user", 7.into()), ("org7", "".into()), ("", "org7".into())];
        assert!(others.into_iter().all(|(kind, id): (_, TagId<'_>)| tags.of(kind, id) != seven));
        assert_ne!(tags.of("org", i64::MIN.into()), tags.of("org", u64::MAX.into()));
    }

    #[test]
    fn every_process_hashes_as_the_others_do() {
        // What stands in stores was hashed so: another number is another version of the layout.
        let tags = Hasher::stable("portal");
        assert_eq!(tags.of("org", 7.into()), Hasher::stable("portal").of("org", "7".into()));
        assert_ne!(tags.of("org", 7.into()), Hasher::stable("other").of("org", 7.into()));
    }
}
