//! Parts, as their bytes come.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use thiserror::Error;

use super::head;

/// What comes next in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Bytes of the part that began last.
    Data(Bytes),
    /// A part begins.
    #[non_exhaustive]
    Part {
        /// The name of its field.
        name: String,
        /// What the client calls the file, if it is one.
        file_name: Option<String>,
    },
}

/// A body that is not `multipart/form-data` as browsers write it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not multipart/form-data")]
#[non_exhaustive]
pub struct Malformed;

/// Reads a body piece by piece.
///
/// There is nothing before the first boundary and nothing behind the last, a part has one
/// `Content-Disposition` whose parameters are `name` and `filename`, once each, and at most 4 KiB of
/// header: what two programs could read differently is refused.
///
/// # Cost
///
/// Holds a piece and less than a boundary; each byte is looked at twice at most, in whatever pieces
/// it comes.
///
/// # Example
///
/// ```
/// use palisade_input_validation::upload::{Decoder, Event};
///
/// let mut decoder = Decoder::for_type("multipart/form-data; boundary=x")?;
/// decoder.push(b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--x--\r\n");
/// assert!(matches!(decoder.next()?, Some(Event::Part { name, .. }) if name == "note"));
/// assert_eq!(decoder.next()?, Some(Event::Data("hello".into())));
/// assert_eq!(decoder.next()?, None);
/// decoder.finish()?;
/// # Ok::<(), palisade_input_validation::upload::Malformed>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    delimiter: Finder<'static>,
    state: State,
    parts: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary, or within a part.
    Data,
    /// Behind a boundary.
    Boundary,
    Head,
    End,
}

impl Decoder {
    /// The most bytes of a part's header.
    pub const MAX_HEAD: usize = 4 * 1024;

    /// The most parts of a body.
    pub const MAX_PARTS: usize = 1_000;

    /// Takes the boundary from a `Content-Type`.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for another type, or a boundary that RFC 2046 5.1.1 does not know.
    pub fn for_type(content_type: &str) -> Result<Self, Malformed> {
        let boundary = head::boundary(content_type).ok_or(Malformed)?;
        let delimiter = Finder::new(&format!("\r\n--{boundary}")).into_owned();
        // The first boundary stands at the start of a line as well.
        Ok(Self { buffer: BytesMut::from("\r\n"), delimiter, state: State::Data, parts: 0 })
    }

    /// Adds what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns what comes next; nothing, if more bytes must come first.
    ///
    /// # Errors
    ///
    /// [`Malformed`].
    #[expect(clippy::should_implement_trait, reason = "an iterator would end at the first pause")]
    pub fn next(&mut self) -> Result<Option<Event>, Malformed> {
        loop {
            match self.state {
                State::Data => {
                    let found = self.delimiter.find(&self.buffer);
                    let kept = self.delimiter.needle().len().saturating_sub(1);
                    let end = found.unwrap_or_else(|| self.buffer.len().saturating_sub(kept));
                    let data = self.buffer.split_to(end).freeze();
                    if found.is_some() {
                        drop(self.buffer.split_to(self.delimiter.needle().len()));
                        self.state = State::Boundary;
                    }
                    if !data.is_empty() {
                        // Nothing stands before the first part.
                        let within = self.parts > 0;
                        return if within { Ok(Some(Event::Data(data))) } else { Err(Malformed) };
                    }
                    if found.is_none() {
                        return Ok(None);
                    }
                }
                State::Boundary => match self.buffer.get(..2) {
                    None => return Ok(None),
                    Some(b"\r\n") => {
                        // It stays, so that a header without lines ends as all others do.
                        self.state = State::Head;
                    }
                    Some(b"--") if self.parts > 0 => {
                        drop(self.buffer.split_to(2));
                        self.state = State::End;
                    }
                    Some(_) => return Err(Malformed),
                },
                State::Head => {
                    let searched = self.buffer.get(..Self::MAX_HEAD).unwrap_or(&self.buffer);
                    let Some(end) = memchr::memmem::find(searched, b"\r\n\r\n") else {
                        let whole = self.buffer.len() < Self::MAX_HEAD;
                        return if whole { Ok(None) } else { Err(Malformed) };
                    };
                    let lines = self.buffer.split_to(end);
                    drop(self.buffer.split_to(4));
                    self.parts = self.parts.saturating_add(1);
                    self.state = State::Data;
                    if self.parts > Self::MAX_PARTS {
                        return Err(Malformed);
                    }
                    let (name, file_name) = head::part(&lines).ok_or(Malformed)?;
                    return Ok(Some(Event::Part { name, file_name }));
                }
                State::End => return Ok(None),
            }
        }
    }

    /// Ends the body: the last boundary has come, and a line's end at most behind it.
    ///
    /// # Errors
    ///
    /// [`Malformed`].
    pub fn finish(&self) -> Result<(), Malformed> {
        let nothing = matches!(&*self.buffer, b"" | b"\r\n");
        if self.state == State::End && nothing { Ok(()) } else { Err(Malformed) }
    }
}
