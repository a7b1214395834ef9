//! Redis.

mod client;

use std::fmt;
use std::sync::Arc;

use redis::Script;
use smallvec::SmallVec;

use super::reply::Wire;
use super::together::Together;
use super::{
    Act, Ask, Asks, Readings, Store, StoreError, StoreErrorKind, StoreFuture, Subject, Verdict,
};
use crate::ConfigError;

pub use client::RedisClient;
pub(crate) use client::{Argument, checked_namespace};

const COUNT: &str = include_str!("count.lua");
const LOOK: u64 = 0;
const CHARGE: u64 = 1;
const GIVE_BACK: u64 = 2;

/// Counts in Redis; a clone is the same store. Give it to the limits inside a
/// [`Guarded`](super::Guarded).
///
/// All asks of a request are one script, by the server's clock, in integers. All counts of a subject
/// are fields of one key with a hash tag of its own, so a cluster spreads subjects over its nodes. In a
/// cluster a request that counts against several subjects is one script for each of them, at the same
/// time; when one refuses, the others are given back what they took: never more is admitted, and less
/// only for that moment.
///
/// # Cost
///
/// One round trip for a request, two where a cluster has to give back. A key of one count takes about 150
/// bytes and goes when nothing is owed any more.
#[derive(Clone)]
pub struct RedisStore {
    client: RedisClient,
    namespace: String,
    count: Arc<Script>,
}

impl RedisStore {
    /// Counts under the namespace `palisade`.
    #[must_use]
    pub fn new(client: RedisClient) -> Self {
        Self { client, namespace: "palisade".to_owned(), count: Arc::new(Script::new(COUNT)) }
    }

    /// Counts under another namespace, so that two applications share a server.
    ///
    /// # Errors
    ///
    /// Refuses names that are empty, longer than 64 bytes, or hold anything but ASCII letters, digits,
    /// `-` and `_`.
    pub fn namespace(mut self, name: &str) -> Result<Self, ConfigError> {
        self.namespace = checked_namespace(name)?;
        Ok(self)
    }

    fn key(&self, subject: Subject) -> String {
        format!("{{{}:{:032x}}}:limit:1", self.namespace, subject.hash())
    }

    async fn run(&self, act: u64, asks: &[Ask]) -> Result<Vec<i64>, StoreError> {
        let mut subjects: SmallVec<[Subject; 4]> = SmallVec::new();
        let mut arguments = vec![Argument::Number(act)];
        for ask in asks {
            let known = subjects.iter().position(|subject| *subject == ask.subject());
            let position = known.unwrap_or_else(|| {
                subjects.push(ask.subject());
                subjects.len().saturating_sub(1)
            });
            let Wire { kind, period, size } = Wire::of(ask.meter());
            let number = u64::try_from(position).unwrap_or(u64::MAX).saturating_add(1);
            arguments.push(Argument::Number(number));
            arguments.push(Argument::Text(format!("{:016x}", ask.rule().bits())));
            let numbers = [kind, period, size, ask.amount().into(), ask.is_binding().into()];
            arguments.extend(numbers.map(Argument::Number));
        }
        let keys: Vec<String> = subjects.into_iter().map(|subject| self.key(subject)).collect();
        self.client.eval(&self.count, COUNT, &keys, &arguments).await
    }

    async fn once(&self, asks: &[Ask], act: Act) -> Result<Verdict, StoreError> {
        let act = match act {
            Act::Charge => CHARGE,
            Act::Peek => LOOK,
        };
        Verdict::from_words(asks, &self.run(act, asks).await?)
    }

    /// One script for each subject; what was taken is given back when another subject refuses.
    async fn each(&self, parts: &[Asks], asks: &[Ask], act: Act) -> Result<Verdict, StoreError> {
        let calls =
            parts.iter().map(|part| -> StoreFuture<'_, Verdict> { Box::pin(self.once(part, act)) });
        let answers = Together::new(calls).await;
        let refused = answers.iter().any(|answer| !matches!(answer, Ok(v) if v.is_admitted()));
        if refused && act == Act::Charge {
            let taken = parts.iter().zip(&answers).filter_map(|(part, answer)| match answer {
                Ok(verdict) if verdict.is_admitted() => Some(taken(part, verdict)),
                _ => None,
            });
            let taken: Vec<Asks> = taken.collect();
            let back = taken
                .iter()
                .map(|taken| -> StoreFuture<'_, Vec<i64>> { Box::pin(self.run(GIVE_BACK, taken)) });
            // What cannot be given back is earned back in time.
            let _ = Together::new(back).await;
        }
        join(parts, answers, asks)
    }
}

/// The asks of each subject.
fn split(asks: &[Ask]) -> Vec<Asks> {
    let mut parts: Vec<(Subject, Asks)> = Vec::new();
    for ask in asks {
        if let Some((_, part)) = parts.iter_mut().find(|(subject, _)| *subject == ask.subject()) {
            part.push(*ask);
        } else {
            let mut part = Asks::new();
            part.push(*ask);
            parts.push((ask.subject(), part));
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

fn taken(part: &Asks, verdict: &Verdict) -> Asks {
    let mut taken = Asks::new();
    for (ask, reading) in part.iter().zip(verdict.readings()) {
        if reading.is_admitted() {
            taken.push(*ask);
        }
    }
    taken
}

/// Puts the readings of all subjects into the order of the asks.
fn join(
    parts: &[Asks],
    answers: Vec<Result<Verdict, StoreError>>,
    asks: &[Ask],
) -> Result<Verdict, StoreError> {
    let (mut admitted, mut wall) = (true, None);
    let mut queues = Vec::new();
    for (part, answer) in parts.iter().zip(answers) {
        let verdict = answer?;
        admitted &= verdict.is_admitted();
        wall = wall.max(verdict.store_time());
        let subject = part.first().map(Ask::subject);
        queues.push((subject, verdict.readings().to_vec().into_iter()));
    }
    let mut readings = Readings::new();
    for ask in asks {
        let queue = queues.iter_mut().find(|(subject, _)| *subject == Some(ask.subject()));
        let reading = queue.and_then(|(_, queue)| queue.next());
        readings.push(reading.ok_or(StoreError::new(StoreErrorKind::Answer))?);
    }
    let verdict = Verdict::new(admitted, readings);
    Ok(match wall {
        Some(wall) => verdict.at(wall),
        None => verdict,
    })
}

impl Store for RedisStore {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn decide<'a>(&'a self, asks: &'a [Ask], act: Act) -> StoreFuture<'a, Verdict> {
        Box::pin(async move {
            if self.client.is_cluster() {
                let parts = split(asks);
                if parts.len() > 1 {
                    return self.each(&parts, asks, act).await;
                }
            }
            self.once(asks, act).await
        })
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let parts = if self.client.is_cluster() { split(asks) } else { Vec::new() };
            if parts.len() < 2 {
                return self.run(GIVE_BACK, asks).await.map(drop);
            }
            for part in &parts {
                self.run(GIVE_BACK, part).await?;
            }
            Ok(())
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("client", &self.client)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
