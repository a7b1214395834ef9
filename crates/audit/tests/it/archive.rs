//! Copies are checked before they count; what is pruned leaves proofs of the rest.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_audit::{
    Anchor, ArchiveError, AuditLog, Event, Retention, backup, prove, prune, restore, verify_dir,
};
use palisade_core::ManualClock;

use crate::{builder, key, lines};

/// 100 events, one an hour, in files of 4 KiB.
pub(crate) async fn log(folder: &Path) -> AuditLog {
    let clock = ManualClock::new();
    let log = builder(folder).segment_bytes(4096).unwrap().clock(Arc::new(clock.clone()));
    let log = log.open().unwrap();
    for number in 0..100 {
        clock.advance(Duration::from_hours(1));
        log.record(Event::new("a").detail("pad", &"x".repeat(200 + number))).await.unwrap();
    }
    log.checkpoint().await.unwrap();
    log
}

#[tokio::test]
async fn a_copy_of_an_open_log_is_whole_and_goes_on() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    log.record(Event::new("behind the checkpoint")).await.unwrap();
    let report = backup(folder.path(), target.path(), key().verifier()).unwrap();
    assert_eq!((report.size, report.unsealed), (101, 0));
    assert_eq!(lines(target.path()), lines(folder.path())[..101]);
    let again = backup(folder.path(), target.path(), key().verifier());
    assert!(matches!(again, Err(ArchiveError::NotEmpty)), "{again:?}");
    let scratch = tempfile::tempdir().unwrap();
    restore(target.path(), scratch.path(), key().verifier(), None).unwrap();
    let restored = builder(scratch.path()).open().unwrap();
    assert!(restored.recovery().is_clean());
    assert_eq!(restored.record(Event::new("after")).await.unwrap().seq, 102);
}

#[tokio::test]
async fn a_copy_that_is_not_the_log_is_refused() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    backup(folder.path(), target.path(), key().verifier()).unwrap();
    log.record(Event::new("since")).await.unwrap();
    let newer = log.checkpoint().await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let old = restore(target.path(), scratch.path(), key().verifier(), Some(&newer));
    assert!(matches!(old, Err(ArchiveError::Tampered(_))), "older than what somebody saw: {old:?}");
    let path = target.path().join("00000000000000000000.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("\"a\"", "\"b\"", 1)).unwrap();
    let changed = restore(target.path(), scratch.path(), key().verifier(), None);
    assert!(matches!(&changed, Err(ArchiveError::Tampered(bad)) if bad.seq == 1), "{changed:?}");
}

#[tokio::test]
async fn a_log_that_was_changed_is_not_copied() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    log(folder.path()).await.close().await.unwrap();
    let path = folder.path().join("00000000000000000000.jsonl");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("\"a\"", "\"b\"", 1)).unwrap();
    let copied = backup(folder.path(), target.path(), key().verifier());
    assert!(matches!(&copied, Err(ArchiveError::Tampered(bad)) if bad.seq == 1), "{copied:?}");
}

#[tokio::test]
async fn as_many_bytes_as_asked_for_are_kept_and_everything_that_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let open = log(folder.path()).await;
    let checkpoint = folder.path().join("checkpoint");
    let signed = fs::read(&checkpoint).unwrap();
    for _ in 0..60 {
        open.record(Event::new("a").detail("pad", &"x".repeat(300))).await.unwrap();
    }
    open.close().await.unwrap();
    drop(open);
    let last = fs::read(&checkpoint).unwrap();
    let bytes = || lines(folder.path()).iter().map(|line| line.len() as u64 + 1).sum::<u64>();
    let cut = |retention: Retention| {
        prune(folder.path(), key().verifier(), &retention, SystemTime::UNIX_EPOCH).unwrap()
    };
    cut(Retention::default().newest(40_000));
    let left = bytes();
    assert!(left <= 40_000 && left > 40_000 - 5_000, "{left}");
    // As after a crash: what follows the checkpoint may have to be cut, but never at its beginning.
    fs::write(&checkpoint, signed).unwrap();
    let first = cut(Retention::default().newest(0));
    assert!((85..=101).contains(&first), "{first}");
    fs::write(&checkpoint, last).unwrap();
    assert!(verify_dir(folder.path(), key().verifier(), &Anchor::Stored).unwrap().is_good());
}

#[tokio::test]
async fn what_is_old_goes_and_what_is_left_is_proved_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let open = log(folder.path()).await;
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(100);
    let retention = Retention::default().younger_than(Duration::from_hours(48));
    let busy = prune(folder.path(), key().verifier(), &retention, now);
    assert!(matches!(busy, Err(ArchiveError::Busy)));
    open.close().await.unwrap();
    drop(open);
    let nothing = Retention::default();
    assert_eq!(prune(folder.path(), key().verifier(), &nothing, now).unwrap(), 0);
    let first = prune(folder.path(), key().verifier(), &retention, now).unwrap();
    assert!(first > 30 && first <= 52, "{first}");
    assert_eq!(lines(folder.path()).len() as u64, 102 - first);
    let verify = || verify_dir(folder.path(), key().verifier(), &Anchor::Stored).unwrap();
    assert!(verify().is_good() && verify().first == first, "{:?}", verify());
    prove(folder.path(), key().verifier(), first).unwrap().verify(key().verifier()).unwrap();
    assert!(prove(folder.path(), key().verifier(), first - 1).is_err());
    let log = builder(folder.path()).open().unwrap();
    assert_eq!(log.record(Event::new("after")).await.unwrap().seq, 103);
    log.close().await.unwrap();
    drop(log);
    let smallest = Retention::default().newest(0);
    prune(folder.path(), key().verifier(), &smallest, now).unwrap();
    assert!(verify().is_good() && !lines(folder.path()).is_empty());
}
