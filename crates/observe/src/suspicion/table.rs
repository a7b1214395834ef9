//! What one client did, and when that is too much.

use std::time::Duration;

use palisade_core::SecurityEvent;

use super::Signs;

/// Bounds for what one client does in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Requests that probe.
    pub probes: u16,
    /// Requests for what scanners look for.
    pub scans: u16,
    /// Answers of 401.
    pub sign_ins: u16,
    /// Answers of 400 to 499, if they are at least half of all and on half as many different paths.
    pub refusals: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self { probes: 3, scans: 5, sign_ins: 10, refusals: 30 }
    }
}

/// What a client is suspected of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suspicion {
    /// It sends what no honest client sends.
    Probing,
    /// It looks for known holes, or calls itself an attack tool.
    Scanning,
    /// It tries passwords or keys.
    Guessing,
    /// It asks for many pages that there are not.
    Searching,
}

impl Suspicion {
    pub(super) const ALL: [Self; 4] =
        [Self::Probing, Self::Scanning, Self::Guessing, Self::Searching];

    /// Returns the security event by which it is reported.
    #[must_use]
    pub const fn event(self) -> SecurityEvent {
        match self {
            Self::Probing => SecurityEvent::MaliciousExtraneous,
            Self::Scanning => SecurityEvent::MaliciousAttackTool,
            Self::Guessing => SecurityEvent::LoginFailMax,
            Self::Searching => SecurityEvent::MaliciousExcess404,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Probing => 1,
            Self::Scanning => 2,
            Self::Guessing => 4,
            Self::Searching => 8,
        }
    }
}

/// How long a client's deeds count together.
pub(super) const SPAN: Duration = Duration::from_mins(1);

/// A client's minute.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// Its address under a key; 0 is nobody.
    pub(super) client: u64,
    /// Milliseconds from the detector's start to the client's first request.
    begin: u64,
    /// A bit for each refused path, by its hash.
    paths: u64,
    requests: u16,
    refusals: u16,
    sign_ins: u16,
    probes: u16,
    scans: u16,
    told: u8,
}

impl Slot {
    pub(super) fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.begin) >= u64::try_from(SPAN.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) const fn begin(client: u64, now: u64) -> Self {
        Self {
            client,
            begin: now,
            paths: 0,
            requests: 0,
            refusals: 0,
            sign_ins: 0,
            probes: 0,
            scans: 0,
            told: 0,
        }
    }

    /// What it would be a pity to forget: the deeds that count against the client, then the time.
    pub(super) const fn weight(&self) -> (u16, u64) {
        let deeds = self.probes.saturating_add(self.scans).saturating_mul(4);
        (
            deeds.saturating_add(self.refusals).saturating_add(if self.told == 0 { 0 } else { 16 }),
            self.begin,
        )
    }

    /// Counts a request; returns what the client is suspected of for the first time.
    pub(super) fn count(
        &mut self,
        signs: Signs,
        path: u64,
        status: u16,
        policy: Policy,
    ) -> Option<Suspicion> {
        let add = |count: &mut u16, if_so: bool| *count = count.saturating_add(u16::from(if_so));
        add(&mut self.requests, true);
        add(&mut self.probes, signs.probes);
        add(&mut self.scans, signs.scans);
        add(&mut self.sign_ins, status == 401);
        let refused = (400..500).contains(&status);
        add(&mut self.refusals, refused);
        if refused {
            self.paths |= 1 << (path % 64);
        }
        let is = |suspicion: Suspicion| match suspicion {
            Suspicion::Probing => self.probes >= policy.probes,
            Suspicion::Scanning => signs.tool || self.scans >= policy.scans,
            Suspicion::Guessing => self.sign_ins >= policy.sign_ins,
            Suspicion::Searching => {
                let different = self.paths.count_ones();
                self.refusals >= policy.refusals
                    && self.refusals.saturating_mul(2) >= self.requests
                    && different.saturating_mul(2) >= u32::from(policy.refusals.min(64))
            }
        };
        let fresh = |suspicion: &Suspicion| self.told & suspicion.bit() == 0 && is(*suspicion);
        let found = Suspicion::ALL.into_iter().find(fresh)?;
        self.told |= found.bit();
        Some(found)
    }
}
