//! Names that the program makes.

use std::fmt::Write;
use std::io;

use super::FileKind;
use crate::issue::{Breach, code};
use crate::macros::text_type;

/// The name of a kept file: 128 random bits and the ending of what it holds.
///
/// The name that the client uses never reaches the disk; keep it beside this one, as a
/// [`FileName`](crate::FileName).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredName {
    text: Box<str>,
}

impl StoredName {
    /// Reads a name that was made before, as from a database.
    ///
    /// # Errors
    ///
    /// [`code::FILE_NAME`] for any other text.
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let (stem, ending) = text.split_once('.').unwrap_or_default();
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let known = FileKind::ALL.iter().any(|kind| kind.extension() == ending);
        if stem.len() == 32 && stem.bytes().all(hex) && known {
            Ok(Self { text: text.into() })
        } else {
            Err(Breach::new(code::FILE_NAME))
        }
    }

    /// Returns what the file was when it was kept.
    #[must_use]
    pub fn kind(&self) -> Option<FileKind> {
        let (_, ending) = self.text.split_once('.')?;
        FileKind::ALL.iter().copied().find(|kind| kind.extension() == ending)
    }

    pub(super) fn random(kind: FileKind) -> io::Result<Self> {
        Ok(Self { text: format!("{}.{}", random_hex()?, kind.extension()).into() })
    }
}

text_type!([] StoredName);

/// 128 bits of the operating system.
pub(super) fn random_hex() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let mut hex = String::with_capacity(32);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}
