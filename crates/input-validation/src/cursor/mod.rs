//! Positions in a list, sealed.

mod keys;
mod scope;

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::issue::{Breach, code};
use crate::macros::ParsedText;

pub use keys::{CursorKeys, WeakKey};
pub use scope::Scope;

const CURSOR: Breach = Breach::new(code::CURSOR);

/// Where a list goes on, as `?cursor=` carries it: the position `K` of the last row shown.
///
/// Sealed (AES-256-GCM-SIV, RFC 8452): a client can neither read the position, whose row it may
/// not be allowed to see, nor change it. A cursor opens only in the [`Scope`] in which it was made
/// (route, principal, filter, sort) and until it expires; altered, foreign and old ones all give the
/// same [`code::CURSOR`]. At most [`MAX`](Self::MAX) bytes of URL-safe text.
///
/// Sealing takes no randomness: one position, scope and expiry give one cursor, which tells who holds
/// two equal cursors that they are equal and nothing else.
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Cursor, CursorKeys, Scope};
/// use std::time::{Duration, SystemTime};
///
/// let keys = CursorKeys::new(*b"0123456789abcdefFEDCBA9876543210")?;
/// let scope = Scope::new("GET /students").principal("teacher 7").sort("-createdAt");
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
///
/// let cursor = keys.seal(&scope, &(1_799_999_000_u64, 42_u64), now + Duration::from_secs(3600))?;
/// let back: Cursor<(u64, u64)> = cursor.to_string().parse()?; // what `?cursor=` brings
/// assert_eq!(keys.open(&scope, &back, now)?, (1_799_999_000, 42));
///
/// let other = Scope::new("GET /students").principal("teacher 8").sort("-createdAt");
/// assert!(keys.open(&other, &back, now).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
///
/// Opening decodes and decrypts into two buffers and reads the position from JSON; a cursor of the
/// previous key is tried with both.
pub struct Cursor<K> {
    text: Box<str>,
    position: PhantomData<fn() -> K>,
}

impl<K> Cursor<K> {
    /// The most bytes that a cursor has.
    pub const MAX: usize = 512;

    /// Reads a cursor; whether it is genuine is told by [`CursorKeys::open`].
    ///
    /// # Errors
    ///
    /// [`code::CURSOR`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(known);
        if fits { Ok(Self::new(text)) } else { Err(CURSOR) }
    }

    fn new(text: &str) -> Self {
        Self { text: text.into(), position: PhantomData }
    }
}

impl CursorKeys {
    /// Seals a position until `expires`.
    ///
    /// # Errors
    ///
    /// [`code::CURSOR`] if the position has no JSON, or one too long for [`Cursor::MAX`].
    pub fn seal<K: Serialize>(
        &self,
        scope: &Scope,
        position: &K,
        expires: SystemTime,
    ) -> Result<Cursor<K>, Breach> {
        let mut plain = seconds(expires).to_be_bytes().to_vec();
        serde_json::to_writer(&mut plain, position).map_err(|_| CURSOR)?;
        let text = self.encrypt(scope.as_bytes(), &plain).ok_or(CURSOR)?;
        if text.len() > Cursor::<K>::MAX { Err(CURSOR) } else { Ok(Cursor::new(&text)) }
    }

    /// Opens a cursor that was sealed in the same scope and has not expired at `now`.
    ///
    /// # Errors
    ///
    /// [`code::CURSOR`], whatever is wrong with it.
    pub fn open<K: DeserializeOwned>(
        &self,
        scope: &Scope,
        cursor: &Cursor<K>,
        now: SystemTime,
    ) -> Result<K, Breach> {
        let plain = self.decrypt(scope.as_bytes(), &cursor.text).ok_or(CURSOR)?;
        let (expires, position) = plain.split_first_chunk::<8>().ok_or(CURSOR)?;
        if u64::from_be_bytes(*expires) <= seconds(now) {
            return Err(CURSOR);
        }
        serde_json::from_slice(position).map_err(|_| CURSOR)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

impl<K> Clone for Cursor<K> {
    fn clone(&self) -> Self {
        Self::new(&self.text)
    }
}

impl<K> PartialEq for Cursor<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Cursor<K> {}

impl<K> fmt::Debug for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(sealed)")
    }
}

impl<K> fmt::Display for Cursor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<K> std::str::FromStr for Cursor<K> {
    type Err = Breach;

    fn from_str(text: &str) -> Result<Self, Breach> {
        Self::parse(text)
    }
}

impl<K> Serialize for Cursor<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> Deserialize<'de> for Cursor<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ParsedText(Self::parse))
    }
}
