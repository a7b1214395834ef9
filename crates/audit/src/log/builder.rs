//! How a log is opened.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, SystemClock};

use super::mirror::{Mirror, Required, Sink};
use super::queue::{Shared, Stats};
use super::thread::{self, Loop};
use super::writer::{Settings, Writer};
use super::{AuditLog, Handle};
use crate::disk::{Disk, RealDisk, TimedDisk};
use crate::error::OpenError;
use crate::event::Severity;
use crate::note::LogKey;

/// What an acknowledged event survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The end of the process: it was handed to the system. Power loss may take the last second.
    Written,
    /// Power loss: it is on the disk.
    #[default]
    Synced,
}

/// What becomes of an event for which the queue has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It waits for room that long, and is refused then.
    Wait(Duration),
    /// It is refused at once.
    Refuse,
    /// Events below that severity are refused at once; the others have as much room again.
    ShedUnder(Severity),
}

impl WhenFull {
    pub(super) const fn wait(self) -> Option<Duration> {
        match self {
            Self::Wait(wait) => Some(wait),
            Self::Refuse | Self::ShedUnder(_) => None,
        }
    }

    pub(super) fn favours(self, severity: Severity) -> bool {
        matches!(self, Self::ShedUnder(least) if severity >= least)
    }
}

/// A value that cannot be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} must be from {least} to {most}, not {given}")]
#[non_exhaustive]
pub struct ConfigError {
    /// What was set.
    pub setting: &'static str,
    /// What it was set to.
    pub given: u64,
    /// The smallest value that is taken.
    pub least: u64,
    /// The largest value that is taken.
    pub most: u64,
}

/// A log that is not open yet.
#[must_use = "the log is opened by `open`"]
pub struct Builder {
    folder: PathBuf,
    key: LogKey,
    durability: Durability,
    full: WhenFull,
    queue_bytes: usize,
    segment_bytes: u64,
    checkpoint_every: Duration,
    mirrors: Vec<(Box<dyn Sink>, Required)>,
    clock: Arc<dyn Clock>,
}

const MIB: u64 = 1024 * 1024;

impl Builder {
    pub(super) fn new(folder: PathBuf, key: LogKey) -> Self {
        Self {
            folder,
            key,
            durability: Durability::Synced,
            full: WhenFull::Wait(Duration::from_millis(250)),
            queue_bytes: 4 * 1024 * 1024,
            segment_bytes: 64 * MIB,
            checkpoint_every: Duration::from_secs(1),
            mirrors: Vec::new(),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Says what an acknowledged event survives; power loss, if not said otherwise.
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Says what becomes of events for which there is no room; they wait 250 ms if not said otherwise.
    pub const fn when_full(mut self, full: WhenFull) -> Self {
        self.full = full;
        self
    }

    /// Bounds the queue, in bytes; 4 MiB if not said otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] outside 64 KiB to 1 GiB.
    pub fn queue_bytes(mut self, bytes: u64) -> Result<Self, ConfigError> {
        let bytes = within("queue_bytes", bytes, 64 * 1024, 1024 * MIB)?;
        self.queue_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Ok(self)
    }

    /// Begins a new file after that many bytes; 64 MiB if not said otherwise. A file is as much as
    /// `prune` removes at once, and as is read when the log is opened.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] outside 4 KiB to 1 GiB.
    pub fn segment_bytes(mut self, bytes: u64) -> Result<Self, ConfigError> {
        self.segment_bytes = within("segment_bytes", bytes, 4096, 1024 * MIB)?;
        Ok(self)
    }

    /// Signs a checkpoint that often, if something was recorded; each second if not said otherwise.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] outside 10 ms to 1 h.
    pub fn checkpoint_every(mut self, interval: Duration) -> Result<Self, ConfigError> {
        let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        within("checkpoint_every (milliseconds)", millis, 10, 3_600_000)?;
        self.checkpoint_every = interval;
        Ok(self)
    }

    /// Copies every line to another place, too. With [`Durability::Written`] a mirror can have events that
    /// power loss takes from the log; one that [remembers](Sink::resume_at) then refuses what follows.
    pub fn mirror(mut self, sink: impl Sink, required: Required) -> Self {
        self.mirrors.push((Box::new(sink), required));
        self
    }

    /// Tells the time of events by that clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the log: looks at what is there, mends what a crash has left, and refuses what somebody
    /// has changed.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(self) -> Result<AuditLog, OpenError> {
        let disk = RealDisk::new(&self.folder);
        disk.make()?;
        let lock = disk.lock().map_err(|error| match error.kind() {
            io::ErrorKind::ResourceBusy => OpenError::Busy,
            _ => OpenError::Io(error),
        })?;
        self.open_on(Arc::new(disk), Some(lock))
    }

    pub(crate) fn open_on(
        self,
        disk: Arc<dyn Disk>,
        lock: Option<File>,
    ) -> Result<AuditLog, OpenError> {
        let synced = self.durability == Durability::Synced;
        let settings = Settings { synced, segment_bytes: self.segment_bytes };
        let verifier = self.key.verifier().clone();
        let now = self.clock.wall();
        let mirrored = !self.mirrors.is_empty();
        let disk: Arc<dyn Disk> = if cfg!(feature = "metrics") {
            Arc::new(TimedDisk::new(disk, Arc::clone(&self.clock)))
        } else {
            disk
        };
        let of_mirrors = Arc::clone(&disk);
        let (writer, recovery) = Writer::open(disk, self.key, settings, mirrored, now)?;
        let (stored, dropped) = (writer.size(), writer.dropped());
        let (mirrors, progress): (Vec<Mirror>, Vec<_>) = self
            .mirrors
            .into_iter()
            .map(|(sink, required)| Mirror::start(sink, required, Arc::clone(&of_mirrors), stored))
            .unzip();
        let offered = stored.saturating_add(dropped);
        let stats = Stats { offered, stored, dropped, ..Stats::default() };
        let shared = Arc::new(Shared::new(writer.latest().clone(), stats, self.queue_bytes));
        thread::start(Loop {
            shared: Arc::clone(&shared),
            clock: Arc::clone(&self.clock),
            writer,
            mirrors,
            progress: progress.clone(),
            checkpoint_every: self.checkpoint_every,
            lock,
        })
        .map_err(OpenError::Thread)?;
        let handle = Handle {
            shared,
            clock: self.clock,
            durability: self.durability,
            full: self.full,
            folder: self.folder,
            verifier,
            recovery,
            mirrors: progress,
        };
        Ok(AuditLog { handle: Arc::new(handle) })
    }
}

const fn within(
    setting: &'static str,
    given: u64,
    least: u64,
    most: u64,
) -> Result<u64, ConfigError> {
    if given >= least && given <= most {
        Ok(given)
    } else {
        Err(ConfigError { setting, given, least, most })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("folder", &self.folder)
            .field("durability", &self.durability)
            .field("full", &self.full)
            .finish_non_exhaustive()
    }
}
