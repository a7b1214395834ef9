//! The value of one parameter.

use super::Malformed;

/// The value of a parameter: a token, or what a quoted string holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    raw: &'a [u8],
}

impl<'a> Value<'a> {
    /// Checks `token / quoted-string` (RFC 9110 5.6.2, 5.6.4).
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        if let Some(rest) = text.strip_prefix(b"\"") {
            let raw = rest.strip_suffix(b"\"").ok_or(Malformed)?;
            return is_quoted_content(raw).then_some(Self { raw }).ok_or(Malformed);
        }
        is_token(text).then_some(Self { raw: text }).ok_or(Malformed)
    }

    /// Returns the bytes meant, without the backslashes that escape some of them.
    pub fn bytes(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        let mut escaped = false;
        self.raw.iter().copied().filter(move |byte| {
            escaped = !escaped && *byte == b'\\';
            !escaped
        })
    }

    /// Returns the bytes meant; they are copied into `buffer` only if some are escaped.
    ///
    /// `None` if they do not fit.
    pub(crate) fn unescape(self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        if !self.raw.contains(&b'\\') {
            return Some(self.raw);
        }
        let mut length = 0_usize;
        for byte in self.bytes() {
            *buffer.get_mut(length)? = byte;
            length = length.checked_add(1)?;
        }
        buffer.get(..length)
    }
}

/// `qdtext / quoted-pair` any number of times.
fn is_quoted_content(raw: &[u8]) -> bool {
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        let allowed = match byte {
            b'\\' => bytes.next().is_some_and(|escaped| is_text(*escaped)),
            b'"' => false,
            other => is_text(*other),
        };
        if !allowed {
            return false;
        }
    }
    true
}

const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}
