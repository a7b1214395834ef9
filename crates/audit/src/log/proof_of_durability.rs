//! Whatever the disk does: no acknowledged event is lost, none is there twice, and the account adds up.
//!
//! `PALISADE_AUDIT_CRASHES` sets how many crash points are tried, `PALISADE_AUDIT_SEED` where to begin.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::batch::Batch;
use super::recover::recover;
use super::writer::{Settings, Writer};
use crate::disk::sim::{Lie, PROCESS, Random, SimDisk, State};
use crate::event::Event;
use crate::merkle::{Hash, leaf};
use crate::note::{Checkpoint, LogKey};
use crate::segment;

fn key() -> LogKey {
    LogKey::from_seed("sim", &[7; 32]).unwrap()
}

/// What the program was told, and how much of it survives what.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Acknowledged events, by their number.
    acknowledged: Vec<(u64, Hash)>,
    signed: Option<Checkpoint>,
}

/// Returns the lines of the log as its own readers find them.
fn lines(disk: &SimDisk) -> Vec<Vec<u8>> {
    let segments = segment::all(disk).unwrap();
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for (position, begin) in segments.iter().enumerate() {
        assert_eq!(lines.len() as u64, *begin, "a gap before segment {begin}");
        let content = disk.content(&segment::name(*begin)).unwrap();
        let limit = segments.get(position + 1).map_or(usize::MAX, |next| *next as usize);
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            let Some(line) = line.strip_suffix(b"\n") else { break };
            if lines.len() == limit {
                break;
            }
            lines.push(line.to_vec());
        }
    }
    lines
}

/// Opens the disk after a crash; returns what is wrong with it.
fn judge(disk: &SimDisk, told: &Told, thorough: bool) -> Result<(), String> {
    let found = recover(disk, key().verifier()).map_err(|error| format!("refused: {error}"))?;
    if !thorough {
        let size = found.frontier.size();
        let last = told.acknowledged.last().map_or(0, |(seq, _)| seq + 1);
        return if size >= last {
            Ok(())
        } else {
            Err(format!("{last} acknowledged, {size} found"))
        };
    }
    let settings = Settings { synced: true, segment_bytes: 4000 };
    let opened =
        Writer::open(Arc::new(disk.clone()), key(), settings, false, SystemTime::UNIX_EPOCH);
    let (mut writer, _) = opened.map_err(|error| format!("not opened: {error}"))?;
    let lines = lines(disk);
    for (seq, hash) in &told.acknowledged {
        match lines.get(*seq as usize) {
            Some(line) if leaf(line) == *hash => {}
            Some(_) => return Err(format!("event {seq} is another")),
            None => return Err(format!("event {seq} of {} is lost", lines.len())),
        }
    }
    let mut ids = HashSet::new();
    for line in &lines {
        let event: serde_json::Value = serde_json::from_slice(line).map_err(|e| e.to_string())?;
        let id = event["details"][0]["value"].as_str().filter(|id| id.starts_with("id-"));
        if id.is_some_and(|id| !ids.insert(id.to_owned())) {
            return Err(format!("{id:?} is there twice"));
        }
    }
    if let Some(signed) = &told.signed {
        let mut frontier = crate::merkle::Frontier::default();
        let size = signed.size() as usize;
        lines.iter().take(size).for_each(|line| frontier.append(leaf(line), |_, _| ()));
        if frontier.root() != *signed.root() || writer.dropped() < signed.dropped() {
            return Err(format!("the log does not continue its checkpoint of {size} events"));
        }
    }
    // It goes on, and what it says then is again true.
    let mut batch = Batch::default();
    batch.push(&Event::new("after").body(SystemTime::UNIX_EPOCH));
    writer.commit(&batch, SystemTime::UNIX_EPOCH).map_err(|error| format!("{error:?}"))?;
    drop(writer);
    recover(disk, key().verifier()).map_err(|error| format!("refused after mending: {error}"))?;
    Ok(())
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    synced: bool,
    lie: Lie,
    /// One write or sync in that many fails; 0 for none.
    faults: u64,
}

/// Runs one random history and crashes before each change of the disk; returns the first failure.
fn history(seed: u64, plan: Plan, points: &Arc<AtomicUsize>) -> Result<(), String> {
    let mut random = Random(seed);
    let disk = SimDisk::default();
    disk.state().lie = plan.lie;
    let told = Arc::new(Mutex::new(Told::default()));
    let failure = Arc::new(Mutex::new(None));
    let watch = {
        let (told, failure, points) = (Arc::clone(&told), Arc::clone(&failure), Arc::clone(points));
        let mut random = Random(seed ^ 0x5eed);
        move |state: &State| {
            let mut failure = failure.lock().unwrap();
            // After power loss nothing, anything or everything that was not synced is there; after the
            // end of the process what it saw, which is all that is promised without syncing.
            let some = random.below(15) + 1;
            let keeps: &[u64] = if plan.synced { &[0, some, 16, PROCESS] } else { &[PROCESS] };
            for keep in keeps.iter().copied() {
                let number = points.fetch_add(1, Ordering::Relaxed);
                let image = state.crashed(&mut random, keep);
                let thorough = number.is_multiple_of(8);
                if let Err(error) = judge(&image, &told.lock().unwrap(), thorough) {
                    failure.get_or_insert_with(|| {
                        format!("seed {seed}, {plan:?}, keep {keep}: {error}")
                    });
                }
            }
        }
    };
    disk.watch(watch);
    let mut id = 0;
    for _ in 0..=random.below(3) {
        disk.state().faults = None;
        disk.state().capacity = None;
        let settings = Settings { synced: plan.synced, segment_bytes: 1500 + random.below(4000) };
        let opened =
            Writer::open(Arc::new(disk.clone()), key(), settings, false, SystemTime::UNIX_EPOCH);
        let (mut writer, _) = opened.map_err(|error| format!("seed {seed}: {error}"))?;
        told.lock().unwrap().signed = Some(writer.latest().clone());
        disk.state().faults = (plan.faults > 0).then(|| (plan.faults, Random(random.next())));
        for _ in 0..=random.below(6) {
            match random.below(8) {
                0 => {
                    if writer.checkpoint(SystemTime::UNIX_EPOCH).is_ok() {
                        told.lock().unwrap().signed = Some(writer.latest().clone());
                    }
                }
                1 if plan.faults > 0 => {
                    let mut state = disk.state();
                    state.capacity = Some(36_000 + random.below(6000) as usize);
                }
                2 if plan.faults > 0 => {
                    disk.state().capacity = None;
                    writer.resume(SystemTime::UNIX_EPOCH);
                }
                _ => {
                    let mut batch = Batch::default();
                    for _ in 0..=random.below(4) {
                        id += 1;
                        let mut event = Event::new("test").detail("id", &format!("id-{id}"));
                        event = event.detail("pad", &"x".repeat(random.below(900) as usize));
                        batch.push(&event.body(SystemTime::UNIX_EPOCH));
                    }
                    let before = writer.dropped();
                    if let Ok(committed) = writer.commit(&batch, SystemTime::UNIX_EPOCH) {
                        let acknowledged = (committed.first..).zip(committed.leaves);
                        told.lock().unwrap().acknowledged.extend(acknowledged);
                    } else {
                        let lost = writer.dropped() - before;
                        assert_eq!(lost, batch.ends.len() as u64, "every refused event is counted");
                    }
                }
            }
        }
        if let Some(error) = failure.lock().unwrap().take() {
            return Err(error);
        }
        // The process ends here; the system writes everything.
        drop(writer);
        let image = disk.state().crashed(&mut Random(seed), PROCESS);
        let mut after = image.state().clone();
        after.lie = plan.lie;
        *disk.state() = after;
    }
    disk.unwatch();
    let failed = failure.lock().unwrap().take();
    failed.map_or(Ok(()), Err)
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// Tries at least that many crash points; returns the first failure.
fn crash(count: usize, seed: u64, plan: impl Fn(u64) -> Plan) -> Result<usize, String> {
    let points = Arc::new(AtomicUsize::new(0));
    let mut number = seed;
    while points.load(Ordering::Relaxed) < count {
        history(number, plan(number), &points)?;
        number += 1;
    }
    Ok(points.load(Ordering::Relaxed))
}

#[test]
fn whatever_the_disk_loses_no_acknowledged_event_is_lost_and_none_is_twice() {
    let count = variable("PALISADE_AUDIT_CRASHES").unwrap_or(100_000) as usize;
    let seed = variable("PALISADE_AUDIT_SEED").unwrap_or(1);
    println!("{count} crash points from seed {seed} on");
    let plan = |seed: u64| Plan {
        synced: !seed.is_multiple_of(5),
        lie: Lie::None,
        faults: if seed.is_multiple_of(2) { 0 } else { 12 },
    };
    match crash(count, seed, plan) {
        Ok(points) => println!("{points} crash points held"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_proof_finds_mistakes_that_were_planted() {
    for (lie, faults) in [(Lie::Files, 0), (Lie::Names, 0), (Lie::Forgiving, 12)] {
        let found = crash(20_000, 1, |_| Plan { synced: true, lie, faults });
        println!("{lie:?}: {found:?}");
        assert!(found.is_err(), "{lie:?} was not found");
    }
}
