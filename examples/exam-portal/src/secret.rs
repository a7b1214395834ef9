//! The key that is made where the operator gives none.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use palisade_passwords::{OsRandom, Random, RandomError, SecretKeyError, SecretKeys};
use zeroize::Zeroizing;

use crate::folder;

/// Why there is no secret key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SecretError {
    #[error("secret key {path:?}: {source}; give one by --secret-key-file")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the secret key in the data folder is none: {0}")]
    Key(#[from] SecretKeyError),
    #[error("no secret key can be made: {0}")]
    Random(#[from] RandomError),
}

/// Reads the key in the data folder; makes folder and key if they are not there.
pub(crate) fn of_folder(data: &Path) -> Result<SecretKeys, SecretError> {
    let path = data.join("secret.key");
    let failed = |source| SecretError::File { path: path.clone(), source };
    if path.exists() {
        return Ok(SecretKeys::from_file(&path)?);
    }
    folder::make(data).map_err(failed)?;
    match make(&path)? {
        Made::Already => {}
        Made::Failed(source) => return Err(failed(source)),
        Made::Now => tracing::warn!(
            "a secret key was made in the data folder; for real users give one by --secret-key-file"
        ),
    }
    Ok(SecretKeys::from_file(&path)?)
}

enum Made {
    Already,
    Failed(std::io::Error),
    Now,
}

/// Of programs that start at once, one makes it: it gets its name when it is whole.
fn make(path: &Path) -> Result<Made, RandomError> {
    let mut bytes = Zeroizing::new([0; 36]);
    OsRandom::new().fill(&mut *bytes)?;
    let (name, secret) = bytes.split_at(4);
    let hex = |bytes: &[u8]| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(digits.concat())
    };
    let unfinished = path.with_extension(format!("{}.new", *hex(name)));
    let written = write(&unfinished, &hex(secret)).and_then(|()| fs::hard_link(&unfinished, path));
    // Nothing refers to it any more.
    let _ = fs::remove_file(&unfinished);
    Ok(match written {
        Ok(()) => Made::Now,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Made::Already,
        Err(error) => Made::Failed(error),
    })
}

fn write(path: &Path, line: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{line}")?;
    file.sync_all()
}
