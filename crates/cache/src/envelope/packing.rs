//! How bytes are packed, and unpacked within a bound.

use std::borrow::Cow;

use super::OpenError;

/// A compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// As they are.
    #[default]
    None,
    /// LZ4 blocks: the least work.
    #[cfg(feature = "lz4_flex")]
    Lz4,
    /// Zstandard at level 1, with contexts that each thread keeps: the least room.
    #[cfg(feature = "zstd")]
    Zstd,
    /// zlib (RFC 1950), for what must be read elsewhere; Zstandard is better at everything.
    #[cfg(feature = "flate2")]
    Zlib,
}

impl Packing {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            #[cfg(feature = "lz4_flex")]
            Self::Lz4 => 1,
            #[cfg(feature = "zstd")]
            Self::Zstd => 2,
            #[cfg(feature = "flate2")]
            Self::Zlib => 3,
        }
    }

    pub(super) const fn numbered(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            #[cfg(feature = "lz4_flex")]
            1 => Some(Self::Lz4),
            #[cfg(feature = "zstd")]
            2 => Some(Self::Zstd),
            #[cfg(feature = "flate2")]
            3 => Some(Self::Zlib),
            _ => None,
        }
    }

    /// Packs, or says that it does not.
    #[cfg_attr(
        not(any(feature = "lz4_flex", feature = "zstd", feature = "flate2")),
        expect(
            clippy::missing_const_for_fn,
            reason = "the packings of the features are not const"
        )
    )]
    pub(super) fn pack(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let _ = bytes;
        match self {
            Self::None => None,
            #[cfg(feature = "lz4_flex")]
            Self::Lz4 => Some(lz4_flex::block::compress(bytes)),
            #[cfg(feature = "zstd")]
            Self::Zstd => zstandard::pack(bytes),
            #[cfg(feature = "flate2")]
            Self::Zlib => zlib::pack(bytes),
        }
    }

    /// Unpacks exactly so many bytes; no more memory than that is taken.
    pub(super) fn unpack(self, packed: &[u8], length: usize) -> Result<Cow<'_, [u8]>, OpenError> {
        let unpacked = match self {
            Self::None => (packed.len() == length).then_some(Cow::Borrowed(packed)),
            #[cfg(feature = "lz4_flex")]
            Self::Lz4 => {
                let mut bytes = vec![0; length];
                let written = lz4_flex::block::decompress_into(packed, &mut bytes);
                written.is_ok_and(|written| written == length).then_some(Cow::Owned(bytes))
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => zstandard::unpack(packed, length).map(Cow::Owned),
            #[cfg(feature = "flate2")]
            Self::Zlib => zlib::unpack(packed, length).map(Cow::Owned),
        };
        unpacked.ok_or(OpenError::Undecodable)
    }
}

#[cfg(feature = "zstd")]
mod zstandard {
    use std::cell::RefCell;

    use zstd::bulk::{Compressor, Decompressor};

    thread_local! {
        // To make a context costs more than to pack 4 KiB with it.
        static PACK: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
        static UNPACK: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }

    pub(super) fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
        PACK.with_borrow_mut(|context| {
            if context.is_none() {
                *context = Compressor::new(1).ok();
            }
            context.as_mut()?.compress(bytes).ok()
        })
    }

    pub(super) fn unpack(packed: &[u8], length: usize) -> Option<Vec<u8>> {
        UNPACK.with_borrow_mut(|context| {
            if context.is_none() {
                *context = Decompressor::new().ok();
            }
            let bytes = context.as_mut()?.decompress(packed, length).ok()?;
            (bytes.len() == length).then_some(bytes)
        })
    }
}

#[cfg(feature = "flate2")]
mod zlib {
    use std::io::{Read, Write};

    use flate2::Compression;
    use flate2::read::ZlibDecoder;
    use flate2::write::ZlibEncoder;

    pub(super) fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).ok()?;
        encoder.finish().ok()
    }

    pub(super) fn unpack(packed: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut decoder = ZlibDecoder::new(packed);
        decoder.read_exact(&mut bytes).ok()?;
        // All of it, and its checksum is right.
        matches!(decoder.read(&mut [0]), Ok(0)).then_some(bytes)
    }
}
