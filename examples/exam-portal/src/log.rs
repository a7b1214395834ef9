//! Log lines on standard error and in files, written beside the requests, and one for each request.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use palisade_core::Clock;
use palisade_observe::Filter;
use palisade_observe::log::{Format, Log, LogLayer};
use palisade_observe::writer::{OpenError, Output, RotatingFile, Rotation, Stream, Writer};
use tracing::Instrument;
use tracing_subscriber::prelude::*;

use crate::config::LogFormat;
use crate::{health, resets};

/// How long the end of the process waits for lines that are on their way; a reader that has stopped
/// does not hold it.
const FLUSH: Duration = Duration::from_secs(2);

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("--log-dir: {0}")]
    Open(#[from] OpenError),
    #[error("the system refuses a thread for the log: {0}")]
    Thread(#[source] std::io::Error),
}

/// The log of the process.
#[derive(Debug)]
pub(crate) struct Logs {
    stderr: Log,
    files: Log,
}

impl Logs {
    /// Starts the log: lines of a form on standard error, and as JSON in the folder, if there is
    /// one. Panics are written to it too.
    pub(crate) fn start(
        format: LogFormat,
        folder: Option<&Path>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, LogError> {
        let format = match format {
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
        let layer = LogLayer::new(Arc::clone(clock))
            .to(format, stderr.clone())
            .to(Format::Json, files.clone());
        tracing_subscriber::registry().with(layer.with_filter(Filter::info())).init();
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
        Ok(Self { stderr, files })
    }

    /// Waits a moment for lines that are on their way.
    pub(crate) fn finish(&self) {
        // What is lost is lost: there is no place left to say so.
        let _ = self.files.flush(FLUSH) & self.stderr.flush(FLUSH);
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

/// Writes a line when a request is answered; probes are not worth one.
pub(crate) async fn request(
    State(clock): State<Arc<dyn Clock>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if health::PATHS.contains(&path) {
        return next.run(request).await;
    }
    let path = logged(path);
    let client = crate::edge::client(&request);
    let method: String = request.method().as_str().chars().take(32).collect();
    let span = tracing::info_span!("request", %method, path, client);
    let begin = clock.now();
    let response = next.run(request).instrument(span.clone()).await;
    let took = clock.now().saturating_duration_since(begin);
    tracing::info!(parent: &span, status = response.status().as_u16(), ?took, "answered");
    response
}

/// The path alone, since a query may hold what people searched for; and of a reset link no more
/// than that it is one.
fn logged(path: &str) -> String {
    match path.strip_prefix(resets::PATH) {
        Some(rest) if rest != "choose" => format!("{}...", resets::PATH),
        _ => path.chars().take(256).collect(),
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
