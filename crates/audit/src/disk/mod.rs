//! What the log asks of a file system: one folder, files that grow at their end.

mod real;
#[cfg(test)]
pub(crate) mod sim;
mod timed;

use std::fmt;
use std::io;

pub(crate) use real::RealDisk;
pub(crate) use timed::TimedDisk;

/// One folder. Nothing is durable before it is synced: contents by [`Output::sync`], names by
/// [`sync_folder`](Self::sync_folder).
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// Returns the names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Returns the length of a file; `None` if there is none.
    fn length(&self, name: &str) -> io::Result<Option<u64>>;

    /// Appends up to `length` bytes of a file; fewer only at its end.
    fn read_into(
        &self,
        name: &str,
        offset: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<()>;

    /// Reads up to `length` bytes; fewer only at the end of the file.
    fn read(&self, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(name, offset, length, &mut bytes)?;
        Ok(bytes)
    }

    /// Makes a file that must not exist.
    fn create(&self, name: &str) -> io::Result<Box<dyn Output>>;

    /// Opens a file at its end.
    fn append(&self, name: &str) -> io::Result<Box<dyn Output>>;

    /// Renames a file over another.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; that there is none is no error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable.
    fn sync_folder(&self) -> io::Result<()>;
}

/// A file that is written at its end.
pub(crate) trait Output: fmt::Debug + Send {
    /// Writes all of the bytes, or an unknown part of them and an error.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written durable. After an error it is unknown what is, for good: the system may
    /// have forgotten what it could not write.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Says whether the file still has a name.
    fn is_linked(&self) -> io::Result<bool>;
}

/// Says whether there was no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

/// Reads a file that is small; `None` if there is none.
pub(crate) fn read_small(disk: &dyn Disk, name: &str) -> io::Result<Option<Vec<u8>>> {
    const SMALL: usize = 1 << 20;
    match disk.length(name)? {
        Some(_) => disk.read(name, 0, SMALL).map(Some),
        None => Ok(None),
    }
}

/// Writes a file whole or not at all.
pub(crate) fn replace(disk: &dyn Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new = format!("{name}.new");
    disk.remove(&new)?;
    let mut file = disk.create(&new)?;
    file.write(bytes)?;
    file.sync()?;
    disk.rename(&new, name)?;
    disk.sync_folder()
}
