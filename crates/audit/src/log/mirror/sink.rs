//! Other places that get every line.

use std::fmt;
use std::io::Write;

use crate::segment;

/// Whether an event counts as recorded without the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Required {
    /// The mirror must take an event before it is acknowledged. It is asked by the thread that writes:
    /// as long as it hangs, nothing is recorded.
    Yes,
    /// The mirror has a thread and a queue of its own. Lines that find no room are read from the log again
    /// for a mirror that [remembers](Sink::resume_at), and counted as unmirrored for others.
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
    /// [`SinkError`]; the lines are offered again only to a mirror that [remembers](Self::resume_at).
    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError>;

    /// Returns the first event that its place does not have, if it remembers that.
    ///
    /// It is asked when the log is opened and after each error, and is given from there on what it has
    /// missed, read from the files of the log. A line may come twice, after an answer that was lost; and a
    /// place that has more than the log is given the log's next event all the same: it must refuse one that
    /// is not what it has under that number.
    ///
    /// # Errors
    ///
    /// [`SinkError`] if it remembers but cannot say now.
    fn resume_at(&mut self) -> Result<Option<u64>, SinkError> {
        Ok(None)
    }
}

/// Lines of the log, each with its number.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    lines: &'a [u8],
}

impl<'a> Records<'a> {
    pub(crate) const fn new(lines: &'a [u8]) -> Self {
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
