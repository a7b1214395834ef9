//! Text that can neither end its line nor hide in it.

use std::io::Write;

/// Appends a JSON string of at most `most` bytes of the text; returns how many texts were cut, 0 or 1.
///
/// Beyond what JSON asks for, everything that acts on a terminal, turns the direction of a line or
/// cannot be seen is written as `\uXXXX`.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str, most: usize) -> u32 {
    if text.len() <= most && plain(text.as_bytes()) == text.len() {
        out.reserve(text.len().saturating_add(2));
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return 0;
    }
    let kept = text.get(..text.floor_char_boundary(most)).unwrap_or(text);
    out.push(b'"');
    let mut rest = kept;
    loop {
        let run = plain(rest.as_bytes());
        let Some((plain, special)) = rest.split_at_checked(run) else { break };
        out.extend_from_slice(plain.as_bytes());
        let mut characters = special.chars();
        let Some(character) = characters.next() else { break };
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            hidden if hides(hidden) => {
                let mut units = [0; 2];
                for unit in hidden.encode_utf16(&mut units) {
                    // Writing to a vector cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = characters.as_str();
    }
    out.push(b'"');
    u32::from(kept.len() < text.len())
}

/// How many bytes at the beginning stand for themselves.
fn plain(text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let whole = words.iter().take_while(|word| is_plain_word(u64::from_le_bytes(**word))).count();
    let whole = whole.saturating_mul(8);
    let rest = text.get(whole..).unwrap_or_default();
    whole.saturating_add(rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len()))
}

/// Says of eight bytes at once whether each [is plain](is_plain).
const fn is_plain_word(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    /// Has a high bit where the lowest zero byte is, and none if there is no zero byte.
    const fn zero(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGH
    }
    let control = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word & HIGH;
    let quote = zero(word ^ ONES.wrapping_mul(0x22));
    let backslash = zero(word ^ ONES.wrapping_mul(0x5c));
    let delete = zero(word ^ ONES.wrapping_mul(0x7f));
    (word & HIGH) | control | quote | backslash | delete == 0
}

const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte < 0x7f && byte != b'"' && byte != b'\\'
}

fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eight_bytes_are_plain_if_each_is(bytes: [u8; 8], near in 0_usize..8, byte: u8) {
            let mut word = *b"plain=)9";
            word[near] = byte;
            for word in [bytes, word] {
                let each = word.iter().all(|byte| is_plain(*byte));
                prop_assert_eq!(is_plain_word(u64::from_le_bytes(word)), each, "{:?}", word);
            }
        }
    }
}
