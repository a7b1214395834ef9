//! The key that signs the trail.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use palisade_audit::{KeyError, LogKey};
use palisade_passwords::{OsRandom, Random, RandomError};
use zeroize::Zeroizing;

use crate::folder;

/// What checkpoints of the portal begin with.
const NAME: &str = "exam-portal/audit";

/// Why the trail has no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TrailKeyError {
    #[error("key {path:?}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error(
        "key {0:?} is not 64 hexadecimal digits: put back the one that was made with the trail"
    )]
    Hex(PathBuf),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("no key can be made: {0}")]
    Random(#[from] RandomError),
}

/// Reads the key in the data folder; makes it if it is not there.
pub(super) fn of_folder(data: &Path) -> Result<LogKey, TrailKeyError> {
    let path = data.join("audit.key");
    let failed = |source| TrailKeyError::File { path: path.clone(), source };
    folder::make(data).map_err(failed)?;
    if !path.exists() {
        let mut seed = Zeroizing::new([0; 32]);
        OsRandom::new().fill(&mut *seed)?;
        match make(&path, &seed) {
            // Another start was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made.map_err(failed)?,
        }
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(failed)?);
    let seed = seed(text.trim()).ok_or_else(|| TrailKeyError::Hex(path.clone()))?;
    Ok(LogKey::from_seed(NAME, &seed)?)
}

fn make(path: &Path, seed: &[u8; 32]) -> io::Result<()> {
    let digits: Vec<String> = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = Zeroizing::new(digits.concat());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", *line)?;
    file.sync_all()
}

fn seed(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut seed = Zeroizing::new([0; 32]);
    if pairs.len() != seed.len() {
        return None;
    }
    for (byte, pair) in seed.iter_mut().zip(pairs) {
        let digits = std::str::from_utf8(pair).ok().filter(|digits| !digits.starts_with('+'))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(seed)
}
