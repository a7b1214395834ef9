//! Characters that no text of a person needs.

use crate::issue::{Breach, code};

const CONTROL: Breach = Breach::new(code::CONTROL);
const BIDI: Breach = Breach::new(code::BIDI);
const INVISIBLE: Breach = Breach::new(code::INVISIBLE);

/// Looks for characters that no text of a person needs; line breaks and tabs pass.
///
/// Refused are the legacy controls and noncharacters of RFC 9839, line and paragraph separators
/// (U+2028, U+2029), embeddings, overrides and isolates of the bidirectional algorithm
/// (U+202A to U+202E, U+2066 to U+2069: text that shows in another order than it is stored),
/// characters without width or glyph (U+00AD, U+180E, U+200B, U+2060 to U+2065, U+206A to U+206F,
/// U+FEFF, U+FFF9 to U+FFFB), tags (U+E0000 to U+E0FFF but variation selectors), and variation
/// selectors that do not follow a character, in which data can be hidden.
///
/// The joiners U+200C and U+200D and the marks U+200E, U+200F and U+061C pass: Persian, Nepali,
/// Arabic and emoji need them.
///
/// # Errors
///
/// [`code::CONTROL`], [`code::BIDI`] or [`code::INVISIBLE`], whichever comes first in the text.
///
/// # Cost
///
/// One pass, no allocation; ASCII text is looked at by the byte.
pub fn forbidden(text: &str) -> Result<(), Breach> {
    if text.is_ascii() {
        let control = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
        // Without an early exit the loop is vectorised.
        let found = text.bytes().fold(false, |found, byte| found | control(byte));
        return if found { Err(CONTROL) } else { Ok(()) };
    }
    let mut after_character = false;
    for character in text.chars() {
        let selector = is_selector(character);
        if selector && !after_character {
            return Err(INVISIBLE);
        }
        after_character = !selector;
        judge(character)?;
    }
    Ok(())
}

/// Judges a character by itself.
pub(crate) const fn judge(character: char) -> Result<(), Breach> {
    match character {
        '\t' | '\n' | '\r' | '\u{e0100}'..='\u{e01ef}' => Ok(()),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{fdd0}'..='\u{fdef}' => Err(CONTROL),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Err(BIDI),
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Err(INVISIBLE),
        other if is_nonfinal(other) => Err(CONTROL),
        _ => Ok(()),
    }
}

/// The last two code points of each plane are no characters (RFC 9839 section 2).
#[expect(clippy::as_conversions, reason = "a char is a u32; `From` is not const")]
const fn is_nonfinal(character: char) -> bool {
    character as u32 & 0xfffe == 0xfffe
}

pub(super) const fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_rfc_9839_calls_problematic_and_what_hides_or_reorders() {
        let table = [
            ("plain", None),
            ("tab\tline\nreturn\r", None),
            ("na\u{ef}ve", None),
            ("\u{928}\u{947}\u{92a}\u{93e}\u{932}\u{940} \u{915}\u{94d}\u{200d}\u{937}", None),
            ("\u{645}\u{631}\u{62d}\u{628}\u{627}\u{200f}!", None),
            ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{2764}\u{fe0f}", None),
            ("\u{8fbb}\u{e0100}", None),
            ("nul\0", Some(code::CONTROL)),
            ("esc\u{1b}[2J", Some(code::CONTROL)),
            ("del\u{7f}", Some(code::CONTROL)),
            ("c1\u{9b}2J", Some(code::CONTROL)),
            ("\u{e9} \u{85}", Some(code::CONTROL)),
            ("sep\u{2028}", Some(code::CONTROL)),
            ("non\u{fdd0}", Some(code::CONTROL)),
            ("non\u{fffe}", Some(code::CONTROL)),
            ("non\u{10ffff}", Some(code::CONTROL)),
            ("user\u{202e}nimda", Some(code::BIDI)),
            ("\u{2066}x\u{2069}", Some(code::BIDI)),
            ("ad\u{200b}min", Some(code::INVISIBLE)),
            ("\u{feff}bom", Some(code::INVISIBLE)),
            ("tag\u{e0041}", Some(code::INVISIBLE)),
            ("soft\u{ad}hyphen", Some(code::INVISIBLE)),
            ("\u{fe0f}first", Some(code::INVISIBLE)),
            ("a\u{fe00}\u{fe01}\u{e0150}", Some(code::INVISIBLE)),
        ];
        for (text, expected) in table {
            assert_eq!(forbidden(text).err().map(|breach| breach.code()), expected, "{text:?}");
        }
    }
}
