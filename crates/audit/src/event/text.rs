//! Text that can neither end its line nor hide in it.

use std::io::Write;

/// Appends a JSON string of at most `most` bytes of the text; returns how many texts were cut, 0 or 1.
///
/// Beyond what JSON asks for, everything that acts on a terminal, turns the direction of a line or
/// cannot be seen is written as `\uXXXX`.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str, most: usize) -> u32 {
    let kept = text.get(..text.floor_char_boundary(most)).unwrap_or(text);
    out.push(b'"');
    let mut rest = kept;
    loop {
        let run = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
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
