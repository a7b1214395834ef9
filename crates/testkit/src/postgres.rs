//! A real Postgres server.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::process::{Account, Folder, Port, Process, Program, find_program, shared_root};

/// Small and quick: no sync to the disk (a kill of the process loses nothing by that), little memory.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "max_connections=50",
    "shared_buffers=16MB",
];
const INITDB: [&str; 8] = [
    "--auth=trust",
    "--username=postgres",
    "--no-sync",
    "--locale=C.UTF-8",
    "--encoding=UTF8",
    // Small log files: an empty server is 24 MB instead of 40, and copied for each test.
    "--wal-segsize=1",
    "--no-instructions",
    "--pgdata",
];

/// A real Postgres server on 127.0.0.1, which keeps its data over a kill.
///
/// It dereferences to its [`Process`]: `postgres.kill()`, `postgres.restart()`,
/// `postgres.pause()` (which stops the backends too). Under root it runs as `postgres` or `nobody`.
/// Every name and password may sign in.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    psql: PathBuf,
    port: Port,
    databases: AtomicU64,
    _folder: Folder,
}

impl Postgres {
    /// Starts a server on a copy of an empty one, which is made once for all test processes.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] without Postgres's programs, [`Error::Io`] or [`Error::Answer`] when the
    /// empty server cannot be made or copied, else those of [`Process::start`].
    pub fn start() -> Result<Self, Error> {
        let psql = find_program("psql")?;
        let account = Account::instead_of_root(&["postgres", "nobody"])?;
        let template = template(account)?;
        let (folder, port) = (Folder::new("postgres-data")?, Port::reserve()?);
        let data = folder.path().join("data");
        // Keeps the owner and the modes, which PostgreSQL insists on.
        run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(&template).arg(&data))?;

        let mut program = Program::find("postgres")?
            .add_arg("-D")
            .add_arg(&data)
            .add_args(["-p", &port.number().to_string()])
            // SIGINT is the fast shutdown: sessions are ended, what they did is kept.
            .stop_signal(libc::SIGINT);
        for setting in SETTINGS {
            program = program.add_args(["-c", setting]);
        }
        if let Some(account) = account {
            program = program.account(account);
        }
        let (client, address) = (psql.clone(), port.address());
        let ready = move || query(&client, address, "postgres", "SELECT 1").map(drop);
        let process = Process::start(program, move || ready().map_err(|e| format!("{e:?}")))?;
        Ok(Self { process, psql, port, databases: AtomicU64::new(0), _folder: folder })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_through(self.address(), database)
    }

    /// Returns the URL of a database for a client that reaches the server through a proxy at that
    /// address.
    #[must_use]
    pub fn url_through(&self, proxy: SocketAddr, database: &str) -> String {
        format!("postgres://postgres@{proxy}/{database}")
    }

    /// Creates an empty database and returns its name.
    ///
    /// # Errors
    ///
    /// Those of [`query`](Self::query).
    pub fn create_database(&self) -> Result<String, Error> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.query("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// Runs statements through `psql`; the answer is one line per row, columns divided by `|`.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] with what Postgres said.
    pub fn query(&self, database: &str, statements: &str) -> Result<String, Error> {
        query(&self.psql, self.address(), database, statements)
    }
}

impl Deref for Postgres {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn query(psql: &Path, at: SocketAddr, database: &str, statements: &str) -> Result<String, Error> {
    let output = run(Command::new(psql)
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username=postgres"])
        .args(["--set=ON_ERROR_STOP=1", "--host", &at.ip().to_string()])
        .args(["--port", &at.port().to_string(), "--dbname", database, "--command", statements])
        .env("PGCONNECT_TIMEOUT", "10"))?;
    Ok(output.trim_end().to_owned())
}

/// Returns the folder of an empty server, made by `initdb` unless an earlier test has.
fn template(account: Option<Account>) -> Result<PathBuf, Error> {
    let initdb = find_program("initdb")?;
    let version = run(Command::new(&initdb).arg("--version"))?;
    let mut kind = DefaultHasher::new();
    (&version, INITDB, account.map(|account| account.user)).hash(&mut kind);
    let name = format!("postgres-{:016x}", kind.finish());
    let root = shared_root()?;
    let template = root.join(&name);

    let lock = File::create(root.join(format!("{name}.lock")))
        .map_err(Error::io("open the lock of the empty server"))?;
    lock.lock().map_err(Error::io("lock the empty server"))?;
    if template.is_dir() {
        return Ok(template);
    }
    // Under another name until it is whole: whoever was killed here left a half-made one.
    let unfinished = root.join(format!("{name}.new"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(Error::io("remove a half-made server"))?;
    }
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .map_err(Error::io(format!("create {}", unfinished.display())))?;
    let mut make = Command::new(&initdb);
    make.args(INITDB).arg(&unfinished).current_dir("/");
    if let Some(Account { user, group, .. }) = account {
        chown(&unfinished, Some(user), Some(group)).map_err(Error::io("give the folder away"))?;
        make.uid(user).gid(group);
    }
    run(&mut make)?;
    fs::rename(&unfinished, &template).map_err(Error::io("name the empty server"))?;
    Ok(template)
}

fn run(command: &mut Command) -> Result<String, Error> {
    let what = format!("run {}", command.get_program().to_string_lossy());
    let output = command.output().map_err(Error::io(what.clone()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::answer(what, String::from_utf8_lossy(&output.stderr)))
    }
}
