//! Queues and disks without room.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use palisade_audit::{
    AuditLog, Event, RecordError, Records, Required, Severity, Sink, SinkError, WhenFull,
};

use crate::{builder, json, lines};

/// A disk that does not answer, as far as the queue can tell.
struct Gate {
    entered: Sender<()>,
    open: Receiver<()>,
}

impl Sink for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError> {
        if records.iter().any(|(_, line)| line.windows(4).any(|text| text == b"gate")) {
            self.entered.send(()).map_err(SinkError::new)?;
            let _ = self.open.recv();
        }
        Ok(())
    }
}

/// Returns a log whose thread hangs and whose queue of 64 KiB has little room left.
fn hanging(folder: &std::path::Path, full: WhenFull) -> (AuditLog, Sender<()>) {
    let ((entered, hangs), (open, wait)) = (channel(), channel());
    let log = builder(folder).when_full(full).queue_bytes(64 * 1024).unwrap();
    let log = log.mirror(Gate { entered, open: wait }, Required::Yes).open().unwrap();
    assert!(log.offer(&Event::new("gate")));
    hangs.recv().unwrap();
    for _ in 0..15 {
        assert!(log.offer(&Event::new("fill").detail("text", &"x".repeat(4000))));
    }
    (log, open)
}

fn large() -> Event {
    Event::new("large").detail("text", &"x".repeat(4000))
}

#[tokio::test]
async fn refused_events_are_counted_and_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (log, open) = hanging(folder.path(), WhenFull::Refuse);
    for _ in 0..3 {
        assert!(
            log.offer(&large()) || matches!(log.record(large()).await, Err(RecordError::QueueFull))
        );
    }
    assert!(matches!(log.record_blocking(&large()), Err(RecordError::QueueFull)));
    let stats = log.stats();
    assert_eq!(stats.offered, stats.stored + stats.dropped + stats.queued, "{stats:?}");
    assert!(stats.dropped >= 2);
    open.send(()).unwrap();
    let checkpoint = log.checkpoint().await.unwrap();
    assert_eq!(checkpoint.dropped(), stats.dropped);
    assert!(checkpoint.note().contains(&format!("\ndropped {}\n", stats.dropped)));
    let stats = log.stats();
    assert_eq!((stats.offered, stats.queued), (stats.stored + stats.dropped, 0));
    log.close().await.unwrap();
    // The account survives.
    let again = builder(folder.path()).open().unwrap();
    assert_eq!(again.stats().dropped, stats.dropped);
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_refused_in_the_end_or_let_in_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (log, open) = hanging(folder.path(), WhenFull::Wait(Duration::from_secs(5)));
    let before = tokio::time::Instant::now();
    assert!(matches!(log.record(large()).await, Err(RecordError::QueueFull)));
    assert_eq!(before.elapsed(), Duration::from_secs(5));

    let waiting = tokio::spawn({
        let log = log.clone();
        async move { log.record(large()).await }
    });
    tokio::task::yield_now().await;
    open.send(()).unwrap();
    tokio::time::resume();
    waiting.await.unwrap().unwrap();
    assert_eq!(log.stats().dropped, 1);
}

#[tokio::test]
async fn a_flood_of_routine_does_not_shed_what_a_defender_must_see() {
    let folder = tempfile::tempdir().unwrap();
    let (log, open) = hanging(folder.path(), WhenFull::ShedUnder(Severity::Security));
    let routine = (0..100).filter(|_| log.offer(&large())).count();
    assert!(routine <= 1);
    let severe = large().severity(Severity::Security);
    // As much room again, and no more.
    let taken = (0..100).filter(|_| log.offer(&severe)).count();
    assert!((14..=17).contains(&taken), "{taken}");
    open.send(()).unwrap();
    log.checkpoint().await.unwrap();
    let stats = log.stats();
    assert_eq!(stats.offered, stats.stored + stats.dropped);
    let kept = lines(folder.path()).iter().filter(|l| json(l)["severity"] == "security").count();
    assert_eq!(kept, taken);
}
