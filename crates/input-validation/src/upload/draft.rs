//! A file that is being received.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, fsync, openat, renameat, unlinkat};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::kind::inspect;
use super::name::random_hex;
use super::{FileKind, StoredName};
use crate::issue::{Breach, code};

/// A file that is being received: it has no name that anybody reads, and is removed unless it is
/// kept.
#[derive(Debug)]
pub struct Draft {
    folder: OwnedFd,
    name: String,
    file: File,
    hash: Sha256,
    bytes: u64,
    max_bytes: u64,
    kind: Option<FileKind>,
    is_kept: bool,
}

/// Why a file is not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DraftError {
    /// The disk failed.
    #[error("a file could not be written")]
    Io(#[from] io::Error),
    /// What it holds: [`code::FILE_KIND`] or [`code::FILE_CONTENT`].
    #[error("a file is not taken")]
    Refused(#[source] Breach),
    /// More bytes than the draft was begun with.
    #[error("a file is larger than what is taken")]
    TooLarge,
}

impl Draft {
    pub(super) const PREFIX: &'static str = ".draft-";

    pub(super) fn begin(folder: OwnedFd, max_bytes: u64) -> io::Result<Self> {
        let name = format!("{}{}", Self::PREFIX, random_hex()?);
        let new = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let flags = OFlags::RDWR | new | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, &name, flags, Mode::RUSR | Mode::WUSR)?);
        let (hash, kind) = (Sha256::new(), None);
        Ok(Self { folder, name, file, hash, bytes: 0, max_bytes, kind, is_kept: false })
    }

    /// Writes what has come.
    ///
    /// # Errors
    ///
    /// [`DraftError::TooLarge`], before anything of it is written; [`DraftError::Io`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DraftError> {
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let total = self.bytes.saturating_add(count);
        if total > self.max_bytes {
            return Err(DraftError::TooLarge);
        }
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes = total;
        self.kind = None;
        Ok(())
    }

    /// Walks through the whole file: it must be of one of the kinds, from its first byte to its last.
    ///
    /// # Errors
    ///
    /// [`DraftError::Refused`] and [`DraftError::Io`].
    pub fn inspect(mut self, kinds: &[FileKind]) -> Result<Self, DraftError> {
        self.file.seek(SeekFrom::Start(0))?;
        let kind = inspect(&mut self.file, self.bytes)?.map_err(DraftError::Refused)?;
        if !kinds.contains(&kind) {
            return Err(DraftError::Refused(Breach::new(code::FILE_KIND)));
        }
        self.file.seek(SeekFrom::End(0))?;
        self.kind = Some(kind);
        Ok(self)
    }

    /// Keeps the file, under a name of its own: written to the disk, then named, then the folder
    /// written, so that a crash leaves all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`DraftError::Refused`] unless it was inspected after the last write; [`DraftError::Io`].
    pub fn keep(mut self) -> Result<Kept, DraftError> {
        let kind = self.kind.ok_or(DraftError::Refused(Breach::new(code::FILE_CONTENT)))?;
        let name = StoredName::random(kind)?;
        self.file.sync_all()?;
        renameat(&self.folder, &self.name, &self.folder, name.as_str()).map_err(io::Error::from)?;
        self.is_kept = true;
        fsync(&self.folder).map_err(io::Error::from)?;
        let sha256 = std::mem::take(&mut self.hash).finalize().into();
        Ok(Kept { name, kind, bytes: self.bytes, sha256 })
    }

    /// Returns how many bytes have come.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left behind is found by `Jail::remove_drafts`.
            let _ = unlinkat(&self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// A file that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    name: StoredName,
    kind: FileKind,
    bytes: u64,
    sha256: [u8; 32],
}

impl Kept {
    /// Returns the name in its folder.
    #[must_use]
    pub const fn name(&self) -> &StoredName {
        &self.name
    }

    /// Returns what it holds.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// Returns its length.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the SHA-256 of its bytes, taken as they came.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}
