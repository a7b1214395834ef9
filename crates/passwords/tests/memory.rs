//! Two hundred sign-ins at once take the memory of the threads and not of the sign-ins.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use palisade_passwords::{Attempt, Candidate, Hasher, Params, Scheme, Ticket, Verdict, Workers};

/// Peak resident memory of this process in KiB, as the kernel saw it.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn simultaneous_sign_ins_share_the_memory_of_the_threads() {
    const WORKERS: usize = 2;
    let workers = Workers::new()
        .count(NonZeroUsize::new(WORKERS).unwrap())
        .longest_wait(Duration::from_mins(10));
    let hasher = Hasher::start(Scheme::new(Params::OWASP_19M).unwrap(), workers).unwrap();
    let before = peak_kib();
    let tickets: Vec<Ticket<Verdict>> = (0..200)
        .map(|n| hasher.verify(&Attempt::new(&format!("user{n}")), Candidate::from("guess")))
        .collect();
    for ticket in tickets {
        assert!(!ticket.wait().unwrap().is_verified());
    }
    let grown = peak_kib().saturating_sub(before);
    let bound = u64::try_from(WORKERS).unwrap() * 19_456 + 16 * 1024;
    assert!(grown <= bound, "grew by {grown} KiB, the bound is {bound} KiB");
    assert!(grown >= 19_456, "the figure is real: {grown} KiB");
}
