//! The folder that holds backups, each named by its time.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{BackupError, Keep, content, manifest};
use crate::folder;

const NAME: &str = "portal-%Y%m%dT%H%M%SZ";
const LOCK: &str = ".lock";
const PARTIAL: &str = ".partial";
const REMOVING: &str = ".removing";
const SCRATCH: &str = ".scratch";

/// A folder of backups that one command works in.
#[derive(Debug)]
pub(super) struct Set {
    folder: PathBuf,
    /// Locked until it is closed.
    _lock: File,
}

/// Finds a backup: the one that is named, or the newest in a folder of them.
pub(super) fn find(path: &Path) -> Result<(Set, PathBuf), BackupError> {
    let missing = || BackupError::Missing(path.to_owned());
    if path.join(manifest::NAME).is_file() {
        let backup = path.canonicalize().map_err(BackupError::file(path))?;
        let set = Set::open(backup.parent().ok_or_else(missing)?)?;
        return Ok((set, backup));
    }
    if !path.is_dir() {
        return Err(missing());
    }
    // A folder without any is not ours to write into.
    let newest = backups(path)?.pop().ok_or_else(missing)?;
    Ok((Set::open(path)?, path.join(newest.name)))
}

struct Backup {
    name: String,
    at: Timestamp,
}

impl Set {
    /// Opens a folder, which is made if it is not there, and removes what a crash has left in it.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let failed = BackupError::file(path);
        folder::make(path).map_err(&failed)?;
        let options = File::options().create(true).truncate(false).write(true).to_owned();
        let lock = options.open(path.join(LOCK)).map_err(&failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Busy(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let set = Self { folder: path.to_owned(), _lock: lock };
        for left in [PARTIAL, REMOVING, SCRATCH] {
            let left = set.folder.join(left);
            if left.exists() {
                fs::remove_dir_all(&left).map_err(BackupError::file(&left))?;
            }
        }
        Ok(set)
    }

    /// Where a backup is written.
    pub(super) fn partial(&self) -> PathBuf {
        self.folder.join(PARTIAL)
    }

    /// Where a backup is restored on trial.
    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.join(SCRATCH)
    }

    /// Gives the backup that was written its name.
    pub(super) fn admit(&self, now: SystemTime) -> Result<PathBuf, BackupError> {
        let at = Timestamp::try_from(now).unwrap_or(Timestamp::MAX);
        let path = self.folder.join(at.strftime(NAME).to_string());
        let named = match path.try_exists() {
            Ok(true) => Err(ErrorKind::AlreadyExists.into()),
            Ok(false) => fs::rename(self.partial(), &path),
            Err(error) => Err(error),
        };
        let named = named.and_then(|()| content::sync_folder(&self.folder));
        named.map_err(BackupError::file(&path))?;
        Ok(path)
    }

    /// Removes the backups that nothing keeps; returns their names. The newest stays.
    pub(super) fn retire(&self, keep: Keep, now: SystemTime) -> Result<Vec<String>, BackupError> {
        if keep == Keep::default() {
            return Ok(Vec::new());
        }
        let now = Timestamp::try_from(now).unwrap_or(Timestamp::MAX);
        let backups = backups(&self.folder)?;
        let mut removed = Vec::new();
        for (rank, backup) in backups.iter().rev().enumerate().skip(1) {
            let days = |days| SignedDuration::from_hours(i64::from(days).saturating_mul(24));
            let among_newest = keep.newest.is_some_and(|newest| rank < newest);
            let young = keep.days.is_some_and(|most| now.duration_since(backup.at) <= days(most));
            if among_newest || young {
                continue;
            }
            let path = self.folder.join(&backup.name);
            let removing = self.folder.join(REMOVING);
            // Without its name it is no backup, even if it cannot be removed to its end.
            let gone = fs::rename(&path, &removing).and_then(|()| fs::remove_dir_all(&removing));
            gone.map_err(BackupError::file(&path))?;
            removed.push(backup.name.clone());
        }
        Ok(removed)
    }
}

/// Lists the backups in a folder, oldest first.
fn backups(folder: &Path) -> Result<Vec<Backup>, BackupError> {
    let failed = BackupError::file(folder);
    let mut backups = Vec::new();
    for entry in fs::read_dir(folder).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let at = DateTime::strptime(NAME, &name).ok().map(|at| at.to_zoned(TimeZone::UTC));
        if let Some(Ok(at)) = at
            && entry.path().join(manifest::NAME).is_file()
        {
            backups.push(Backup { name, at: at.timestamp() });
        }
    }
    backups.sort_by_key(|backup| backup.at);
    Ok(backups)
}
