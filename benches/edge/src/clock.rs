//! CPU time of this thread.

use rustix::time::{ClockId, clock_gettime};

/// Returns `CLOCK_THREAD_CPUTIME_ID`: what other processes do does not count.
pub(crate) fn thread_cpu_nanos() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
