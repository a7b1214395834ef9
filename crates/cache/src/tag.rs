//! Names under which many entries are invalidated at once.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};

use arrayvec::ArrayString;

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

/// Hashes a kind and an id as text, with what no text contains between them.
pub(crate) fn hash(hasher: &impl BuildHasher, kind: &str, id: TagId<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(kind.as_bytes());
    state.write_u8(0xFF);
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
    state.write_u8(0xFF);
    state.finish()
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use super::*;

    #[test]
    fn one_tag_has_one_hash_however_its_id_is_written_and_two_have_two() {
        let state = RandomState::new();
        let text = "7".to_owned();
        let seven = hash(&state, "org", 7_u64.into());
        let same: [TagId<'_>; 4] = [7_i32.into(), 7_u8.into(), "7".into(), (&text).into()];
        assert!(same.into_iter().all(|id| hash(&state, "org", id) == seven));
        let others =
            [("org", 8_u64.into()), ("user", 7.into()), ("org7", "".into()), ("", "org7".into())];
        assert!(
            others.into_iter().all(|(kind, id): (_, TagId<'_>)| hash(&state, kind, id) != seven)
        );
        assert_ne!(hash(&state, "org", i64::MIN.into()), hash(&state, "org", u64::MAX.into()));
    }
}
