//! What somebody with access to the files does is named; what a crash leaves is mended.

use std::fs;
use std::path::{Path, PathBuf};

use palisade_audit::{
    Anchor, Checkpoint, Event, LogKey, OpenError, Report, Wrong, merkle, verify_dir,
};

use crate::{builder, key, lines, open, segments};

const FIRST: &str = "00000000000000000000.jsonl";

/// A closed log of 40 events in several files.
async fn log(folder: &Path) -> Checkpoint {
    let log = builder(folder).segment_bytes(4096).unwrap().open().unwrap();
    for number in 0..38 {
        log.record(Event::new("order.pay").detail("pad", &"x".repeat(200 + number))).await.unwrap();
    }
    log.close().await.unwrap();
    log.latest()
}

fn verify(folder: &Path) -> Report {
    verify_dir(folder, key().verifier(), &Anchor::Stored).unwrap()
}

fn change(folder: &Path, name: &str, change: impl FnOnce(String) -> String) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    path
}

#[track_caller]
fn assert_bad(report: &Report, seq: u64, file: &str, reason: Wrong) {
    let bad = report.bad.as_ref().expect("something is wrong");
    assert_eq!((bad.seq, bad.file.as_str(), bad.reason), (seq, file, reason));
}

#[tokio::test]
async fn an_untouched_log_is_good() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let report = verify(folder.path());
    assert!(report.is_good() && report.hashes && report.segments > 2, "{report:?}");
    assert_eq!((report.size, report.first, report.unsealed), (40, 0, 0));
}

#[tokio::test]
async fn a_changed_line_is_named() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    change(folder.path(), FIRST, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[5] = lines[5].replace("order.pay", "order.PAY");
        lines.join("\n") + "\n"
    });
    assert_bad(&verify(folder.path()), 5, FIRST, Wrong::Changed);
}

#[tokio::test]
async fn a_changed_bit_counts_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let path = folder.path().join(FIRST);
    let bytes = fs::read(&path).unwrap();
    for position in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        fs::write(&path, &changed).unwrap();
        let line = bytes[..position].iter().filter(|byte| **byte == b'\n').count() as u64;
        let bad = verify(folder.path()).bad.expect("it is noticed");
        assert_eq!(bad.seq, line, "byte {position}: {bad}");
    }
}

#[tokio::test]
async fn swapped_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    change(folder.path(), FIRST, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(3, 6);
        lines.join("\n") + "\n"
    });
    assert_bad(&verify(folder.path()), 3, FIRST, Wrong::Order);
}

#[tokio::test]
async fn a_removed_line_is_named() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    change(folder.path(), FIRST, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.remove(4);
        lines.join("\n") + "\n"
    });
    assert_bad(&verify(folder.path()), 4, FIRST, Wrong::Order);
}

#[tokio::test]
async fn a_cut_end_and_a_removed_file_are_named() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let total = lines(folder.path()).len() as u64;
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    names.sort();
    let last = names.last().unwrap().clone();
    let path = change(folder.path(), &last, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.pop();
        lines.join("\n") + "\n"
    });
    assert_bad(&verify(folder.path()), total - 1, &last, Wrong::Missing);
    let refused = builder(folder.path()).open();
    assert!(
        matches!(&refused, Err(OpenError::Tampered(bad)) if bad.seq == total - 1),
        "{refused:?}"
    );
    fs::remove_file(path).unwrap();
    assert!(matches!(verify(folder.path()).bad, Some(bad) if bad.reason == Wrong::Missing));
    fs::remove_file(folder.path().join(&names[1])).unwrap();
    let bad = verify(folder.path()).bad.unwrap();
    let first: u64 = names[1].trim_end_matches(".jsonl").parse().unwrap();
    assert_eq!((bad.reason, bad.seq), (Wrong::Missing, first));
}

#[tokio::test]
async fn a_line_put_behind_the_end_of_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    change(folder.path(), FIRST, |text| text.clone() + text.lines().next().unwrap() + "\n");
    let bad = verify(folder.path()).bad.unwrap();
    assert_eq!((bad.reason, bad.file.as_str()), (Wrong::Surplus, FIRST));
}

#[tokio::test]
async fn events_and_hashes_changed_together_do_not_lead_to_the_root() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    change(folder.path(), FIRST, |text| text.replacen("order.pay", "order.PAY", 1));
    let changed = lines(folder.path())[1].clone();
    let path = folder.path().join("level-0.hashes");
    let mut hashes = fs::read(&path).unwrap();
    hashes[32..64].copy_from_slice(merkle::leaf(changed.as_bytes()).as_bytes());
    fs::write(path, hashes).unwrap();
    assert_eq!(verify(folder.path()).bad.unwrap().reason, Wrong::Root);
}

#[tokio::test]
async fn damaged_hashes_are_told_from_damaged_events_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let path = folder.path().join("level-0.hashes");
    let whole = fs::read(&path).unwrap();
    for damaged in [whole[..100].to_vec(), [&[0; 32], &whole[32..]].concat()] {
        fs::write(&path, damaged).unwrap();
        let report = verify(folder.path());
        assert!(report.is_good() && !report.hashes, "{report:?}");
    }
    fs::remove_file(&path).unwrap();
    let log = open(folder.path());
    assert!(log.recovery().rebuilt);
    log.close().await.unwrap();
    let report = verify(folder.path());
    assert!(report.is_good() && report.hashes, "{report:?}");
    assert!(fs::read(&path).unwrap().starts_with(&whole));
}

#[tokio::test]
async fn an_older_state_and_another_history_are_noticed_by_who_kept_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let log = open(folder.path());
    log.record(Event::new("since")).await.unwrap();
    let pinned = log.checkpoint().await.unwrap();
    log.close().await.unwrap();
    let verify = |folder: &Path| {
        verify_dir(folder, key().verifier(), &Anchor::Pinned(pinned.clone())).unwrap()
    };
    assert!(verify(folder.path()).is_good());
    // The older state is good by itself.
    assert!(verify_dir(copy.path(), key().verifier(), &Anchor::Stored).unwrap().is_good());
    assert_bad(&verify(copy.path()), 40, "checkpoint", Wrong::Missing);
    // So is one that went on otherwise, written by who has the key.
    let other = open(copy.path());
    other.record(Event::new("otherwise")).await.unwrap();
    other.close().await.unwrap();
    assert!(verify_dir(copy.path(), key().verifier(), &Anchor::Stored).unwrap().is_good());
    assert_eq!(verify(copy.path()).bad.unwrap().reason, Wrong::Root);
}

#[tokio::test]
async fn a_false_or_missing_checkpoint_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let stranger = LogKey::from_seed("example.com/log", &[8; 32]).unwrap();
    let refused = palisade_audit::AuditLog::builder(folder.path(), stranger).open();
    assert!(matches!(refused, Err(OpenError::Checkpoint(_))), "{refused:?}");
    change(folder.path(), "checkpoint", |text| text.replacen("\n40\n", "\n39\n", 1));
    assert!(matches!(builder(folder.path()).open(), Err(OpenError::Checkpoint(_))));
    fs::remove_file(folder.path().join("checkpoint")).unwrap();
    assert!(matches!(builder(folder.path()).open(), Err(OpenError::NoCheckpoint)));
}

#[tokio::test]
async fn a_torn_line_is_cut_kept_aside_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let last = &segments(folder.path()).pop().unwrap();
    let whole = fs::read(last).unwrap();
    let torn = "{\"seq\":40,\"sync\":40,\"ts\":\"2026-";
    fs::write(last, [&whole, torn.as_bytes()].concat()).unwrap();
    let report = verify(folder.path());
    assert!(report.is_good() && report.torn && report.unsealed == 0);
    let log = open(folder.path());
    assert!(log.recovery().torn);
    let kept = folder.path().join(format!("torn-40-{}", whole.len()));
    assert_eq!(fs::read_to_string(kept).unwrap(), torn);
    let lines = lines(folder.path());
    assert!(lines[40].contains("audit.recovered"), "{}", lines[40]);
    log.close().await.unwrap();
    assert!(verify(folder.path()).is_good());
}

#[tokio::test]
async fn a_bad_line_before_an_acknowledged_one_is_no_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path()).await;
    let last = &segments(folder.path()).pop().unwrap();
    let whole = fs::read_to_string(last).unwrap();
    // Event 41 was written when 41 were durable, event 40 among them.
    let tail = "{\"seq\":40,\"sync\":40,\"changed\n{\"seq\":41,\"sync\":41,\"ts\":\"\"}\n";
    fs::write(last, whole + tail).unwrap();
    let refused = builder(folder.path()).open();
    let reason = Wrong::Damaged;
    assert!(
        matches!(&refused, Err(OpenError::Tampered(bad)) if bad.seq == 40 && bad.reason == reason)
    );
}
