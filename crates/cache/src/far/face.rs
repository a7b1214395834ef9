//! What one cache knows of its far tier: how its keys and values are written.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store::{Fill, StoreError};
use super::{FarTier, Reach};
use crate::entry::Tags;
use crate::envelope::{self, Format, Header, Mark, OpenError, Opened, SealError};
use crate::error::ConfigError;
use crate::freshness::Term;
use crate::key::{self, Key};
use crate::time::{length, ticks};

/// A far tier, as one cache sees it.
pub(crate) struct Far<K, V> {
    pub(crate) tier: FarTier,
    format: Format,
    /// The name, and the version of the values.
    name: String,
    prefix: String,
    /// Ends all values of the cache.
    pub(crate) whole: u16,
    text: fn(&K) -> String,
    seal: Seal<V>,
    open: Open<V>,
}

type Seal<V> = fn(&Format, &Header, Option<&V>) -> Result<Vec<u8>, SealError>;
type Open<V> = fn(&Format, &[u8]) -> Result<Opened<V>, OpenError>;

/// A key in the store, and the slot that ends it.
#[derive(Clone)]
pub(crate) struct FarKey {
    pub(crate) key: String,
    pub(crate) slot: u16,
}

/// A value of the store, on its way into memory.
pub(crate) struct Found<V> {
    pub(crate) value: Option<Arc<V>>,
    pub(crate) tags: Tags,
    pub(crate) term: Term,
}

/// A value of memory, on its way into the store.
pub(crate) struct Given<'a, V> {
    pub(crate) key: FarKey,
    pub(crate) mark: Mark,
    pub(crate) tags: &'a [u64],
    pub(crate) value: Option<&'a V>,
    /// Ticks for which it is fresh.
    pub(crate) life: u32,
    pub(crate) cost: u32,
}

impl<K, V> Far<K, V> {
    pub(crate) fn new(tier: &FarTier, format: Format, name: &str) -> Result<Self, ConfigError>
    where
        K: Key,
        V: Serialize + DeserializeOwned,
    {
        tier.take_name(name)?;
        Ok(Self {
            tier: tier.clone(),
            format: format.named(name),
            name: name.to_owned(),
            prefix: format!("{name}:{}", format.version()),
            whole: slot(tier.hasher().of("\0cache", name.into())),
            text: key::text::<K>,
            seal: envelope::seal::<V>,
            open: envelope::open::<V>,
        })
    }

    /// Returns where a key is, and by which slot it ends in all versions.
    pub(crate) fn key(&self, key: &K) -> FarKey {
        let text = (self.text)(key);
        let whole = format!("{}{text}", self.name);
        let slot = slot(self.tier.hasher().of("\0key", whole.as_str().into()));
        FarKey { key: format!("{}{text}", self.prefix), slot }
    }

    /// The tags that every entry has: its key and its cache.
    pub(crate) fn own_tags(&self, key: &FarKey) -> [u64; 2] {
        [u64::from(key.slot), u64::from(self.whole)]
    }

    /// Reads what the store had at a time of its clock, which is this tick; what cannot be read is not
    /// there.
    pub(crate) fn open(&self, bytes: &[u8], now: u64, tick: u32) -> Option<Found<V>> {
        let opened = (self.open)(&self.format, bytes);
        let Opened { header, value } = opened
            .inspect_err(|error| {
                tracing::debug!(cache = self.name, %error, "a value of the far tier is not read");
            })
            .ok()?;
        let span = |millis| ticks(Duration::from_millis(millis));
        let fresh_until = if let Some(left) = header.fresh_until.checked_sub(now) {
            tick.saturating_add(span(left))
        } else {
            // A tick more, since whole ticks round down; before the beginning of time it is of no use.
            let stale = span(now.saturating_sub(header.fresh_until));
            tick.checked_sub(stale.saturating_add(1))?
        };
        Some(Found {
            value: value.map(Arc::new),
            tags: header.slots.iter().map(|slot| u64::from(*slot)).collect(),
            term: Term { fresh_until, retry_at: 0, cost: header.cost },
        })
    }

    /// Writes what the store shall have, for so many ticks longer than it is fresh.
    pub(crate) fn seal(&self, given: Given<'_, V>, grace: u32) -> Option<Fill> {
        let Given { key, mark, tags, value, life, cost } = given;
        let now = self.tier.store_time()?;
        let slots: Vec<u16> = tags.iter().map(|tag| slot(*tag)).collect();
        let fresh_until = now.saturating_add(millis(length(life)));
        let header = Header::new(mark, fresh_until).cost(cost).slots(slots.iter().copied());
        let sealed = (self.seal)(&self.format, &header, value).inspect_err(
            |error| tracing::warn!(cache = self.name, %error, "a value is not stored far"),
        );
        let keep = length(life.saturating_add(grace));
        Some(Fill { key: key.key, mark, slots, value: sealed.ok()?, keep })
    }

    /// Returns keys of all versions and their texts, and the place from which to go on.
    pub(crate) async fn walk(
        &self,
        place: u64,
        most: usize,
    ) -> Result<(Vec<(FarKey, String)>, Option<u64>), StoreError> {
        let prefix = format!("{}:", self.name);
        let (keys, next) = self.tier.walk(&prefix, place, most).await?;
        let known = keys.into_iter().filter_map(|key| {
            let rest = key.strip_prefix(&prefix)?;
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
            let text = rest.get(digits..)?.to_owned();
            let whole = format!("{}{text}", self.name);
            let slot = slot(self.tier.hasher().of("\0key", whole.as_str().into()));
            Some((FarKey { key, slot }, text))
        });
        Ok((known.collect(), next))
    }

    pub(crate) fn end(&self, key: FarKey) -> impl Future<Output = Reach> + Send + use<K, V> {
        self.tier.end(&[key.slot], vec![key.key])
    }

    pub(crate) fn end_tag(&self, hash: u64) -> impl Future<Output = Reach> + Send + use<K, V> {
        self.tier.end(&[slot(hash)], Vec::new())
    }
}

impl<K, V> Drop for Far<K, V> {
    fn drop(&mut self) {
        self.tier.give_back(&self.name);
    }
}

/// Returns the slot of a tag, as the eras do.
pub(crate) fn slot(hash: u64) -> u16 {
    let slot = hash.checked_rem(u64::from(super::SLOTS)).unwrap_or(0);
    u16::try_from(slot).unwrap_or(0)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
