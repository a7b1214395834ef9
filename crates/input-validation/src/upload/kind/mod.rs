//! What a file is, by its bytes.

mod gif;
mod jpeg;
mod pdf;
mod png;
mod walk;
mod webp;

use std::io::{self, Read, Seek, SeekFrom};

use crate::issue::{Breach, code};
use walk::{Fault, Walk};

/// A kind of file whose structure this crate knows from the first byte to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// GIF 87a and 89a.
    Gif,
    /// JPEG, of any encoding.
    Jpeg,
    /// PDF 1.0 to 2.0.
    Pdf,
    /// PNG.
    Png,
    /// WebP, lossy, lossless and animated.
    WebP,
}

impl FileKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Gif, Self::Jpeg, Self::Pdf, Self::Png, Self::WebP];

    /// The most pixels of a picture: 100 million.
    pub const MAX_PIXELS: u64 = 100_000_000;

    /// Recognises a file by how it begins; 12 bytes are enough.
    #[must_use]
    pub fn sniff(head: &[u8]) -> Option<Self> {
        match head {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            _ => None,
        }
    }

    /// Returns the media type to serve it with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// Returns the ending of its name, without a dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Jpeg => "jpg",
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// Walks through a whole file and says what it is.
    ///
    /// Each part must have the length that it states and the last part must end the file: bytes
    /// behind it would be a second file for another program. An archive that reads itself from its
    /// end (ZIP) is refused wherever it could be found.
    ///
    /// # Security
    ///
    /// What is one whole picture or document may still deceive a program that has a mistake, and a
    /// document may hold scripts of its own: serve files with their own media type, `nosniff`, as an
    /// attachment.
    ///
    /// # Errors
    ///
    /// [`code::FILE_KIND`] for a kind that is not known, [`code::FILE_CONTENT`] for a file that is
    /// broken, has more in it, or more pixels than [`MAX_PIXELS`](Self::MAX_PIXELS).
    pub fn of(file: &[u8]) -> Result<Self, Breach> {
        let length = u64::try_from(file.len()).unwrap_or(u64::MAX);
        let read = inspect(&mut io::Cursor::new(file), length);
        read.unwrap_or(Err(Breach::new(code::FILE_CONTENT)))
    }
}

/// Bytes at the end in which a ZIP is looked for: its last record, and the longest comment.
const ZIP_TAIL: u64 = 22 + 65_535;

pub(super) fn inspect(
    file: &mut (impl Read + Seek),
    length: u64,
) -> io::Result<Result<FileKind, Breach>> {
    let mut head = Vec::new();
    file.take(12).read_to_end(&mut head)?;
    let Some(kind) = FileKind::sniff(&head) else {
        return Ok(Err(Breach::new(code::FILE_KIND)));
    };
    let start = file.seek(SeekFrom::Start(length.saturating_sub(ZIP_TAIL)))?;
    let mut tail = Vec::new();
    file.take(length.saturating_sub(start)).read_to_end(&mut tail)?;
    let has_archive = tail.windows(4).any(|window| window == b"PK\x05\x06");
    file.seek(SeekFrom::Start(0))?;
    let walked = if has_archive {
        Err(Fault::Broken)
    } else if kind == FileKind::Pdf {
        pdf::walk(file, length, &tail)
    } else {
        let mut walk = Walk::over(file);
        let pixels = match kind {
            FileKind::Gif => gif::walk(&mut walk),
            FileKind::Jpeg => jpeg::walk(&mut walk),
            FileKind::Png => png::walk(&mut walk),
            FileKind::WebP | FileKind::Pdf => webp::walk(&mut walk),
        };
        pixels.and_then(|pixels| walk.finish(pixels))
    };
    match walked {
        Ok(()) => Ok(Ok(kind)),
        Err(Fault::Broken) => Ok(Err(Breach::new(code::FILE_CONTENT))),
        Err(Fault::Io(error)) => Err(error),
    }
}
