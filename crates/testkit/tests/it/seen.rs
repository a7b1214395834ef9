//! What the machine shows of other processes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Returns whether a process of that number runs; one that is dead and waits to be reaped does not.
pub(crate) fn is_alive(pid: u32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])),
        Err(_) => false,
    }
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
