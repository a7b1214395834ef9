//! Where mail goes.

use std::path::{Path, PathBuf};

use palisade_passwords::reset::{SmtpDelivery, SmtpUrlError};

use super::mistake::{Mistake, Mistakes};
use super::value::Wrong;

/// What becomes of mails.
#[derive(Clone, Debug)]
pub(crate) enum MailTo {
    /// Files in this folder.
    Folder(PathBuf),
    Smtp(SmtpDelivery),
}

/// Decides between the two settings, of which `outbox` in the data folder is the default; both at
/// once are a mistake.
pub(super) fn of(
    folder: Option<PathBuf>,
    smtp: Option<SmtpDelivery>,
    data: &Path,
    mistakes: &mut Mistakes,
) -> MailTo {
    match (folder, smtp) {
        (Some(_), Some(smtp)) => {
            let wrong = "stands beside --mail";
            mistakes.add(Mistake::new(&"--smtp", wrong, "give one of the two"));
            MailTo::Smtp(smtp)
        }
        (None, Some(smtp)) => MailTo::Smtp(smtp),
        (folder, None) => MailTo::Folder(folder.unwrap_or_else(|| data.join("outbox"))),
    }
}

/// Reads the URL of a server; no refusal repeats any part of it.
pub(super) fn smtp(url: &str) -> Result<SmtpDelivery, Wrong> {
    SmtpDelivery::from_url(url).map_err(|error| match error {
        SmtpUrlError::Plain => Wrong::Hidden {
            what: "is of a connection that others can read",
            instead: "write smtps://HOST, or smtp://HOST?tls=required; smtp:// alone is for this machine",
        },
        _ => Wrong::Hidden {
            what: "is not a URL of a mail server",
            instead: "write smtps://USER:PASSWORD@HOST:PORT, or smtp://HOST:PORT?tls=required",
        },
    })
}
