//! What a form with files may hold.

use std::sync::Arc;

use super::super::{FileKind, Jail};

/// Where files go and which are taken, as an extension of the routes that take them.
///
/// A field that is not named here is text, and is read by the rules of the type that the handler
/// asks for.
#[derive(Clone, Debug)]
pub struct Uploads {
    pub(super) jail: Arc<Jail>,
    pub(super) files: Vec<FileRule>,
    pub(super) text_bytes: usize,
}

/// One field that holds files.
#[derive(Clone, Debug)]
pub(super) struct FileRule {
    pub(super) name: &'static str,
    pub(super) kinds: &'static [FileKind],
    pub(super) max_bytes: u64,
    pub(super) min: usize,
    pub(super) max: usize,
}

impl Uploads {
    /// Takes no file yet, and 64 KiB of text.
    #[must_use]
    pub const fn into_jail(jail: Arc<Jail>) -> Self {
        Self { jail, files: Vec::new(), text_bytes: 64 * 1024 }
    }

    /// Takes one file of one of the kinds in that field, which must be there.
    #[must_use]
    pub fn file(self, name: &'static str, kinds: &'static [FileKind], max_bytes: u64) -> Self {
        self.files(name, kinds, max_bytes, 1, 1)
    }

    /// Takes `min` to `max` files in that field, each of one of the kinds.
    #[must_use]
    pub fn files(
        mut self,
        name: &'static str,
        kinds: &'static [FileKind],
        max_bytes: u64,
        min: usize,
        max: usize,
    ) -> Self {
        self.files.push(FileRule { name, kinds, max_bytes, min, max });
        self
    }

    /// Takes as many bytes of text, in all fields together.
    #[must_use]
    pub const fn text_bytes(mut self, max: usize) -> Self {
        self.text_bytes = max;
        self
    }

    /// The most bytes of a whole body: all files, all text, and 4 KiB for each part's header.
    pub(super) fn body_bytes(&self) -> u64 {
        const PART: u64 = 4 * 1024;
        let text = u64::try_from(self.text_bytes).unwrap_or(u64::MAX);
        let files = self.files.iter().map(|rule| {
            let count = u64::try_from(rule.max).unwrap_or(u64::MAX);
            count.saturating_mul(rule.max_bytes.saturating_add(PART))
        });
        files.fold(text.saturating_add(PART.saturating_mul(64)), u64::saturating_add)
    }
}
