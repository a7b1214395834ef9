//! One Redis server.

use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use crate::error::Error;
use crate::process::{Folder, Port, Process, Program};
use crate::redis::client::{Connection, Reply};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How a [`Redis`] is to be started.
#[derive(Clone, Debug, Default)]
pub struct RedisConfig {
    password: Option<String>,
    args: Vec<String>,
}

impl RedisConfig {
    /// No password, every write in the append-only file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands a password from clients.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Appends an option and its value as in `redis.conf`, say `maxmemory` and `1mb`.
    #[must_use]
    pub fn add_option(mut self, name: &str, value: &str) -> Self {
        self.args.extend([format!("--{name}"), value.to_owned()]);
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] without `redis-server`, else those of [`Process::start`].
    pub fn start(self) -> Result<Redis, Error> {
        let (folder, port) = (Folder::new("redis-data")?, Port::reserve()?);
        let mut program = Program::find("redis-server")?
            .add_args(["--port", &port.number().to_string(), "--bind", "127.0.0.1", "--save", ""])
            .add_args(["--appendonly", "yes", "--dir"])
            .add_arg(folder.path())
            .add_args(&self.args);
        if let Some(password) = &self.password {
            program = program.add_args(["--requirepass", password]);
        }
        let (address, password) = (port.address(), self.password.clone());
        let process = Process::start(program, move || ping(address, password.as_deref()))?;
        Ok(Redis { process, password: self.password, port, _folder: folder })
    }
}

/// A real Redis server on 127.0.0.1, which keeps its data over a kill.
///
/// It dereferences to its [`Process`]: `redis.kill()`, `redis.restart()`, `redis.pause()`.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    password: Option<String>,
    port: Port,
    _folder: Folder,
}

impl Redis {
    /// Starts a server without a password.
    ///
    /// # Errors
    ///
    /// Those of [`RedisConfig::start`].
    pub fn start() -> Result<Self, Error> {
        RedisConfig::new().start()
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the URL for a client, password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_through(self.address())
    }

    /// Returns the URL for a client that reaches this server through a proxy at that address.
    #[must_use]
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        match &self.password {
            Some(password) => format!("redis://:{password}@{proxy}/"),
            None => format!("redis://{proxy}/"),
        }
    }

    /// Opens a connection of the fixture's own, signed in.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the server cannot be reached, [`Error::Answer`] when it refuses.
    pub fn connect(&self) -> Result<Connection, Error> {
        connect(self.address(), self.password.as_deref())
    }

    /// Sends one command over a connection of its own; a refusal is an error.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and [`Error::Answer`] with what Redis said.
    pub fn command<A: AsRef<[u8]>>(&self, words: &[A]) -> Result<Reply, Error> {
        ask(&mut self.connect()?, words)
    }
}

impl Deref for Redis {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

/// Sends one command; a refusal is an error.
pub(super) fn ask<A: AsRef<[u8]>>(
    connection: &mut Connection,
    words: &[A],
) -> Result<Reply, Error> {
    let what = words.first().map_or(Vec::new(), |word| word.as_ref().to_vec());
    let what = format!("ask Redis for {}", String::from_utf8_lossy(&what));
    match connection.command(words) {
        Ok(Reply::Error(refusal)) => Err(Error::answer(what, refusal)),
        Ok(reply) => Ok(reply),
        Err(source) => Err(Error::Io { what, source }),
    }
}

fn connect(address: SocketAddr, password: Option<&str>) -> Result<Connection, Error> {
    let mut connection = Connection::open(address, ANSWER_WITHIN)
        .map_err(Error::io(format!("connect to Redis at {address}")))?;
    if let Some(password) = password {
        ask(&mut connection, &["AUTH", password])?;
    }
    Ok(connection)
}

/// Ready means that data is loaded as well: until then Redis answers `LOADING`.
fn ping(address: SocketAddr, password: Option<&str>) -> Result<(), String> {
    let pong = connect(address, password).and_then(|mut redis| ask(&mut redis, &["PING"]));
    pong.map(drop).map_err(|error| format!("{error:?}"))
}
