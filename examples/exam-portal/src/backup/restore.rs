//! How a backup becomes a data folder again: on trial, or for good.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_core::Clock;
use palisade_input_validation::upload::Jail;

use super::BackupError;
use super::content::{self, AUDIT, COPIES, DATABASE};
use super::manifest::{self, Manifest, Root};
use crate::store;
use crate::{folder, trail};

/// Restores a backup into a folder that is removed again.
pub(super) async fn on_trial(backup: &Path, scratch: &Path) -> Result<Manifest, BackupError> {
    let done = into(backup, scratch).await;
    match fs::remove_dir_all(scratch) {
        Err(error) if done.is_ok() => Err(BackupError::file(scratch)(error)),
        _ => done,
    }
}

/// Restores a backup into a data folder that is empty or not there, which has its name when all of it
/// is right.
pub(super) async fn restore(
    backup: &Path,
    data: &Path,
    clock: &Arc<dyn Clock>,
) -> Result<Manifest, BackupError> {
    let failed = BackupError::file(data);
    let is_there = data.exists();
    let unfinished = beside(data);
    for folder in [data, &unfinished] {
        let mut inside = fs::read_dir(folder).into_iter().flatten();
        if folder.is_file() || inside.next().is_some() {
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
    }
    let done = async {
        let manifest = into(backup, &unfinished).await?;
        trail::restored(&unfinished, &manifest.made_at, Arc::clone(clock)).await?;
        if is_there {
            fs::remove_dir(data).map_err(&failed)?;
        }
        fs::rename(&unfinished, data).map_err(&failed)?;
        Ok(manifest)
    };
    let done = done.await;
    if done.is_err() {
        // Why it failed says more than that this did.
        let _ = fs::remove_dir_all(&unfinished);
    }
    done
}

fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    data.with_file_name(name)
}

/// Writes a data folder from a backup and compares it with what the backup says of itself.
async fn into(backup: &Path, data: &Path) -> Result<Manifest, BackupError> {
    let manifest = Manifest::read(backup)?;
    nothing_else(backup, &manifest)?;
    let failed = BackupError::file(data);
    folder::make(&data.join(COPIES)).map_err(&failed)?;
    let source = Jail::at(backup).map_err(BackupError::file(backup))?;
    for (name, kept) in &manifest.files {
        let place = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !["", COPIES].contains(&place) {
            return Err(BackupError::changed(name, "has no place in a backup"));
        }
        let copied = content::copy(&source, name, &data.join(name));
        if copied.map_err(BackupError::file(&backup.join(name)))? != *kept {
            return Err(BackupError::changed(name, "is not what was kept"));
        }
    }
    let key = trail::verifier(data)?;
    let report = palisade_audit::restore(&backup.join(AUDIT), &data.join(AUDIT), &key, None)?;
    let audit = Root { events: report.size, root: report.root.to_string() };
    if audit != manifest.audit || !report.hashes {
        return Err(BackupError::changed(AUDIT, "holds other events than were kept"));
    }
    let found = store::examine(&data.join(DATABASE)).await?;
    if found.rows != manifest.rows {
        return Err(BackupError::changed(DATABASE, "holds other rows than were kept"));
    }
    for copy in &found.copies {
        let name = format!("{COPIES}/{}", copy.stored);
        if manifest.files.get(&name).is_none_or(|kept| kept.sha256 != copy.sha256) {
            return Err(BackupError::changed(&name, "is missing or is not what was uploaded"));
        }
    }
    for made in [data.join(COPIES), data.to_owned()] {
        content::sync_folder(&made).map_err(&failed)?;
    }
    Ok(manifest)
}

/// Refuses files that nobody kept.
fn nothing_else(backup: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let known: BTreeSet<&str> = manifest.files.keys().map(String::as_str).collect();
    for (folder, place) in [(backup.to_owned(), ""), (backup.join(COPIES), "copies/")] {
        let failed = BackupError::file(&folder);
        for entry in fs::read_dir(&folder).map_err(&failed)? {
            let name = entry.map_err(&failed)?.file_name();
            let name = format!("{place}{}", name.to_string_lossy());
            let ours = [AUDIT, COPIES, manifest::NAME].contains(&name.as_str());
            if !ours && !known.contains(name.as_str()) {
                return Err(BackupError::changed(&name, "was added"));
            }
        }
    }
    Ok(())
}
