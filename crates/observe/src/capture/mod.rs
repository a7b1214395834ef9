//! Errors on their way to whoever mends them: panics, answers of status 500 and above, and errors of
//! tasks, with a backtrace, the request and what its spans bind.
//!
//! [`Capture`] is a layer of `tracing`, a [panic hook](Capture::panic_hook), a bounded queue and a
//! thread that hands each [`Report`] to [`ErrorSink`]s, such as [`SentrySink`] (feature `sentry`). What
//! is captured:
//!
//! - a panic, at once, wherever it is;
//! - a request that is answered with 500 or above or whose inside fails, once, with the first event of
//!   level `ERROR` inside of it as its cause;
//! - an event of level `ERROR` outside of any request.
//!
//! Whatever is told passes the [`Redactor`], values by their names too. Equal faults are one: the first
//! is told, of its repeats one in ten, one a minute at most, with the number of those in between; of all
//! faults together, sixty a minute. Nobody waits for any of it, and what does not fit into the queue
//! is counted, in [`Tally`] and by the next report.

#[cfg(feature = "sentry")]
mod authorities;
mod context;
mod fault;
mod frame;
mod hook;
mod layer;
mod queue;
mod report;
#[cfg(feature = "sentry")]
mod sentry;
mod setup;
mod sink;
mod table;
mod thread;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sentry")]
pub use authorities::{Authorities, AuthoritiesError};
use palisade_core::Clock;

use crate::redact::Redactor;
pub(crate) use fault::Fault;
pub use frame::Frame;
pub use layer::CaptureLayer;
use queue::Queue;
pub use report::{Kind, Report};
#[cfg(feature = "sentry")]
pub use sentry::{Dsn, DsnError, SentrySink};
pub use setup::Setup;
pub use sink::{Collected, ErrorSink, SendError};
use table::Table;

/// What became of the errors that were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Reports that every sink took.
    pub sent: u64,
    /// Errors that are only counted, because the same fault was told before.
    pub repeated: u64,
    /// Errors that are only counted, because too many were told lately.
    pub limited: u64,
    /// Reports lost because the queue was full.
    pub queue_full: u64,
    /// Reports that a sink did not take.
    pub failed: u64,
}

impl Tally {
    /// Returns how many reports are lost.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.queue_full.saturating_add(self.failed)
    }
}

/// Captures errors; see the [module](self). Clones share one.
///
/// # Example
///
/// ```
/// use palisade_core::SystemClock;
/// use palisade_observe::capture::{Capture, CaptureLayer, Collected, Setup};
/// use palisade_observe::redact::Redactor;
/// use std::sync::Arc;
/// use std::time::Duration;
/// use tracing_subscriber::prelude::*;
///
/// let sink = Collected::new(); // or SentrySink::new(&"https://KEY@HOST/PROJECT".parse()?)
/// let setup = Setup::new(Redactor::new()).release("shop@1.4.2").environment("production");
/// let capture = Capture::start(setup.to(sink.clone()), Arc::new(SystemClock::new()))?;
/// let layer = capture.layer().with_filter(CaptureLayer::filter());
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
///     tracing::error!(password = "hunter2", "the nightly export failed");
/// });
/// assert!(capture.flush(Duration::from_secs(5)));
/// let report = &sink.reports()[0];
/// assert_eq!(report.message, "the nightly export failed");
/// assert_eq!(report.fields, [("password", "\"[redacted]\"".to_owned())]);
/// assert!(!report.frames.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
///
/// Nothing for events below `ERROR`. For an error a look-up among 256 faults; for one that is told also
/// the walk over the stack and a copy of what spans bind. Names of functions are found on the thread;
/// it has read the program's symbols before the first error comes.
#[derive(Clone)]
pub struct Capture {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    table: Table,
    queue: Arc<Queue>,
}

impl Capture {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Those of the system, which may refuse a thread.
    pub fn start(setup: Setup, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let Setup { redactor, limits, queue, told, sinks } = setup;
        let queue = Arc::new(Queue::new(queue));
        let of_thread = Arc::clone(&queue);
        std::thread::Builder::new()
            .name("error-capture".to_owned())
            .spawn(move || thread::run(&of_thread, sinks, &told))?;
        let table = Table::new(limits);
        Ok(Self { shared: Arc::new(Shared { clock, redactor, table, queue }) })
    }

    /// Returns the layer of `tracing` that hears of errors; give it its
    /// [filter](CaptureLayer::filter).
    #[must_use]
    pub fn layer(&self) -> CaptureLayer {
        CaptureLayer::new(Arc::clone(&self.shared))
    }

    /// Makes every panic of the process an event of level `ERROR`, which logs write and the
    /// [layer](Self::layer) captures; nothing goes to standard error, where nobody redacts.
    pub fn panic_hook() {
        hook::set();
    }

    /// Waits until every report that was taken so far is sent or lost, at most so long; returns whether
    /// it was in time.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        self.shared.queue.flush(patience)
    }

    /// Returns what became of the errors so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let (repeated, limited) = self.shared.table.counts();
        Tally { repeated, limited, ..self.shared.queue.tally() }
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("tally", &self.tally()).finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}
