//! Signed notes (C2SP signed-note) and the checkpoints in them (C2SP tlog-checkpoint).

mod checkpoint;
mod key;
mod signed;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use key::{KeyError, LogKey, VerifierKey};
pub use signed::{Note, NoteError};
