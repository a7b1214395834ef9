//! What the machine shows of other processes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Returns whether a process of that number runs; one that is dead and waits to be reaped does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// Returns whether a process stands still after `SIGSTOP`, or has ended and its parent stands still; a
/// shell that waits for a child to `exec` that is stopped is held by the system.
pub(crate) fn is_stopped(pid: u32) -> bool {
    matches!(state(pid), Some('D' | 'T' | 'Z'))
}

fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Waits until the question is answered with yes.
#[expect(clippy::disallowed_methods, reason = "a real process runs by the machine's clock")]
#[track_caller]
pub(crate) fn eventually(what: &str, mut ask: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !ask() {
        assert!(Instant::now() < end, "not in 20 s: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the process and all below it.
pub(crate) fn family_of(root: u32) -> Vec<u32> {
    let stats = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        Some((pid, stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()?))
    });
    let parents: Vec<(u32, u32)> = stats.collect();
    let mut family = vec![root];
    let mut at = 0;
    while at < family.len() {
        let parent = family[at];
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    family
}
