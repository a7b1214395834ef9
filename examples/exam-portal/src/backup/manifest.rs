//! What a backup says of itself.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use palisade_input_validation::upload::Jail;
use serde::{Deserialize, Serialize};

use super::BackupError;
use super::content::{self, Sealed};

/// The file that says it; without it a folder is no backup.
pub(super) const NAME: &str = "manifest.json";

/// The form of backups that this program writes and reads.
const FORMAT: u32 = 1;

/// A million copies take less.
const MOST: u64 = 256 << 20;

/// What stands in a backup, but for the events, which their root covers.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(super) format: u32,
    /// The program that made it.
    pub(super) program: String,
    /// When, RFC 3339.
    pub(crate) made_at: String,
    pub(crate) audit: Root,
    /// The rows of each table of the database.
    pub(crate) rows: BTreeMap<String, u64>,
    /// The files by their paths in the backup.
    pub(crate) files: BTreeMap<String, Sealed>,
}

/// The events, by number and Merkle root.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Root {
    pub(crate) events: u64,
    pub(crate) root: String,
}

impl Manifest {
    pub(super) fn new(
        made_at: String,
        audit: Root,
        rows: BTreeMap<String, u64>,
        files: BTreeMap<String, Sealed>,
    ) -> Self {
        let program = concat!("exam-portal ", env!("CARGO_PKG_VERSION")).to_owned();
        Self { format: FORMAT, program, made_at, audit, rows, files }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Reads the manifest of a backup.
    pub(super) fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(NAME);
        let failed = BackupError::file(&path);
        let file = Jail::at(backup).and_then(|jail| jail.open(NAME)).map_err(&failed)?;
        let mut text = Vec::new();
        file.take(MOST).read_to_end(&mut text).map_err(&failed)?;
        let wrong = |what: String| BackupError::Manifest { path: path.clone(), what };
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("is not what a backup says of itself: {error}")))?;
        if manifest.format != FORMAT {
            let found = manifest.format;
            return Err(wrong(format!("is of form {found}, this program reads form {FORMAT}")));
        }
        Ok(manifest)
    }

    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let path = backup.join(NAME);
        let written = content::new_file(&path).and_then(|mut file: File| {
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
        written.map_err(BackupError::file(&path))
    }
}
