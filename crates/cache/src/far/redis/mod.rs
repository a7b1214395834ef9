//! Redis.

mod line;
mod news;
mod script;
mod session;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_resilience::Dice;
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisError, Value};

use super::Ear;
use super::store::{Fill, Reading, Store, StoreError, StoreFuture, Walk};
use crate::envelope::Mark;
use crate::error::ConfigError;
use line::Line;
use script::{Scripts, nonce};

/// Values in Redis (7.0 or later), shared by all processes that name the same namespace; a clone is the
/// same store.
///
/// Commands go through one connection that connects again by itself; announcements come by RESP3
/// pushes on another, on which the era is asked for too. All keys of a namespace have one hash tag.
/// The counters of a namespace are one string of up to 128 KiB.
///
/// # Security
///
/// Whoever can write to the server can write values: give it a password, an ACL and TLS. The user needs
/// `EVAL`, `EVALSHA`, `INFO`, `TIME`, `GET`, `MGET`, `SET`, `GETRANGE`, `SETRANGE`, `UNLINK`, `PUBLISH` and
/// `SUBSCRIBE` on `palisade:*`, and `SCAN` for a [`Sweep`](crate::Sweep).
///
/// # Cost
///
/// A read, a fill and an invalidation are one round trip each, for however many keys a call has up to
/// 1,024. A namespace takes at most 128 KiB besides its values.
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    line: Line,
    scripts: Scripts,
    names: Names,
    dice: Dice,
}

/// Where a namespace is.
struct Names {
    prefix: String,
    eras: String,
    channel: String,
}

impl RedisStore {
    /// So many keys are read by one script.
    const AT_ONCE: usize = 1024;

    /// Will connect to the server at that URL, `redis://` or, with a TLS feature of the `redis` crate,
    /// `rediss://`, when it is needed, under a namespace of 1 to 64 ASCII letters, digits, `-` and
    /// `_`.
    ///
    /// Called inside of a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when this is no such URL or no such namespace.
    pub fn open(url: &str, namespace: &str) -> Result<Self, StoreError> {
        let namespace = ConfigError::name("the namespace", namespace)
            .map_err(|error| StoreError::caused_by("this is no namespace", error))?;
        let refuse = |error| failed("this is no URL of Redis", error);
        let info = url.into_connection_info().map_err(refuse)?.set_tcp_settings(tcp());
        let line = Line::new(Client::open(info).map_err(refuse)?).map_err(refuse)?;
        let names = Names {
            prefix: format!("palisade:{{{namespace}}}:value:1:"),
            eras: format!("palisade:{{{namespace}}}:eras:1"),
            channel: format!("palisade:{{{namespace}}}:ends:1"),
        };
        let (scripts, dice) = (Scripts::new(), Dice::new());
        Ok(Self { inner: Arc::new(Inner { line, scripts, names, dice }) })
    }
}

impl Inner {
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.names.prefix)
    }

    async fn read(&self, keys: &[String]) -> Result<Reading, StoreError> {
        let mut reading = Reading::default();
        for keys in keys.chunks(RedisStore::AT_ONCE) {
            let mut call = self.scripts.read.call();
            call.key(&self.names.eras);
            for key in keys {
                call.key(&self.key(key));
            }
            call.argument(nonce(&self.dice));
            let answer = self
                .line
                .call(async |connection| {
                    let answer = split(call.run(connection).await?);
                    answer.ok_or(StoreError::new("Redis answered something else"))
                })
                .await?;
            let (now, values) = answer;
            if values.len() != keys.len() {
                return Err(StoreError::new("Redis answered for other keys"));
            }
            reading.now = now;
            reading.values.extend(values.into_iter().map(|value| match value {
                Value::BulkString(bytes) => Some(bytes),
                _ => None,
            }));
        }
        Ok(reading)
    }

    async fn fill(&self, fills: &[Fill]) -> Result<(), StoreError> {
        let calls = fills.iter().map(|fill| {
            let mut call = self.scripts.fill.call();
            call.key(&self.names.eras);
            call.key(&self.key(&fill.key));
            let keep = u64::try_from(fill.keep.as_millis()).unwrap_or(u64::MAX).max(1);
            call.argument(nonce(&self.dice)).argument(fill.mark.id.to_vec());
            call.argument(fill.mark.era).argument(keep).argument(&*fill.value);
            for slot in &fill.slots {
                call.argument(*slot);
            }
            call
        });
        let calls = calls.collect();
        self.line.call(async |connection| self.scripts.fill.run_all(calls, connection).await).await
    }

    async fn walk(&self, prefix: &str, place: u64, most: usize) -> Result<Walk, StoreError> {
        let mut scan = redis::cmd("SCAN");
        // No name has a letter that means something in a pattern.
        scan.arg(place).arg("MATCH").arg(format!("{}*", self.key(prefix)));
        scan.arg("COUNT").arg(most);
        let answer: Result<(u64, Vec<String>), StoreError> = self
            .line
            .call(async |connection| {
                let answer = scan.query_async(connection).await;
                answer.map_err(|error| failed("Redis did not answer", error))
            })
            .await;
        let (next, keys) = answer?;
        let keys = keys
            .into_iter()
            .filter_map(|key| key.strip_prefix(&self.names.prefix).map(ToOwned::to_owned));
        Ok((keys.collect(), Some(next).filter(|next| *next > 0)))
    }

    async fn end(
        &self,
        origin: &[u8; 16],
        slots: &[u16],
        keys: &[String],
    ) -> Result<Mark, StoreError> {
        let mut call = self.scripts.end.call();
        call.key(&self.names.eras);
        for key in keys {
            call.key(&self.key(key));
        }
        call.argument(nonce(&self.dice)).argument(&self.names.channel).argument(origin.to_vec());
        for slot in slots {
            call.argument(*slot);
        }
        self.line.call(async |connection| mark(call.run(connection).await?)).await
    }
}

impl Store for RedisStore {
    fn name(&self) -> &'static str {
        "cache-redis"
    }

    fn read<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Reading> {
        Box::pin(self.inner.read(keys))
    }

    fn fill<'a>(&'a self, fills: &'a [Fill]) -> StoreFuture<'a, ()> {
        Box::pin(self.inner.fill(fills))
    }

    fn end<'a>(
        &'a self,
        origin: &'a [u8; 16],
        slots: &'a [u16],
        keys: &'a [String],
    ) -> StoreFuture<'a, Mark> {
        Box::pin(self.inner.end(origin, slots, keys))
    }

    fn walk<'a>(&'a self, prefix: &'a str, place: u64, most: usize) -> StoreFuture<'a, Walk> {
        Box::pin(self.inner.walk(prefix, place, most))
    }

    fn watch(&self, pace: Duration, ear: Ear) -> StoreFuture<'_, ()> {
        Box::pin(session::watch(&self.inner, pace, ear))
    }
}

/// Small packets at once, and an end to connections whose other side is gone.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(2));
    settings
}

fn failed(what: &'static str, error: RedisError) -> StoreError {
    StoreError::caused_by(what, error)
}

/// The first number and what follows it.
fn split(values: Vec<Value>) -> Option<(u64, Vec<Value>)> {
    let mut values = values.into_iter();
    let Value::Int(now) = values.next()? else { return None };
    Some((u64::try_from(now).ok()?, values.collect()))
}

fn mark((id, era): (Vec<u8>, u64)) -> Result<Mark, StoreError> {
    let id = id.try_into().map_err(|_| StoreError::new("Redis answered something else"))?;
    Ok(Mark { id, era })
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing of the URL: it may hold a password.
        f.debug_struct("RedisStore").field("eras", &self.inner.names.eras).finish_non_exhaustive()
    }
}
