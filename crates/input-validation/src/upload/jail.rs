//! A folder that nothing leads out of.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, openat, statat, unlinkat};
#[cfg(target_os = "linux")]
use rustix::fs::{ResolveFlags, openat2};
use rustix::io::Errno;

use super::{Draft, StoredName};

/// A folder, held by a handle: whatever happens to the paths around it, files are opened in this
/// folder and nowhere else.
///
/// A path is walked from the handle and no name in it may be a link: the kernel refuses it in the call
/// that opens it, so that there is no time between a check and its use. Linux walks in one call
/// (`openat2`, since 5.6); elsewhere, and where a sandbox forbids that call, each name is a call.
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
/// One system call that opens, or one for each name where `openat2` is missing, and one that asks what
/// was opened; no allocation.
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
        Ok(Self { root: openat(CWD, path, FOLDER, Mode::empty())? })
    }

    /// Opens a file below the folder, for reading.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] for a path that is absolute, has empty names, `.`, `..`,
    /// backslashes or NUL, or leads to anything but a file; those of the system for the rest, among
    /// them for links.
    pub fn open(&self, path: &str) -> io::Result<File> {
        // Opening a pipe would wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.below(path, flags)?;
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
        self.below(path, FOLDER).map(|root| Self { root })
    }

    fn below(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        for (position, name) in path.split('/').enumerate() {
            if position >= Self::MAX_NAMES || !is_name(name) {
                return Err(refused());
            }
        }
        #[cfg(target_os = "linux")]
        if path.contains('/') {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
                // An old kernel, or a sandbox that does not know the call.
                Err(Errno::NOSYS | Errno::PERM) => {}
                opened => return Ok(opened?),
            }
        }
        self.walk(path, flags)
    }

    /// Opens name by name.
    fn walk(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Some((folders, name)) = path.rsplit_once('/') else {
            return Ok(openat(&self.root, path, flags, Mode::empty())?);
        };
        let mut inner: Option<OwnedFd> = None;
        for folder in folders.split('/') {
            let above = inner.as_ref().unwrap_or(&self.root);
            inner = Some(openat(above, folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?);
        }
        let above = inner.as_ref().unwrap_or(&self.root);
        Ok(openat(above, name, flags, Mode::empty())?)
    }

    /// Opens a folder in this one, and makes it first if there is none.
    ///
    /// # Errors
    ///
    /// As [`folder`](Self::folder).
    pub fn folder_or_new(&self, name: &str) -> io::Result<Self> {
        if !is_name(name) {
            return Err(refused());
        }
        match mkdirat(&self.root, name, Mode::RWXU) {
            Err(error) if error != Errno::EXIST => Err(error.into()),
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
        self.remove_drafts_that(|_| Ok(true))
    }

    /// Removes drafts that nobody has written to since that time: those that a crash has left, in a
    /// folder where other programs may be at work on theirs.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn remove_drafts_before(&self, time: SystemTime) -> io::Result<usize> {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.remove_drafts_that(|name| {
            let found = statat(&self.root, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(u64::try_from(found.st_mtime).unwrap_or_default() < since)
        })
    }

    /// Removes drafts; one that is gone meanwhile was somebody's.
    fn remove_drafts_that(&self, is_left: impl Fn(&CStr) -> io::Result<bool>) -> io::Result<usize> {
        let mut removed = 0_usize;
        for entry in rustix::fs::Dir::read_from(&self.root)? {
            let entry = entry?;
            let name = entry.file_name();
            if !name.to_bytes().starts_with(Draft::PREFIX.as_bytes()) {
                continue;
            }
            let gone = is_left(name).and_then(|is_left| {
                if is_left {
                    unlinkat(&self.root, name, AtFlags::empty())?;
                }
                Ok(is_left)
            });
            match gone {
                Ok(true) => removed = removed.saturating_add(1),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Tells whether it means an entry of a folder, and nothing else.
fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

pub(super) fn refused() -> io::Error {
    io::ErrorKind::InvalidInput.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// What other systems than Linux do.
    #[test]
    fn a_walk_by_names_follows_no_link_either() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("jail");
        std::fs::create_dir_all(root.join("real/deep")).unwrap();
        for file in [root.join("real/file"), root.join("real/deep/file"), place.path().join("file")]
        {
            std::fs::write(file, "x").unwrap();
        }
        symlink(place.path(), root.join("out")).unwrap();
        symlink("real", root.join("in")).unwrap();
        symlink("../../file", root.join("real/link")).unwrap();
        let jail = Jail::at(&root).unwrap();
        for (path, opens) in [
            ("real/file", true),
            ("real/deep/file", true),
            ("out/file", false),
            ("in/file", false),
            ("real/link", false),
            ("out", false),
            ("real/none", false),
        ] {
            assert_eq!(jail.walk(path, OFlags::RDONLY).is_ok(), opens, "{path}");
            assert_eq!(jail.open(path).is_ok(), opens, "{path}");
        }
    }
}
