//! Who is told of errors.

use std::fs;

use palisade_observe::capture::{Authorities, Dsn, SentrySink};

use super::mistake::quote;
use super::value::Wrong;

/// A project of Sentry, and as which environment it is told.
#[derive(Clone, Debug)]
pub(crate) struct SentryProject {
    dsn: Dsn,
    pub(crate) environment: String,
    /// Who signed the server's certificate, if it is nobody that Mozilla knows.
    authorities: Option<Authorities>,
}

impl SentryProject {
    pub(crate) fn sink(&self) -> SentrySink {
        match &self.authorities {
            Some(authorities) => SentrySink::with_authorities(&self.dsn, authorities),
            None => SentrySink::new(&self.dsn),
        }
    }
}

/// Puts the settings together; the environment follows from `--production` where none is named.
pub(super) fn of(
    dsn: Option<Dsn>,
    environment: Option<String>,
    authorities: Option<Authorities>,
    production: bool,
) -> Option<SentryProject> {
    let usual = if production { "production" } else { "development" };
    let environment = environment.unwrap_or_else(|| usual.to_owned());
    dsn.map(|dsn| SentryProject { dsn, environment, authorities })
}

/// Reads a DSN; no refusal repeats any part of it.
pub(super) fn dsn(text: &str) -> Result<Dsn, Wrong> {
    text.parse().map_err(|_| Wrong::Hidden {
        what: "is not a DSN",
        instead: "write https://KEY@HOST/PROJECT, as the settings of the project show it",
    })
}

/// Reads the file of `--sentry-ca`.
pub(super) fn authorities(path: &str) -> Result<Authorities, Wrong> {
    let wrong = |what: &str| Wrong::Sentence(format!("{}: {what}", quote(path)));
    let pem = fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    Authorities::from_pem(&pem).map_err(|error| wrong(&error.to_string()))
}

/// Reads the name of an environment, as Sentry takes it.
pub(super) fn environment(text: &str) -> Result<String, Wrong> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(good) || text == "None" {
        let instead = "write up to 64 letters, digits, '-', '_' and '.', such as staging";
        return Err(Wrong::new("is not a name of an environment", instead));
    }
    Ok(text.to_owned())
}
