//! Values as bytes, for a store that others may write to, lose, cut or fill with old things.
//!
//! Whatever does not read as a value of this cache is an [`OpenError`], which to a cache is a miss.
//! What is read is bounded before it is unpacked: nothing that a store returns makes this code take
//! more memory than [`Format::most`] says, or panic.
//!
//! ```
//! use palisade_cache::envelope::{Format, Header, Mark, open, seal};
//!
//! let format = Format::new(3).named("users");
//! let header = Header::new(Mark::new(*b"0123456789abcdef", 7), 1_000);
//! let sealed = seal(&format, &header, Some(&"Ada".to_owned()))?;
//! assert_eq!(open::<String>(&format, &sealed)?.value.as_deref(), Some("Ada"));
//! // After a change of the type:
//! assert!(open::<String>(&Format::new(4).named("users"), &sealed).is_err());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layout
//!
//! Big-endian: magic 4 (`PLC1`), CRC-32 of all that follows 4, schema 8, era 8, milliseconds of the
//! store's clock until which the value is fresh 8, microseconds that its load took 4, codec 1,
//! packing 1, number of slots 1, zero 1, length before packing 4, epoch 16, slots 2 each, payload.
//!
//! # Security
//!
//! The checksum finds damage, not forgery: who can write to the store can write values.

mod codec;
mod header;
mod packing;
mod reader;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ConfigError;
use crate::tag::Hasher;

pub use codec::Codec;
pub use header::{Header, Mark};
pub use packing::Packing;
use reader::Reader;

pub(crate) use header::MAGIC;

/// How values of one cache are written, and what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    schema: u64,
    version: u32,
    codec: Codec,
    packing: Packing,
    pack_over: usize,
    most: usize,
}

impl Format {
    /// The largest value unless told otherwise: 4 MiB before packing.
    pub const MOST: usize = 4 << 20;
    /// Packing pays from here on.
    pub const PACK_OVER: usize = 4 << 10;

    /// Writes as postcard, unpacked. Values of another version are not read: change it with the type.
    #[must_use]
    pub fn new(version: u32) -> Self {
        let (codec, packing) = (Codec::Postcard, Packing::None);
        let (pack_over, most) = (Self::PACK_OVER, Self::MOST);
        Self { schema: 0, version, codec, packing, pack_over, most }.named("")
    }

    /// Neither reads nor is read by values of another name; a cache gives its own.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.schema = Hasher::stable(name).of("schema", self.version.into());
        self
    }

    /// Returns the version of the values' type.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Writes in this encoding; all known ones are read.
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Packs values of more than [`PACK_OVER`](Self::PACK_OVER) bytes, where that makes them smaller;
    /// all known packings are read.
    #[must_use]
    pub const fn packing(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Packs values of more than so many bytes.
    #[must_use]
    pub const fn pack_over(mut self, bytes: usize) -> Self {
        self.pack_over = bytes;
        self
    }

    /// Neither writes nor reads values of more than so many bytes before packing.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] for 0 and for more than 256 MiB.
    pub fn most(mut self, bytes: usize) -> Result<Self, ConfigError> {
        let given = u64::try_from(bytes).unwrap_or(u64::MAX);
        ConfigError::number("the most bytes of a value", given, 1, 256 << 20)?;
        self.most = bytes;
        Ok(self)
    }
}

/// What was in an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened<V> {
    /// What is said of the value.
    pub header: Header,
    /// The value; `None` says that there is none.
    pub value: Option<V>,
}

/// Why bytes are no value of a cache: to the cache, a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is cut, or no envelope at all, or of another version of this crate.
    #[error("this is no envelope of this version")]
    Foreign,
    /// The checksum is another.
    #[error("the envelope is damaged")]
    Damaged,
    /// The value is of another cache or of another version of its type.
    #[error("the envelope is of another schema")]
    Schema,
    /// This program does not know the codec or the packing.
    #[error("the envelope is of an unknown {0}")]
    Unknown(&'static str),
    /// The value is larger than the cache takes.
    #[error("the value is larger than the cache takes")]
    TooLarge,
    /// The bytes are no such value.
    #[error("the value cannot be decoded")]
    Undecodable,
}

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The value is larger than the cache takes.
    #[error("the value is larger than the cache takes")]
    TooLarge,
    /// The encoding cannot say such a value.
    #[error("the value cannot be encoded")]
    Unencodable,
}

/// Writes a value, or that there is none.
///
/// # Errors
///
/// [`SealError`] for a value that is too large or that the codec cannot say.
pub fn seal<V: Serialize>(
    format: &Format,
    header: &Header,
    value: Option<&V>,
) -> Result<Vec<u8>, SealError> {
    let (codec, raw) = match value {
        Some(value) => (format.codec.number(), format.codec.encode(value)?),
        None => (codec::ABSENT, Vec::new()),
    };
    if raw.len() > format.most {
        return Err(SealError::TooLarge);
    }
    let length = u32::try_from(raw.len()).map_err(|_| SealError::TooLarge)?;
    let packed = if raw.len() > format.pack_over { format.packing.pack(&raw) } else { None };
    let packed = packed.filter(|packed| packed.len() < raw.len());
    let (packing, payload) = match packed {
        Some(packed) => (format.packing.number(), packed),
        None => (Packing::None.number(), raw),
    };
    Ok(header.write(format.schema, codec, packing, length, &payload))
}

/// Reads a value.
///
/// # Errors
///
/// [`OpenError`] for everything that is no value of this format.
pub fn open<V: DeserializeOwned>(format: &Format, bytes: &[u8]) -> Result<Opened<V>, OpenError> {
    let mut reader = Reader(bytes);
    if reader.array::<4>() != Some(MAGIC) {
        return Err(OpenError::Foreign);
    }
    let checksum = reader.u32().ok_or(OpenError::Foreign)?;
    if crc32fast::hash(reader.0) != checksum {
        return Err(OpenError::Damaged);
    }
    let (header, said) = Header::read(&mut reader).ok_or(OpenError::Foreign)?;
    if said.schema != format.schema {
        return Err(OpenError::Schema);
    }
    let length = usize::try_from(said.length).map_err(|_| OpenError::TooLarge)?;
    if length > format.most {
        return Err(OpenError::TooLarge);
    }
    if said.codec == codec::ABSENT {
        return Ok(Opened { header, value: None });
    }
    let codec = Codec::numbered(said.codec).ok_or(OpenError::Unknown("codec"))?;
    let packing = Packing::numbered(said.packing).ok_or(OpenError::Unknown("packing"))?;
    let value = codec.decode(&packing.unpack(reader.0, length)?)?;
    Ok(Opened { header, value: Some(value) })
}
