//! A folder of the operating system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Disk, Output};

#[derive(Clone, Debug)]
pub(crate) struct RealDisk {
    folder: PathBuf,
}

#[derive(Debug)]
struct RealOutput {
    file: File,
}

impl RealDisk {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Makes the folder, for this user's eyes alone, where it is missing.
    pub(crate) fn make(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)
    }

    /// Holds the folder for one writer, as long as the file is open.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = owned(options.create(true).write(true)).open(self.path("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Files are for this user's eyes alone.
fn owned(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk for RealDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // The log's own names are ASCII; others are not its own.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        Ok(missing(fs::metadata(self.path(name)))?.map(|metadata| metadata.len()))
    }

    fn read_into(
        &self,
        name: &str,
        offset: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        /// Not on the word of a number that a file has brought.
        const AT_ONCE: usize = 1 << 20;
        let mut file = File::open(self.path(name))?;
        file.seek(SeekFrom::Start(offset))?;
        out.reserve(length.min(AT_ONCE));
        file.take(u64::try_from(length).unwrap_or(u64::MAX)).read_to_end(out).map(drop)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        let mut options = OpenOptions::new();
        let file = owned(options.append(true).create_new(true)).open(self.path(name))?;
        Ok(Box::new(RealOutput { file }))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Output>> {
        let file = OpenOptions::new().append(true).open(self.path(name))?;
        Ok(Box::new(RealOutput { file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        missing(fs::remove_file(self.path(name))).map(drop)
    }

    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Other systems have no handle of a folder; their names are in the journal of the file system.
    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Output for RealOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    #[cfg(unix)]
    fn is_linked(&self) -> io::Result<bool> {
        Ok(std::os::unix::fs::MetadataExt::nlink(&self.file.metadata()?) > 0)
    }

    #[cfg(not(unix))]
    fn is_linked(&self) -> io::Result<bool> {
        Ok(true)
    }
}
