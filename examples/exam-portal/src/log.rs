//! Log lines on standard error and in files, written beside the requests, and one for each request;
//! errors that Sentry is told of.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use palisade_observe::Filter;
use palisade_observe::capture::{Capture, CaptureLayer, Setup};
use palisade_observe::log::{Format, Log, LogLayer};
use palisade_observe::metric::SecurityCounter;
use palisade_observe::query::QueryWatch;
use palisade_observe::redact::Redactor;
use palisade_observe::request::{Ids, NoteLayer, RequestLogLayer};
use palisade_observe::suspicion::{Detector, Policy};
use palisade_observe::writer::{OpenError, Output, RotatingFile, Rotation, Stream, Writer};
use tracing_subscriber::prelude::*;

use crate::accounts::User;
use crate::config::{Config, LogFormat, SentryProject};
use crate::resets;
use crate::trail::Reports;

/// How long the end of the process waits for lines that are on their way; a reader that has stopped
/// does not hold it.
const FLUSH: Duration = Duration::from_secs(2);

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("--log-dir: {0}")]
    Open(#[from] OpenError),
    #[error("the system refuses a thread for the log or the errors: {0}")]
    Thread(#[source] std::io::Error),
}

/// The log of the process.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    stderr: Log,
    files: Log,
    capture: Option<Capture>,
}

impl Logs {
    /// Starts the log: lines of a form on standard error, and as JSON in the folder, if there is
    /// one. Panics are written to it too, and errors told, if there is somebody to tell.
    pub(crate) fn start(
        config: &Config,
        folder: Option<&Path>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, LogError> {
        let format = match config.log {
            LogFormat::Json => Format::Json,
            LogFormat::Pretty => Format::Pretty,
        };
        let stderr = Log::new().all_to(writer("stderr", Stream::stderr(), format, clock)?);
        let mut files = Log::new();
        if let Some(folder) = folder {
            let open = |name| RotatingFile::open(&folder.join(name), Rotation::default());
            let (app, errors) = (open("app.log")?, open("errors.log")?);
            files = files.all_to(writer("app", app, Format::Json, clock)?).errors_to(writer(
                "errors",
                errors,
                Format::Json,
                clock,
            )?);
        }
        let redactor = Redactor::new();
        let capture = config.sentry.as_ref().map(|project| capture(project, &redactor, clock));
        let capture = capture.transpose()?;
        let layer = LogLayer::new(Arc::clone(clock))
            .redact(redactor)
            .to(format, stderr.clone())
            .to(Format::Json, files.clone());
        tracing_subscriber::registry()
            .with(layer.with_filter(Filter::info()))
            .with(SecurityCounter::new().with_filter(Filter::info()))
            .with(QueryWatch::new().with_filter(QueryWatch::filter()))
            .with(capture.as_ref().map(|it| it.layer().with_filter(CaptureLayer::filter())))
            .with(Reports)
            .init();
        Capture::panic_hook();
        Ok(Self { stderr, files, capture })
    }

    /// Returns all writers, to count what they lose.
    pub(crate) fn all(&self) -> Log {
        self.files.clone().and(&self.stderr)
    }

    /// Returns the capture of errors, to count what it loses.
    pub(crate) const fn capture(&self) -> Option<&Capture> {
        self.capture.as_ref()
    }

    /// Waits a moment for lines that are on their way.
    pub(crate) fn finish(&self) {
        // What is lost is lost: there is no place left to say so.
        let told = self.capture.as_ref().is_none_or(|capture| capture.flush(FLUSH));
        let _ = told & self.files.flush(FLUSH) & self.stderr.flush(FLUSH);
    }
}

fn writer(
    name: &'static str,
    output: impl Output,
    format: Format,
    clock: &Arc<dyn Clock>,
) -> Result<Writer, LogError> {
    let writer = Writer::start(name, output, Writer::QUEUE, format, Arc::clone(clock));
    writer.map_err(LogError::Thread)
}

/// Tells Sentry what the log tells too, with the same redactor.
fn capture(
    project: &SentryProject,
    redactor: &Redactor,
    clock: &Arc<dyn Clock>,
) -> Result<Capture, LogError> {
    let setup = Setup::new(redactor.clone())
        .release(concat!("exam-portal@", env!("CARGO_PKG_VERSION")))
        .environment(&project.environment)
        .to(project.sink());
    Capture::start(setup, Arc::clone(clock)).map_err(LogError::Thread)
}

/// A name, a span and a line for each request; clients that probe are security events.
pub(crate) fn requests(clock: &Arc<dyn Clock>) -> Result<RequestLogLayer, getrandom::Error> {
    let detector = Detector::random(Policy::default(), clock.now())?;
    let layer = RequestLogLayer::new(Arc::clone(clock), Ids::random()?);
    Ok(layer.path(logged).detector(Arc::new(detector)))
}

/// Notes the route that matched and who is signed in.
pub(crate) fn note() -> NoteLayer {
    NoteLayer::new().user(|head| head.extensions.get::<User>().map(|user| user.id.to_string()))
}

/// A reset link is no more than that it is one.
fn logged(path: &str) -> Cow<'_, str> {
    match path.strip_prefix(resets::PATH) {
        Some(rest) if rest != "choose" => Cow::Owned(format!("{}...", resets::PATH)),
        _ => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_link_is_not_written_down() {
        let token = "A".repeat(64);
        let table = [
            (format!("/reset/{token}"), "/reset/..."),
            (format!("/reset/{token}/"), "/reset/..."),
            ("/reset/choose".to_owned(), "/reset/choose"),
            ("/reset".to_owned(), "/reset"),
            ("/students".to_owned(), "/students"),
        ];
        for (path, expected) in table {
            assert_eq!(logged(&path), expected);
        }
    }
}
