//! A folder that nothing leads out of.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, openat, unlinkat};

use super::{Draft, StoredName};

/// A folder, held by a handle: whatever happens to the paths around it, files are opened in this
/// folder and nowhere else.
///
/// A path is walked from the handle, name by name, and no name may be a link: the kernel refuses it
/// in the call that opens it, so that there is no time between a check and its use.
///
/// # Security
///
/// It holds against whoever writes into the folder while it is read. It does not hold against
/// mounts and hard links, which need the rights of the system or of the file's owner.
///
/// # Example
///
/// ```
/// use std::io::{Read, Write};
/// use palisade_input_validation::upload::{FileKind, Jail};
///
/// let folder = tempfile::tempdir()?;
/// let jail = Jail::at(folder.path())?;
/// assert!(jail.open("../../etc/passwd").is_err());
///
/// let gif = b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// let mut draft = jail.draft(1024)?;
/// draft.write(gif)?;
/// let kept = draft.inspect(&[FileKind::Gif])?.keep()?;
/// assert_eq!(kept.kind(), FileKind::Gif);
///
/// let mut read = Vec::new();
/// jail.open(kept.name().as_str())?.read_to_end(&mut read)?;
/// assert_eq!(read, gif);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
///
/// One system call for each name of a path, and one that asks what was opened.
#[derive(Debug)]
pub struct Jail {
    root: OwnedFd,
}

impl Jail {
    /// How many names a path has.
    pub const MAX_NAMES: usize = 32;

    /// Opens a folder by a path of the program; links in it are followed, this once.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn at(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { root: openat(CWD, path, flags, Mode::empty())? })
    }

    /// Opens a file below the folder, for reading.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for a path that is absolute, has empty names, `.`, `..`,
    /// backslashes or NUL, or leads to anything but a file; those of the system for the rest, among
    /// them for links.
    pub fn open(&self, path: &str) -> io::Result<File> {
        let (folder, name) = match path.rsplit_once('/') {
            Some((folders, name)) => (Some(self.folder(folders)?), name),
            None => (None, path),
        };
        let root = folder.as_ref().map_or(&self.root, |folder| &folder.root);
        // Opening a pipe would wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(root, named(name)?, flags | OFlags::NOCTTY, Mode::empty())?;
        if FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::RegularFile {
            Ok(File::from(file))
        } else {
            Err(refused())
        }
    }

    /// Opens a folder below this one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn folder(&self, path: &str) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut inner: Option<OwnedFd> = None;
        for (position, name) in path.split('/').enumerate() {
            if position >= Self::MAX_NAMES {
                return Err(refused());
            }
            let above = inner.as_ref().unwrap_or(&self.root);
            inner = Some(openat(above, named(name)?, flags, Mode::empty())?);
        }
        inner.map(|root| Self { root }).ok_or_else(refused)
    }

    /// Opens a folder in this one, and makes it first if there is none.
    ///
    /// # Errors
    ///
    /// As [`folder`](Self::folder).
    pub fn folder_or_new(&self, name: &str) -> io::Result<Self> {
        match mkdirat(&self.root, named(name)?, Mode::RWXU) {
            Err(error) if error != rustix::io::Errno::EXIST => Err(error.into()),
            _ => self.folder(name),
        }
    }

    /// Begins a file of at most as many bytes.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn draft(&self, max_bytes: u64) -> io::Result<Draft> {
        Draft::begin(self.root.as_fd().try_clone_to_owned()?, max_bytes)
    }

    /// Removes a kept file.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn remove(&self, name: &StoredName) -> io::Result<()> {
        Ok(unlinkat(&self.root, name.as_str(), AtFlags::empty())?)
    }

    /// Removes drafts that a crash has left; call it before any is begun.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn remove_drafts(&self) -> io::Result<usize> {
        let mut removed = 0_usize;
        for entry in rustix::fs::Dir::read_from(&self.root)? {
            let entry = entry?;
            if entry.file_name().to_bytes().starts_with(Draft::PREFIX.as_bytes()) {
                unlinkat(&self.root, entry.file_name(), AtFlags::empty())?;
                removed = removed.saturating_add(1);
            }
        }
        Ok(removed)
    }
}

/// A name that means an entry of a folder, and nothing else.
fn named(name: &str) -> io::Result<&str> {
    let steps = matches!(name, "" | "." | "..");
    if steps || name.contains(['/', '\\', '\0']) { Err(refused()) } else { Ok(name) }
}

pub(super) fn refused() -> io::Error {
    io::ErrorKind::InvalidInput.into()
}
