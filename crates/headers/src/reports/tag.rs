//! Tags of endpoint addresses.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use palisade_core::Clock;
use sha2::Sha256;

use crate::ConfigError;

/// Bytes of a tag: 128 bits, of which a guess hits one.
const LENGTH: usize = 16;
/// Bytes that a key has at least.
const KEY: usize = 32;
const DAY: Duration = Duration::from_hours(24);

/// Signs addresses for a day and knows them again until the end of the next.
#[derive(Clone)]
pub(crate) struct Tags {
    shared: Arc<Shared>,
}

struct Shared {
    keyed: Hmac<Sha256>,
    clock: Arc<dyn Clock>,
}

impl Tags {
    pub(super) fn new(key: &[u8], clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let refuse = || {
            let instead = "give 32 or more random bytes, the same to every instance";
            ConfigError::new("report key", format!("of {} bytes", key.len()), instead)
        };
        if key.len() < KEY {
            return Err(refuse());
        }
        let keyed = Hmac::new_from_slice(key).map_err(|_| refuse())?;
        Ok(Self { shared: Arc::new(Shared { keyed, clock }) })
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// Returns the day that it is now.
    pub(crate) fn today(&self) -> u64 {
        day(self.shared.clock.wall())
    }

    /// Returns the query of an endpoint's address on a day.
    pub(crate) fn query(&self, policy: &str, day: u64) -> String {
        let full = self.mac(policy, day).finalize().into_bytes();
        let tag = full.as_slice().get(..LENGTH).unwrap_or_default();
        format!("p={policy}&d={day}&t={}", Base64UrlUnpadded::encode_string(tag))
    }

    /// Returns the policy of a query that was signed today or yesterday.
    pub(super) fn policy<'a>(&self, query: &'a str) -> Option<&'a str> {
        let (policy, rest) = query.strip_prefix("p=")?.split_once("&d=")?;
        let (digits, tag) = rest.split_once("&t=")?;
        let signed: u64 = digits.parse().ok()?;
        let today = self.today();
        if signed > today || today.saturating_sub(signed) > 1 {
            return None;
        }
        let mut bytes = [0; LENGTH];
        let tag = Base64UrlUnpadded::decode(tag, &mut bytes).ok().filter(|t| t.len() == LENGTH)?;
        self.mac(policy, signed).verify_truncated_left(tag).ok()?;
        Some(policy)
    }

    fn mac(&self, policy: &str, day: u64) -> Hmac<Sha256> {
        let mut mac = self.shared.keyed.clone();
        mac.update(b"palisade-headers report endpoint 1\0");
        mac.update(&day.to_be_bytes());
        mac.update(policy.as_bytes());
        mac
    }
}

fn day(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs().checked_div(DAY.as_secs()).unwrap_or_default()
}

impl PartialEq for Tags {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for Tags {}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tags").finish_non_exhaustive()
    }
}
