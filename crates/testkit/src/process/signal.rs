//! The few system calls that the standard library does not wrap.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

/// Returns the number of the user whose rights this process has.
pub(crate) fn current_user() -> u32 {
    // SAFETY: the call has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Sends a signal to one process.
///
/// # Errors
///
/// `ESRCH` when there is no such process, `EPERM` when it is not ours.
pub(crate) fn send(pid: u32, signal: i32) -> io::Result<()> {
    // 0 and negative numbers address whole groups: they are no process of ours.
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 0).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: the call touches no memory of this process.
    match unsafe { libc::kill(pid, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Lets the kernel kill the child when the thread that starts it ends.
pub(super) fn die_with_parent(command: &mut Command) {
    let parent = process::id();
    let tie = move || {
        // SAFETY: the option takes the signal as its only argument and touches no memory.
        let tied = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        if tied != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have died before the line above: then nobody would send the signal.
        // SAFETY: the call has no preconditions and cannot fail.
        let now = unsafe { libc::getppid() };
        if u32::try_from(now).is_ok_and(|now| now == parent) {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    };
    // SAFETY: between fork and exec the closure makes two system calls and allocates nothing; the
    // errors it makes are plain numbers.
    unsafe { command.pre_exec(tie) };
}
