#![doc = include_str!("../README.md")]

mod clock;
mod problem;
mod security_event;

pub use clock::{Clock, ManualClock, SystemClock};
pub use problem::{FieldError, Pointer, PreparedProblem, Problem, Text};
pub use security_event::SecurityEvent;
