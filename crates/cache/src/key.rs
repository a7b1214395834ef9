//! Keys as text: segments, each escaped, so that no two keys are one.
//!
//! ```
//! use palisade_cache::key::{Key, read, text};
//!
//! assert_eq!(text(&("a:b", 7)), ":a%3Ab:7");
//! assert_ne!(text(&("a:b", "")), text(&("a", "b:")));
//! assert_eq!(read(":a%3Ab:7"), Some(vec!["a:b".to_owned(), "7".to_owned()]));
//! ```

use std::fmt::{self, Display, Write};

use sha2::{Digest, Sha256};

/// The longest text of a key in bytes; a longer one is its SHA-256.
pub const LONGEST: usize = 200;

/// What a value is found by in a store that several processes share.
pub trait Key {
    /// Writes what tells this key from every other, one segment after the other.
    fn write(&self, segments: &mut Segments);
}

/// The segments of a key, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Segments(String);

impl Segments {
    /// Adds a segment.
    pub fn push(&mut self, segment: impl Display) {
        self.0.push(':');
        // Writing into a String fails only where the value's own Display does: what it wrote counts.
        let _ = write!(Escaped(&mut self.0), "{segment}");
    }
}

/// Shows a segment with everything escaped but letters, digits, `-`, `.`, `_` and `~`, for keys that are
/// written by hand: what parts two segments must be none of these, nor `%`.
///
/// ```
/// use palisade_cache::key::escaped;
///
/// let key = |school: &str, name: &str| format!("{}/{}", escaped(school), escaped(name));
/// assert_eq!(key("a/b", "c"), "a%2Fb/c");
/// assert_ne!(key("a/b", "c"), key("a", "b/c"));
/// ```
pub fn escaped(segment: impl Display) -> impl Display {
    fmt::from_fn(move |f| write!(Escaped(f), "{segment}"))
}

struct Escaped<'a, W: Write>(&'a mut W);

impl<W: Write> Write for Escaped<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if is_plain(byte) {
                self.0.write_char(char::from(byte))?;
            } else {
                write!(self.0, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// Unreserved characters of RFC 3986, section 2.3.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Returns a key as text: `:` before each segment; `:#` and 64 digits for a key that is too long.
#[must_use]
pub fn text<K: Key + ?Sized>(key: &K) -> String {
    let mut segments = Segments::default();
    key.write(&mut segments);
    let text = segments.0;
    if text.len() <= LONGEST {
        return text;
    }
    let mut short = ":#".to_owned();
    for byte in Sha256::digest(text.as_bytes()) {
        // A String takes everything.
        let _ = write!(short, "{byte:02x}");
    }
    short
}

/// Reads the segments of a text that [`text`] has written; `None` for any other text, and for one
/// that stands for a key that was too long.
#[must_use]
pub fn read(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.strip_prefix(':').filter(|_| text.len() <= LONGEST)?.split(':').map(unescape).collect()
}

fn unescape(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let escaped =
                    hex(rest.next()?)?.checked_mul(16)?.checked_add(hex(rest.next()?)?)?;
                // One way to write a key, and no other.
                Some(escaped).filter(|byte| !is_plain(*byte))?
            }
            byte if is_plain(byte) => byte,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'A'..=b'F' => digit.checked_sub(b'A' - 10),
        _ => None,
    }
}

macro_rules! displayed {
    ($($type:ty),*) => {
        $(impl Key for $type {
            fn write(&self, segments: &mut Segments) {
                segments.push(self);
            }
        })*
    };
}

displayed!(bool, char, str, String, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

/// No segment: the key of a cache with one value.
impl Key for () {
    fn write(&self, _: &mut Segments) {}
}

impl<K: Key + ?Sized> Key for &K {
    fn write(&self, segments: &mut Segments) {
        (**self).write(segments);
    }
}

impl<K: Key + ?Sized> Key for std::sync::Arc<K> {
    fn write(&self, segments: &mut Segments) {
        (**self).write(segments);
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Key),*> Key for ($($name,)*) {
            fn write(&self, segments: &mut Segments) {
                #[expect(non_snake_case, reason = "a value is named after its type")]
                let ($($name,)*) = self;
                $($name.write(segments);)*
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_that_hold_the_separator_are_not_two() {
        let cases = [
            (text(&("a:b", "")), ":a%3Ab:"),
            (text(&("a", "b")), ":a:b"),
            (text(&"a%3Ab"), ":a%253Ab"),
            (text(&-7), ":-7"),
            (text(&()), ""),
            (text(&""), ":"),
            (text(&("{x}", "\n", "\u{e9}")), ":%7Bx%7D:%0A:%C3%A9"),
        ];
        for (written, expected) in cases {
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn a_long_key_is_its_hash_and_no_key_can_say_so_itself() {
        let long = "x".repeat(LONGEST);
        let short = text(&long);
        assert_eq!(short.len(), 66);
        assert_ne!(short, text(&format!("{long}x")));
        assert_eq!(read(&short), None);
        assert_eq!(read(&format!(":{long}")), None);
        assert_eq!(read(&format!(":{}", &long[1..])), Some(vec![long[1..].to_owned()]));
        assert_ne!(text(&short[1..]), short);
    }

    #[test]
    fn what_text_would_not_write_is_not_read() {
        for wrong in ["a", ":%", ":%4", ":%41", ":%3a", ":{", ":%FF", ":a b"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(parts in prop::collection::vec(".{0,12}", 0..5)) {
            let mut segments = Segments::default();
            for part in &parts {
                segments.push(part);
            }
            let is_written = segments.0.len() <= LONGEST;
            prop_assert_eq!(read(&segments.0), is_written.then_some(parts));
        }

        #[test]
        fn what_is_read_is_what_would_be_written(text in "[:%a-fA-F0-9~{]{0,16}") {
            if let Some(parts) = read(&text) {
                let mut segments = Segments::default();
                for part in &parts {
                    segments.push(part);
                }
                prop_assert_eq!(segments.0, text);
            }
        }
    }
}
