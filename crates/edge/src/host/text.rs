//! The bytes of a host, without allocation where they are few.

use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrayvec::ArrayString;

/// Longer than what most hosts have; an address is 41 bytes at most.
const SHORT: usize = 56;

/// ASCII text; the short ones live here, the long ones behind a shared pointer.
#[derive(Clone)]
pub(super) enum HostText {
    Long(Arc<str>),
    Short(ArrayString<SHORT>),
}

impl HostText {
    /// Takes an ASCII text in lower case; `None` if it is not ASCII.
    pub(super) fn lower_case(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
        let Ok(mut short) = ArrayString::from(text) else {
            return Some(Self::Long(text.to_ascii_lowercase().into()));
        };
        short.make_ascii_lowercase();
        Some(Self::Short(short))
    }

    /// Writes an address; every one fits.
    pub(super) fn format(arguments: fmt::Arguments<'_>) -> Option<Self> {
        let mut short = ArrayString::new();
        short.write_fmt(arguments).ok()?;
        Some(Self::Short(short))
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Long(text) => text,
            Self::Short(text) => text,
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
