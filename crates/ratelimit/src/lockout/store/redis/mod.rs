//! Locks in Redis, for many machines.

use std::fmt;
use std::sync::Arc;

use redis::Script;

use super::shared::{SETS, listed};
use super::{Lock, LockoutStore};
use crate::ConfigError;
use crate::lockout::answer::{Answer, Charged, Locked, Reserved};
use crate::lockout::claim::{Claim, Kind};
use crate::lockout::moment::Moment;
use crate::lockout::record::Wait;
use crate::lockout::set::Key;
use crate::store::redis::{Argument, RedisClient, checked_namespace};
use crate::store::{StoreError, StoreErrorKind, StoreFuture};

const BEGIN: &str = concat!(include_str!("record.lua"), include_str!("begin.lua"));
const SUCCEED: &str = concat!(include_str!("record.lua"), include_str!("succeed.lua"));
const UNLOCK: &str = include_str!("unlock.lua");
const LOCKS: &str = include_str!("locks.lua");

/// Locks in Redis; a clone is the same store.
///
/// Time is the server's, so instances need not agree on theirs. All keys of a namespace have one hash
/// tag, so that a cluster keeps account and address together and one script sees both; sign-ins are
/// few beside what one server can do. Run Redis with an append-only file: without one, a restart of
/// the server forgets all locks. Set `maxmemory-policy noeviction`, or locks give way to a cache.
///
/// # Cost
///
/// One round trip for an attempt, one more for a success. A record takes about 120 bytes; 1,048,576
/// accounts and as many addresses, all that are kept by default, about 240 MiB.
#[derive(Clone)]
pub struct RedisLockouts {
    client: RedisClient,
    namespace: String,
    room: u32,
    scripts: Arc<Scripts>,
}

struct Scripts {
    begin: Script,
    succeed: Script,
    unlock: Script,
    locks: Script,
}

impl RedisLockouts {
    /// The most accounts, and the most addresses, that can be remembered.
    pub const MAX_CAPACITY: u32 = 64 * SETS;

    /// Locks under the namespace `palisade`.
    #[must_use]
    pub fn new(client: RedisClient) -> Self {
        let scripts = Scripts {
            begin: Script::new(BEGIN),
            succeed: Script::new(SUCCEED),
            unlock: Script::new(UNLOCK),
            locks: Script::new(LOCKS),
        };
        Self { client, namespace: "palisade".to_owned(), room: 16, scripts: Arc::new(scripts) }
    }

    /// Keeps locks under another namespace, so that two applications share a server.
    ///
    /// # Errors
    ///
    /// Refuses names that are empty, longer than 64 bytes, or hold anything but ASCII letters, digits,
    /// `-` and `_`.
    pub fn namespace(mut self, name: &str) -> Result<Self, ConfigError> {
        self.namespace = checked_namespace(name)?;
        Ok(self)
    }

    /// Remembers so many accounts and as many addresses, rounded up to a multiple of 65,536, instead
    /// of 1,048,576.
    ///
    /// # Errors
    ///
    /// Refuses numbers outside 1 to [`MAX_CAPACITY`](Self::MAX_CAPACITY).
    pub fn capacity(mut self, subjects: u32) -> Result<Self, ConfigError> {
        let subjects = ConfigError::number("capacity", subjects, 1, Self::MAX_CAPACITY)?;
        self.room = subjects.div_ceil(SETS);
        Ok(self)
    }

    fn locks_key(&self) -> String {
        format!("{{{}}}:lockout:1:locks", self.namespace)
    }

    fn sets(&self) -> String {
        format!("{{{}}}:lockout:1:", self.namespace)
    }

    fn set_key(&self, kind: Kind, key: &Key) -> String {
        let [a, b, ..] = key;
        format!("{}{}:{a:02x}{b:02x}", self.sets(), kind.number())
    }

    fn keys(&self, claim: &Claim) -> Vec<String> {
        let sets = claim.subjects().map(|subject| self.set_key(subject.kind, &subject.key));
        std::iter::once(self.locks_key()).chain(sets).collect()
    }

    fn arguments(&self, claim: &Claim, reserved: &Reserved) -> Vec<Argument> {
        let mut arguments =
            vec![Argument::Number(self.room.into()), Argument::Number(claim.source().into())];
        let locks = [reserved.account.until, reserved.address.until];
        for (subject, lock) in claim.subjects().zip(locks) {
            let ladder = &subject.ladder;
            let numbers = [
                subject.kind.number().into(),
                ladder.first_lock().into(),
                millis(ladder.memory()),
                ladder.most_consecutive().unwrap_or(0).into(),
                lock.as_millis(),
            ];
            arguments.push(Argument::Text(hex(&subject.key)));
            arguments.extend(numbers.map(Argument::Number));
            arguments.extend(ladder.all_steps().map(|step| Argument::Number(millis(step))));
        }
        arguments
    }
}

impl LockoutStore for RedisLockouts {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn begin<'a>(&'a self, claim: &'a Claim) -> StoreFuture<'a, Answer> {
        Box::pin(async move {
            let arguments = self.arguments(claim, &Reserved::default());
            let keys = self.keys(claim);
            let script = &self.scripts.begin;
            let reply: Vec<i64> = self.client.eval(script, BEGIN, &keys, &arguments).await?;
            begun(&reply).ok_or_else(|| StoreError::new(StoreErrorKind::Answer))
        })
    }

    fn succeed<'a>(&'a self, claim: &'a Claim, reserved: &'a Reserved) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let arguments = self.arguments(claim, reserved);
            let keys = self.keys(claim);
            let script = &self.scripts.succeed;
            self.client.eval::<i64>(script, SUCCEED, &keys, &arguments).await.map(drop)
        })
    }

    fn unlock(&self, kind: Kind, key: Key) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let keys = [self.locks_key(), self.set_key(kind, &key)];
            let arguments = [Argument::Text(hex(&key)), Argument::Number(kind.number().into())];
            let script = &self.scripts.unlock;
            let removed: i64 = self.client.eval(script, UNLOCK, &keys, &arguments).await?;
            Ok(removed > 0)
        })
    }

    fn locks(&self, most: usize) -> StoreFuture<'_, Vec<Lock>> {
        Box::pin(async move {
            let keys = [self.locks_key()];
            let most = u64::try_from(most).unwrap_or(u64::MAX);
            let arguments = [Argument::Number(most), Argument::Text(self.sets())];
            let script = &self.scripts.locks;
            let reply: Vec<(i64, String, i64, i64, i64)> =
                self.client.eval(script, LOCKS, &keys, &arguments).await?;
            let locks = reply.into_iter().map(read_lock).collect::<Option<_>>();
            locks.ok_or_else(|| StoreError::new(StoreErrorKind::Answer))
        })
    }
}

/// Reads the answer to an attempt: what is locked, or what was counted.
fn begun(reply: &[i64]) -> Option<Answer> {
    let number = |word: i64| u32::try_from(word).ok();
    let moment = |word: i64| u64::try_from(word).ok().map(Moment::from_millis);
    match *reply {
        [0, kind, wait] => {
            let kind = Kind::ALL.into_iter().find(|known| i64::from(known.number()) == kind)?;
            let wait = match moment(wait)? {
                Moment::NEVER => Wait::ForUnlock,
                wait => Wait::For(wait.since(Moment::ZERO)),
            };
            Some(Answer::Locked(Locked::new(kind, wait)))
        }
        [1, now, a, b, c, ref address @ ..] => {
            let now = moment(now)?;
            let account = Charged::new(number(a)?, number(b)?, moment(c)?, now);
            let address = match *address {
                [] => Charged::default(),
                [a, b, c] => Charged::new(number(a)?, number(b)?, moment(c)?, now),
                _ => return None,
            };
            Some(Answer::Reserved(Reserved::new(account, address)))
        }
        _ => None,
    }
}

fn read_lock((kind, key, failures, until, now): (i64, String, i64, i64, i64)) -> Option<Lock> {
    listed((kind, unhex(&key)?.to_vec(), failures, until), {
        Moment::from_millis(u64::try_from(now).ok()?)
    })
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn hex(key: &Key) -> String {
    key.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn unhex(text: &str) -> Option<Key> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

impl fmt::Debug for RedisLockouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLockouts")
            .field("client", &self.client)
            .field("namespace", &self.namespace)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}
