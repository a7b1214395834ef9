//! How a value is encoded.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{OpenError, SealError};

/// The number that says that there is no value.
pub(super) const ABSENT: u8 = 0;

/// An encoding of values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// postcard: small and fast, and without names: a type that changes needs another version.
    #[default]
    Postcard,
    /// JSON, which people and other programs read.
    #[cfg(feature = "serde_json")]
    Json,
}

impl Codec {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Postcard => 1,
            #[cfg(feature = "serde_json")]
            Self::Json => 2,
        }
    }

    pub(super) const fn numbered(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Postcard),
            #[cfg(feature = "serde_json")]
            2 => Some(Self::Json),
            _ => None,
        }
    }

    pub(super) fn encode<V: Serialize>(self, value: &V) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Postcard => postcard::to_allocvec(value).map_err(|_| SealError::Unencodable),
            #[cfg(feature = "serde_json")]
            Self::Json => serde_json::to_vec(value).map_err(|_| SealError::Unencodable),
        }
    }

    /// Decodes all of the bytes.
    pub(super) fn decode<V: DeserializeOwned>(self, bytes: &[u8]) -> Result<V, OpenError> {
        match self {
            Self::Postcard => match postcard::take_from_bytes(bytes) {
                Ok((value, [])) => Ok(value),
                _ => Err(OpenError::Undecodable),
            },
            #[cfg(feature = "serde_json")]
            Self::Json => serde_json::from_slice(bytes).map_err(|_| OpenError::Undecodable),
        }
    }
}
