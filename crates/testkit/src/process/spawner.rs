//! The one thread that starts all children.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use crate::process::signal::die_with_parent;

type Request = (Command, Sender<io::Result<Child>>);

/// Starts the command so that the child dies with this process.
///
/// `PR_SET_PDEATHSIG` fires when the *thread* that forked ends, and a test's thread, or a worker of a
/// runtime, ends long before the process: so the child is started by a thread that never does.
pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Sender<Request>> = OnceLock::new();
    die_with_parent(&mut command);
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, requests) = channel::<Request>();
        thread::spawn(move || {
            // The sender is a static, so this loop ends with the process.
            for (mut command, answer) in requests {
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, child) = channel();
    spawner.send((command, answer)).map_err(|_| io::Error::other("the spawner has ended"))?;
    child.recv().map_err(|_| io::Error::other("the spawner has ended"))?
}
