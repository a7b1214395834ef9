//! What to start.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;
use crate::process::signal::current_user;

/// A program with its arguments: what [`Process`](crate::process::Process) starts and restarts.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) account: Option<Account>,
    pub(super) stop_signal: i32,
    pub(super) ready_within: Duration,
}

impl Program {
    /// Takes the program of that name from `PATH` or from where Debian keeps its servers.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`], which names the set-up command.
    pub fn find(name: &str) -> Result<Self, Error> {
        find_program(name).map(Self::at)
    }

    /// Takes the program at that path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            args: Vec::new(),
            env: Vec::new(),
            account: None,
            stop_signal: libc::SIGTERM,
            ready_within: Duration::from_secs(30),
        }
    }

    /// Appends one argument.
    #[must_use]
    pub fn add_arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    /// Appends several arguments.
    #[must_use]
    pub fn add_args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// Sets an environment variable beside the inherited ones.
    #[must_use]
    pub fn add_env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_os_string(), value.as_ref().to_os_string()));
        self
    }

    /// Runs the program as another account, which only root can do.
    #[must_use]
    pub const fn account(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }

    /// Sets the signal that asks for a graceful end; `SIGTERM` unless told.
    #[must_use]
    pub const fn stop_signal(mut self, signal: i32) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Sets how long the program may take until it is ready or until it has stopped; 30 s unless told.
    #[must_use]
    pub const fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }

    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }
}

/// A user and its group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The user's number.
    pub user: u32,
    /// The number of the user's own group.
    pub group: u32,
}

impl Account {
    /// Returns the first of the accounts that exists when this process is root, else `None`: a process
    /// without root's rights stays who it is.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the accounts cannot be read, [`Error::Answer`] when none of them exists.
    pub fn instead_of_root(names: &[&str]) -> Result<Option<Self>, Error> {
        if current_user() != 0 {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(Error::io("read /etc/passwd"))?;
        let found = names.iter().find_map(|name| Self::in_passwd(&accounts, name));
        found.map(Some).ok_or_else(|| {
            Error::answer(format!("find one of the accounts {names:?}"), "there is none")
        })
    }

    fn in_passwd(accounts: &str, name: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let matches = fields.next() == Some(name);
            let user = fields.nth(1)?.parse().ok()?;
            let group = fields.next()?.parse().ok()?;
            matches.then_some(Self { user, group })
        })
    }
}

/// Finds a program in `PATH` or where Debian keeps its servers, of several versions the newest.
///
/// # Errors
///
/// [`Error::Missing`], which names the set-up command.
pub fn find_program(name: &str) -> Result<PathBuf, Error> {
    let mut folders = postgres_folders();
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders.extend(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| Error::Missing { program: name.to_owned() })
}

fn postgres_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir(Path::new("/usr/lib/postgresql")).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
        .into_iter()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_an_error_that_names_the_command_to_run() {
        let error = Program::find("no-such-server").unwrap_err();
        assert_eq!(error.to_string(), "no-such-server is not installed: run `cargo xtask setup`");
    }

    #[test]
    fn an_account_is_read_with_its_group() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:n:/:/bin/false\n";
        assert_eq!(
            Account::in_passwd(accounts, "nobody"),
            Some(Account { user: 65534, group: 65533 })
        );
        assert_eq!(Account::in_passwd(accounts, "postgres"), None);
    }
}
