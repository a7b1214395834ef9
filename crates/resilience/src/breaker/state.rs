//! The state machine of a breaker: no clock, no atomics, no I/O.
//!
//! [`State::step`] is the whole of it. A state is one 64-bit number ([`State::to_bits`]), so the
//! shell around it is one compare-and-swap, and what many threads do at once equals what they would
//! do one after the other.

use std::time::Duration;

use super::policy::BreakerPolicy;
use super::window::Window;
use crate::dice;

/// Where a breaker stands.
#[expect(clippy::exhaustive_enums, reason = "the three states that the pattern has")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Calls pass and are counted.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls try whether the dependency is back.
    HalfOpen,
}

impl Phase {
    /// Returns the name that logs and metrics carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What came of an admitted call.
#[expect(clippy::exhaustive_enums, reason = "a call ends well, badly or without an end")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its caller went away first: it says nothing about the dependency.
    Abandoned,
    /// The dependency failed.
    Failure,
    /// The dependency answered.
    Success,
}

impl Outcome {
    /// Returns the name that metrics carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Failure => "failure",
            Self::Success => "success",
        }
    }
}

/// Proof of admission, to be settled once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    generation: u16,
}

/// What happens to a breaker.
#[expect(clippy::exhaustive_enums, reason = "a call arrives and ends; nothing else happens")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call asks to be let through.
    Arrival,
    /// An admitted call ended.
    End(Ticket, Outcome),
}

/// What a breaker answers to an [`Event`].
#[expect(clippy::exhaustive_enums, reason = "the answers to the two events")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The call passes and settles this ticket when it ends.
    Admit(Ticket),
    /// The call is refused; asking again makes sense after this time.
    Refuse(Duration),
    /// The end was counted.
    Counted,
    /// The end belongs to an earlier generation, or says nothing: not counted.
    Ignored,
}

/// A breaker's memory: its phase, its generation and what that phase needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub(super) generation: u16,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Closed(Window),
    Open { rung: u8, until: u64 },
    HalfOpen { rung: u8, running: u8, succeeded: u8, until: u64 },
}

impl State {
    /// Closed, with nothing remembered.
    #[must_use]
    pub fn new() -> Self {
        Self { generation: 0, stage: Stage::Closed(Window::default()) }
    }

    /// Returns the phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self.stage {
            Stage::Closed(_) => Phase::Closed,
            Stage::Open { .. } => Phase::Open,
            Stage::HalfOpen { .. } => Phase::HalfOpen,
        }
    }

    /// Returns the number of the phase, one more for each change; it starts again after 65 536.
    #[must_use]
    pub const fn generation(&self) -> u16 {
        self.generation
    }

    /// Takes one event and returns what follows.
    ///
    /// `now` is the time since the breaker was made, `random` any number, all equally likely; a
    /// [`Success`](Outcome::Success) and an [`Abandoned`](Outcome::Abandoned) ask for neither.
    #[must_use]
    pub fn step(
        self,
        policy: &BreakerPolicy,
        event: Event,
        now: Duration,
        random: u64,
    ) -> (Self, Decision) {
        match event {
            Event::Arrival => self.arrival(policy, now, random),
            Event::End(ticket, _) if ticket.generation != self.generation => {
                (self, Decision::Ignored)
            }
            Event::End(_, outcome) => self.end(policy, outcome, now, random),
        }
    }

    fn arrival(self, policy: &BreakerPolicy, now: Duration, random: u64) -> (Self, Decision) {
        match self.stage {
            Stage::Closed(_) => (self, self.admit()),
            Stage::Open { rung, until } if has_come(until, now, longest_open(policy)) => self
                .moved(Stage::HalfOpen { rung, running: 0, succeeded: 0, until: 0 })
                .probe(policy, now, random),
            Stage::Open { until, .. } => (self, Decision::Refuse(wait(until, now))),
            Stage::HalfOpen { .. } => self.probe(policy, now, random),
        }
    }

    /// Gives out a slot; where all are taken for too long, their calls count as lost.
    fn probe(self, policy: &BreakerPolicy, now: Duration, random: u64) -> (Self, Decision) {
        let Stage::HalfOpen { rung, running, succeeded, until } = self.stage else {
            return (self, Decision::Ignored);
        };
        if running < policy.probes {
            let running = running.saturating_add(1);
            let until = tick_after(now, policy.probe_limit);
            let next = self.with(Stage::HalfOpen { rung, running, succeeded, until });
            (next, next.admit())
        } else if has_come(until, now, policy.probe_limit) {
            let next = self.opened(policy, rung.saturating_add(1), now, random);
            (next, Decision::Refuse(next.remaining(now)))
        } else {
            (self, Decision::Refuse(wait(until, now).min(policy.open_for)))
        }
    }

    fn end(
        self,
        policy: &BreakerPolicy,
        outcome: Outcome,
        now: Duration,
        random: u64,
    ) -> (Self, Decision) {
        let next = match (self.stage, outcome) {
            (Stage::Closed(_), Outcome::Abandoned) | (Stage::Open { .. }, _) => {
                return (self, Decision::Ignored);
            }
            (Stage::Closed(window), _) => {
                let (window, opens) = window.record(policy, outcome == Outcome::Failure);
                if opens {
                    self.opened(policy, 0, now, random)
                } else {
                    self.with(Stage::Closed(window))
                }
            }
            (Stage::HalfOpen { rung, .. }, Outcome::Failure) => {
                self.opened(policy, rung.saturating_add(1), now, random)
            }
            (Stage::HalfOpen { rung, running, succeeded, until }, _) => {
                let running = running.saturating_sub(1);
                let succeeded = succeeded.saturating_add(u8::from(outcome == Outcome::Success));
                if succeeded >= policy.successes {
                    self.moved(Stage::Closed(Window::default()))
                } else {
                    self.with(Stage::HalfOpen { rung, running, succeeded, until })
                }
            }
        };
        (next, Decision::Counted)
    }

    /// Opens for the time of this rung and up to half of it more, by chance.
    fn opened(self, policy: &BreakerPolicy, rung: u8, now: Duration, random: u64) -> Self {
        let rung = rung.min(MAX_RUNG);
        let factor = 1_u32.checked_shl(u32::from(rung)).unwrap_or(u32::MAX);
        let least = policy.open_for.saturating_mul(factor).min(policy.open_at_most);
        let open_for = least.saturating_add(dice::part(least, random >> 1));
        self.moved(Stage::Open { rung, until: tick_after(now, open_for) })
    }

    const fn admit(self) -> Decision {
        Decision::Admit(Ticket { generation: self.generation })
    }

    const fn with(self, stage: Stage) -> Self {
        Self { generation: self.generation, stage }
    }

    const fn moved(self, stage: Stage) -> Self {
        Self { generation: self.generation.wrapping_add(1), stage }
    }

    /// Returns how long an open breaker stays so; zero in the other phases.
    pub(super) const fn remaining(&self, now: Duration) -> Duration {
        match self.stage {
            Stage::Open { until, .. } => wait(until, now),
            Stage::Closed(_) | Stage::HalfOpen { .. } => Duration::ZERO,
        }
    }

    /// Says whether a call that arrived now would be refused, without letting one in.
    pub(super) fn refuses(self, policy: &BreakerPolicy, now: Duration) -> Option<Duration> {
        match self.arrival(policy, now, 0).1 {
            Decision::Refuse(wait) => Some(wait),
            Decision::Admit(_) | Decision::Counted | Decision::Ignored => None,
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

/// Doubling stops here; the policy's longest time has long been reached in practice.
pub(super) const MAX_RUNG: u8 = 15;

/// Times are kept in ticks of 8 ms: 34 bits of them last 4.3 years.
const TICK: u64 = 8;
pub(super) const LAST_TICK: u64 = (1 << 34) - 1;

const fn longest_open(policy: &BreakerPolicy) -> Duration {
    policy.open_at_most.saturating_add(policy.open_at_most)
}

/// Rounds up: never earlier than asked.
fn tick_after(now: Duration, wait: Duration) -> u64 {
    ticks(now.saturating_add(wait).saturating_add(Duration::from_nanos(TICK * 1_000_000 - 1)))
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .checked_div(TICK)
        .map_or(0, |tick| tick.min(LAST_TICK))
}

/// Says whether the time has come. One that lies further ahead than any that was ever set means
/// that the clock has gone back: it has come too, or the breaker would never close.
fn has_come(until: u64, now: Duration, longest: Duration) -> bool {
    let now = ticks(now);
    now >= until || until.saturating_sub(now) > tick_after(longest, Duration::from_millis(TICK))
}

const fn wait(until: u64, now: Duration) -> Duration {
    Duration::from_millis(until.saturating_mul(TICK)).saturating_sub(now)
}
