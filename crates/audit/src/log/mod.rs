//! The log: events go in from any thread, one thread writes them.

mod batch;
mod builder;
mod company;
mod ground;
mod mirror;
mod pending;
#[cfg(test)]
mod proof_of_durability;
#[cfg(all(test, feature = "metrics"))]
mod proof_of_figures;
mod queue;
mod recover;
mod report;
mod thread;
mod ticket;
pub(crate) mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Clock;
use tokio::sync::oneshot;

use crate::error::RecordError;
use crate::event::Event;
use crate::merkle::Hash;
use crate::note::{Checkpoint, LogKey, VerifierKey};

pub use builder::{Builder, ConfigError, Durability, WhenFull};
pub use mirror::{MirrorStats, Records, Required, Sink, SinkError, WriterSink};
pub use pending::Pending;
pub use queue::Stats;
pub use report::RecoveryReport;

pub(crate) use recover::CHECKPOINT;

use mirror::Progress;
use queue::{Asked, Pushed, Shared};
use ticket::Ticket;

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Its number in the log, from 0 on.
    pub seq: u64,
    /// Its hash in the tree.
    pub leaf: Hash,
}

/// An audit log. A clone is the same log; when the last one goes, the log is closed.
///
/// # Example
///
/// ```
/// use palisade_audit::{Actor, AuditLog, Event, LogKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let key = LogKey::from_seed("example.com/shop", &[7; 32])?; // secret random bytes
/// let log = AuditLog::builder(folder, key).open()?;
/// let event = Event::new("user.role.update")
///     .actor(Actor::user("u1"))
///     .target("user", "u7")
///     .change("role", "teacher", "admin");
/// let receipt = log.record(event).await?; // it is on the disk now
/// assert_eq!(receipt.seq, 1); // number 0 says that the log was opened
/// log.close().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Cost
///
/// [`record`](Self::record) formats the event (into memory that the thread keeps), copies it into the
/// queue under a lock and waits for the thread that writes: one hash, one copy, and its share of one
/// write and one sync for all events that came meanwhile.
#[derive(Clone)]
pub struct AuditLog {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    durability: Durability,
    full: WhenFull,
    folder: PathBuf,
    verifier: VerifierKey,
    recovery: RecoveryReport,
    mirrors: Vec<Arc<Progress>>,
}

impl AuditLog {
    /// Describes the log in that folder, signed with that key.
    pub fn builder(folder: impl Into<PathBuf>, key: LogKey) -> Builder {
        Builder::new(folder.into(), key)
    }

    /// Records an event; it is durable when this returns, as the log's [`Durability`] says.
    ///
    /// If the future is dropped while it waits for the disk, the event is recorded all the same.
    ///
    /// # Errors
    ///
    /// [`RecordError`]: the event is not recorded, but counted as dropped.
    #[must_use = "an event is not recorded before this was awaited"]
    pub fn record(
        &self,
        event: Event,
    ) -> impl Future<Output = Result<Receipt, RecordError>> + Send {
        let log = self.clone();
        async move {
            let ticket = log.enter(&event).await?;
            ticket.await
        }
    }

    /// Records an event from a thread without a runtime, as [`record`](Self::record) does.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn record_blocking(&self, event: &Event) -> Result<Receipt, RecordError> {
        let Handle { shared, clock, full, .. } = &*self.handle;
        let pushed = event.with_body(clock.wall(), |body| {
            shared.push_or_wait(body, event.importance(), *full, full.wait())
        });
        match pushed {
            Pushed::Queued(ticket) => ticket.block(),
            Pushed::Full => Err(RecordError::QueueFull),
            Pushed::Refused(error) => Err(error),
        }
    }

    /// Records an event without waiting for anything; returns whether it was taken. One that is not
    /// is counted as dropped.
    #[must_use = "an event that is not taken is lost"]
    pub fn offer(&self, event: &Event) -> bool {
        let Handle { shared, clock, full, .. } = &*self.handle;
        let pushed = event
            .with_body(clock.wall(), |body| shared.push(body, event.importance(), *full, true));
        match pushed {
            Pushed::Queued(_) => true,
            Pushed::Full => {
                shared.refuse(1);
                false
            }
            Pushed::Refused(_) => false,
        }
    }

    /// Records that something begins, before it is tried: the outcome is `pending`.
    ///
    /// Say with [`Pending::finish`] how it ended. Who does not, because of a panic or a client that went
    /// away, leaves the outcome `aborted`.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record); do not begin then.
    pub async fn begin(&self, event: Event) -> Result<Pending, RecordError> {
        let begun = event.clone().outcome(crate::event::Outcome::Pending);
        let receipt = self.record(begun).await?;
        Ok(Pending::new(self.clone(), event, receipt))
    }

    /// Signs what has been recorded until now, and returns the checkpoint.
    ///
    /// # Errors
    ///
    /// [`RecordError::Closed`], and [`RecordError::Broken`] if the disk fails.
    pub async fn checkpoint(&self) -> Result<Checkpoint, RecordError> {
        let (send, receive) = oneshot::channel();
        self.handle.shared.ask(Asked::Checkpoint(send));
        receive.await.unwrap_or(Err(RecordError::Closed))
    }

    /// Returns the last checkpoint that was signed; the log signs one each second.
    #[must_use]
    pub fn latest(&self) -> Checkpoint {
        self.handle.shared.latest()
    }

    /// Returns what an acknowledged event survives.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.handle.durability
    }

    /// Returns what was found when the log was opened.
    #[must_use]
    pub fn recovery(&self) -> &RecoveryReport {
        &self.handle.recovery
    }

    /// Returns the log's account.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let unmirrored = self.handle.mirrors.iter().map(|progress| progress.unmirrored());
        let unmirrored = unmirrored.fold(0, u64::saturating_add);
        Stats { unmirrored, ..self.handle.shared.stats() }
    }

    /// Returns how far each mirror has come.
    #[must_use]
    pub fn mirrors(&self) -> Vec<MirrorStats> {
        let stored = self.handle.shared.stats().stored;
        self.handle.mirrors.iter().map(|progress| progress.stats(stored)).collect()
    }

    /// Waits until all mirrors have what is stored now, no longer than that; returns whether they have.
    pub async fn mirrored(&self, patience: Duration) -> bool {
        let stored = self.handle.shared.stats().stored;
        let all = async {
            for progress in &self.handle.mirrors {
                progress.reaches(stored).await;
            }
        };
        tokio::time::timeout(patience, all).await.is_ok()
    }

    /// Returns what others check the log with.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.handle.verifier
    }

    /// Returns the folder of the log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.handle.folder
    }

    /// Writes what is in the queue, signs, and takes no more.
    ///
    /// # Errors
    ///
    /// [`RecordError::Broken`] if the last checkpoint could not be signed.
    pub async fn close(&self) -> Result<(), RecordError> {
        let (send, receive) = oneshot::channel();
        self.handle.shared.ask(Asked::Close(send));
        // Without an answer the log has been closed before.
        receive.await.unwrap_or(Ok(()))
    }

    /// Puts an event into the queue, waiting for room as long as the log is told to.
    async fn enter(&self, event: &Event) -> Result<Ticket, RecordError> {
        let Handle { shared, clock, full, .. } = &*self.handle;
        let importance = event.importance();
        let (mut pushed, kept) = event.with_body(clock.wall(), |body| {
            let pushed = shared.push(body, importance, *full, true);
            // Only one that waits outlives this call.
            let kept = matches!(pushed, Pushed::Full).then(|| body.clone());
            (pushed, kept)
        });
        if let Some(body) = kept {
            let room = async {
                loop {
                    let mut room = std::pin::pin!(shared.room());
                    room.as_mut().enable();
                    match shared.push(&body, importance, *full, false) {
                        Pushed::Full => room.await,
                        other => return other,
                    }
                }
            };
            pushed = match full.wait() {
                None => Pushed::Full,
                Some(wait) => tokio::time::timeout(wait, room).await.unwrap_or(Pushed::Full),
            };
        }
        match pushed {
            Pushed::Queued(ticket) => Ok(ticket),
            Pushed::Refused(error) => Err(error),
            Pushed::Full => {
                shared.refuse(1);
                Err(RecordError::QueueFull)
            }
        }
    }
}

impl Drop for Handle {
    /// Waits a moment for the queue to be written; who cannot lose its end calls `close`.
    fn drop(&mut self) {
        self.shared.close_and_wait(Duration::from_secs(2));
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("folder", &self.handle.folder)
            .field("verifier", &self.handle.verifier)
            .finish_non_exhaustive()
    }
}
