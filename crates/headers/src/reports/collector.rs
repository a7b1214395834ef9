//! The collector: what is admitted, counted and told.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use palisade_core::{Clock, SecurityEvent};

use super::tally::Tally;
use super::{Disposition, Noise, Observed, Refused, Reports, Snapshot, Tags, Violation, parse};
use crate::{ConfigError, Endpoint};

/// Violations that are told apart.
const CAPACITY: usize = 1024;
/// Bodies that are read at once.
const READERS: usize = 64;
/// Security events in an hour: whoever has a tag must not fill the log.
const EVENTS: u32 = 32;
const HOUR: Duration = Duration::from_hours(1);

/// Takes violation reports and counts them in fixed memory; see the [module docs](super).
///
/// Clones are the same collector. Each violation that is new to the table is one `tracing` event
/// with the target [`SecurityEvent::TARGET`], at most 32 in an hour, and with the feature `metrics`
/// each report is one count of `palisade_headers_reports_total` by `outcome`.
///
/// # Cost
///
/// An untagged request costs a look at its query, a wrong tag one HMAC, neither an allocation
/// (with the feature `metrics` that of a label). Of memory the table takes 1024 violations of about 1 KiB at most, and bodies that are being read
/// 64 times 64 KiB.
#[derive(Clone)]
pub struct Collector {
    shared: Arc<Shared>,
}

struct Shared {
    tags: Tags,
    readers: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    tally: Tally<Violation>,
    counted: u64,
    noise: [u64; Noise::ALL.len()],
    refused: [u64; Refused::ALL.len()],
    hour: Instant,
    events: u32,
}

/// The right to have one body read: its tag is good and there is room.
#[derive(Debug)]
#[must_use = "no report is counted until collect() has its body"]
pub struct Ticket {
    collector: Collector,
    policy: Box<str>,
    noise: Option<Noise>,
}

impl Ticket {
    /// Counts the reports of a body; a body that is none is counted by reason.
    pub fn collect(self, body: &[u8]) {
        let batch = match parse(body) {
            Ok(batch) => batch,
            Err(malformed) => return self.refuse(malformed.into()),
        };
        for report in batch.reports() {
            if let Some(noise) = self.noise.or_else(|| Noise::of(report)) {
                self.collector.shrug(noise);
            } else if let Some(violation) = Violation::read(&self.policy, report) {
                self.collector.count(violation, report.line);
            } else {
                self.collector.refuse(Refused::Unknown, 1);
            }
        }
        if batch.omitted() > 0 {
            let omitted = u64::try_from(batch.omitted()).unwrap_or(u64::MAX);
            self.collector.refuse(Refused::Surplus, omitted);
        }
    }

    /// Counts that the body is not taken.
    pub(super) fn refuse(self, reason: Refused) {
        self.collector.refuse(reason, 1);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.collector.shared.readers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Collector {
    /// Collects reports to addresses that are signed with `key`.
    ///
    /// Instances behind one name share the key: a page of one reports to another.
    ///
    /// # Errors
    ///
    /// A key of fewer than 32 bytes.
    pub fn new(key: &[u8], clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let hour = clock.now();
        let state = State {
            tally: Tally::new(CAPACITY),
            counted: 0,
            noise: [0; Noise::ALL.len()],
            refused: [0; Refused::ALL.len()],
            hour,
            events: 0,
        };
        let shared = Shared {
            tags: Tags::new(key, clock)?,
            readers: AtomicUsize::new(0),
            state: Mutex::new(state),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the endpoint of a policy, for
    /// [`SecurityHeaders::report_to`](crate::SecurityHeaders::report_to); its address changes every
    /// day (UTC).
    ///
    /// `address` is where [`service`](Self::service) is mounted, at this server or elsewhere.
    ///
    /// # Errors
    ///
    /// Those of [`Endpoint::new`], and an address that has a query already.
    pub fn endpoint(&self, policy: &str, address: &str) -> Result<Endpoint, ConfigError> {
        Endpoint::new(policy, address)?.tagged(self.shared.tags.clone())
    }

    /// Returns the service that takes the reports.
    #[must_use]
    pub fn service(&self) -> Reports {
        Reports::new(self.clone())
    }

    /// Decides by query and `User-Agent` whether a body shall be read.
    ///
    /// # Errors
    ///
    /// [`Refused::Untagged`] or [`Refused::Busy`], counted.
    pub fn admit(&self, query: Option<&str>, user_agent: &[u8]) -> Result<Ticket, Refused> {
        let Some(policy) = query.and_then(|query| self.shared.tags.policy(query)) else {
            self.refuse(Refused::Untagged, 1);
            return Err(Refused::Untagged);
        };
        let before = self.shared.readers.fetch_add(1, Ordering::Relaxed);
        let noise = Noise::of_user_agent(user_agent);
        let ticket = Ticket { collector: self.clone(), policy: policy.into(), noise };
        if before >= READERS {
            ticket.refuse(Refused::Busy);
            return Err(Refused::Busy);
        }
        Ok(ticket)
    }

    /// Returns what was seen so far.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        let ranking = state.tally.ranking();
        Snapshot {
            counted: state.counted,
            noise: Noise::ALL.iter().copied().zip(state.noise).collect(),
            refused: Refused::ALL.iter().copied().zip(state.refused).collect(),
            violations: ranking.into_iter().map(Observed::new).collect(),
        }
    }

    fn count(&self, violation: Violation, line: Option<u64>) {
        let (what, disposition) = (violation.what(), violation.disposition());
        let clock = self.shared.tags.clock();
        let (wall, now) = (clock.wall(), clock.now());
        let mut state = self.state();
        state.counted = state.counted.saturating_add(1);
        let told = state.tally.add(violation, line, wall) && state.may_tell(now);
        drop(state);
        outcome("counted", 1);
        if told {
            tell(what, disposition);
        }
    }

    fn shrug(&self, noise: Noise) {
        add(Noise::ALL, &mut self.state().noise, &noise, 1);
        outcome(noise.as_str(), 1);
    }

    fn refuse(&self, reason: Refused, times: u64) {
        add(Refused::ALL, &mut self.state().refused, &reason, times);
        outcome(reason.as_str(), times);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counts that a panicking thread has left half done are still counts.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add<T: PartialEq>(all: &[T], counts: &mut [u64], class: &T, times: u64) {
    let place = all.iter().position(|known| known == class);
    if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
        *count = count.saturating_add(times);
    }
}

impl State {
    fn may_tell(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.hour) >= HOUR {
            (self.hour, self.events) = (now, 0);
        }
        self.events = self.events.saturating_add(1);
        self.events <= EVENTS
    }
}

/// Tells what was refused, in words of ours alone.
#[cold]
fn tell(what: &'static str, disposition: Disposition) {
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::BrowserViolation.as_str(),
        what,
        disposition = disposition.as_str(),
        "a browser reports a violation that was not seen before"
    );
}

#[cfg_attr(not(feature = "metrics"), expect(clippy::missing_const_for_fn, reason = "it counts"))]
fn outcome(outcome: &'static str, times: u64) {
    #[cfg(feature = "metrics")]
    metrics::counter!("palisade_headers_reports_total", "outcome" => outcome).increment(times);
    #[cfg(not(feature = "metrics"))]
    let _ = (outcome, times);
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}
