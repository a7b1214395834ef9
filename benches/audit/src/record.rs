//! From the call to the file.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use harness::Contestant;
use palisade_audit::{Actor, AuditLog, Context, Durability, Event, LogKey, WhenFull};
use palisade_core::{Clock, SystemClock};
use tempfile::TempDir;
use tracing_appender::non_blocking::NonBlockingBuilder;

use crate::cpu;

/// Events of one call.
const EVENTS: u32 = 20_000;

pub(crate) fn event(number: u32) -> Event {
    Event::new("user.role.update")
        .actor(Actor::user("u-184467"))
        .target("user", "u-440737")
        .context(
            Context::new()
                .with_ip([203, 0, 113, 7].into())
                .with_request_id("018f3c1e-7b9a-7cc4-9f4e-0123456789ab")
                .with_trace_id("0af7651916cd43dd8448eb211c80319c"),
        )
        .change("role", "teacher", "admin")
        .detail("number", &number)
}

pub(crate) fn open(folder: &TempDir, durability: Durability) -> AuditLog {
    let key = LogKey::from_seed("bench", &[7; 32]).expect("a key");
    AuditLog::builder(folder.path(), key)
        .durability(durability)
        .when_full(WhenFull::Wait(Duration::from_mins(1)))
        .queue_bytes(4 << 20)
        .expect("legal")
        .open()
        .expect("a log")
}

/// Offers events and waits for the last one: whoever comes before it is in the file too.
fn ours(log: &AuditLog) {
    for number in 1..EVENTS {
        if !log.offer(&event(number)) {
            log.record_blocking(&event(number)).expect("recorded");
        }
    }
    log.record_blocking(&event(0)).expect("recorded");
}

fn appender(folder: &TempDir, name: &'static str) -> impl FnMut() + 'static {
    let path: PathBuf = folder.path().join(name);
    move || {
        let file = File::create(&path).expect("a file");
        let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(file);
        let json = tracing_subscriber::fmt().json().with_writer(writer).finish();
        tracing::subscriber::with_default(json, || {
            for number in 0..EVENTS {
                tracing::info!(
                    action = "user.role.update",
                    outcome = "success",
                    actor_kind = "user",
                    actor_id = "u-184467",
                    target_kind = "user",
                    target_id = "u-440737",
                    ip = "203.0.113.7",
                    request_id = "018f3c1e-7b9a-7cc4-9f4e-0123456789ab",
                    trace_id = "0af7651916cd43dd8448eb211c80319c",
                    role_old = "teacher",
                    role_new = "admin",
                    number,
                );
            }
        });
        drop(guard);
        fs::remove_file(&path).expect("removed");
    }
}

/// A line of the same length, written as it is.
fn floor(folder: &TempDir) -> impl FnMut() + 'static {
    let path = folder.path().join("floor");
    let line = [b'x'; 400];
    move || {
        let mut file =
            std::io::BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
        for _ in 0..EVENTS {
            file.write_all(&line).expect("written");
        }
        file.flush().expect("written");
        fs::remove_file(&path).expect("removed");
    }
}

fn each(
    clock: fn() -> Duration,
    mut run: impl FnMut() + 'static,
) -> impl FnMut() -> Duration + 'static {
    move || {
        let before = clock();
        run();
        clock().saturating_sub(before) / EVENTS
    }
}

/// Monotonic time as a duration.
fn wall() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(|| SystemClock::new().now());
    SystemClock::new().now().duration_since(*BEGIN)
}

pub(crate) fn processor() -> Vec<Contestant> {
    contestants(cpu)
}

pub(crate) fn time() -> Vec<Contestant> {
    wall();
    contestants(wall)
}

fn contestants(clock: fn() -> Duration) -> Vec<Contestant> {
    // Kept until the process ends: threads write into it.
    let folders: [&'static TempDir; 3] =
        std::array::from_fn(|_| &*Box::leak(Box::new(tempfile::tempdir().expect("a folder"))));
    let [written, synced, others] = folders;
    let (written, synced) = (open(written, Durability::Written), open(synced, Durability::Synced));
    vec![
        Contestant::measuring("palisade-audit, durable", each(clock, move || ours(&synced))),
        Contestant::measuring("palisade-audit, written", each(clock, move || ours(&written))),
        Contestant::measuring(
            "tracing-appender 0.2.5, JSON, lossless",
            each(clock, appender(others, "peer")),
        ),
        Contestant::measuring("floor: 400 bytes into a buffered file", each(clock, floor(others))),
    ]
}
