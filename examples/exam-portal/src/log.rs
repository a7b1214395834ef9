//! Log lines on standard error, and one of them per request.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use palisade_core::Clock;
use tracing::Instrument;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

use crate::config::LogFormat;
use crate::{health, resets};

/// Starts the log of the process; panics are written to it too.
pub(crate) fn start(format: LogFormat) {
    let lines = fmt().with_writer(std::io::stderr).with_max_level(LevelFilter::INFO);
    match format {
        LogFormat::Json => lines.json().init(),
        LogFormat::Pretty => lines.with_ansi(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
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
