//! Events go in and stay.

use palisade_audit::{
    Actor, Anchor, Durability, Event, OpenError, Outcome, RecordError, merkle, verify_dir,
};

use crate::{builder, json, key, lines, open};

#[tokio::test]
async fn an_acknowledged_event_is_in_the_file_with_its_number_and_hash() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let event = Event::new("user.role.update")
        .actor(Actor::user("u1"))
        .target("user", "u7")
        .outcome(Outcome::Denied);
    let receipt = log.record(event).await.unwrap();
    let lines = lines(folder.path());
    let line = &lines[receipt.seq as usize];
    assert_eq!(merkle::leaf(line.as_bytes()), receipt.leaf);
    assert_eq!(json(line)["actor"]["id"], "u1");
    assert_eq!(json(line)["outcome"], "denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_get_one_number_each_and_all_are_there() {
    for durability in [Durability::Synced, Durability::Written] {
        let folder = tempfile::tempdir().unwrap();
        let log = builder(folder.path()).durability(durability).segment_bytes(8192).unwrap();
        let log = log.open().unwrap();
        let tasks: Vec<_> = (0..500_u32)
            .map(|number| {
                let log = log.clone();
                tokio::spawn(async move {
                    log.record(Event::new("n").detail("number", &number)).await.unwrap().seq
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for (number, task) in tasks.into_iter().enumerate() {
            numbers.push((task.await.unwrap(), number as u64));
        }
        let stats = log.stats();
        assert_eq!((stats.offered, stats.stored, stats.queued), (501, 501, 0));
        log.close().await.unwrap();
        let lines = lines(folder.path());
        assert_eq!(lines.len(), 502);
        for (seq, number) in numbers {
            assert_eq!(json(&lines[seq as usize])["details"][0]["value"], number);
        }
        let report = verify_dir(folder.path(), key().verifier(), &Anchor::Stored).unwrap();
        assert!(report.is_good() && report.hashes, "{report:?}");
        assert_eq!((report.size, report.unsealed), (502, 0));
    }
}

#[test]
fn a_thread_without_a_runtime_records_too() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    assert_eq!(log.record_blocking(&Event::new("a")).unwrap().seq, 1);
    assert!(log.offer(&Event::new("b")));
    assert_eq!(log.record_blocking(&Event::new("c")).unwrap().seq, 3);
}

#[tokio::test]
async fn a_closed_log_takes_nothing_counts_it_and_goes_on_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    assert!(matches!(builder(folder.path()).open(), Err(OpenError::Busy)));
    log.record(Event::new("a")).await.unwrap();
    log.close().await.unwrap();
    let refused = log.record(Event::new("b")).await;
    assert!(matches!(refused, Err(RecordError::Closed)), "{refused:?}");
    assert!(!log.offer(&Event::new("b")));
    let stats = log.stats();
    assert_eq!((stats.offered, stats.stored, stats.dropped), (5, 3, 2));
    log.close().await.unwrap();

    let again = open(folder.path());
    assert!(again.recovery().is_clean());
    assert_eq!(again.record(Event::new("c")).await.unwrap().seq, 4);
    let actions: Vec<_> = lines(folder.path())
        .iter()
        .map(|l| json(l)["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions, ["audit.opened", "a", "audit.closed", "audit.opened", "c"]);
}

#[tokio::test]
async fn the_last_handle_writes_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    for _ in 0..100 {
        assert!(log.offer(&Event::new("a")));
    }
    drop(log);
    let report = verify_dir(folder.path(), key().verifier(), &Anchor::Stored).unwrap();
    assert_eq!((report.size, report.unsealed), (102, 0));
}

#[tokio::test]
async fn a_removed_file_is_noticed_and_what_follows_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.record(Event::new("a")).await.unwrap();
    std::fs::remove_file(folder.path().join("00000000000000000000.jsonl")).unwrap();
    let receipt = log.record(Event::new("b")).await.unwrap();
    assert_eq!(receipt.seq, 3);
    let lines = lines(folder.path());
    assert_eq!(json(&lines[0])["action"], "audit.segment_removed");
    assert_eq!(json(&lines[1])["action"], "b");
    log.close().await.unwrap();
    let pinned = log.latest();
    let report = verify_dir(folder.path(), key().verifier(), &Anchor::Pinned(pinned)).unwrap();
    assert_eq!((report.first, report.size), (2, 5));
}

#[tokio::test]
async fn a_checkpoint_signs_everything_recorded_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    for size in 2..20 {
        log.record(Event::new("a")).await.unwrap();
        assert_eq!(log.checkpoint().await.unwrap().size(), size);
    }
    let stored = std::fs::read_to_string(folder.path().join("checkpoint")).unwrap();
    assert_eq!(log.latest().note(), stored);
}
