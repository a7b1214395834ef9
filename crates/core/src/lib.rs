#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod problem;
mod security_event;

pub use clock::{Clock, ManualClock, SystemClock};
pub use problem::{FieldError, Pointer, PreparedProblem, Problem, Text};
pub use security_event::SecurityEvent;
