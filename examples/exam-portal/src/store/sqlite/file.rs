//! The data folder and the database file in it, for this user's eyes alone.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::header::{self, Header};
use crate::folder;
use crate::store::OpenError;
use crate::store::migrations::VERSION;

/// The database file in the data folder.
pub(crate) const NAME: &str = "portal.sqlite3";

/// Makes folder and file where they are missing and looks at what is there before anybody opens it.
pub(super) fn prepare(data: &Path) -> Result<PathBuf, OpenError> {
    let of_folder = |source| OpenError::Folder { path: data.to_owned(), source };
    let path = data.join(NAME);
    match fs::metadata(data) {
        Ok(found) if !found.is_dir() => {
            return Err(OpenError::NotAFolder { path: data.to_owned() });
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            folder::make(data).map_err(of_folder)?;
        }
        Err(error) => return Err(of_folder(error)),
    }
    let of_file = |source| OpenError::File { path: path.clone(), source };
    match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => look(file, &path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            folder::make_file(&path).map_err(of_folder)?;
        }
        Err(error) => return Err(of_file(error)),
    }
    Ok(path)
}

fn look(mut file: File, path: &Path) -> Result<(), OpenError> {
    let of_file = |source| OpenError::File { path: path.to_owned(), source };
    let length = file.metadata().map_err(of_file)?.len();
    let mut start = Vec::with_capacity(header::LENGTH);
    let wanted = u64::try_from(header::LENGTH).unwrap_or(u64::MAX);
    file.by_ref().take(wanted).read_to_end(&mut start).map_err(of_file)?;
    let place = OpenError::place(path);
    match header::inspect(&start, length) {
        Header::Damaged(what) => Err(OpenError::Damaged { place, what: what.to_owned() }),
        Header::Foreign => Err(OpenError::Foreign { place }),
        Header::Ours(found) if found > VERSION => {
            Err(OpenError::Newer { place, found, known: VERSION })
        }
        Header::Empty | Header::Ours(_) => Ok(()),
    }
}
