//! Backups: the database, the scanned copies and the audit trail of one moment in a folder of their
//! own, restored on trial before they count.

mod content;
mod error;
mod make;
mod manifest;
mod restore;
mod set;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_core::Clock;
use serde::Serialize;

pub(crate) use error::BackupError;
use manifest::Manifest;
use set::Set;

/// What is done with backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BackupTask {
    /// Makes one in the folder `to`, and removes older ones that nothing keeps.
    Make { to: PathBuf, keep: Keep },
    /// Brings one into the data folder, which is empty or not there.
    Restore { from: PathBuf },
    /// Restores one on trial.
    Verify { of: PathBuf },
}

/// Which backups are kept beside the newest: those that one of the two keeps, all without both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// So many, the newest.
    pub(crate) newest: Option<usize>,
    /// Those that are no older than so many days.
    pub(crate) days: Option<u32>,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The backup.
    pub(crate) backup: PathBuf,
    #[serde(flatten)]
    pub(crate) manifest: Manifest,
    /// Older backups that were removed.
    pub(crate) removed: Vec<String>,
}

impl Report {
    /// Says it in a line.
    pub(crate) fn line(&self) -> String {
        let Self { backup, manifest, removed } = self;
        let rows: u64 = manifest.rows.values().fold(0, |sum, rows| sum.saturating_add(*rows));
        let removed = match removed.len() {
            0 => String::new(),
            many => format!("; {many} older removed"),
        };
        format!(
            "{}: whole, of {}: {rows} rows, {} files of {} bytes, {} events, root {}{removed}",
            backup.display(),
            manifest.made_at,
            manifest.files.len(),
            manifest.bytes(),
            manifest.audit.events,
            manifest.audit.root,
        )
    }
}

/// Does a task; `tell` hears how far it is.
pub(crate) async fn run(
    data: &Path,
    task: &BackupTask,
    clock: &Arc<dyn Clock>,
    tell: &dyn Fn(&str),
) -> Result<Report, BackupError> {
    match task {
        BackupTask::Make { to, keep } => {
            let set = Set::open(to)?;
            let now = clock.wall();
            let made = make::make(data, &set.partial(), now, tell).await?;
            tell("restoring it on trial");
            restore::on_trial(&set.partial(), &set.scratch()).await?;
            let backup = set.admit(now)?;
            let removed = set.retire(*keep, now)?;
            Ok(Report { backup, manifest: made, removed })
        }
        BackupTask::Verify { of } => {
            let (set, backup) = set::find(of)?;
            let manifest = restore::on_trial(&backup, &set.scratch()).await?;
            Ok(Report { backup, manifest, removed: Vec::new() })
        }
        BackupTask::Restore { from } => {
            let (_set, backup) = set::find(from)?;
            let manifest = restore::restore(&backup, data, clock).await?;
            Ok(Report { backup, manifest, removed: Vec::new() })
        }
    }
}
