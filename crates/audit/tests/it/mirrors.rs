//! Other places get every line, and one that fails is heard of.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use palisade_audit::{Event, RecordError, Records, Required, Sink, SinkError, WriterSink};

use crate::{builder, lines};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_required_mirror_has_every_line_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::default();
    let sink = WriterSink::new("kept", kept.clone());
    let log = builder(folder.path()).mirror(sink, Required::Yes).open().unwrap();
    for _ in 0..10 {
        log.record(Event::new("a")).await.unwrap();
        let mirrored = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(mirrored.lines().collect::<Vec<_>>(), lines(folder.path()));
    }
}

struct Failing;

impl Sink for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn write(&mut self, records: &Records<'_>) -> Result<(), SinkError> {
        let bad = records.iter().any(|(_, line)| line.windows(3).any(|text| text == b"bad"));
        assert!(!records.iter().any(|(_, line)| line.windows(5).any(|text| text == b"panic")));
        if bad { Err(SinkError::new("does not like it")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_required_mirror_that_fails_or_panics_fails_the_event_which_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let log = builder(folder.path()).mirror(Failing, Required::Yes).open().unwrap();
    log.record(Event::new("good")).await.unwrap();
    for action in ["bad", "panic"] {
        match log.record(Event::new(action)).await {
            Err(RecordError::Mirror { seq, mirror: "failing", .. }) => {
                assert!(lines(folder.path())[seq as usize].contains(action));
            }
            other => panic!("{other:?}"),
        }
    }
    let stats = log.stats();
    assert_eq!((stats.stored, stats.dropped, stats.unmirrored), (4, 0, 2));
    log.record(Event::new("good")).await.unwrap();
}

struct Hanging {
    hangs: &'static str,
    entered: Sender<&'static str>,
    go: Receiver<()>,
}

impl Hanging {
    fn enter(&self, what: &'static str) {
        let _ = self.entered.send(what);
        if self.hangs == what {
            let _ = self.go.recv();
        }
    }
}

impl Sink for Hanging {
    fn name(&self) -> &'static str {
        "hanging"
    }

    fn write(&mut self, _: &Records<'_>) -> Result<(), SinkError> {
        self.enter("write");
        Ok(())
    }

    fn resume_at(&mut self) -> Result<Option<u64>, SinkError> {
        self.enter("resume_at");
        Ok(None)
    }
}

/// Wherever it hangs first: before it has said that it does not remember, what finds no room is not lost yet.
#[tokio::test]
async fn a_best_effort_mirror_that_hangs_holds_nobody_and_its_losses_are_counted() {
    for place in ["resume_at", "write"] {
        let folder = tempfile::tempdir().unwrap();
        let ((entered, enters), (go, wait)) = (channel(), channel());
        let sink = Hanging { hangs: place, entered, go: wait };
        let log = builder(folder.path()).mirror(sink, Required::No).open().unwrap();
        while enters.recv().unwrap() != place {}
        let text = "x".repeat(4000);
        let event = || (0..9).fold(Event::new("a"), |event, _| event.detail("text", &text));
        // 9 texts of 4 kB are 36 kB: 4 MiB are full after 120 of them.
        for _ in 0..150 {
            log.record(event()).await.unwrap();
        }
        if place == "resume_at" {
            assert_eq!(log.stats().unmirrored, 0, "it may remember");
            go.send(()).unwrap();
            assert_eq!(enters.recv().unwrap(), "write", "it has answered");
        }
        let stats = log.stats();
        assert_eq!(stats.stored, 151);
        assert!(stats.unmirrored > 20 && stats.unmirrored < 150, "{stats:?}");
    }
}
