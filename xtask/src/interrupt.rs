//! Ctrl-C and SIGTERM end the running children before they end us.

use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Keeps a child's process group in the list of those to end; dropping it takes it out.
#[derive(Debug)]
pub(crate) struct Watched {
    group: Pid,
}

impl Watched {
    pub(crate) fn new(group: Pid) -> Self {
        groups(|all| all.push(group));
        Self { group }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        groups(|all| all.retain(|group| *group != self.group));
    }
}

/// Starts the thread that waits for a signal.
pub(crate) fn watch() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("signals cannot be watched")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end_all();
            exit(signal.saturating_add(128));
        }
    });
    Ok(())
}

/// Asks every group to end, waits up to ten seconds, then ends what is left.
fn end_all() {
    let all = groups(|all| all.clone());
    for group in &all {
        let _ = kill_process_group(*group, Signal::TERM);
    }
    for _ in 0..100 {
        if all.iter().all(|group| test_kill_process_group(*group).is_err()) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    for group in &all {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

fn groups<T>(use_them: impl FnOnce(&mut Vec<Pid>) -> T) -> T {
    match GROUPS.lock() {
        Ok(mut all) => use_them(&mut all),
        Err(poisoned) => use_them(&mut poisoned.into_inner()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn an_interrupt_ends_the_child_and_what_it_started() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 1000 & sleep 1000"])
            .process_group(0)
            .spawn()
            .unwrap();
        let group = Pid::from_child(&shell);
        let _watched = Watched::new(group);
        let waiting = thread::spawn(move || shell.wait().unwrap());
        end_all();
        assert!(!waiting.join().unwrap().success());
        assert!(test_kill_process_group(group).is_err());
    }
}
