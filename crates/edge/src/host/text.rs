//! The bytes of a host, without allocation where they are few.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// ASCII text; the short ones live here, the long ones behind a shared pointer.
#[derive(Clone)]
pub(super) enum HostText {
    Long(Arc<str>),
    Short(Short),
}

/// Up to 62 bytes.
#[derive(Clone, Copy)]
pub(super) struct Short {
    bytes: [u8; 62],
    length: u8,
}

impl Short {
    const EMPTY: Self = Self { bytes: [0; 62], length: 0 };

    fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length.into()).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = usize::from(self.length);
        let end = start.checked_add(text.len()).ok_or(fmt::Error)?;
        self.bytes.get_mut(start..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = u8::try_from(end).map_err(|_| fmt::Error)?;
        Ok(())
    }
}

impl HostText {
    /// Takes an ASCII text in lower case; `None` if it is not ASCII.
    pub(super) fn lower_case(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
        let mut short = Short::EMPTY;
        if short.write_str(text).is_err() {
            return Some(Self::Long(text.to_ascii_lowercase().into()));
        }
        short.bytes.make_ascii_lowercase();
        Some(Self::Short(short))
    }

    /// Writes an address; every one fits.
    pub(super) fn format(arguments: fmt::Arguments<'_>) -> Option<Self> {
        let mut short = Short::EMPTY;
        short.write_fmt(arguments).ok()?;
        Some(Self::Short(short))
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Long(text) => text,
            Self::Short(text) => text.as_str(),
        }
    }
}

impl PartialEq for HostText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for HostText {}

impl Hash for HostText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
