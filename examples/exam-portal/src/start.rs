//! From the command line to a serving process and to its end.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use palisade_core::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::config::{self, Asked, Config};
use crate::health::Health;
use crate::log;
use crate::server::{End, Running, Server, Signals};
use crate::store::{Limits, OpenError, Store};

/// Exit code of a start that was refused; nothing on disk was changed.
const REFUSED: u8 = 2;

/// Why the portal does not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("--listen {listen}: {source}; {}", advice(.source))]
    Listen { listen: SocketAddr, source: io::Error },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the system refuses what the program needs to run: {0}")]
    System(#[source] io::Error),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "stop what serves there, or give --listen another port (0 takes a free one)"
        }
        io::ErrorKind::PermissionDenied => "give --listen a port above 1023",
        _ => "give --listen an address of this machine",
    }
}

/// Runs the portal with the given command line, program name first, and the process environment.
///
/// Returns when it was drained (0), cut off while draining (1) or refused to start (2).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let config = match config::read(args) {
        Ok(Asked::Serve(config)) => config,
        Ok(Asked::Print(text)) => {
            say(&mut io::stdout(), text.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(mistakes) => {
            mistakes.lines().iter().for_each(|line| say(&mut io::stderr(), line));
            return ExitCode::from(REFUSED);
        }
    };
    log::start(config.log);
    let runtime = Runtime::new().map_err(StartError::System);
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(serve(&config));
        // A statement that still runs has its own deadline; nobody waits for its answer.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(End::Drained) => ExitCode::SUCCESS,
        Ok(End::Cut) => ExitCode::FAILURE,
        Err(error) => {
            say(&mut io::stderr(), &format!("exam-portal: {error}"));
            ExitCode::from(REFUSED)
        }
    }
}

async fn serve(config: &Config) -> Result<End, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut signals = Signals::listen().map_err(StartError::System)?;
    let of_socket = |source| StartError::Listen { listen: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(of_socket)?;
    let address = listener.local_addr().map_err(of_socket)?;

    let health = Arc::new(Health::new(Arc::clone(&clock)));
    let (app, running) = (App::new(), Running::new());
    let service = app.service(config, Arc::clone(&clock), Arc::clone(&health), running.clone());
    let server = Server::new(listener, service);
    let store = tokio::select! {
        never = server.accept() => match never {},
        () = signals.next() => return Ok(End::Drained),
        opened = Store::open(config.postgres.as_ref(), &config.data, Limits::default(), clock) => opened?,
    };
    app.open(store.clone());
    health.started(store.clone());
    say(&mut io::stdout(), &format!("listening on http://{address}"));

    let end = server.run(&health, &running, &mut signals).await;
    if end == End::Drained {
        store.close().await;
    }
    Ok(end)
}

/// Writes a line; where nobody reads it, nobody misses it.
fn say(out: &mut impl Write, line: &str) {
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
