//! The breaker's machine against a model that keeps whole lists instead of counts.

use std::time::Duration;

use palisade_resilience::breaker::{BreakerPolicy, Decision, Event, Outcome, Phase, State, Ticket};
use proptest::prelude::*;

const STREAK: usize = 4;
const HALF: usize = 4;
const MINIMUM: usize = 5;
const PROBES: usize = 2;
const SUCCESSES: usize = 3;
const OPEN: Duration = Duration::from_secs(1);
const AT_MOST: Duration = Duration::from_secs(4);
const PROBE_LIMIT: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(8);

fn policy() -> BreakerPolicy {
    BreakerPolicy::default()
        .failures_in_a_row(u16::try_from(STREAK).unwrap())
        .and_then(|policy| policy.failure_ratio(50, 8, 5))
        .and_then(|policy| policy.open_for(OPEN, AT_MOST))
        .and_then(|policy| policy.probes(2, 3))
        .and_then(|policy| policy.probe_limit(PROBE_LIMIT))
        .unwrap()
}

/// What the machine must do, told by lists: no counters, no bits.
#[derive(Default)]
struct Model {
    phase: Option<Trial>,
    calls: Vec<bool>,
    generation: usize,
    trials: u32,
}

enum Trial {
    Open { since: Duration },
    HalfOpen { running: usize, good: usize, last: Duration },
}

impl Model {
    fn opens(&self) -> bool {
        let calls = &self.calls;
        let in_a_row = calls.iter().rev().take_while(|failed| **failed).count();
        let seen = &calls[((calls.len() - 1) / HALF).saturating_sub(1) * HALF..];
        let failed = seen.iter().filter(|failed| **failed).count();
        in_a_row >= STREAK || (seen.len() >= MINIMUM && failed * 2 >= seen.len())
    }

    fn go(&mut self, phase: Option<Trial>) {
        self.phase = phase;
        self.calls.clear();
        self.generation += 1;
    }

    /// The least time that it stays open; half of it more is chance.
    fn open_for(&self) -> Duration {
        (OPEN * 2_u32.pow(self.trials.min(10))).min(AT_MOST)
    }

    fn end(&mut self, outcome: Outcome, now: Duration) {
        match (&mut self.phase, outcome) {
            (None, Outcome::Abandoned) | (Some(Trial::Open { .. }), _) => {}
            (None, outcome) => {
                self.calls.push(outcome == Outcome::Failure);
                if outcome == Outcome::Failure && self.opens() {
                    self.trials = 0;
                    self.go(Some(Trial::Open { since: now }));
                }
            }
            (Some(Trial::HalfOpen { .. }), Outcome::Failure) => {
                self.trials += 1;
                self.go(Some(Trial::Open { since: now }));
            }
            (Some(Trial::HalfOpen { running, good, .. }), outcome) => {
                *running -= 1;
                *good += usize::from(outcome == Outcome::Success);
                if *good >= SUCCESSES {
                    self.go(None);
                }
            }
        }
    }

    const fn phase(&self) -> Phase {
        match self.phase {
            None => Phase::Closed,
            Some(Trial::Open { .. }) => Phase::Open,
            Some(Trial::HalfOpen { .. }) => Phase::HalfOpen,
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Arrive,
    End(prop::sample::Index, Outcome),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Failure),
        3 => Just(Outcome::Success),
        1 => Just(Outcome::Abandoned),
    ];
    prop_oneof![
        4 => Just(Act::Arrive),
        4 => (any::<prop::sample::Index>(), outcome).prop_map(|(which, end)| Act::End(which, end)),
        1 => (0_u64..7000).prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_machine_does_what_the_model_does(
        trace in proptest::collection::vec((acts(), any::<u64>()), 1..300),
    ) {
        let (policy, mut state, mut model) = (policy(), State::new(), Model::default());
        let mut tickets: Vec<(Ticket, usize)> = Vec::new();
        let mut now = Duration::ZERO;
        for (act, random) in trace {
            match act {
                Act::Wait(millis) => now += Duration::from_millis(millis),
                Act::End(which, outcome) if !tickets.is_empty() => {
                    let (ticket, generation) = tickets.swap_remove(which.index(tickets.len()));
                    let (next, decision) =
                        state.step(&policy, Event::End(ticket, outcome), now, random);
                    if generation == model.generation {
                        model.end(outcome, now);
                    } else {
                        prop_assert_eq!(decision, Decision::Ignored);
                        prop_assert_eq!(next, state, "a late result changed something");
                    }
                    state = next;
                }
                Act::End(..) => {}
                Act::Arrive => {
                    let (next, decision) = state.step(&policy, Event::Arrival, now, random);
                    let admitted = matches!(decision, Decision::Admit(_));
                    match &mut model.phase {
                        None => prop_assert!(admitted),
                        Some(Trial::Open { since }) => {
                            let (since, least) = (*since, model.open_for());
                            if admitted {
                                prop_assert!(now >= since + least, "too early");
                                let last = now;
                                model.go(Some(Trial::HalfOpen { running: 1, good: 0, last }));
                            } else {
                                let latest = since + least * 3 / 2 + TICK * 2;
                                prop_assert!(now < latest, "too late");
                            }
                        }
                        Some(Trial::HalfOpen { running, last, .. }) => {
                            let free = *running < PROBES;
                            prop_assert_eq!(admitted, free);
                            if free {
                                *running += 1;
                                *last = now;
                            } else if next.phase() == Phase::Open {
                                prop_assert!(now >= *last + PROBE_LIMIT, "probes given up early");
                                model.trials += 1;
                                model.go(Some(Trial::Open { since: now }));
                            } else {
                                prop_assert!(now < *last + PROBE_LIMIT + TICK * 2);
                            }
                        }
                    }
                    if let Decision::Admit(ticket) = decision {
                        tickets.push((ticket, model.generation));
                    }
                    state = next;
                }
            }
            prop_assert_eq!(state.phase(), model.phase());
            prop_assert_eq!(usize::from(state.generation()), model.generation);
            prop_assert_eq!(State::from_bits(state.to_bits()), state);
        }
    }

    #[test]
    fn no_number_read_as_a_state_stays_refusing(bits: u64, random: u64) {
        // Whatever the state, calls get in again once all times are over.
        let policy = policy();
        let mut state = State::from_bits(bits);
        let mut now = Duration::from_hours(24);
        for _ in 0..3 {
            let (next, decision) = state.step(&policy, Event::Arrival, now, random);
            if matches!(decision, Decision::Admit(_)) {
                return Ok(());
            }
            state = next;
            now += AT_MOST * 2 + PROBE_LIMIT;
        }
        prop_assert!(false, "it refuses for ever: {state:?}");
    }
}
