//! A started program.

use std::fmt;
use std::fs::{self, File};
use std::iter;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::process::deadline::poll_until;
use crate::process::folder::Folder;
use crate::process::program::Program;
use crate::process::{signal, spawner, tree};

/// How much of the end of a log an error shows.
const SHOWN_LOG: usize = 4096;

/// How long a process may take to stop, and a killed one to end.
const FAREWELL: Duration = Duration::from_secs(10);

type Ready = Box<dyn FnMut() -> Result<(), String> + Send>;

/// A child process that its test owns.
///
/// It is ready when [`start`](Self::start) returns, and killed and reaped, with all it started, when
/// it is dropped. If the test is panicking then, the end of what it wrote is shown.
pub struct Process {
    program: Program,
    folder: Folder,
    inner: Mutex<Inner>,
}

struct Inner {
    child: Option<Child>,
    ready: Ready,
}

impl Process {
    /// Starts the program and waits until `ready` says so.
    ///
    /// What the program writes to its outputs goes to a file; see [`log`](Self::log).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the program cannot be started, [`Error::Exited`] when it ends first,
    /// [`Error::TimedOut`] when it is not ready within the program's limit.
    pub fn start(
        program: Program,
        ready: impl FnMut() -> Result<(), String> + Send + 'static,
    ) -> Result<Self, Error> {
        let process = Self::unstarted(program, Box::new(ready))?;
        process.restart()?;
        Ok(process)
    }

    #[cfg(feature = "browser")]
    /// Starts the program with pipes at its standard input and output, and does not wait.
    pub(crate) fn piped(
        program: Program,
    ) -> Result<(Self, std::process::ChildStdin, std::process::ChildStdout), Error> {
        let process = Self::unstarted(program, Box::new(|| Ok(())))?;
        let mut child = process.spawn(Stdio::piped(), Some(Stdio::piped()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        process.lock().child = Some(child);
        match (input, output) {
            (Some(input), Some(output)) => Ok((process, input, output)),
            _ => Err(Error::answer(format!("start {}", process.program.name()), "no pipes")),
        }
    }

    fn unstarted(program: Program, ready: Ready) -> Result<Self, Error> {
        let folder = Folder::new(&program.name())?;
        Ok(Self { program, folder, inner: Mutex::new(Inner { child: None, ready }) })
    }

    /// Returns the process's number while it runs or waits to be reaped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.lock().child.as_ref().map(Child::id)
    }

    /// Returns the end of what the program wrote to standard output and error since the first start.
    #[must_use]
    pub fn log(&self) -> String {
        let all = fs::read(self.log_path()).unwrap_or_default();
        let shown = all.get(all.len().saturating_sub(SHOWN_LOG)..).unwrap_or(&all);
        String::from_utf8_lossy(shown).into_owned()
    }

    /// Returns all that the program wrote to standard output and error since the first start.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be read.
    pub fn whole_log(&self) -> Result<String, Error> {
        let all = fs::read(self.log_path()).map_err(Error::io("read the log"))?;
        Ok(String::from_utf8_lossy(&all).into_owned())
    }

    /// Kills it and all it started with `SIGKILL`, as a power cut would, and reaps it.
    ///
    /// Does nothing when it does not run.
    pub fn kill(&self) {
        kill(&mut self.lock().child);
    }

    /// Freezes it and all it started with `SIGSTOP`: connections stay open, nothing answers.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when it does not run, [`Error::Io`] when the signal cannot be sent,
    /// [`Error::TimedOut`] when one of its processes does not stop.
    pub fn pause(&self) -> Result<(), Error> {
        let guard = self.lock();
        let root = running(&self.program, &guard)?;
        signal::send(root, libc::SIGSTOP).map_err(Error::io("send SIGSTOP"))?;
        freeze(root).map(drop).ok_or_else(|| Error::TimedOut {
            what: format!("{} stood still", self.program.name()),
            limit: FAREWELL,
            last: "some of its processes still run".to_owned(),
            log: self.log(),
        })
    }

    /// Lets it run on after [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when it does not run, [`Error::Io`] when the signal cannot be sent.
    pub fn resume(&self) -> Result<(), Error> {
        let guard = self.lock();
        let root = running(&self.program, &guard)?;
        for pid in tree::descendants(root) {
            let _ = signal::send(pid, libc::SIGCONT);
        }
        signal::send(root, libc::SIGCONT).map_err(Error::io("send SIGCONT"))
    }

    /// Sends a signal at which the program replaces its children, and waits until all that ran before
    /// have ended and others run.
    pub(crate) fn renew(&self, signal: i32) -> Result<(), Error> {
        let guard = self.lock();
        let root = running(&self.program, &guard)?;
        let limit = self.program.ready_within;
        let children = |so: &dyn Fn(&[u32]) -> bool| {
            let settled = || Some(tree::descendants(root)).filter(|now| so(now));
            poll_until(limit, settled).ok_or_else(|| Error::TimedOut {
                what: format!("{} had replaced its children", self.program.name()),
                limit,
                last: "the earlier ones still run".to_owned(),
                log: self.log(),
            })
        };
        let old = children(&|now| !now.is_empty())?;
        signal::send(root, signal).map_err(Error::io("send the signal of renewal"))?;
        children(&|now| !now.is_empty() && !now.iter().any(|pid| old.contains(pid))).map(drop)
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] when it does not run, [`Error::TimedOut`] when it does not end in time; then
    /// it has been killed.
    pub fn stop(&self) -> Result<ExitStatus, Error> {
        let mut guard = self.lock();
        let root = running(&self.program, &guard)?;
        signal::send(root, self.program.stop_signal).map_err(Error::io("send the stop signal"))?;
        let ended = poll_until(self.program.ready_within, || {
            guard.child.as_mut().and_then(|child| child.try_wait().ok().flatten())
        });
        kill(&mut guard.child);
        ended.ok_or_else(|| Error::TimedOut {
            what: format!("{} had ended", self.program.name()),
            limit: self.program.ready_within,
            last: "killed".to_owned(),
            log: self.log(),
        })
    }

    /// Starts it again with the same arguments and waits until it is ready; kills it first if it runs.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start).
    pub fn restart(&self) -> Result<(), Error> {
        let mut guard = self.lock();
        let Inner { child: slot, ready } = &mut *guard;
        kill(slot);
        let child = slot.insert(self.spawn(Stdio::null(), None)?);
        let mut last = "not asked yet".to_owned();
        let outcome = poll_until(self.program.ready_within, || match child.try_wait() {
            Ok(Some(status)) => Some(Err(status)),
            _ => ready().map_err(|why| last = why).ok().map(Ok),
        });
        let what = self.program.name();
        let error = match outcome {
            Some(Ok(())) => return Ok(()),
            Some(Err(status)) => Error::Exited { what, status, log: self.log() },
            None => Error::TimedOut {
                what: format!("{what} was ready"),
                limit: self.program.ready_within,
                last,
                log: self.log(),
            },
        };
        kill(slot);
        Err(error)
    }

    fn spawn(&self, input: Stdio, output: Option<Stdio>) -> Result<Child, Error> {
        let program = &self.program;
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .map_err(Error::io("open the log"))?;
        let output = match output {
            Some(output) => output,
            None => log.try_clone().map_err(Error::io("open the log"))?.into(),
        };
        let mut command = Command::new(&program.path);
        command.args(&program.args).envs(program.env.iter().map(|(name, value)| (name, value)));
        command.stdin(input).stdout(output).stderr(log);
        // A group of its own: the terminal's Ctrl-C goes to the test, whose end ends the child.
        command.process_group(0);
        command.current_dir(self.folder.path());
        if let Some(account) = program.account {
            command.uid(account.user).gid(account.group);
        }
        spawner::spawn(command).map_err(Error::io(format!("start {}", program.path.display())))
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.folder.path().join("log")
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let (name, log) = (self.program.name(), self.log());
            #[expect(clippy::print_stderr, reason = "the test has failed: show why it might have")]
            {
                eprintln!("--- the last that {name} wrote ---\n{log}\n---");
            }
        }
    }
}

fn running(program: &Program, inner: &Inner) -> Result<u32, Error> {
    let pid = inner.child.as_ref().map(Child::id);
    pid.ok_or_else(|| Error::answer(format!("signal {}", program.name()), "it does not run"))
}

fn kill(slot: &mut Option<Child>) {
    let Some(mut child) = slot.take() else { return };
    if matches!(child.try_wait(), Ok(Some(_))) {
        return; // reaped: its number may be a stranger's by now
    }
    let root = child.id();
    // Frozen first, so that none starts another between the look and the kill.
    let family = freeze(root).unwrap_or_else(|| tree::descendants(root));
    let _ = child.kill();
    for pid in &family {
        let _ = signal::send(*pid, libc::SIGKILL);
    }
    let _ = child.wait();
    // What it started is nobody's to reap here, and holds memory and ports until it has ended.
    let _ = poll_until(FAREWELL, || family.iter().all(|pid| tree::has_ended(*pid)).then_some(()));
}

/// Stops a process and all it started, and returns these; nothing when one does not stop.
///
/// A signal is sent before it is taken, and who still runs may start one more that was not seen: it
/// looks again until all stand still.
fn freeze(root: u32) -> Option<Vec<u32>> {
    let mut told = Vec::new();
    poll_until(FAREWELL, || {
        let family = tree::descendants(root);
        let all = iter::once(root).chain(family.iter().copied());
        let running: Vec<u32> =
            all.filter(|pid| !tree::stands_still(*pid, told.contains(pid))).collect();
        for pid in &running {
            let _ = signal::send(*pid, libc::SIGSTOP);
        }
        let all_stand = running.is_empty();
        told.extend(running);
        all_stand.then_some(family)
    })
}
