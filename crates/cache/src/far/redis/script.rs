//! Scripts: sent by their hash, and as text where the server does not know them.

use palisade_resilience::Dice;
use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, Script, ServerErrorKind};
use redis::{ToRedisArgs, Value};

use super::failed;
use crate::far::StoreError;

/// What every script begins with.
const HEAD: &str = include_str!("head.lua");
/// Memory that is full is no reason to keep what was invalidated, or not to say so.
const WHEN_FULL: &str = "#!lua flags=allow-oom\n";
const AS_OTHERS: &str = "#!lua\n";

pub(super) struct Scripts {
    pub(super) read: Text,
    pub(super) fill: Text,
    pub(super) end: Text,
    pub(super) mark: Text,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            read: Text::new(WHEN_FULL, include_str!("read.lua")),
            fill: Text::new(AS_OTHERS, include_str!("fill.lua")),
            end: Text::new(WHEN_FULL, include_str!("end.lua")),
            mark: Text::new(WHEN_FULL, include_str!("mark.lua")),
        }
    }
}

pub(super) struct Text {
    text: String,
    hash: String,
}

impl Text {
    fn new(flags: &str, body: &str) -> Self {
        let text = format!("{flags}{HEAD}{body}");
        let hash = Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }

    pub(super) const fn call(&self) -> Call<'_> {
        Call { script: self, keys: Vec::new(), arguments: Vec::new() }
    }

    /// Runs calls of this script in one round trip, and once more where the server did not know it.
    pub(super) async fn run_all(
        &self,
        calls: Vec<Call<'_>>,
        connection: &mut impl ConnectionLike,
    ) -> Result<(), StoreError> {
        let pipeline = |command: &str, what: &str| {
            let mut pipeline = Pipeline::with_capacity(calls.len());
            for call in &calls {
                pipeline.add_command(call.command(command, what));
            }
            pipeline
        };
        let sent = pipeline("EVALSHA", &self.hash).query_async::<Vec<Value>>(connection).await;
        let sent = match sent {
            Err(error) if is_unknown(&error) => {
                pipeline("EVAL", &self.text).query_async::<Vec<Value>>(connection).await
            }
            sent => sent,
        };
        sent.map(drop).map_err(|error| failed("Redis did not take the values", error))
    }
}

/// One call of a script.
pub(super) struct Call<'a> {
    script: &'a Text,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Call<'_> {
    pub(super) fn key(&mut self, key: &str) {
        self.keys.push(key.to_owned());
    }

    pub(super) fn argument(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.arguments.extend(argument.to_redis_args());
        self
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &mut impl ConnectionLike,
    ) -> Result<T, StoreError> {
        let sent = self.command("EVALSHA", &self.script.hash).query_async(connection).await;
        let answer = match sent {
            // The server says that it has done nothing.
            Err(error) if is_unknown(&error) => {
                self.command("EVAL", &self.script.text).query_async(connection).await
            }
            answer => answer,
        };
        answer.map_err(|error| failed("Redis did not answer", error))
    }

    fn command(&self, command: &str, what: &str) -> Cmd {
        let mut call = redis::cmd(command);
        call.arg(what).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            call.arg(argument.as_slice());
        }
        call
    }
}

fn is_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// A name for a new life of the store, in case that it begins with this call.
pub(super) fn nonce(dice: &Dice) -> String {
    format!("{:016x}", dice.roll())
}
