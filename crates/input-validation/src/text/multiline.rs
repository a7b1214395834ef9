//! Several lines.

use std::borrow::Cow;

use super::alphabet::forbidden;
use super::normal::{Length, nfc};
use crate::issue::Breach;
use crate::macros::text_type;

/// Text of `MIN` to `MAX` characters, 1 at least unless said otherwise, over as many lines as it
/// likes.
///
/// Lines end in LF, whatever the client wrote; U+2028 and U+2029, which word processors paste, end
/// a line as well. White space at both ends is cut off, the rest is in Normalization Form C
/// (UAX 15) and holds nothing that [`forbidden`](super::forbidden) refuses. Length is counted in
/// Unicode scalar values, after this.
///
/// # Example
///
/// ```
/// use palisade_input_validation::Text;
///
/// let text = Text::<2000>::parse("Room 3\r\nat \u{2028}nine\r")?;
/// assert_eq!(text.as_str(), "Room 3\nat \nnine");
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<const MAX: usize, const MIN: usize = 1> {
    text: Box<str>,
}

impl<const MAX: usize, const MIN: usize> Text<MAX, MIN> {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// `code::CHARS`, `code::CONTROL`, `code::BIDI` or `code::INVISIBLE` of
    /// [`issue::code`](crate::issue::code).
    pub fn parse(text: &str) -> Result<Self, Breach> {
        Self::read(text).map(|text| Self { text: text.into() })
    }

    fn read(text: &str) -> Result<Cow<'_, str>, Breach> {
        // A line break may be two bytes before and is one after.
        Length::<MIN, MAX>::before(text)?;
        let text = line_feeds(text.trim());
        forbidden(&text)?;
        let text = match nfc(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(composed) => Cow::Owned(composed),
        };
        Length::<MIN, MAX>::check(&text)?;
        Ok(text)
    }
}

text_type!([const MAX: usize, const MIN: usize] Text<MAX, MIN>);

/// Ends every line by LF.
fn line_feeds(text: &str) -> Cow<'_, str> {
    let separator = |c| matches!(c, '\r' | '\u{2028}' | '\u{2029}');
    if !text.contains(separator) {
        return Cow::Borrowed(text);
    }
    let mut lines = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(separator) {
        lines.push_str(before);
        let break_is_crlf = rest.get(before.len()..).is_some_and(|rest| rest.starts_with("\r\n"));
        if !break_is_crlf {
            lines.push('\n');
        }
        rest = after;
    }
    lines.push_str(rest);
    Cow::Owned(lines)
}
