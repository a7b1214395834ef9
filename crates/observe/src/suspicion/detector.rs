//! All clients, in memory of fixed size.

use std::fmt;
use std::hash::Hasher;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use http::StatusCode;
use palisade_core::SecurityEvent;
use siphasher::sip::SipHasher13;

use super::Signs;
use super::table::{Policy, SPAN, Slot, Suspicion};

/// Places where a client may be; a new one takes the least suspicious.
const WAYS: usize = 8;
const SETS: usize = 2048;
/// Events in a minute, whoever causes them; the others are counted in the next one.
const EVENTS: u32 = 60;

/// A path, as much as is remembered of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    hash: u64,
}

/// Finds suspicious clients; see the [module](super).
///
/// # Cost
///
/// Memory of [`BYTES`](Self::BYTES), whatever happens; two hashes and one lock for a request.
pub struct Detector {
    policy: Policy,
    key: SipHasher13,
    start: Instant,
    sets: Box<[Mutex<[Slot; WAYS]>]>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    minute: u64,
    events: u32,
    silenced: u64,
}

impl Detector {
    /// Bytes of memory that the detector takes.
    pub const BYTES: usize = SETS * size_of::<Mutex<[Slot; WAYS]>>();

    /// Makes a detector; `key` keeps strangers from choosing whom they displace, `now` is the time.
    #[must_use]
    pub fn new(policy: Policy, key: [u8; 16], now: Instant) -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        let key = SipHasher13::new_with_key(&key);
        Self { policy, key, start: now, sets, told: Mutex::default() }
    }

    /// Makes a detector with a key that is drawn.
    ///
    /// # Errors
    ///
    /// Those of the system, which may have no randomness.
    pub fn random(policy: Policy, now: Instant) -> Result<Self, getrandom::Error> {
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        Ok(Self::new(policy, key, now))
    }

    /// Remembers a path until the answer is known.
    #[must_use]
    pub fn see(&self, path: &str) -> Seen {
        let mut hasher = self.key;
        hasher.write(path.as_bytes());
        Seen { hash: hasher.finish() }
    }

    /// Counts a request with its answer and reports the client if need be; returns what it is newly
    /// suspected of. An IPv6 client is its /64.
    pub fn look(
        &self,
        client: IpAddr,
        signs: Signs,
        seen: Seen,
        status: Option<StatusCode>,
        now: Instant,
    ) -> Option<Suspicion> {
        let now = now.saturating_duration_since(self.start).as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let status = status.map_or(0, |status| status.as_u16());
        let suspicion = self.count(self.hash(client), signs, seen, status, now)?;
        self.report(client, suspicion, now);
        Some(suspicion)
    }

    fn count(
        &self,
        client: u64,
        signs: Signs,
        seen: Seen,
        status: u16,
        now: u64,
    ) -> Option<Suspicion> {
        let set = usize::try_from(client % 2048).ok().and_then(|at| self.sets.get(at))?;
        let mut slots = set.lock().unwrap_or_else(PoisonError::into_inner);
        let known = slots.iter().position(|slot| slot.client == client);
        let place = known.or_else(|| {
            let over = slots.iter().position(|slot| slot.client == 0 || slot.is_over(now));
            let least = || slots.iter().enumerate().min_by_key(|(_, slot)| slot.weight());
            over.or_else(|| least().map(|(place, _)| place))
        })?;
        let slot = slots.get_mut(place)?;
        if slot.client != client || slot.is_over(now) {
            *slot = Slot::begin(client, now);
        }
        slot.count(signs, seen.hash, status, self.policy)
    }

    fn hash(&self, client: IpAddr) -> u64 {
        let mut hasher = self.key;
        match client.to_canonical() {
            IpAddr::V4(address) => hasher.write_u32(address.to_bits()),
            IpAddr::V6(address) => hasher.write_u128(address.to_bits() >> 64),
        }
        hasher.finish().max(1)
    }

    #[cold]
    fn report(&self, client: IpAddr, suspicion: Suspicion, now: u64) {
        let minute = now.checked_div(u64::try_from(SPAN.as_millis()).unwrap_or(1)).unwrap_or(0);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = 0;
        if told.minute != minute {
            before = told.silenced;
            *told = Told { minute, ..Told::default() };
        }
        if told.events >= EVENTS {
            told.silenced = told.silenced.saturating_add(1);
            return;
        }
        told.events = told.events.saturating_add(1);
        drop(told);
        tracing::warn!(
            target: SecurityEvent::TARGET,
            event = suspicion.event().as_str(),
            %client,
            silenced_before = (before > 0).then_some(before),
            "suspicious client"
        );
    }
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector").field("policy", &self.policy).finish_non_exhaustive()
    }
}
