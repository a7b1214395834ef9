//! What the far tier knows, brought into memory; and what it is given.

use std::hash::Hash;
use std::sync::Arc;

use super::pilot::Pilot;
use super::{Inner, Look};
use crate::entry::Entry;
use crate::eras::Began;
use crate::far::{Far, FarKey, Fill, Found, Given};
use crate::flight::Landing;
use crate::freshness::Freshness;
use crate::outcome::Outcome;
use crate::stats::Count;

/// Two readings of one time to live may differ by that many ticks.
const ROUNDING: u32 = 2;

impl<K: Hash + Eq + Clone, V> Pilot<K, V> {
    /// Lands the one seat with what the far tier has, if that is better than what is there; shows it
    /// to the loader if it is stale.
    pub(super) async fn descend(&mut self) -> bool {
        let inner = Arc::clone(&self.inner);
        let (Some(far), Some(seat)) = (&inner.far, self.seats.first()) else { return false };
        let key = far.key(&seat.key);
        let Some(found) = inner.find(far, &[key]).await.into_iter().next().flatten() else {
            return false;
        };
        let Some(seat) = self.seats.first_mut() else { return false };
        let Found { value, tags, term } = found;
        let entry = Entry::new(value.clone(), seat.flight.began, self.born, tags.clone(), term);
        match inner.freshness(&entry, inner.time.now()) {
            Freshness::Fresh | Freshness::Early => {
                let known = seat.previous.as_ref().map_or(0, |entry| entry.term().fresh_until);
                if term.fresh_until <= known.saturating_add(ROUNDING) && known > 0 {
                    // It is what is to be loaded anew.
                    return false;
                }
                let Some(seat) = self.seats.pop() else { return false };
                inner.flights.leave(&seat.key, &seat.flight, || inner.keep(&seat.key, entry));
                seat.flight.land(Landing::Value { value, tags: Some(tags), is_far: true });
                true
            }
            Freshness::Dead => false,
            _ => {
                if let (None, Some(value)) = (&seat.previous, value) {
                    // Nobody set it: there was nothing.
                    let _ = self.talk.previous.set(value);
                    seat.previous = Some(entry);
                }
                false
            }
        }
    }
}

impl<K: Hash + Eq + Clone, V> Inner<K, V> {
    /// Asks the far tier for what is missing, and puts what it has into memory.
    pub(super) async fn look_far(
        &self,
        keys: &[K],
        looks: &mut [Look<V>],
        began: Began,
        born: u32,
    ) {
        let Some(far) = &self.far else { return };
        let missing = |look: &Look<V>| matches!(look, Look::Load(_));
        let wanted: Vec<FarKey> = keys
            .iter()
            .zip(looks.iter())
            .filter(|(_, look)| missing(look))
            .map(|(key, _)| far.key(key))
            .collect();
        if wanted.is_empty() {
            return;
        }
        let found = self.find(far, &wanted).await;
        let places = keys.iter().zip(looks.iter_mut()).filter(|(_, look)| missing(look));
        for ((key, look), found) in places.zip(found) {
            let Some(Found { value, tags, term }) = found else { continue };
            let entry = Entry::new(value, began, born, tags, term);
            match self.freshness(&entry, self.time.now()) {
                Freshness::Fresh | Freshness::Early => {
                    *look = Look::Serve(entry.value.clone(), Outcome::Far);
                    self.keep(key, entry);
                }
                Freshness::Dead => {}
                _ => {
                    if let Look::Load(previous @ None) = look {
                        *previous = Some(entry);
                    }
                }
            }
        }
    }

    /// Reads what the far tier has; nothing while it does not answer.
    async fn find(&self, far: &Far<K, V>, wanted: &[FarKey]) -> Vec<Option<Found<V>>> {
        let keys: Vec<String> = wanted.iter().map(|wanted| wanted.key.clone()).collect();
        let Some(reading) = far.tier.read(&keys).await else { return Vec::new() };
        let tick = self.time.now();
        let found = reading.values.into_iter().map(|bytes| {
            let found = bytes.and_then(|bytes| far.open(&bytes, reading.now, tick));
            self.tally.add(if found.is_some() { Count::FarHit } else { Count::FarMiss });
            found
        });
        found.collect()
    }

    /// Keeps an entry in memory, unless nobody would be served it.
    ///
    /// An older entry than one that is there does no harm: each holds by its own eras.
    fn keep(&self, key: &K, entry: Entry<V>) {
        if !self.settings.confirms {
            self.near.insert(key.clone(), entry);
        }
    }

    /// Writes what the far tier shall have of a value.
    pub(super) fn fill(&self, far: &Far<K, V>, given: Given<'_, V>) -> Option<Fill> {
        let grace = self.settings.grace;
        let grace =
            if given.value.is_some() { grace.if_error.max(grace.while_revalidate) } else { 0 };
        far.seal(given, grace)
    }
}
