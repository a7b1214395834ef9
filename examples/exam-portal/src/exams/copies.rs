//! Scanned copies: files in a folder of their own.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_input_validation::upload::{FileKind, Jail, Uploads};
use palisade_input_validation::{Check, Line};
use serde::Deserialize;

use crate::folder;

/// The folder of copies.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    jail: Arc<Jail>,
}

impl Copies {
    /// Field of the form that holds the file.
    const FIELD: &'static str = "file";
    const KINDS: &'static [FileKind] = &[FileKind::Jpeg, FileKind::Pdf, FileKind::Png];
    const MAX_BYTES: u64 = 10 * 1024 * 1024;

    /// Longer than any upload: a request has 30 seconds.
    const ABANDONED: Duration = Duration::from_hours(1);

    /// Opens the folder in the data folder, and removes what a crash has left half-written.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let jail = Self::make(&data.join("copies"))?;
        jail.remove_drafts()?;
        Ok(Self { jail: Arc::new(jail) })
    }

    /// Opens a folder in which other instances are at work, and removes what nobody writes any more.
    pub(crate) fn share(folder: &Path, now: SystemTime) -> io::Result<Self> {
        let jail = Self::make(folder)?;
        jail.remove_drafts_before(now.checked_sub(Self::ABANDONED).unwrap_or(now))?;
        Ok(Self { jail: Arc::new(jail) })
    }

    fn make(folder: &Path) -> io::Result<Jail> {
        folder::make(folder)?;
        Jail::at(folder)
    }

    pub(crate) fn jail(&self) -> Arc<Jail> {
        Arc::clone(&self.jail)
    }

    /// What a form with a copy may hold.
    pub(crate) fn uploads(&self) -> Uploads {
        Uploads::into_jail(self.jail()).file(Self::FIELD, Self::KINDS, Self::MAX_BYTES)
    }
}

/// What comes with the file.
#[derive(Check, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CopyForm {
    pub(crate) student_code: Option<Line<32>>,
}

/// A copy that was kept.
#[derive(Debug)]
pub(crate) struct NewCopy<'a> {
    pub(crate) student: Option<&'a str>,
    pub(crate) stored: &'a str,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) sha256: &'a str,
    pub(crate) bytes: i64,
}

/// A copy as the database has it.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) student: Option<String>,
    pub(crate) stored: String,
    pub(crate) file_name: Option<String>,
}
