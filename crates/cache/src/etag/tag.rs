//! Entity tags (RFC 9110, section 8.8.3).

use std::fmt;

use http::HeaderValue;
use sha2::{Digest, Sha256};

/// Names one representation of a resource.
///
/// # Example
///
/// ```
/// use palisade_cache::etag::EntityTag;
///
/// let tag = EntityTag::of(b"the representation");
/// assert!(tag.strongly_equals(&tag.clone()));
/// let version = EntityTag::of(b"version 7").weak();
/// assert!(version.weakly_equals(&version.clone()) && !version.strongly_equals(&version.clone()));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntityTag {
    weak: bool,
    /// Without quotes.
    opaque: Box<[u8]>,
}

impl EntityTag {
    /// Makes a strong tag of the bytes that a representation consists of, or of what stands for them,
    /// such as a version: half of their SHA-256, on every instance the same.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        let hash = Sha256::digest(bytes);
        let digits = hash.iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        Self { weak: false, opaque: digits.collect() }
    }

    /// Makes it weak: for representations that mean the same and may differ in their bytes.
    #[must_use]
    pub const fn weak(mut self) -> Self {
        self.weak = true;
        self
    }

    /// Reads the value of an `ETag` field; `None` if it is none.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (tag, rest) = next(value)?;
        rest.is_empty().then(|| tag.into())
    }

    /// Returns the value of an `ETag` field.
    #[must_use]
    pub fn to_value(&self) -> Option<HeaderValue> {
        let prefix: &[u8] = if self.weak { b"W/\"" } else { b"\"" };
        HeaderValue::from_bytes(&[prefix, &self.opaque, b"\""].concat()).ok()
    }

    /// Says whether it is weak.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.weak
    }

    /// Compares as for a range or a change: both strong, and the same (section 8.8.3.2).
    #[must_use]
    pub fn strongly_equals(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Compares as for a copy that is to be used again: the same, weak or not (section 8.8.3.2).
    #[must_use]
    pub fn weakly_equals(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.opaque.escape_ascii())
    }
}

/// How tags are compared (section 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Strong,
    Weak,
}

/// A tag where it stands.
#[derive(Clone, Copy)]
pub(super) struct Borrowed<'a> {
    weak: bool,
    opaque: &'a [u8],
}

impl Borrowed<'_> {
    pub(super) fn equals(self, tag: &EntityTag, comparison: Comparison) -> bool {
        let strong = !self.weak && !tag.weak;
        self.opaque == &*tag.opaque && (strong || comparison == Comparison::Weak)
    }
}

impl From<Borrowed<'_>> for EntityTag {
    fn from(Borrowed { weak, opaque }: Borrowed<'_>) -> Self {
        Self { weak, opaque: opaque.into() }
    }
}

/// Reads one tag from the beginning; returns what follows it.
pub(super) fn next(text: &[u8]) -> Option<(Borrowed<'_>, &[u8])> {
    let (weak, rest) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix(b"\"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let (opaque, rest) = (rest.get(..end)?, rest.get(end.checked_add(1)?..)?);
    let is_tag = |byte: &u8| matches!(byte, 0x21 | 0x23..=0x7E | 0x80..=0xFF);
    opaque.iter().all(is_tag).then_some((Borrowed { weak, opaque }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_as_it_is_written_and_nothing_else_is() {
        for text in [&b"\"\""[..], b"\"a\"", b"W/\"a,b\"", b"\"\xFF!~\""] {
            let tag = EntityTag::parse(text).unwrap();
            assert_eq!(tag.to_value().unwrap().as_bytes(), text, "{tag:?}");
        }
        for text in [
            &b""[..],
            b"a",
            b"\"",
            b"\"a",
            b"w/\"a\"",
            b"W/ \"a\"",
            b"\"a b\"",
            b"\"a\"b",
            b"\"a\"\"",
            b"*",
        ] {
            assert_eq!(EntityTag::parse(text), None, "{}", text.escape_ascii());
        }
        // RFC 9110, section 8.8.3.2, table 3.
        let tag = |text: &str| EntityTag::parse(text.as_bytes()).unwrap();
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let (one, other) = (tag(one), tag(other));
            assert_eq!((one.strongly_equals(&other), one.weakly_equals(&other)), (strong, weak));
        }
    }

    #[test]
    fn the_tag_of_bytes_is_half_of_their_hash() {
        // The SHA-256 of nothing begins so (FIPS 180-4).
        let nothing = EntityTag::of(b"").to_value().unwrap();
        assert_eq!(nothing, "\"e3b0c44298fc1c149afbf4c8996fb924\"");
        assert_eq!(EntityTag::of(b"").weak().to_value().unwrap().as_bytes()[..3], *b"W/\"");
    }
}
