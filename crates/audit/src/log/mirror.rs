//! Other places that get every line.

use std::fmt;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use crate::segment;

/// Whether an event counts as recorded without the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Required {
    /// The mirror must take an event before it is acknowledged. It is asked by the thread that writes:
    /// as long as it hangs, nothing is recorded.
    Yes,
    /// The mirror has a thread and a queue of its own; lines that find no room are counted as
    /// unmirrored.
    No,
}

/// Why a mirror did not take lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(String);

impl SinkError {
    /// Says why.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// A place that gets every line, in order.
pub trait Sink: Send + 'static {
    /// Returns the name by which errors call it.
    fn name(&self) -> &'static str;

    /// Takes lines; what it returns with `Ok` is as durable as its place.
    ///
    /// # Errors
    ///
    /// [`SinkError`]; the lines are not offered again.
    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError>;
}

/// Lines of the log, each with its number.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    lines: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) const fn new(lines: &'a [u8]) -> Self {
        Self { lines }
    }

    /// Returns all lines as they are stored, each with its end.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.lines
    }

    /// Returns each event's number and line, without its end.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &'a [u8])> {
        let lines = self.lines.strip_suffix(b"\n").unwrap_or_default();
        lines.split(|byte| *byte == b'\n').filter_map(|line| Some((segment::head(line)?.seq, line)))
    }
}

/// Writes lines to standard output, a socket, or anything else that is written to.
#[derive(Debug)]
pub struct WriterSink<W> {
    name: &'static str,
    writer: W,
}

impl<W: Write + Send + 'static> WriterSink<W> {
    /// Writes to that, under that name.
    pub const fn new(name: &'static str, writer: W) -> Self {
        Self { name, writer }
    }
}

impl WriterSink<std::io::Stdout> {
    /// Writes to standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new("stdout", std::io::stdout())
    }
}

impl<W: Write + Send + 'static> Sink for WriterSink<W> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError> {
        let written = self.writer.write_all(records.as_bytes()).and_then(|()| self.writer.flush());
        written.map_err(SinkError::new)
    }
}

/// Bytes that wait for a mirror with a thread of its own.
const MOST: usize = 4 * 1024 * 1024;

/// A mirror, where it is asked.
pub(super) enum Mirror {
    Here(Box<dyn Sink>),
    Beside { name: &'static str, lines: Sender<Arc<[u8]>>, held: Arc<AtomicUsize> },
}

impl Mirror {
    pub(super) fn new(mut sink: Box<dyn Sink>, required: Required) -> Self {
        if required == Required::Yes {
            return Self::Here(sink);
        }
        let name = sink.name();
        let (lines, receiver): (_, Receiver<Arc<[u8]>>) = mpsc::channel();
        let held = Arc::new(AtomicUsize::new(0));
        let waiting = Arc::clone(&held);
        let carry = move || {
            for lines in receiver {
                if let Err(error) = ask(&mut *sink, &Records::new(&lines)) {
                    tracing::warn!(mirror = sink.name(), %error, "a mirror of the audit log missed lines");
                }
                waiting.fetch_sub(lines.len(), Ordering::Relaxed);
            }
        };
        // Without a thread every line is refused and counted.
        let _ = thread::Builder::new().name("palisade-mirror".to_owned()).spawn(carry);
        Self::Beside { name, lines, held }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Here(sink) => sink.name(),
            Self::Beside { name, .. } => name,
        }
    }

    pub(super) const fn is_required(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    pub(super) fn give(
        &mut self,
        records: &Records<'_>,
        lines: &Arc<[u8]>,
    ) -> Result<(), SinkError> {
        match self {
            Self::Here(sink) => ask(&mut **sink, records),
            Self::Beside { lines: queue, held, .. } => {
                let before = held.fetch_add(lines.len(), Ordering::Relaxed);
                let fits = before == 0 || before.saturating_add(lines.len()) <= MOST;
                if fits && queue.send(Arc::clone(lines)).is_ok() {
                    return Ok(());
                }
                held.fetch_sub(lines.len(), Ordering::Relaxed);
                Err(SinkError::new("its queue is full"))
            }
        }
    }
}

/// A sink that panics is one that fails.
fn ask(sink: &mut dyn Sink, records: &Records<'_>) -> Result<(), SinkError> {
    catch_unwind(AssertUnwindSafe(|| sink.write(records)))
        .unwrap_or_else(|_| Err(SinkError::new("it panicked")))
}
