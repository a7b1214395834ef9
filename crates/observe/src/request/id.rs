//! The name of a request.

use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use siphasher::sip128::{Hasher128, SipHasher13};

use super::TraceContext;

/// The name of a request: a UUID of version 7 (RFC 9562), or what a trusted proxy calls it.
///
/// A request extension, put there by [`RequestLogLayer`](super::RequestLogLayer), and the response
/// header `x-request-id`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId {
    name: Name,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Given(Box<str>),
    Made([u8; 36]),
}

impl RequestId {
    /// Characters of the longest name that a proxy may give.
    pub const LONGEST: usize = 128;

    /// Takes a name that a proxy gave: letters, digits and `._:-`.
    ///
    /// # Example
    ///
    /// ```
    /// use palisade_observe::request::RequestId;
    ///
    /// assert_eq!(RequestId::given("edge-7:42").unwrap().as_str(), "edge-7:42");
    /// assert!(RequestId::given("a b").is_none() && RequestId::given("").is_none());
    /// ```
    #[must_use]
    pub fn given(name: &str) -> Option<Self> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let fits = (1..=Self::LONGEST).contains(&name.len()) && name.bytes().all(good);
        fits.then(|| Self { name: Name::Given(name.into()) })
    }

    fn uuid(bits: u128) -> Self {
        let mut text = *b"00000000-0000-0000-0000-000000000000";
        let mut shift = 128_u32;
        for place in text.iter_mut().filter(|byte| **byte != b'-') {
            shift = shift.saturating_sub(4);
            *place = hex(bits >> shift);
        }
        Self { name: Name::Made(text) }
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.name {
            Name::Given(name) => name,
            Name::Made(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        }
    }
}

/// The digit of the lowest four bits.
pub(super) fn hex(bits: u128) -> u8 {
    let place = usize::try_from(bits & 0xf).unwrap_or(0);
    b"0123456789abcdef".get(place).copied().unwrap_or(b'0')
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

/// Makes ids that nobody else makes: numbers in order, encrypted under a key of the process.
///
/// Not secrets: they name requests and open nothing.
#[derive(Debug)]
pub struct Ids {
    key: SipHasher13,
    next: AtomicU64,
}

impl Ids {
    /// Draws a key.
    ///
    /// # Errors
    ///
    /// Those of the system, which may have no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        Ok(Self::with_key(key))
    }

    /// Uses this key, for tests: ids come in one order.
    #[must_use]
    pub fn with_key(key: [u8; 16]) -> Self {
        Self { key: SipHasher13::new_with_key(&key), next: AtomicU64::new(0) }
    }

    /// Makes the id of a request that begins at this time.
    #[must_use]
    pub fn request(&self, now: SystemTime) -> RequestId {
        let millis = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis();
        let random = self.draw();
        let (high, low) = ((random >> 64) & 0xfff, random & 0x3fff_ffff_ffff_ffff);
        RequestId::uuid(millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
    }

    /// Makes a place in the trace of a caller, or in a new one.
    #[must_use]
    pub fn trace(&self, caller: Option<TraceContext>) -> TraceContext {
        let random = self.draw();
        match caller {
            Some(caller) => caller.child(random),
            None => TraceContext::new(random, self.draw()),
        }
    }

    fn draw(&self) -> u128 {
        let mut hasher = self.key;
        hasher.write_u64(self.next.fetch_add(1, Ordering::Relaxed));
        hasher.finish128().as_u128()
    }
}
