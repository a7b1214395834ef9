//! Files on their way, counted and hashed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use palisade_input_validation::upload::Jail;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::SQLITE_FILE;

/// The database, in the data folder and in a backup.
pub(super) const DATABASE: &str = SQLITE_FILE;

/// The folder of events, in the data folder and in a backup.
pub(super) const AUDIT: &str = "audit";

/// The folder of scanned copies, in the data folder and in a backup.
pub(super) const COPIES: &str = "copies";

/// What else is kept, where it is there: without them nobody continues the trail or reads the sessions.
pub(super) const KEYS: [&str; 3] = ["audit.key", "audit.vkey", "secret.key"];

/// What a file was when it was kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Copies a file into a new one that is durable when this returns.
pub(super) fn copy(from: &Jail, name: &str, to: &Path) -> io::Result<Sealed> {
    let file = from.open(name)?;
    let mut target = new_file(to)?;
    let sealed = read(file, |bytes| target.write_all(bytes))?;
    target.sync_all()?;
    Ok(sealed)
}

/// Reads a file to its end.
pub(super) fn seal(from: &Jail, name: &str) -> io::Result<Sealed> {
    read(from.open(name)?, |_| Ok(()))
}

/// Makes a file that is not there yet, for this user alone.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn read(mut file: File, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Sealed> {
    let (mut bytes, mut digest) = (0_u64, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
        take(part)?;
        bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    let digits: Vec<String> = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Sealed { bytes, sha256: digits.concat() })
}
