//! A disk that answers with EIO: not simulated, the kernel says so. `strace` has it answer in the place of
//! the file system, to a program in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_audit::{Anchor, Event, RecordError, Scan, verify_dir};

use crate::{builder, json, key};

const FOLDER: &str = "PALISADE_AUDIT_TEST_FOLDER";
/// Where all events go until something fails.
const SEGMENT: &str = "00000000000000000000.jsonl";
const EVENTS: usize = 20;

/// The program: says what is acknowledged and what is not.
#[tokio::test]
#[ignore = "the program of other tests"]
async fn records_on_a_disk_that_fails() {
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let log = builder(&folder).open().unwrap();
    for id in 0..EVENTS {
        match log.record(Event::new("a").detail("id", &id)).await {
            Ok(receipt) => println!("acknowledged {} {id}", receipt.seq),
            Err(RecordError::Broken(error)) => println!("refused {id} {error}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    // What cannot be signed is an error, which the account has too.
    let _ = log.close().await;
    let stats = log.stats();
    assert_eq!((stats.offered, stats.queued), (stats.stored + stats.dropped, 0), "{stats:?}");
}

/// What the program said: numbers and ids of events that were acknowledged, and how many were not.
struct Said {
    acknowledged: Vec<(u64, usize)>,
    refused: usize,
}

/// Runs the program while the kernel answers some of its calls with EIO.
fn run(folder: &Path, calls: &[&str]) -> Said {
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null"])
        .args(calls)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "device::records_on_a_disk_that_fails"])
        .env(FOLDER, folder)
        .output()
        .expect("strace is installed: `cargo xtask setup`");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("1 passed"), "{text} {:?}", output.stderr);
    let number = |word: Option<&str>| word.unwrap().parse::<usize>().unwrap();
    let acknowledged = text.lines().filter_map(|line| {
        let mut words = line.split_once("acknowledged ")?.1.split(' ');
        Some((number(words.next()) as u64, number(words.next())))
    });
    let refused = text.lines().filter(|line| line.contains("refused ")).count();
    Said { acknowledged: acknowledged.collect(), refused }
}

/// Opens the log on a disk that is whole again: what was acknowledged is there, once.
fn judged(folder: &Path, said: &Said) -> usize {
    let log = builder(folder).open().unwrap();
    drop(log);
    let report = verify_dir(folder, key().verifier(), &Anchor::Stored).unwrap();
    assert!(report.is_good(), "{report:?}");
    let mut scan = Scan::new(folder).unwrap();
    let read = std::iter::from_fn(|| scan.next_line().unwrap());
    let lines: Vec<_> = read.map(|line| json(std::str::from_utf8(&line).unwrap())).collect();
    for (seq, id) in &said.acknowledged {
        assert_eq!(lines[usize::try_from(*seq).unwrap()]["details"][0]["value"], *id);
    }
    let events = lines.iter().filter(|line| line["action"] == "a");
    let mut ids: Vec<_> = events.map(|line| line["details"][0]["value"].as_u64()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|two| two[0] != two[1]), "an event is there twice: {ids:?}");
    lines.iter().filter(|line| line["action"] == "audit.poisoned").count()
}

#[test]
fn one_failed_sync_or_write_costs_no_event() {
    for call in ["fdatasync", "write"] {
        let folder = tempfile::tempdir().unwrap();
        let segment = folder.path().join(SEGMENT);
        let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error=EIO:when=5"));
        let said =
            run(folder.path(), &["-P", segment.to_str().unwrap(), "-e", &trace, "-e", &inject]);
        assert_eq!((said.acknowledged.len(), said.refused), (EVENTS, 0), "{call}");
        assert_eq!(judged(folder.path(), &said), 1, "{call}");
    }
}

/// Nor can the segment be replaced then, and nothing is claimed any more.
#[test]
fn a_disk_that_fails_for_good_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let said =
        run(folder.path(), &["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=9+"]);
    assert!(said.refused > 0 && !said.acknowledged.is_empty());
    assert_eq!(said.refused + said.acknowledged.len(), EVENTS);
    judged(folder.path(), &said);
}
