//! A process and what it has started, as `/proc` shows them.

use std::fs;

/// Returns the living descendants of a process, parents before their children.
pub(super) fn descendants(root: u32) -> Vec<u32> {
    let all = parents();
    let mut family = vec![root];
    let mut at: usize = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at = at.saturating_add(1);
    }
    family.remove(0);
    family
}

/// Says whether a process has ended, reaped or not: it holds no memory and no file any more.
pub(super) fn has_ended(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    matches!(state(&stat), None | Some("X" | "Z"))
}

/// Says whether a process is stopped by a signal, or has ended.
///
/// One that was told to stop while the system holds it stops before it does anything again: as a shell
/// whose child was stopped between `vfork` and `exec`.
pub(super) fn stands_still(pid: u32, was_told: bool) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    match state(&stat) {
        Some("D") => was_told,
        state => matches!(state, None | Some("T" | "X" | "Z")),
    }
}

fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        Some((pid, parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))
    })
    .collect()
}

/// Reads the parent's number out of `pid (name) state ppid ...`; the name may hold anything.
fn parent(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

fn state(stat: &str) -> Option<&str> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_hide_the_parent() {
        assert_eq!(parent("17 (a) b (c) S 4 17 17 0"), Some(4));
        assert_eq!(state("17 (a) Z (c) S 4 17 17 0"), Some("S"));
        assert_eq!((parent("17"), state("17")), (None, None));
    }

    #[test]
    fn a_process_has_ended_when_it_is_a_zombie_or_gone() {
        assert!(!has_ended(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        while !has_ended(child.id()) {
            std::thread::yield_now();
        }
        assert!(child.wait().unwrap().success());
        assert!(has_ended(child.id()));
    }
}
