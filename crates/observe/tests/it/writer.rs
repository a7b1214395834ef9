//! Losses are counted one by one, and no line is split.

use std::fs::{self, File};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_observe::log::Format;
use palisade_observe::writer::{
    Failure, OpenError, Output, RotatingFile, Rotation, Stream, Writer,
};
use proptest::prelude::*;
use serde_json::Value;

/// Nothing here takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(output: impl Output, queue: usize) -> Writer {
    Writer::start("test", output, queue, Format::Json, Arc::new(ManualClock::new())).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// Everything, oldest first.
fn all(folder: &Path, kept: u32) -> String {
    let older = (1..=kept).rev().map(|number| read(folder, &format!("app.log.{number}")));
    older.chain([read(folder, "app.log")]).collect()
}

#[test]
fn by_default_six_files_of_ten_mebibytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = RotatingFile::open(&folder.path().join("app.log"), Rotation::default()).unwrap();
    let line = format!("{}\n", "x".repeat((1 << 20) - 1));
    for _ in 0..75 {
        file.write(line.as_bytes()).unwrap();
    }
    let mut sizes: Vec<(String, u64)> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .filter(|(name, _)| name != "app.log.lock")
        .collect();
    sizes.sort();
    let names: Vec<&str> = sizes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["app.log", "app.log.1", "app.log.2", "app.log.3", "app.log.4", "app.log.5"]);
    assert!(sizes.iter().all(|(_, size)| *size <= 10 << 20), "{sizes:?}");
    assert_eq!(sizes.iter().map(|(_, size)| size).sum::<u64>(), 55 << 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines of any length, in batches, with restarts and torn ends: each stays whole and in order.
    #[test]
    fn rotation_splits_and_reorders_nothing(
        steps in prop::collection::vec((0_usize..120, any::<bool>(), prop::option::of(0_u8..10)), 1..60)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (path, rotation) = (folder.path().join("app.log"), Rotation::new(100, 200));
        let open = || RotatingFile::open(&path, rotation).unwrap();
        let (mut file, mut batch, mut expected) = (Some(open()), String::new(), String::new());
        for (number, (length, now, crash)) in steps.iter().enumerate() {
            let line = format!("{number} {}\n", "x".repeat(*length));
            batch.push_str(&line);
            expected.push_str(&line);
            if *now {
                file.as_mut().unwrap().write(batch.as_bytes()).unwrap();
                batch.clear();
            }
            if let Some(torn) = crash {
                drop(file.take());
                let torn = "t".repeat(usize::from(*torn));
                fs::write(&path, read(folder.path(), "app.log") + &torn).unwrap();
                file = Some(open());
            }
        }
        file.as_mut().unwrap().write(batch.as_bytes()).unwrap();
        let found = all(folder.path(), 200);
        let whole: Vec<&str> = found.lines().filter(|line| !line.starts_with('t')).collect();
        prop_assert_eq!(whole, expected.lines().collect::<Vec<_>>());
        for number in 0..=200 {
            let name = if number == 0 { "app.log".to_owned() } else { format!("app.log.{number}") };
            let text = read(folder.path(), &name);
            let whole: Vec<&str> = text.lines().filter(|line| !line.starts_with('t')).collect();
            let bytes: usize = whole.iter().map(|line| line.len() + 1).sum();
            prop_assert!(bytes <= 100 || whole.len() == 1, "{} has {} bytes", name, bytes);
        }
    }
}

#[test]
fn a_line_after_a_crash_is_not_glued_to_the_torn_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    fs::write(&path, "whole\n{\"torn").unwrap();
    let mut file = RotatingFile::open(&path, Rotation::default()).unwrap();
    file.write(b"next\n").unwrap();
    assert_eq!(read(folder.path(), "app.log"), "whole\n{\"torn\nnext\n");
}

#[test]
fn two_processes_do_not_rotate_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let first = RotatingFile::open(&path, Rotation::default()).unwrap();
    let second = RotatingFile::open(&path, Rotation::default());
    assert!(matches!(second, Err(OpenError::Busy { .. })), "{second:?}");
    drop(first);
    assert!(RotatingFile::open(&path, Rotation::default()).is_ok());
}

#[test]
fn on_a_full_disk_every_lost_line_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let file = RotatingFile::open(&path, Rotation::default()).unwrap();
    let stream = Stream::new(File::options().write(true).open("/dev/full").unwrap());
    for writer in [start(file, Writer::QUEUE), start(stream, Writer::QUEUE)] {
        for _ in 0..1_000 {
            assert!(writer.push(b"{}\n"));
        }
        assert!(writer.flush(PATIENCE));
        let tally = writer.tally();
        assert_eq!((tally.written, tally.queue_full, tally.write_failed), (0, 0, 1_000));
        assert!(tally.failing && tally.io_errors >= 1_000, "{tally:?}");
    }
}

#[test]
fn a_deleted_file_is_made_anew_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let writer = start(RotatingFile::open(&path, Rotation::default()).unwrap(), Writer::QUEUE);
    for number in 0..20 {
        fs::remove_file(&path).unwrap();
        let line = format!("{number}\n");
        assert!(writer.push(line.as_bytes()) && writer.flush(PATIENCE));
        assert_eq!(read(folder.path(), "app.log"), line);
    }
    let tally = writer.tally();
    assert_eq!((tally.written, tally.lost(), tally.failing), (20, 0, false));
}

#[test]
fn a_renamed_file_keeps_its_lines_and_the_next_go_to_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let writer = start(RotatingFile::open(&path, Rotation::default()).unwrap(), Writer::QUEUE);
    fs::rename(&path, folder.path().join("taken")).unwrap();
    assert!(writer.push(b"one\n") && writer.flush(PATIENCE));
    assert!(writer.push(b"two\n") && writer.flush(PATIENCE));
    assert_eq!(read(folder.path(), "taken"), "one\n");
    assert_eq!(read(folder.path(), "app.log"), "two\n");
}

#[test]
fn a_file_that_cannot_be_set_aside_grows_to_twice_its_limit_and_no_further() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    fs::create_dir_all(folder.path().join("app.log.1/in-the-way")).unwrap();
    let writer = start(RotatingFile::open(&path, Rotation::new(100, 1)).unwrap(), Writer::QUEUE);
    for _ in 0..50 {
        assert!(writer.push(b"123456789\n"));
    }
    assert!(writer.flush(PATIENCE));
    let tally = writer.tally();
    assert_eq!((tally.written, tally.write_failed), (20, 30));
    assert_eq!(read(folder.path(), "app.log").len(), 200);
}

/// A disk that takes a batch only when it is told to.
struct Gate {
    open: Receiver<()>,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Gate {
    fn new() -> (Sender<()>, Arc<Mutex<Vec<u8>>>, Self) {
        let (sender, open) = channel();
        let taken: Arc<Mutex<Vec<u8>>> = Arc::default();
        (sender, Arc::clone(&taken), Self { open, taken })
    }
}

impl Output for Gate {
    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        // A gate whose owner is gone stays open.
        let _ = self.open.recv();
        self.taken.lock().unwrap().extend(lines);
        Ok(())
    }
}

#[test]
fn while_a_disk_does_not_answer_nobody_waits_and_the_log_says_what_is_missing() {
    let (gate, taken, output) = Gate::new();
    let writer = start(output, 1000);
    let pushed = (0..500).filter(|_| writer.push(b"123456789\n")).count();
    let lost = 500 - pushed;
    assert!(
        (100..=200).contains(&pushed),
        "the queue, and the batch that the disk holds: {pushed}"
    );
    assert!(!writer.flush(Duration::ZERO), "it is not written");
    drop(gate);
    assert!(writer.flush(PATIENCE));
    let tally = writer.tally();
    assert_eq!((tally.written, tally.queue_full), (pushed as u64, lost as u64));
    let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().filter(|line| *line == "123456789").count(), pushed);
    let declared: u64 = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| line["fields"]["queue_full"].as_u64())
        .sum();
    assert_eq!(declared, lost as u64, "{text}");
}

/// Fails while it is told to.
struct Sick {
    fail: Arc<Mutex<bool>>,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Output for Sick {
    fn write(&mut self, lines: &[u8]) -> Result<(), Failure> {
        if *self.fail.lock().unwrap() {
            return Err(Failure::after(0));
        }
        self.taken.lock().unwrap().extend(lines);
        Ok(())
    }
}

#[test]
fn a_disk_that_recovers_is_told_how_many_lines_it_missed() {
    let (fail, taken) = (Arc::new(Mutex::new(true)), Arc::default());
    let writer = start(Sick { fail: Arc::clone(&fail), taken: Arc::clone(&taken) }, Writer::QUEUE);
    for _ in 0..7 {
        assert!(writer.push(b"missed\n"));
    }
    assert!(writer.flush(PATIENCE));
    *fail.lock().unwrap() = false;
    assert!(writer.push(b"kept\n") && writer.flush(PATIENCE));
    let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
    let [kept, declared] = text.lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(kept, "kept");
    let declared: Value = serde_json::from_str(declared).unwrap();
    assert_eq!(declared["fields"]["write_failed"], 7);
    assert!(!writer.tally().failing);
}

#[test]
fn from_many_threads_every_line_is_written_or_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let writer = start(RotatingFile::open(&path, Rotation::new(4096, 900)).unwrap(), 2048);
    let taken: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let writer = writer.clone();
                scope.spawn(move || {
                    let lines = (0..5000).map(|number| format!("{thread} {number}\n"));
                    lines.filter(|line| writer.push(line.as_bytes())).count() as u64
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(writer.flush(PATIENCE));
    let tally = writer.tally();
    assert_eq!(tally.written, taken);
    assert_eq!(tally.written + tally.queue_full, 20_000);
    let text = all(folder.path(), 900);
    let lines: std::collections::HashSet<&str> =
        text.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len() as u64, taken);
}

#[test]
fn the_last_clone_ends_the_thread_after_what_is_queued() {
    let (gate, taken, output) = Gate::new();
    let writer = start(output, Writer::QUEUE);
    let clone = writer.clone();
    assert!(writer.push(b"one\n"));
    drop(writer);
    assert!(clone.push(b"two\n"));
    drop((clone, gate));
    // The output is dropped with its thread.
    while Arc::strong_count(&taken) > 1 {
        std::thread::yield_now();
    }
    assert_eq!(*taken.lock().unwrap(), b"one\ntwo\n");
}
