//! Other places that get every line.

mod beside;
mod carrier;
mod progress;
mod sink;

use std::sync::Arc;

pub use progress::MirrorStats;
pub use sink::{Records, Required, Sink, SinkError, WriterSink};

pub(super) use progress::Progress;

use crate::disk::Disk;
use beside::Beside;
use carrier::Carrier;

/// A mirror, where it is asked.
pub(super) enum Mirror {
    Here(&'static str, Carrier),
    Beside(Beside),
}

impl Mirror {
    /// Makes a mirror of a log of that size; returns how far it has come, too.
    pub(super) fn start(
        sink: Box<dyn Sink>,
        required: Required,
        disk: Arc<dyn Disk>,
        size: u64,
    ) -> (Self, Arc<Progress>) {
        let name = sink.name();
        let progress = Arc::new(Progress::new(name, required));
        let carrier = Carrier::new(sink, disk, Arc::clone(&progress));
        let mirror = match required {
            Required::Yes => Self::Here(name, carrier),
            Required::No => Self::Beside(Beside::start(name, carrier, Arc::clone(&progress), size)),
        };
        (mirror, progress)
    }

    /// Says whether the thread that writes must ask it again for what it has not taken.
    pub(super) fn is_behind(&self, end: u64) -> bool {
        match self {
            Self::Here(_, carrier) => carrier.is_behind(end),
            Self::Beside(_) => false,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Here(name, _) => name,
            Self::Beside(beside) => beside.name(),
        }
    }

    /// Gives lines from `first` to before `end`; an error is that of a required mirror.
    pub(super) fn give(
        &mut self,
        first: u64,
        lines: &Arc<[u8]>,
        end: u64,
    ) -> Result<(), SinkError> {
        match self {
            Self::Here(_, carrier) => carrier.carry(first, lines, end),
            Self::Beside(beside) => {
                beside.give(first, lines, end);
                Ok(())
            }
        }
    }
}
