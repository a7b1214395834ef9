//! Each finding once an hour.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use palisade_core::{Clock, SecurityEvent, SystemClock};

use super::Finding;

/// How long a finding that has been told stays untold.
const PAUSE: Duration = Duration::from_hours(1);

/// How many requests in a row from one private address mean a proxy.
const CROWD: u64 = 1000;

/// Tells findings; its memory is fixed and nothing waits for a lock.
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    start: Instant,
    /// When each finding may be told again, in nanoseconds since `start`.
    silent_until: [AtomicU64; Finding::ALL.len()],
    /// The last private client, folded, and how many requests in a row are its.
    client: AtomicU64,
    in_a_row: AtomicU64,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    pub(crate) fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            start: clock.now(),
            clock,
            silent_until: [const { AtomicU64::new(0) }; Finding::ALL.len()],
            client: AtomicU64::new(0),
            in_a_row: AtomicU64::new(0),
        }
    }

    /// Reports the finding unless it was reported within the hour.
    pub(crate) fn tell(&self, finding: Finding) {
        let Some(silent_until) = self.silent_until.get(finding.position()) else { return };
        let now = nanos(self.clock.now().saturating_duration_since(self.start));
        let until = silent_until.load(Ordering::Relaxed);
        if now < until {
            return;
        }
        let again = now.saturating_add(nanos(PAUSE));
        // Of several threads that find the same, the one that writes tells.
        let (load, store) = (Ordering::Relaxed, Ordering::Relaxed);
        if silent_until.compare_exchange(until, again, store, load).is_err() {
            return;
        }
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::Misconfiguration.as_str(),
            code = finding.code(),
            meaning = finding.meaning(),
            fix = finding.fix(),
            "the deployment contradicts its configuration"
        );
    }

    /// Notes whose request this is; a crowd behind one private address is a finding.
    pub(crate) fn see(&self, client: IpAddr) {
        let folded = private(client).unwrap_or(0);
        if self.client.load(Ordering::Relaxed) != folded {
            self.client.store(folded, Ordering::Relaxed);
            self.in_a_row.store(1, Ordering::Relaxed);
        } else if folded != 0 && self.in_a_row.fetch_add(1, Ordering::Relaxed) == CROWD - 1 {
            self.in_a_row.store(0, Ordering::Relaxed);
            self.tell(Finding::OnePrivateClient);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Folds a private address into a word; `None` for public ones and for this machine itself.
///
/// RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4193: addresses of machines between networks.
fn private(address: IpAddr) -> Option<u64> {
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, ..]);
            let private = address.is_private() || address.is_link_local() || shared;
            private.then(|| u64::from(address.to_bits()))
        }
        IpAddr::V6(address) => {
            let private = address.is_unique_local() || address.is_unicast_link_local();
            let bits = address.to_bits().to_be_bytes();
            let (network, host) = bits.split_at(8);
            let word = |half: &[u8]| half.try_into().map_or(0, u64::from_be_bytes);
            private.then(|| word(network).rotate_left(1) ^ word(host))
        }
    }
}
