#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::print_stdout,
        clippy::unwrap_used,
        reason = "a test fails by panicking; tables read best with plain values"
    )
)]

mod archive;
mod count;
mod disk;
mod error;
mod event;
pub mod layer;
mod levels;
mod log;
pub mod merkle;
mod note;
#[cfg(feature = "sqlx-postgres")]
pub mod postgres;
mod proof;
pub mod query;
mod reader;
#[cfg(feature = "axum")]
pub mod routes;
mod security;
mod segment;
mod tiles;
mod verify;

pub use archive::{ArchiveError, Retention, backup, prune, restore};
pub use error::{OpenError, RecordError, Tampered, Wrong};
pub use event::{
    Actor, Auditable, Context, Event, MAX_EVENT, Outcome, Severity, Value, parse_time,
};
pub use layer::AuditLayer;
pub use log::{
    AuditLog, Builder, ConfigError, Durability, MirrorStats, Pending, Receipt, Records,
    RecoveryReport, Required, Sink, SinkError, Stats, WhenFull, WriterSink,
};
pub use note::{Checkpoint, CheckpointError, KeyError, LogKey, Note, NoteError, VerifierKey};
pub use proof::{Proof, ProveError, UnprovedError, prove, prove_consistency};
pub use reader::Scan;
pub use security::{SecurityEventLayer, event_of};
pub use tiles::Tiles;
pub use verify::{Anchor, Report, VerifyError, verify_dir, verify_with};
