//! `kill -9` on a real process, again and again.
//!
//! `PALISADE_AUDIT_KILLS` sets how often.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use palisade_audit::{Anchor, Durability, Event, verify_dir};

use crate::{builder, json, key, lines};

const FOLDER: &str = "PALISADE_AUDIT_TEST_FOLDER";
const ROUND: &str = "PALISADE_AUDIT_TEST_ROUND";

/// The program that is killed: eight writers that say what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the program of another test"]
async fn writes_and_is_killed() {
    let (folder, round) = (std::env::var(FOLDER).unwrap(), std::env::var(ROUND).unwrap());
    let durability = if round.parse::<u32>().unwrap().is_multiple_of(2) {
        Durability::Synced
    } else {
        Durability::Written
    };
    let log = builder(folder.as_ref()).durability(durability);
    let log =
        log.checkpoint_every(Duration::from_millis(10)).unwrap().segment_bytes(20_000).unwrap();
    let log = log.open().unwrap();
    println!("opened");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (log, round) = (log.clone(), round.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let id = format!("{round}-{writer}-{number}");
                    let seq = log.record(Event::new("a").detail("id", &id)).await.unwrap().seq;
                    println!("acknowledged {seq} {id}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let rounds =
        std::env::var("PALISADE_AUDIT_KILLS").map_or(200, |rounds| rounds.parse().unwrap());
    println!("{rounds} rounds");
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<(usize, String)> = Vec::new();
    for round in 0..rounds {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "kill::writes_and_is_killed"])
            .env(FOLDER, folder.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        // Some are killed while they open the log, some between any two acknowledgements.
        let mut left = round * 37 % 101;
        let mut line = String::new();
        let mut said = Vec::new();
        while left > 0 && output.read_line(&mut line).unwrap() > 0 {
            said.push(std::mem::take(&mut line));
            left -= 1;
        }
        program.kill().unwrap();
        program.wait().unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
        said.extend(whole.lines().map(str::to_owned));
        for line in &said {
            if let Some((_, told)) = line.trim().split_once("acknowledged ") {
                let (seq, id) = told.split_once(' ').unwrap();
                acknowledged.push((seq.parse().unwrap(), id.to_owned()));
            }
        }
    }
    // Opened once more, the log is whole and adds up.
    let log = builder(folder.path()).open().unwrap();
    let stats = log.stats();
    assert_eq!(stats.offered, stats.stored + stats.dropped);
    drop(log);
    let report = verify_dir(folder.path(), key().verifier(), &Anchor::Stored).unwrap();
    assert!(report.is_good() && report.unsealed == 0, "{report:?}");
    let lines = lines(folder.path());
    let ids: Vec<Option<String>> = lines
        .iter()
        .map(|line| json(line)["details"][0]["value"].as_str().map(str::to_owned))
        .collect();
    for (seq, id) in &acknowledged {
        assert_eq!(ids[*seq].as_ref(), Some(id), "event {seq}");
    }
    let mut seen: Vec<_> = ids.into_iter().flatten().collect();
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all, "an event is there twice");
    println!("{} acknowledged, {} stored", acknowledged.len(), lines.len());
    assert!(acknowledged.len() > rounds, "the test has seen something");
}
