//! Files and disks that are really full: the system says so, not a simulation.
//!
//! The program runs in a process of its own, under a limit on the size of files (everywhere) or on a file system
//! of 512 KiB in memory, which needs a system that gives its users namespaces (each night, and by hand):
//! `cargo nextest run -p palisade-audit --run-ignored only room::a_file_system`.

use std::path::PathBuf;
use std::process::Command;

use palisade_audit::{Anchor, Event, RecordError, verify_dir};

use crate::{builder, json, key, lines};

const FOLDER: &str = "PALISADE_AUDIT_TEST_FOLDER";
const ROOM: &str = "PALISADE_AUDIT_TEST_ROOM";

/// The program: fills its room, is given more, and goes on.
#[tokio::test]
#[ignore = "the program of other tests"]
async fn fills_its_room() {
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let ballast = folder.join("ballast");
    let is_limited = std::env::var(ROOM).unwrap() == "limit";
    if !is_limited {
        std::fs::write(&ballast, vec![0; 128 * 1024]).unwrap();
    }
    let log = builder(&folder.join("log")).open().unwrap();
    let event = |id: usize| Event::new("a").detail("id", &id).detail("pad", &"x".repeat(4000));
    let mut acknowledged = Vec::new();
    let mut record = async |id: usize| match log.record(event(id)).await {
        Ok(receipt) => {
            acknowledged.push((receipt.seq, id));
            true
        }
        Err(RecordError::DiskFull) => false,
        Err(other) => panic!("{other:?}"),
    };
    let mut id = 0;
    while record(id).await {
        id += 1;
    }
    assert!(id > 10 && !record(id + 1).await, "{id}");
    let stats = log.stats();
    assert_eq!((stats.offered, stats.dropped), (stats.stored + stats.dropped, 2));
    if is_limited {
        let pid = std::process::id().to_string();
        let raised = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &pid]).status();
        assert!(raised.unwrap().success());
    } else {
        std::fs::remove_file(ballast).unwrap();
    }
    // It looks again each second.
    while !record(id + 2).await {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    log.close().await.unwrap();
    let stats = log.stats();
    assert_eq!((stats.offered, stats.queued), (stats.stored + stats.dropped, 0));
    let report = verify_dir(log.folder(), key().verifier(), &Anchor::Stored).unwrap();
    assert!(report.is_good() && report.dropped == stats.dropped, "{report:?}");
    let lines = lines(log.folder());
    for (seq, id) in acknowledged {
        assert_eq!(json(&lines[usize::try_from(seq).unwrap()])["details"][0]["value"], id);
    }
    let said = |action: &str| lines.iter().filter(|line| line.contains(action)).count();
    assert_eq!((said("audit.stopped"), said("audit.resumed")), (1, 1), "{lines:?}");
}

fn run(room: &str, script: &str, wrapper: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut args: Vec<&str> = wrapper.to_vec();
    args.extend(["sh", "-c", script]);
    let mut command = Command::new(args.remove(0));
    command.args(args).arg(std::env::current_exe().unwrap());
    command.env(FOLDER, folder.path()).env(ROOM, room);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
}

const PROGRAM: &str = "exec \"$0\" --ignored --exact --nocapture room::fills_its_room";

/// EFBIG; the signal that goes with it is ignored, as servers do.
#[test]
fn a_file_without_room_loses_nothing_that_was_acknowledged() {
    // In units of 512 bytes: 128 KiB.
    run("limit", &format!("trap '' XFSZ; ulimit -S -f 256; {PROGRAM}"), &[]);
}

/// ENOSPC, which `strace` has the kernel say to one write.
#[test]
fn a_write_for_which_there_is_no_room_loses_nothing_that_was_acknowledged() {
    let strace =
        "exec strace -f -qq -o /dev/null -e trace=write -e inject=write:error=ENOSPC:when=15";
    let segment = format!("-P \"${FOLDER}/log/00000000000000000000.jsonl\"");
    run("disk", &PROGRAM.replace("exec", &format!("{strace} {segment}")), &[]);
}

/// ENOSPC of a real file system.
#[test]
#[ignore = "needs user namespaces"]
fn a_file_system_without_room_loses_nothing_that_was_acknowledged() {
    let script = format!("mount -t tmpfs -o size=512k tmpfs \"${FOLDER}\" && {PROGRAM}");
    run("disk", &script, &["unshare", "--user", "--map-root-user", "--mount"]);
}
