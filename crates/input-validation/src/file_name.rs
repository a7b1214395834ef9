//! What a client calls its file.

use unicode_normalization::UnicodeNormalization;

use crate::issue::{Breach, code};
use crate::macros::text_type;
use crate::text::forbidden;

const FILE_NAME: Breach = Breach::new(code::FILE_NAME);

/// A file name that means the same to every system: no path, at most 255 bytes.
///
/// Refused are separators (`/`, `\`), controls and what [`forbidden`] refuses, `<>:"|?*`, names that
/// begin with a dot, a hyphen or a space or end in a dot or a space, and the devices of Windows
/// (`CON`, `nul.txt`, `COM\u{b9}`) with any ending. The rest is in Normalization Form C.
///
/// # Security
///
/// It is what a person reads. Store the file under a name that the program makes: two clients may
/// send one name.
///
/// # Example
///
/// ```
/// use palisade_input_validation::FileName;
///
/// let name: FileName = "Results 2026.PDF".parse()?;
/// assert_eq!(name.extension().as_deref(), Some("pdf"));
/// assert!("../../etc/passwd".parse::<FileName>().is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName {
    text: Box<str>,
}

impl FileName {
    /// The most bytes that a name has.
    pub const MAX: usize = 255;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`code::FILE_NAME`], [`code::CONTROL`], [`code::BIDI`] or [`code::INVISIBLE`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        // Composed, a text has a third of its bytes at least.
        if text.len() > Self::MAX.saturating_mul(3) {
            return Err(FILE_NAME);
        }
        forbidden(text)?;
        let name: String = text.nfc().collect();
        let reserved = |c: char| c.is_control() || "/\\<>:\"|?*".contains(c);
        let edges = name.starts_with(['.', '-']) || name.ends_with('.') || name.trim() != name;
        if name.is_empty()
            || name.len() > Self::MAX
            || edges
            || name.contains(reserved)
            || is_device(&name)
        {
            return Err(FILE_NAME);
        }
        Ok(Self { text: name.into() })
    }

    /// Returns what stands behind the last dot, in lower case.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        self.text.rsplit_once('.').map(|(_, ending)| ending.to_lowercase())
    }

    /// Returns what stands before the last dot.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.text.rsplit_once('.').map_or(&*self.text, |(stem, _)| stem)
    }
}

text_type!([] FileName);

/// Devices that Windows opens whatever folder and ending is written with them.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CLOCK$" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut rest = numbered.unwrap_or_default().chars();
    matches!((rest.next(), rest.next()), (Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_no_device_and_no_option() {
        let table = [
            ("a.pdf", Some("a.pdf")),
            ("Re\u{301}sume\u{301}.pdf", Some("R\u{e9}sum\u{e9}.pdf")),
            ("archive.tar.gz", Some("archive.tar.gz")),
            (
                "\u{928}\u{947}\u{92a}\u{93e}\u{932}.png",
                Some("\u{928}\u{947}\u{92a}\u{93e}\u{932}.png"),
            ),
            ("console.txt", Some("console.txt")),
            ("COM10", Some("COM10")),
            ("", None),
            (".", None),
            ("..", None),
            (".htaccess", None),
            ("-rf", None),
            ("a/b", None),
            ("../a", None),
            ("..\\a", None),
            ("C:a", None),
            ("a.txt::$DATA", None),
            ("a\0.png", None),
            ("a\n", None),
            ("a ", None),
            ("a.", None),
            (" a", None),
            ("CON", None),
            ("con.txt", None),
            ("NUL .txt", None),
            ("Aux.tar.gz", None),
            ("COM1.log", None),
            ("COM\u{b9}", None),
            ("lpt\u{b3}.x", None),
            ("CONIN$", None),
            ("a\u{202e}fdp.exe", None),
            ("a\u{200b}.pdf", None),
            ("what?.txt", None),
        ];
        for (text, expected) in table {
            let read = FileName::parse(text).ok();
            assert_eq!(read.as_ref().map(FileName::as_str), expected, "{text:?}");
        }
        assert!(FileName::parse(&"a".repeat(255)).is_ok());
        assert!(FileName::parse(&"a".repeat(256)).is_err());
    }
}
