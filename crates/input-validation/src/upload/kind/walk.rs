//! Steps through a file.

use std::io::{self, BufRead, BufReader, Read};

use super::FileKind;

/// Why a walk ends early.
pub(super) enum Fault {
    Broken,
    Io(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Broken } else { Self::Io(error) }
    }
}

/// A place in a file, going forward only.
pub(super) struct Walk<R> {
    reader: BufReader<R>,
}

impl<R: Read> Walk<R> {
    pub(super) fn over(file: R) -> Self {
        Self { reader: BufReader::with_capacity(16 * 1024, file) }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let [byte] = self.take()?;
        Ok(byte)
    }

    pub(super) fn be16(&mut self) -> Result<u16, Fault> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn be32(&mut self) -> Result<u32, Fault> {
        self.take().map(u32::from_be_bytes)
    }

    pub(super) fn le32(&mut self) -> Result<u32, Fault> {
        self.take().map(u32::from_le_bytes)
    }

    /// Steps over so many bytes, showing them.
    pub(super) fn pass(&mut self, count: u32, mut seen: impl FnMut(&[u8])) -> Result<(), Fault> {
        let mut left = usize::try_from(count).map_err(|_| Fault::Broken)?;
        while left > 0 {
            let buffer = self.reader.fill_buf()?;
            let part = buffer.get(..left.min(buffer.len())).unwrap_or_default();
            if part.is_empty() {
                return Err(Fault::Broken);
            }
            seen(part);
            let count = part.len();
            self.reader.consume(count);
            left = left.saturating_sub(count);
        }
        Ok(())
    }

    pub(super) fn skip(&mut self, count: impl Into<u32>) -> Result<(), Fault> {
        self.pass(count.into(), |_| ())
    }

    /// Steps over everything up to that byte and over it.
    pub(super) fn skip_past(&mut self, byte: u8) -> Result<(), Fault> {
        if self.reader.skip_until(byte)? == 0 { Err(Fault::Broken) } else { Ok(()) }
    }

    /// Ends the walk: there must be nothing left, and a picture must be one that can be opened.
    pub(super) fn finish(&mut self, (width, height): (u32, u32)) -> Result<(), Fault> {
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        let sound = (1..=FileKind::MAX_PIXELS).contains(&pixels);
        if sound && self.reader.fill_buf()?.is_empty() { Ok(()) } else { Err(Fault::Broken) }
    }
}
