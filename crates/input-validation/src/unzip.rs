//! Archives, within bounds.

use std::io::{self, Read, Seek};

use thiserror::Error;
use zip::ZipArchive;

use crate::FileName;

/// How much is taken out of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnzipLimits {
    /// The most bytes of all entries, as they are read: 256 MiB.
    pub bytes: u64,
    /// The most entries: 1,000.
    pub entries: usize,
    /// The most folders above an entry: 8.
    pub folders: usize,
    /// The most bytes of an entry for each byte that it takes in the archive, beyond its first MiB:
    /// 100.
    pub ratio: u64,
}

impl Default for UnzipLimits {
    fn default() -> Self {
        Self { bytes: 256 * 1024 * 1024, entries: 1_000, folders: 8, ratio: 100 }
    }
}

/// Why an archive is not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UnzipError {
    /// It cannot be read, is encrypted, or packed in a way that is not known.
    #[error("an archive is damaged or of another kind")]
    Damaged,
    /// It could not be read, or an entry not be taken.
    #[error("an archive could not be read")]
    Io(#[from] io::Error),
    /// An entry is a link or a device.
    #[error("an archive holds something other than files and folders")]
    Kind,
    /// An entry's name is a way out, occurs twice, or is no name.
    #[error("an archive holds an entry whose name is not taken")]
    Name,
    /// Entries share bytes of the archive, as in a bomb.
    #[error("entries of an archive overlap")]
    Overlap,
    /// More bytes, entries or folders than the limits, or packed more densely.
    #[error("an archive holds more than is taken")]
    TooLarge,
}

/// Reads every file of a ZIP, handing each on as a path of file names and a reader of its bytes.
///
/// Nothing is written: that is for `each`, whose names are safe below a folder, and best kept in a
/// jail. Bytes are counted as they come, whatever the archive says of itself; an archive in it is
/// a file like any other and stays closed.
///
/// # Errors
///
/// [`UnzipError`]; before anything is handed on where names, kinds or counts are wrong, else when a
/// limit is reached.
///
/// # Example
///
/// ```no_run
/// use palisade_input_validation::{UnzipLimits, unzip};
///
/// let archive = std::fs::File::open("scans.zip")?;
/// unzip(archive, &UnzipLimits::default(), |path, bytes| {
///     println!("{} has {} bytes", path.join("/"), std::io::copy(bytes, &mut std::io::sink())?);
///     Ok(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn unzip(
    archive: impl Read + Seek,
    limits: &UnzipLimits,
    mut each: impl FnMut(&[&str], &mut dyn Read) -> io::Result<()>,
) -> Result<(), UnzipError> {
    let mut archive = ZipArchive::new(archive).map_err(|_| UnzipError::Damaged)?;
    if archive.len() > limits.entries {
        return Err(UnzipError::TooLarge);
    }
    let overlap = archive.has_overlapping_entries().map_err(|_| UnzipError::Damaged)?;
    if overlap {
        return Err(UnzipError::Overlap);
    }
    let names = names(&mut archive, limits)?;
    let mut left = limits.bytes;
    for (position, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let entry = archive.by_index(position).map_err(|_| UnzipError::Damaged)?;
        let packed = entry.compressed_size().saturating_mul(limits.ratio);
        let most = packed.saturating_add(1024 * 1024).min(left);
        let mut counted = Counted { inner: entry, left: most, is_over: false };
        let path: Vec<&str> = name.split('/').collect();
        let taken = each(&path, &mut counted);
        // What was not read counts too: it is there.
        let rest = taken.and_then(|()| io::copy(&mut counted, &mut io::sink()));
        if counted.is_over {
            return Err(UnzipError::TooLarge);
        }
        rest?;
        left = left.saturating_sub(most.saturating_sub(counted.left));
    }
    Ok(())
}

/// Looks at every entry before any is read; a folder has no name here.
fn names<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    limits: &UnzipLimits,
) -> Result<Vec<Option<String>>, UnzipError> {
    let mut names = Vec::with_capacity(archive.len());
    let mut seen = std::collections::HashSet::new();
    if archive.has_duplicate_names() {
        return Err(UnzipError::Name);
    }
    for position in 0..archive.len() {
        let entry = archive.by_index_raw(position).map_err(|_| UnzipError::Damaged)?;
        let name = entry.name().map_err(|_| UnzipError::Name)?;
        let (path, is_folder) = match name.strip_suffix('/') {
            Some(path) => (path, true),
            None => (&*name, false),
        };
        let parts: Vec<&str> = path.split('/').collect();
        if parts.len() > limits.folders.saturating_add(1) {
            return Err(UnzipError::TooLarge);
        }
        // A name that would be stored as another is none.
        let known = |part: &&str| FileName::parse(part).is_ok_and(|name| name.as_str() == *part);
        if !parts.iter().all(known) {
            return Err(UnzipError::Name);
        }
        // The upper four bits of a mode of Unix: a file, a folder, or something else.
        let unix = entry.unix_mode().map_or(0, |mode| mode & 0o170_000);
        let fits =
            if is_folder { matches!(unix, 0 | 0o040_000) } else { matches!(unix, 0 | 0o100_000) };
        if !fits || entry.is_symlink() || entry.encrypted() {
            return Err(UnzipError::Kind);
        }
        // Systems that ignore case store two names in one place.
        if !is_folder && !seen.insert(path.to_lowercase()) {
            return Err(UnzipError::Name);
        }
        names.push((!is_folder).then(|| path.to_owned()));
    }
    Ok(names)
}

/// Counts real bytes.
struct Counted<R> {
    inner: R,
    left: u64,
    is_over: bool,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        let Some(left) = self.left.checked_sub(bytes) else {
            self.is_over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        Ok(count)
    }
}
