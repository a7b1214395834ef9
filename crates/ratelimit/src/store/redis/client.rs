//! A client of Redis that sends nothing twice.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, Script};
use redis::{ServerErrorKind, io::tcp::TcpSettings};

use crate::ConfigError;
use crate::store::{StoreError, StoreErrorKind};

/// A connection to one Redis server or to a cluster; a clone shares it.
///
/// It connects again by itself, and never sends a command a second time: a command whose answer was
/// lost may have been done.
#[derive(Clone)]
pub struct RedisClient {
    connection: Connection,
}

#[derive(Clone)]
enum Connection {
    Cluster(ClusterConnection),
    Given(ConnectionManager),
    Own(Arc<Own>),
}

/// A connection that is replaced when commands in a row were given up before an answer came: a stream
/// that lost its beat, or a peer that is gone, never says so.
struct Own {
    client: Client,
    manager: ArcSwap<ConnectionManager>,
    given_up: AtomicU32,
}

impl RedisClient {
    /// How long making a connection may take.
    const CONNECT: Duration = Duration::from_millis(500);
    /// After how much time without an answer a connection is given up.
    const ANSWER: Duration = Duration::from_secs(5);

    /// Will connect to the server at that URL, `redis://` or, with a TLS feature of the `redis`
    /// crate, `rediss://`, when it is first needed.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Unreachable`] when this is no such URL.
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let info = url.into_connection_info().map_err(store_error)?.set_tcp_settings(tcp());
        let client = Client::open(info).map_err(store_error)?;
        let manager = ArcSwap::from_pointee(connect(&client).map_err(store_error)?);
        let own = Own { client, manager, given_up: AtomicU32::new(0) };
        Ok(Self { connection: Connection::Own(Arc::new(own)) })
    }

    /// Uses a manager that the program has made.
    ///
    /// Whoever makes one should set `number_of_retries` to 0: while a server is away, the default
    /// keeps each command for nine seconds. A manager does not replace a connection whose peer is
    /// silent; one made by [`open`](Self::open) is replaced.
    #[must_use]
    pub const fn from_manager(manager: ConnectionManager) -> Self {
        Self { connection: Connection::Given(manager) }
    }

    /// Connects to the cluster that these servers belong to.
    ///
    /// A command that meets a slot on the move is an error, and not sent again; the next one knows
    /// where it went.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when none of the servers can be reached.
    pub async fn cluster(urls: &[String]) -> Result<Self, StoreError> {
        let client = ClusterClient::builder(urls.iter().map(String::as_str))
            .retries(0)
            .connection_timeout(Self::CONNECT)
            .response_timeout(Self::ANSWER)
            .tcp_settings(tcp())
            .build()
            .map_err(store_error)?;
        let connection = client.get_async_connection().await.map_err(store_error)?;
        Ok(Self { connection: Connection::Cluster(connection) })
    }

    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self.connection, Connection::Cluster(_))
    }

    /// Runs a script; sends its text when the server does not know it.
    pub(crate) async fn eval<T: FromRedisValue>(
        &self,
        script: &Script,
        text: &str,
        keys: &[String],
        arguments: &[Argument],
    ) -> Result<T, StoreError> {
        let call = |command: &str, what: &str| {
            let mut call = redis::cmd(command);
            call.arg(what).arg(keys.len()).arg(keys);
            for argument in arguments {
                match argument {
                    Argument::Number(number) => call.arg(*number),
                    Argument::Text(text) => call.arg(text),
                };
            }
            call
        };
        match self.send(&call("EVALSHA", script.get_hash())).await {
            // The server says that it has done nothing.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.send(&call("EVAL", text)).await.map_err(store_error)
            }
            answer => answer.map_err(store_error),
        }
    }

    async fn send<T: FromRedisValue>(&self, call: &Cmd) -> Result<T, RedisError> {
        match &self.connection {
            Connection::Cluster(cluster) => call.query_async(&mut cluster.clone()).await,
            Connection::Given(manager) => call.query_async(&mut manager.clone()).await,
            Connection::Own(own) => own.send(call).await,
        }
    }
}

impl Own {
    /// How many commands in a row are given up before the connection is.
    const PATIENCE: u32 = 3;

    async fn send<T: FromRedisValue>(&self, call: &Cmd) -> Result<T, RedisError> {
        let mut manager = ConnectionManager::clone(&self.manager.load());
        let mut open = Open { own: self, is_answered: false };
        let answer = call.query_async(&mut manager).await;
        open.is_answered = true;
        if let Err(error) = &answer
            && matches!(error.kind(), ErrorKind::Parse | ErrorKind::UnexpectedReturnType)
        {
            // Whatever follows on this stream is not understood either.
            self.replace();
        }
        answer
    }

    fn replace(&self) {
        match connect(&self.client) {
            Ok(manager) => self.manager.store(Arc::new(manager)),
            Err(error) => tracing::warn!(%error, "no other connection to Redis can be made"),
        }
    }
}

/// A command without an answer yet.
struct Open<'a> {
    own: &'a Own,
    is_answered: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.is_answered {
            self.own.given_up.store(0, Ordering::Relaxed);
        } else if self.own.given_up.fetch_add(1, Ordering::Relaxed).saturating_add(1)
            == Own::PATIENCE
        {
            self.own.given_up.store(0, Ordering::Relaxed);
            self.own.replace();
        }
    }
}

/// One try for each command that needs a connection: the caller has a deadline, and the breaker waits.
fn connect(client: &Client) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(RedisClient::CONNECT))
        .set_response_timeout(Some(RedisClient::ANSWER));
    client.get_connection_manager_lazy(config)
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.connection {
            Connection::Cluster(_) => "cluster",
            Connection::Given(_) | Connection::Own(_) => "server",
        };
        // Nothing of the URL: it may hold a password.
        f.debug_struct("RedisClient").field("kind", &kind).finish_non_exhaustive()
    }
}

/// An argument of a script.
#[derive(Debug)]
pub(crate) enum Argument {
    Number(u64),
    Text(String),
}

/// The longest namespace, in bytes.
const MAX_NAMESPACE: usize = 64;

/// Returns the namespace if it cannot be taken for a part of a key, or for a hash tag.
pub(crate) fn checked_namespace(name: &str) -> Result<String, ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > MAX_NAMESPACE || !name.bytes().all(plain) {
        return Err(ConfigError::Name { setting: "namespace", most: MAX_NAMESPACE });
    }
    Ok(name.to_owned())
}

/// Small packets at once, and an end to connections whose other side is gone.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(5));
    settings
}

fn store_error(error: RedisError) -> StoreError {
    let kind = match error.kind() {
        // Somebody else has the slot, or nobody yet.
        ErrorKind::Server(
            ServerErrorKind::Ask
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::Moved
            | ServerErrorKind::TryAgain,
        ) => StoreErrorKind::Unreachable,
        ErrorKind::Server(_) | ErrorKind::Extension => StoreErrorKind::Refused,
        ErrorKind::UnexpectedReturnType | ErrorKind::Parse => StoreErrorKind::Answer,
        _ if error.is_timeout() => StoreErrorKind::Timeout,
        _ => StoreErrorKind::Unreachable,
    };
    StoreError::caused_by(kind, error)
}
