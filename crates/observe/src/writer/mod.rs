//! Lines on their way to a file or a stream, on a thread of their own.
//!
//! Whoever logs never waits: a [`Writer`] takes a line into a queue of bounded size or counts it as
//! lost. Its thread writes, [rotates](RotatingFile), makes a new file where the old one was deleted,
//! counts each line that could not be written, and declares every loss in the log itself as soon as
//! it takes lines again.

mod file;
mod output;
mod queue;
mod rotation;
mod thread;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;

use crate::log::Format;
pub use file::{OpenError, RotatingFile};
pub use output::{Failure, Output, Stream};
use queue::Queue;
pub use rotation::Rotation;

/// What became of the lines that a [`Writer`] was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Lines written.
    pub written: u64,
    /// Lines lost because the queue was full.
    pub queue_full: u64,
    /// Lines lost because they could not be written.
    pub write_failed: u64,
    /// Failures of the system, each of which may have cost a line or the renaming of a file.
    pub io_errors: u64,
    /// Whether the last attempt to write failed.
    pub failing: bool,
}

impl Tally {
    /// Returns how many lines are lost.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.queue_full.saturating_add(self.write_failed)
    }
}

/// A queue and the thread that writes what is in it; clones share both.
///
/// The thread ends when the last clone is dropped, after it has written what is queued. Before a
/// process ends, [`flush`](Self::flush).
///
/// # Example
///
/// ```
/// use palisade_core::SystemClock;
/// use palisade_observe::log::Format;
/// use palisade_observe::writer::{RotatingFile, Rotation, Writer};
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir()?;
/// let file = RotatingFile::open(&folder.path().join("app.log"), Rotation::default())?;
/// let writer = Writer::start("app", file, Writer::QUEUE, Format::Json, Arc::new(SystemClock::new()))?;
/// assert!(writer.push(b"{\"message\":\"hello\"}\n"));
/// assert!(writer.flush(Duration::from_secs(5)));
/// assert_eq!(writer.tally().written, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
///
/// A line is copied under a lock that is held for the copy alone. No allocation once the buffer has
/// grown to what is usually queued. The thread is woken at most once in a millisecond: a line that
/// comes while others are written may be on the disk so much later.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
}

struct Shared {
    name: &'static str,
    queue: Arc<Queue>,
}

impl Writer {
    /// A queue of 4 MiB: what a busy service logs while a disk does not answer for some seconds.
    pub const QUEUE: usize = 4 << 20;

    /// Starts a thread that writes to `output` lines of up to `queue` bytes together; `name` is what
    /// counters call it, and losses are declared in this form with this clock.
    ///
    /// # Errors
    ///
    /// Those of the system, which may refuse a thread.
    pub fn start(
        name: &'static str,
        output: impl Output,
        queue: usize,
        format: Format,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(queue));
        let of_thread = Arc::clone(&queue);
        let declare = move |queue_full, failed| {
            crate::log::loss(format, clock.wall(), queue_full, failed).into_bytes()
        };
        std::thread::Builder::new()
            .name(format!("log-{name}"))
            .spawn(move || thread::run(&of_thread, output, declare))?;
        Ok(Self { shared: Arc::new(Shared { name, queue }) })
    }

    /// Takes a line that ends in its only line feed, without waiting; returns whether there was room.
    #[must_use]
    pub fn push(&self, line: &[u8]) -> bool {
        self.shared.queue.push(line)
    }

    /// Waits until everything that was taken so far is written or lost, at most so long; returns
    /// whether it was in time.
    #[must_use]
    pub fn flush(&self, patience: Duration) -> bool {
        self.shared.queue.flush(patience)
    }

    /// Returns what became of the lines so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.shared.queue.tally()
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.shared.name
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("name", &self.shared.name)
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.close();
    }
}
