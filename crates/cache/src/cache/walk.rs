//! A walk through all keys.

use std::hash::Hash;
use std::ops::ControlFlow;

use super::Cache;
use crate::far::{Reach, StoreError};
use crate::key::{self, Key};
use crate::pattern::Pattern;
use crate::sweep::Swept;

impl<K, V> Cache<K, V>
where
    K: Key + Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) async fn sweep(
        &self,
        pattern: &Pattern,
        is_dry: bool,
        at_once: usize,
        mut progress: impl FnMut(&Swept) -> ControlFlow<()>,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::START;
        let keys = self.inner.near.keys();
        for keys in keys.chunks(at_once) {
            let like: Vec<&K> =
                keys.iter().filter(|key| pattern.matches(&key::text(*key))).collect();
            swept.add(keys.len(), like.len());
            if !is_dry && self.end_all(&like).await == Reach::Here {
                swept.reach = Reach::Here;
            }
            if progress(&swept).is_break() {
                return Ok(swept);
            }
        }
        let Some(far) = &self.inner.far else { return Ok(swept) };
        let mut place = Some(0);
        while let Some(from) = place {
            let (keys, next) = far.walk(from, at_once).await?;
            let like: Vec<_> = keys.iter().filter(|(_, text)| pattern.matches(text)).collect();
            swept.add(keys.len(), like.len());
            if !is_dry && !like.is_empty() {
                let slots: Vec<u16> = like.iter().map(|(key, _)| key.slot).collect();
                let keys = like.iter().map(|(key, _)| key.key.clone()).collect();
                if far.tier.end(&slots, keys).await == Reach::Here {
                    swept.reach = Reach::Here;
                }
            }
            if progress(&swept).is_break() {
                return Ok(swept);
            }
            place = next;
        }
        Ok(swept)
    }

    /// Ends values here, and in the far tier in one call.
    async fn end_all(&self, keys: &[&K]) -> Reach {
        let inner = &self.inner;
        for key in keys {
            inner.flights.overtake(key, || inner.near.remove(key));
        }
        let Some(far) = inner.far.as_ref().filter(|_| !keys.is_empty()) else { return Reach::All };
        let places: Vec<_> = keys.iter().map(|key| far.key(key)).collect();
        let slots: Vec<u16> = places.iter().map(|place| place.slot).collect();
        far.tier.end(&slots, places.into_iter().map(|place| place.key).collect()).await
    }
}
