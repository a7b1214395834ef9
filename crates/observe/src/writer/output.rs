//! Where a writer writes.

use std::io::{self, Write};

/// A place for whole lines.
pub trait Output: Send + 'static {
    /// Writes lines, each with its end.
    ///
    /// # Errors
    ///
    /// [`Failure`]: how many bytes of whole lines are there all the same.
    fn write(&mut self, lines: &[u8]) -> Result<(), Failure>;

    /// Returns how many failures there were since the last call that cost no line, such as that of a
    /// rotation.
    fn troubles(&mut self) -> u64 {
        0
    }
}

/// Lines that could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Bytes of whole lines that are there.
    pub written: usize,
}

impl Failure {
    /// After so many bytes of whole lines.
    #[must_use]
    pub const fn after(written: usize) -> Self {
        Self { written }
    }
}

/// A stream that cannot be rotated, such as standard error.
#[derive(Debug)]
pub struct Stream<W> {
    writer: W,
    /// Whether the last line is a part of one.
    torn: bool,
}

impl<W: Write + Send + 'static> Stream<W> {
    /// Writes to this.
    pub const fn new(writer: W) -> Self {
        Self { writer, torn: false }
    }
}

impl Stream<io::Stderr> {
    /// Writes to the standard error of the process.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(io::stderr())
    }
}

impl<W: Write + Send + 'static> Output for Stream<W> {
    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        if self.torn {
            self.writer.write_all(b"\n").map_err(|_| Failure::after(0))?;
            self.torn = false;
        }
        let mut written = 0_usize;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            match self.writer.write(rest) {
                Ok(count) if count > 0 => written = written.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    let whole = whole(lines, written);
                    self.torn = whole < written;
                    return Err(Failure::after(whole));
                }
            }
        }
        self.writer.flush().map_err(|_| Failure::after(lines.len()))
    }
}

/// Returns the length of the whole lines among the first `written` bytes.
pub(super) fn whole(lines: &[u8], written: usize) -> usize {
    let done = lines.get(..written).unwrap_or(lines);
    done.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end.saturating_add(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use super::*;

    #[derive(Default)]
    struct Pipe {
        taken: Vec<u8>,
        /// Bytes until it fails, once.
        room: Option<usize>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.room {
                Some(0) => {
                    self.room = None;
                    Err(io::ErrorKind::BrokenPipe.into())
                }
                Some(room) => {
                    let count = room.min(bytes.len());
                    self.room = Some(room - count);
                    self.taken.extend(&bytes[..count]);
                    Ok(count)
                }
                None => {
                    self.taken.extend(bytes);
                    Ok(bytes.len())
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_torn_line_does_not_spoil_the_next() {
        let mut stream = Stream::new(Pipe { room: Some(6), ..Pipe::default() });
        assert_eq!(stream.write(b"one\ntwo\nthree\n"), Err(Failure::after(4)));
        assert_eq!(stream.write(b"three\n"), Ok(()));
        assert_eq!(stream.writer.taken, b"one\ntw\nthree\n");
    }
}
