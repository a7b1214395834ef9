//! Where in a request body something is wrong.

use std::fmt;

use serde::{Serialize, Serializer};

/// A JSON Pointer (RFC 6901) in its URI fragment form (section 6), as RFC 9457 section 3 uses it.
///
/// Made of names that the program knows and of positions; a key that a client invented cannot
/// become part of one.
///
/// # Example
///
/// ```
/// use palisade_core::Pointer;
///
/// assert_eq!(Pointer::root().field("lines").index(2).field("a/b").to_string(), "#/lines/2/a~1b");
/// assert_eq!(Pointer::root().to_string(), "#");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer {
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Segment {
    Field(&'static str),
    Index(usize),
}

impl Pointer {
    /// Points at the whole body.
    #[must_use]
    pub const fn root() -> Self {
        Self { segments: Vec::new() }
    }

    /// Goes into a member of an object.
    #[must_use]
    pub fn field(mut self, name: &'static str) -> Self {
        self.segments.push(Segment::Field(name));
        self
    }

    /// Goes into an element of an array, counted from 0.
    #[must_use]
    pub fn index(mut self, position: usize) -> Self {
        self.segments.push(Segment::Index(position));
        self
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        for segment in &self.segments {
            f.write_str("/")?;
            match segment {
                Segment::Field(name) => write_token(f, name)?,
                Segment::Index(position) => write!(f, "{position}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Escapes `~` and `/` (RFC 6901 section 3), then what a URI fragment may not hold (RFC 3986 3.5).
fn write_token(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let is_escaped = |c: char| !is_fragment(c);
    for part in name.split_inclusive(is_escaped) {
        let plain = part.trim_end_matches(is_escaped);
        f.write_str(plain)?;
        for byte in part.bytes().skip(plain.len()) {
            match byte {
                b'~' => f.write_str("~0")?,
                b'/' => f.write_str("~1")?,
                other => write!(f, "%{other:02X}")?,
            }
        }
    }
    Ok(())
}

const fn is_fragment(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '-' | '.' | '_' | '!' | '$' | '&'..=',' | ';' | '=' | ':' | '@' | '?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_fragments_of_rfc_6901_section_6() {
        let table = [
            ("foo", "#/foo"),
            ("", "#/"),
            ("a/b", "#/a~1b"),
            ("c%d", "#/c%25d"),
            ("e^f", "#/e%5Ef"),
            ("g|h", "#/g%7Ch"),
            ("i\\j", "#/i%5Cj"),
            ("k\"l", "#/k%22l"),
            (" ", "#/%20"),
            ("m~n", "#/m~0n"),
            ("~/ab~", "#/~0~1ab~0"),
            ("a\u{e9}b", "#/a%C3%A9b"),
            ("\u{e9}", "#/%C3%A9"),
        ];
        for (name, expected) in table {
            assert_eq!(Pointer::root().field(name).to_string(), expected, "{name:?}");
        }
        assert_eq!(Pointer::root().field("foo").index(0).to_string(), "#/foo/0");
    }
}
