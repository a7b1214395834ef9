//! Running other programs.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::context::Context;
use crate::interrupt::{self, Watched};
use crate::report::Tally;

/// A file that takes what the commands of one phase print.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    pub(crate) fn create(path: PathBuf) -> Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path, file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns all that was printed so far.
    pub(crate) fn text(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.path)?).into_owned())
    }

    /// Adds a text of our own.
    pub(crate) fn note(&self, text: &str) -> Result<()> {
        writeln!(&self.file, "{text}")?;
        Ok(())
    }

    /// Runs a command to its end with both of its outputs in the log.
    pub(crate) fn status(&self, command: &mut Command) -> Result<ExitStatus> {
        let (out, err) = (self.file.try_clone()?, self.file.try_clone()?);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        wait(command)
    }

    /// Runs a command that must succeed.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let status = self.status(command)?;
        if !status.success() {
            bail!("{} ended with {status}", shown(command));
        }
        Ok(())
    }

    /// Runs a command that must succeed and returns what it printed on standard output.
    pub(crate) fn read(&self, command: &mut Command) -> Result<String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(self.file.try_clone()?);
        let (child, watched) = start(command)?;
        let output = child.wait_with_output()?;
        drop(watched);
        interrupt::hold();
        if !output.status.success() {
            bail!("{} ended with {}", shown(command), output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Runs a command in a process group of its own, which an interrupt ends as a whole.
pub(crate) fn wait(command: &mut Command) -> Result<ExitStatus> {
    let (mut child, watched) = start(command)?;
    let status = child.wait()?;
    drop(watched);
    interrupt::hold();
    Ok(status)
}

fn start(command: &mut Command) -> Result<(Child, Watched)> {
    Watched::spawn(command).with_context(|| format!("{} does not start", shown(command)))
}

/// `cargo xtask run`: the portal, in this terminal.
pub(crate) fn portal(context: &Context, arguments: &[OsString]) -> Result<Tally> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(&context.root)
        .args(["run", "--package", "exam-portal", "--"])
        .args(arguments);
    let status = wait(&mut cargo)?;
    Ok(if status.success() { Tally::passed(1) } else { Tally::failed(1) })
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
