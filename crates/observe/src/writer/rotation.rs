//! When a file is full, and what the full ones are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How large a file grows and how many older ones are kept.
///
/// As Python's `RotatingFileHandler(maxBytes, backupCount)`: the file is set aside *before* a line
/// that would make it larger than the limit, as `app.log.1`, what was `app.log.1` becomes
/// `app.log.2`, and so on; a line is never split. So there are at most `kept + 1` files of
/// `max_bytes` each. (Python's files stay below the limit, ours may reach it.)
///
/// # Example
///
/// ```
/// use palisade_observe::writer::Rotation;
///
/// let rotation = Rotation::default();
/// assert_eq!((rotation.max_bytes(), rotation.kept()), (10 * 1024 * 1024, 5));
/// assert!(rotation.is_due(10 * 1024 * 1024 - 10, 11));
/// assert!(!rotation.is_due(10 * 1024 * 1024 - 10, 10));
/// assert!(!rotation.is_due(0, 11 * 1024 * 1024)); // an empty file is not set aside
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    max_bytes: u64,
    kept: u32,
}

impl Rotation {
    /// The most older files that can be kept.
    pub const MOST_KEPT: u32 = 1000;

    /// Files of at most `max_bytes` bytes, but for a single line that is longer, and `kept` older
    /// ones, at most [`MOST_KEPT`](Self::MOST_KEPT).
    #[must_use]
    pub const fn new(max_bytes: u64, kept: u32) -> Self {
        let kept = if kept > Self::MOST_KEPT { Self::MOST_KEPT } else { kept };
        Self { max_bytes, kept }
    }

    /// Returns how large a file may be.
    #[must_use]
    pub const fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Returns how many older files are kept.
    #[must_use]
    pub const fn kept(&self) -> u32 {
        self.kept
    }

    /// Tells whether a file of `size` bytes is set aside before a line of so many bytes.
    #[must_use]
    pub const fn is_due(&self, size: u64, line: u64) -> bool {
        size > 0 && size.saturating_add(line) > self.max_bytes
    }
}

impl Default for Rotation {
    /// 10 MiB and 5 older files.
    fn default() -> Self {
        Self::new(10 << 20, 5)
    }
}

/// Returns the name of the older file of this number; 0 is the file itself.
pub(super) fn aside(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    PathBuf::from(name)
}
