//! A [`State`] as one number: phase 2 bits, generation 16, and 46 whose use depends on the phase.

use super::state::{Stage, State};
use super::window::Window;

/// A run of bits inside the number.
#[derive(Clone, Copy)]
struct Field {
    shift: u32,
    width: u32,
}

impl Field {
    const fn new(shift: u32, width: u32) -> Self {
        Self { shift, width }
    }

    /// Values fit by construction; one that does not would be cut, never spill.
    fn put(self, value: impl Into<u64>) -> u64 {
        (value.into() & self.mask()).wrapping_shl(self.shift)
    }

    const fn take(self, bits: u64) -> u64 {
        bits.wrapping_shr(self.shift) & self.mask()
    }

    fn take_u16(self, bits: u64) -> u16 {
        u16::try_from(self.take(bits)).unwrap_or(u16::MAX)
    }

    fn take_u8(self, bits: u64) -> u8 {
        u8::try_from(self.take(bits)).unwrap_or(u8::MAX)
    }

    const fn mask(self) -> u64 {
        1_u64.wrapping_shl(self.width).wrapping_sub(1)
    }
}

const PHASE: Field = Field::new(62, 2);
const GENERATION: Field = Field::new(46, 16);

const CALLS: Field = Field::new(0, 9);
const FAILED: Field = Field::new(9, 9);
const OLDER: Field = Field::new(18, 9);
const HAS_OLDER: Field = Field::new(27, 1);
const STREAK: Field = Field::new(28, 9);

const UNTIL: Field = Field::new(0, 34);
const RUNG: Field = Field::new(34, 4);
const RUNNING: Field = Field::new(38, 4);
const SUCCEEDED: Field = Field::new(42, 4);

const CLOSED: u64 = 0;
const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;

impl State {
    /// Returns the state as one number.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        let (phase, payload) = match self.stage {
            Stage::Closed(window) => (CLOSED, window_bits(window)),
            Stage::Open { rung, until } => (OPEN, UNTIL.put(until) | RUNG.put(rung)),
            Stage::HalfOpen { rung, running, succeeded, until } => {
                let slots = RUNNING.put(running) | SUCCEEDED.put(succeeded);
                (HALF_OPEN, UNTIL.put(until) | RUNG.put(rung) | slots)
            }
        };
        PHASE.put(phase) | GENERATION.put(self.generation) | payload
    }

    /// Reads what [`to_bits`](Self::to_bits) wrote; a number that it never writes is a closed state.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        let (rung, until) = (RUNG.take_u8(bits), UNTIL.take(bits));
        let stage = match PHASE.take(bits) {
            OPEN => Stage::Open { rung, until },
            HALF_OPEN => {
                let (running, succeeded) = (RUNNING.take_u8(bits), SUCCEEDED.take_u8(bits));
                Stage::HalfOpen { rung, running, succeeded, until }
            }
            _ => Stage::Closed(window_of(bits)),
        };
        Self { generation: GENERATION.take_u16(bits), stage }
    }
}

fn window_bits(window: Window) -> u64 {
    CALLS.put(window.calls)
        | FAILED.put(window.failed)
        | OLDER.put(window.older.unwrap_or(0))
        | HAS_OLDER.put(window.older.is_some())
        | STREAK.put(window.streak)
}

fn window_of(bits: u64) -> Window {
    Window {
        calls: CALLS.take_u16(bits),
        failed: FAILED.take_u16(bits),
        older: (HAS_OLDER.take(bits) == 1).then(|| OLDER.take_u16(bits)),
        streak: STREAK.take_u16(bits),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::state::{LAST_TICK, MAX_RUNG};
    use super::*;

    fn stages() -> impl Strategy<Value = Stage> {
        let small = 0_u16..=511;
        let window = (small.clone(), small.clone(), proptest::option::of(small.clone()), small)
            .prop_map(|(calls, failed, older, streak)| {
                Stage::Closed(Window { calls, failed, older, streak })
            });
        let open =
            (0..=MAX_RUNG, 0..=LAST_TICK).prop_map(|(rung, until)| Stage::Open { rung, until });
        let half_open = (0..=MAX_RUNG, 0_u8..=15, 0_u8..=15, 0..=LAST_TICK).prop_map(
            |(rung, running, succeeded, until)| Stage::HalfOpen { rung, running, succeeded, until },
        );
        prop_oneof![window, open, half_open]
    }

    proptest! {
        #[test]
        fn a_state_comes_back_from_its_number(generation: u16, stage in stages()) {
            let state = State { generation, stage };
            prop_assert_eq!(State::from_bits(state.to_bits()), state);
        }

        #[test]
        fn any_number_is_a_state(bits: u64) {
            let state = State::from_bits(bits);
            prop_assert_eq!(State::from_bits(state.to_bits()), state);
        }
    }
}
