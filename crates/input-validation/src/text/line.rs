//! One line.

use std::borrow::Cow;

use super::alphabet::forbidden;
use super::normal::{Length, nfc};
use crate::issue::{Breach, code};
use crate::macros::text_type;

/// One line of text of `MIN` to `MAX` characters, 1 at least unless said otherwise.
///
/// White space at both ends is cut off, the rest is in Normalization Form C (UAX 15), and there is
/// no line break, no tab and nothing that [`forbidden`](super::forbidden) refuses. Length is
/// counted in Unicode scalar values, after this.
///
/// # Example
///
/// ```
/// use palisade_input_validation::Line;
/// use palisade_input_validation::issue::code;
///
/// let name = Line::<40>::parse("  Ame\u{301}lie ")?;
/// assert_eq!(name.as_str(), "Am\u{e9}lie");
/// assert_eq!(Line::<40>::parse(" \u{3000} ").unwrap_err().code(), code::CHARS);
/// assert_eq!(Line::<40, 0>::parse("")?.as_str(), "");
/// assert_eq!(Line::<40>::parse("a\r\nSet-Cookie: x").unwrap_err().code(), code::CONTROL);
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
///
/// # Cost
///
/// One allocation, of the text itself; for printable ASCII one pass over its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MAX: usize, const MIN: usize = 1> {
    text: Box<str>,
}

impl<const MAX: usize, const MIN: usize> Line<MAX, MIN> {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// [`code::CHARS`], [`code::CONTROL`], [`code::BIDI`] or [`code::INVISIBLE`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        Self::read(text).map(|text| Self { text: text.into() })
    }

    fn read(text: &str) -> Result<Cow<'_, str>, Breach> {
        Length::<MIN, MAX>::before(text)?;
        if is_printable_ascii(text) {
            let text = text.trim_ascii();
            return Length::<MIN, MAX>::check_ascii(text).map(|()| Cow::Borrowed(text));
        }
        let text = text.trim();
        forbidden(text)?;
        if text.bytes().any(|byte| matches!(byte, b'\t' | b'\n' | b'\r')) {
            return Err(Breach::new(code::CONTROL));
        }
        let text = nfc(text);
        Length::<MIN, MAX>::check(&text)?;
        Ok(text)
    }
}

/// Without an early exit the loop is vectorised.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'))
}

text_type!([const MAX: usize, const MIN: usize] Line<MAX, MIN>);
