//! Ctrl-C and SIGTERM end the running children before they end us.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, exit};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Keeps a child's process group in the list of those to end; dropping it takes it out.
#[derive(Debug)]
pub(crate) struct Watched {
    group: Pid,
}

impl Watched {
    /// Starts a command in a process group of its own.
    ///
    /// Under the lock of the list: an interrupt finds the child in it, or is seen here before.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        groups(|all| {
            hold();
            let child = command.process_group(0).spawn()?;
            let group = Pid::from_child(&child);
            all.push(group);
            Ok((child, Self { group }))
        })
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

/// Stands still after an interrupt, so that nothing is judged or started while everything ends.
pub(crate) fn hold() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// Asks every group to end, waits up to ten seconds, then ends what is left.
fn end_all() {
    let all = groups(|all| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        all.clone()
    });
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
    use super::*;

    #[test]
    fn an_interrupt_ends_the_child_and_what_it_started() {
        let mut command = Command::new("sh");
        let (mut shell, watched) =
            Watched::spawn(command.args(["-c", "sleep 1000 & sleep 1000"])).unwrap();
        let waiting = thread::spawn(move || shell.wait().unwrap());
        end_all();
        assert!(!waiting.join().unwrap().success());
        assert!(test_kill_process_group(watched.group).is_err());
    }
}
