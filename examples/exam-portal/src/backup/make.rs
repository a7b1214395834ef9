//! How a backup is made, while the portal serves.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use palisade_input_validation::upload::Jail;

use super::BackupError;
use super::content::{self, AUDIT, COPIES, DATABASE, KEYS};
use super::manifest::{Manifest, Root};
use crate::store;
use crate::students::written;
use crate::{folder, trail};

/// The trail is signed each second; what was acknowledged before the database was copied is signed then.
const SIGNED: Duration = Duration::from_secs(2);

/// Writes a backup into a new folder.
pub(super) async fn make(
    data: &Path,
    into: &Path,
    now: SystemTime,
    tell: &dyn Fn(&str),
) -> Result<Manifest, BackupError> {
    if !data.join(DATABASE).exists() || !data.join(AUDIT).exists() {
        return Err(BackupError::NoPortal(data.to_owned()));
    }
    let failed = BackupError::file(into);
    folder::make(&into.join(COPIES)).map_err(&failed)?;
    let source = Jail::at(data).map_err(BackupError::file(data))?;
    let target = Jail::at(into).map_err(&failed)?;

    let database = into.join(DATABASE);
    store::snapshot(data, &database).await?;
    let found = store::examine(&database).await?;
    let mut files = BTreeMap::new();
    files.insert(DATABASE.to_owned(), content::seal(&target, DATABASE).map_err(&failed)?);
    tell(&format!("the database is copied, {} copies follow", found.copies.len()));

    // A copy is there before the database knows of it, and is never changed.
    for (number, kept) in found.copies.iter().enumerate() {
        let name = format!("{COPIES}/{}", kept.stored);
        let copied = content::copy(&source, &name, &into.join(&name));
        let sealed = copied.map_err(BackupError::file(&data.join(&name)))?;
        if sealed.sha256 != kept.sha256 {
            return Err(BackupError::changed(&name, "is not what was uploaded"));
        }
        files.insert(name, sealed);
        if number % 100 == 99 {
            tell(&format!("copies: {} of {}", number.saturating_add(1), found.copies.len()));
        }
    }
    for name in KEYS {
        match content::copy(&source, name, &into.join(name)) {
            Ok(sealed) => drop(files.insert(name.to_owned(), sealed)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(BackupError::file(&data.join(name))(error)),
        }
    }
    tokio::time::sleep(SIGNED).await;
    let key = trail::verifier(data)?;
    let report = palisade_audit::backup(&data.join(AUDIT), &into.join(AUDIT), &key)?;
    let audit = Root { events: report.size, root: report.root.to_string() };
    let manifest = Manifest::new(written(now), audit, found.rows, files);
    manifest.write(into)?;
    for made in [into.join(COPIES), into.to_owned()] {
        content::sync_folder(&made).map_err(&failed)?;
    }
    Ok(manifest)
}
