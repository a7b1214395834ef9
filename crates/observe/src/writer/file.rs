//! A file that is set aside when it is full.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::output::{Failure, Output, whole};
use super::rotation::{Rotation, aside};

/// A file of lines with older ones beside it; see [`Rotation`].
///
/// One process writes it: a second one that opens it is refused, by a lock on `NAME.lock`. A line
/// that was torn by a crash is ended before the next one is written, and one that a full disk tears
/// is cut off. Where the file was deleted or renamed by somebody else, a new one is made.
///
/// A full file that cannot be set aside grows to twice its limit; what would not fit then is lost
/// and counted.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    rotation: Rotation,
    file: File,
    size: u64,
    troubles: u64,
    /// Held while this lives.
    _lock: File,
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process writes it.
    #[error("{}: another process writes this log; give this one another folder", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses it.
    #[error("{}: {source}; give a folder in which this process may write", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RotatingFile {
    /// Opens a file to append to it; its folder is made if it is missing.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(path: &Path, rotation: Rotation) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let lock = open(Path::new(&lock)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Busy { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let (file, size) = open_whole(path).map_err(failed)?;
        let path = path.to_owned();
        Ok(Self { path, rotation, file, size, troubles: 0, _lock: lock })
    }

    /// Sets the file aside and begins a new one.
    fn rotate(&mut self) -> io::Result<()> {
        // From the oldest on, so that a crash in between loses nothing but that one.
        for number in (0..self.rotation.kept()).rev() {
            let older = aside(&self.path, number.saturating_add(1));
            if let Err(error) = fs::rename(aside(&self.path, number), older)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
        }
        if self.rotation.kept() == 0 {
            fs::remove_file(&self.path)?;
        }
        (self.file, self.size) = open_whole(&self.path)?;
        Ok(())
    }

    /// Appends lines that fit, or tells how many bytes of whole lines did.
    fn append(&mut self, lines: &[u8]) -> Result<(), usize> {
        let mut written = 0_usize;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(count) if count > 0 => written = written.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    let whole = whole(lines, written);
                    self.size = self.size.saturating_add(bytes(whole));
                    if whole < written && self.file.set_len(self.size).is_err() {
                        // It cannot be cut: then it is ended before the next line.
                        self.size = self.size.saturating_add(bytes(written.saturating_sub(whole)));
                        self.troubles = self.troubles.saturating_add(1);
                        let _ = self.file.write(b"\n");
                    }
                    return Err(whole);
                }
            }
        }
        self.size = self.size.saturating_add(bytes(written));
        Ok(())
    }

    /// Returns how many of the first lines go into the file as it is; at least one does, if need be
    /// after a rotation.
    fn fitting(&mut self, lines: &[u8]) -> Result<usize, Failure> {
        let end = |from: usize| {
            let rest = lines.get(from..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            from.saturating_add(end.map_or(rest.len(), |end| end.saturating_add(1)))
        };
        let first = end(0);
        if self.rotation.is_due(self.size, bytes(first)) && self.rotate().is_err() {
            self.troubles = self.troubles.saturating_add(1);
            let twice = self.rotation.max_bytes().saturating_mul(2);
            if self.size.saturating_add(bytes(first)) > twice {
                return Err(Failure::after(0));
            }
            return Ok(first);
        }
        let mut fitting = first;
        while fitting < lines.len() {
            let next = end(fitting);
            let line = bytes(next.saturating_sub(fitting));
            if self.rotation.is_due(self.size.saturating_add(bytes(fitting)), line) {
                break;
            }
            fitting = next;
        }
        Ok(fitting)
    }

    /// Tells what somebody did to the file since it was opened.
    fn fate(&self) -> Fate {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let Ok(ours) = self.file.metadata() else { return Fate::Here };
            match fs::metadata(&self.path) {
                Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => Fate::Here,
                _ if ours.nlink() == 0 => Fate::Deleted,
                _ => Fate::Moved,
            }
        }
        #[cfg(not(unix))]
        {
            Fate::Here
        }
    }

    fn write_here(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let mut done = 0_usize;
        while let Some(rest) = lines.get(done..).filter(|rest| !rest.is_empty()) {
            let after = |written: usize| Failure::after(done.saturating_add(written));
            let fitting = self.fitting(rest).map_err(|failure| after(failure.written))?;
            self.append(rest.get(..fitting).unwrap_or(rest)).map_err(after)?;
            done = done.saturating_add(fitting);
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Here,
    Deleted,
    Moved,
}

impl Output for RotatingFile {
    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let written = self.write_here(lines);
        let fate = self.fate();
        if fate == Fate::Here {
            return written;
        }
        let Ok((file, size)) = open_whole(&self.path) else {
            self.troubles = self.troubles.saturating_add(1);
            // What went into a file that nobody can open any more is lost.
            return if fate == Fate::Deleted { Err(Failure::after(0)) } else { written };
        };
        (self.file, self.size) = (file, size);
        // A file that was deleted took along what was just written; one that was moved has it.
        if fate == Fate::Deleted { self.write_here(lines) } else { written }
    }

    fn troubles(&mut self) -> u64 {
        std::mem::take(&mut self.troubles)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o640);
    }
    options.open(path)
}

/// Opens a file and ends a line that a crash has torn; returns its size too.
fn open_whole(path: &Path) -> io::Result<(File, u64)> {
    let mut file = open(path)?;
    let mut size = file.metadata()?.len();
    // A device has no length and no end to look at.
    if size > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
            size = size.saturating_add(1);
        }
    }
    Ok((file, size))
}

fn bytes(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
