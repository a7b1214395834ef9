//! What can go wrong.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use crate::note::CheckpointError;

/// Why a log is not opened. Nothing on disk has changed then, and nothing is recorded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the log open.
    #[error("another process has this log open")]
    Busy,
    /// The folder does not do what is asked of it.
    #[error("the log's folder cannot be used: {0}")]
    Io(#[from] io::Error),
    /// There are events and no checkpoint, which is written before the first event.
    #[error("the log has events but no checkpoint: it was removed")]
    NoCheckpoint,
    /// The checkpoint is not this log's.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes are damaged and the events that they could be made from are pruned.
    #[error(
        "the hashes below the checkpoint are damaged, and old events are pruned: restore a backup"
    )]
    Hashes,
    /// What is on the disk is not what was acknowledged.
    #[error("{0}")]
    Tampered(#[from] Tampered),
    /// The thread that writes cannot be started.
    #[error("the thread of the log cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// A place where the log is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: event {seq} {reason}")]
#[non_exhaustive]
pub struct Tampered {
    /// The first bad sequence number.
    pub seq: u64,
    /// The file in which it is, or should be.
    pub file: String,
    /// What is wrong there.
    pub reason: Wrong,
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Wrong {
    /// It is not what was sealed.
    #[error("was changed")]
    Changed,
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// Another one stands in its place.
    #[error("is not where it belongs: the order was changed")]
    Order,
    /// It is no event.
    #[error("is damaged although later events were acknowledged")]
    Damaged,
    /// More stands in the file than belongs there.
    #[error("was put behind the end of its file")]
    Surplus,
    /// The events do not lead to the signed root, and the hashes were changed with them.
    #[error("or one after it was changed together with the hashes: the signed root is another")]
    Root,
}

/// Why an event was not recorded. It counts as dropped, but for [`Mirror`](Self::Mirror).
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The queue had no room, for as long as the event was to wait.
    #[error("the queue of the audit log is full")]
    QueueFull,
    /// The disk has no room; the log resumes by itself when there is.
    #[error("the disk of the audit log is full")]
    DiskFull,
    /// The disk failed. Whether the event is stored is seen when the log is opened again.
    #[error("the audit log's disk failed ({0}); it must be opened again")]
    Broken(Arc<io::Error>),
    /// The event is stored, but a required mirror did not take it.
    #[error("event {seq} is stored but the required mirror {mirror} failed: {reason}")]
    Mirror {
        /// The number of the event.
        seq: u64,
        /// The mirror's name.
        mirror: &'static str,
        /// What it said.
        reason: Arc<str>,
    },
    /// The log was closed.
    #[error("the audit log is closed")]
    Closed,
}
