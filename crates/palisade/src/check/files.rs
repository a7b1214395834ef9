//! Files that others of the machine may read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that every user of the machine may read or change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    path: PathBuf,
    mode: u32,
}

impl Exposed {
    /// States that a path has a mode that is open to others.
    #[must_use]
    pub const fn new(path: PathBuf, mode: u32) -> Self {
        Self { path, mode }
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the permissions, as `chmod` writes them.
    #[must_use]
    pub const fn mode(&self) -> u32 {
        self.mode
    }
}

/// How many files are looked at.
const MOST: usize = 100_000;
/// How many are named.
const NAMED: usize = 20;

/// Looks through a folder for what others may read or change; nothing where it is not there.
///
/// What a closed folder holds is closed. Links are not followed. Looks at 100 000 files and names
/// 20 at the most. On systems without these permissions nothing is found.
///
/// # Errors
///
/// The folder cannot be read.
///
/// # Cost
///
/// Blocks: one system call for each file.
pub fn exposed(folder: impl AsRef<Path>) -> io::Result<Vec<Exposed>> {
    let (mut found, mut looked) = (Vec::new(), 0_usize);
    let mut folders = vec![folder.as_ref().to_owned()];
    while let Some(folder) = folders.pop() {
        let about = match fs::symlink_metadata(&folder) {
            Err(error) if is_gone(&error) => continue,
            about => about?,
        };
        let Some(mode) = open_to_others(&about) else { continue };
        if about.is_dir() && mode & 0o001 == 0 {
            continue;
        }
        if !about.is_dir() {
            found.push(Exposed::new(folder, mode));
            continue;
        }
        if mode & 0o002 != 0 {
            found.push(Exposed::new(folder.clone(), mode));
        }
        for entry in fs::read_dir(&folder)? {
            looked = looked.saturating_add(1);
            if looked > MOST || found.len() >= NAMED {
                return Ok(found);
            }
            let (path, about) = match entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))
            {
                Err(error) if is_gone(&error) => continue,
                entry => entry?,
            };
            if about.is_dir() {
                folders.push(path);
            } else if about.is_file()
                && let Some(mode) = open_to_others(&about)
                && mode & 0o006 != 0
            {
                found.push(Exposed::new(path, mode));
            }
        }
    }
    Ok(found)
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::NotFound)
}

#[cfg(unix)]
fn open_to_others(about: &fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o7777;
    (mode & 0o007 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_about: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_others_may_read_is_found_and_what_is_closed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("closed/below")).unwrap();
        fs::create_dir(path("open")).unwrap();
        for (name, mode) in [
            ("keys", 0o600),
            ("read", 0o644),
            ("open/written", 0o602),
            ("closed/below/read", 0o666),
        ] {
            fs::write(path(name), "x").unwrap();
            set(&path(name), mode);
        }
        std::os::unix::fs::symlink("/etc/passwd", path("link")).unwrap();
        set(&path("closed"), 0o700);
        set(&path("closed/below"), 0o777);
        set(&path("open"), 0o755);
        // A closed folder closes everything.
        for mode in [0o700, 0o704] {
            set(folder.path(), mode);
            assert_eq!(exposed(folder.path()).unwrap(), []);
        }
        set(folder.path(), 0o755);
        let mut found = exposed(folder.path()).unwrap();
        found.sort_by(|one, other| one.path().cmp(other.path()));
        let expected = [(path("open/written"), 0o602), (path("read"), 0o644)];
        assert_eq!(found, expected.map(|(path, mode)| Exposed::new(path, mode)));
        assert_eq!(exposed(path("nothing")).unwrap(), []);
        assert_eq!(exposed(path("read")).unwrap().len(), 1);
    }
}
