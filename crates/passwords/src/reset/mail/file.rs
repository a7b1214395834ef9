//! Mails as files.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::reset::mail::message::Mail;
use crate::reset::mail::{Delivery, DeliveryError};

/// Writes each mail to a file of its own, `DATE-ID.eml`, for development and for mailers that watch
/// a folder.
///
/// Files appear whole, in the order of their names, and only their owner may read them: each holds
/// a link. At most 1,000 lie in the folder; then mails wait until some are taken away.
#[derive(Clone, Debug)]
pub struct FileDelivery {
    folder: PathBuf,
}

/// The folder holds as many mails as it may.
#[derive(Debug, thiserror::Error)]
#[error("the folder holds {MOST} mails: take some away")]
struct Full;

const MOST: usize = 1000;

impl FileDelivery {
    /// Uses a folder, which is made if need be, for its owner alone.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self { folder })
    }

    fn write(&self, mail: &Mail) -> io::Result<()> {
        let since = mail.date().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let name = format!("{:013}-{}", since.as_millis(), mail.id());
        let unfinished = self.folder.join(format!(".{name}.part"));
        let written = write_new(&unfinished, &mail.to_mime())
            .and_then(|()| fs::rename(&unfinished, self.folder.join(format!("{name}.eml"))));
        if written.is_err() {
            // What is left holds a link; an error here changes nothing about the first one.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }
}

impl Delivery for FileDelivery {
    fn deliver(&self, mail: &Mail) -> Result<(), DeliveryError> {
        let files = fs::read_dir(&self.folder).map_err(DeliveryError::later)?;
        if files.take(MOST).count() >= MOST {
            return Err(DeliveryError::later(Full));
        }
        self.write(mail).map_err(DeliveryError::later)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
