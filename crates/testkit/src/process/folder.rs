//! Temporary folders that no interrupted run leaves behind for long.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::Error;
use crate::process::signal::current_user;

/// A fresh folder, removed with all that is in it when dropped.
///
/// A process that is killed cannot remove its folders; the next process that makes one does.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes a folder whose name starts with the given word.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be made.
    pub fn new(name: &str) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let _whole = alone();
        let path = run_folder()?.join(format!("{name}-{number}"));
        fs::create_dir(&path).map_err(Error::io(format!("create {}", path.display())))?;
        Ok(Self { path })
    }

    /// Returns where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        // The folder of the run goes with the last folder in it; until then it is not empty.
        let _whole = alone();
        if let Some(run) = self.path.parent() {
            let _ = fs::remove_dir(run);
        }
    }
}

/// Keeps one thread from removing the folder of the run while another makes a folder in it.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the folder that all test processes of this user share.
pub(crate) fn shared_root() -> Result<PathBuf, Error> {
    let user = current_user();
    let root = env::temp_dir().join(format!("palisade-testkit-{user}"));
    match fs::DirBuilder::new().mode(0o755).create(&root) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::io(format!("create {}", root.display()))(error));
        }
        _ => {}
    }
    // The name is known to everybody: another user may have been there first.
    let found = fs::symlink_metadata(&root).map_err(Error::io("look at the shared folder"))?;
    if !found.is_dir() || found.uid() != user {
        return Err(Error::answer(format!("use {}", root.display()), "it belongs to someone else"));
    }
    Ok(root)
}

/// Returns this process's own folder, which is locked as long as the process lives.
fn run_folder() -> Result<PathBuf, Error> {
    static RUN: OnceLock<Result<(PathBuf, File), String>> = OnceLock::new();
    let run = RUN.get_or_init(|| {
        let root = shared_root().map_err(|error| format!("{error:?}"))?;
        sweep(&root);
        claim(&root).map_err(|error| error.to_string())
    });
    let (path, _lock) =
        run.as_ref().map_err(|error| Error::answer("make a folder for this run", error))?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::io(format!("create {}", path.display()))(error))
        }
        _ => Ok(path.clone()),
    }
}

fn claim(root: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..100 {
        let name = format!("run-{}-{attempt}", process::id());
        let lock = File::create(root.join(format!("{name}.lock")))?;
        // A sweep that saw the file before it was locked has taken it away: take the next name.
        if lock.try_lock().is_ok() && lock.metadata()?.nlink() > 0 {
            return Ok((root.join(name), lock));
        }
    }
    Err(io::Error::other("no free name"))
}

/// Removes the folders of processes that no longer live, which their unlocked files show.
fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let lock_path = entry.path();
        let is_run = entry.file_name().to_string_lossy().starts_with("run-");
        if !is_run || lock_path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(lock) = File::open(&lock_path) else { continue };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(lock_path.with_extension(""));
            let _ = fs::remove_file(&lock_path);
        }
    }
}
