//! 256 callers, each of whom waits for the disk before it goes on.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use harness::Contestant;
use palisade_audit::Durability;
use palisade_core::{Clock, SystemClock};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::record::{event, open};

const CALLERS: u32 = 256;
/// Events of each caller in one call.
const EACH: u32 = 20;
/// Syncs of one call of the floor.
const SYNCS: usize = 21;

pub(crate) fn callers() -> Vec<Contestant> {
    let folder: &'static TempDir = Box::leak(Box::new(tempfile::tempdir().expect("a folder")));
    let log = open(folder, Durability::Synced);
    let runtime = Runtime::new().expect("a runtime");
    let ours = move || {
        let clock = SystemClock::new();
        let before = clock.now();
        runtime.block_on(async {
            let callers: Vec<_> = (0..CALLERS)
                .map(|_| {
                    let log = log.clone();
                    tokio::spawn(async move {
                        for number in 0..EACH {
                            log.record(event(number)).await.expect("recorded");
                        }
                    })
                })
                .collect();
            for caller in callers {
                caller.await.expect("a caller");
            }
        });
        clock.now().duration_since(before) / (CALLERS * EACH)
    };
    let other = tempfile::tempdir().expect("a folder");
    let mut file = File::create(other.path().join("floor")).expect("a file");
    let lines = vec![b'x'; 400 * 256];
    let floor = move || {
        let _ = &other;
        let clock = SystemClock::new();
        let mut times: Vec<Duration> = (0..SYNCS)
            .map(|_| {
                file.write_all(&lines).expect("written");
                let before = clock.now();
                file.sync_data().expect("synced");
                clock.now().duration_since(before)
            })
            .collect();
        times.sort();
        times[SYNCS / 2] / CALLERS
    };
    vec![
        Contestant::measuring("palisade-audit, 256 callers, an acknowledgement", ours),
        Contestant::measuring("floor: median fdatasync of 256 lines, a line", floor),
    ]
}
