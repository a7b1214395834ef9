//! The task that runs a loader and lands its flights, come what may.

use std::any::Any;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use smallvec::SmallVec;
use tracing::Instrument as _;

use super::{Inner, Settings};
use crate::entry::Entry;
use crate::envelope::Mark;
use crate::error::LoadError;
use crate::far::{Fill, Given};
use crate::flight::{Flight, Landing};
use crate::loading::{Answer, Talk, Wishes};
use crate::stats::Count;

/// A key whose load this task flies.
pub(super) struct Seat<K, V> {
    pub(super) key: K,
    pub(super) flight: Arc<Flight<V>>,
    /// What was there before.
    pub(super) previous: Option<Entry<V>>,
}

/// The error of a load that its caller ran itself.
struct OfAnother;

/// Lands every seat: with what the loader gave, or on drop, when it panicked or its runtime ended.
pub(super) struct Pilot<K: Hash + Eq + Clone, V> {
    pub(super) inner: Arc<Inner<K, V>>,
    pub(super) seats: SmallVec<[Seat<K, V>; 1]>,
    pub(super) talk: Arc<Talk<V>>,
    start: Instant,
    /// What the far tier was heard to be at before the load began.
    mark: Option<Mark>,
    /// The far tier's tick before the load began.
    pub(super) born: u32,
    /// What the far tier shall have.
    fills: Vec<Fill>,
}

impl<K, V> Pilot<K, V>
where
    K: Hash + Eq + Clone,
{
    /// Begins to measure what the load costs.
    pub(super) fn new(inner: Arc<Inner<K, V>>, talk: Arc<Talk<V>>) -> Self {
        let (start, born) = (inner.time.watch.now(), inner.born());
        let mark = inner.far.as_ref().and_then(|far| far.tier.token());
        Self { inner, seats: SmallVec::new(), talk, start, mark, born, fills: Vec::new() }
    }

    /// Looks into the far tier if it is to, else runs the load; lands each seat with what `take` finds
    /// for its key.
    pub(super) fn fly<A, E, L>(
        mut self,
        from_far: bool,
        load: L,
        take: impl FnMut(&mut A, &K) -> Answer<V>,
    ) -> impl Future<Output = ()>
    where
        L: Future<Output = Result<A, E>>,
        E: Send + Sync + 'static,
    {
        let limit = self.inner.settings.load_limit;
        let flown = async move {
            if from_far && self.descend().await {
                return;
            }
            match tokio::time::timeout(limit, load).await {
                Ok(Ok(answer)) => self.arrive(answer, take).await,
                Ok(Err(error)) => {
                    let error: Arc<dyn Any + Send + Sync> = Arc::new(error);
                    self.fail(|| Landing::Failed(Arc::clone(&error)));
                }
                Err(_) => self.fail(|| Landing::Lost(LoadError::TimedOut { limit })),
            }
        };
        flown.in_current_span()
    }

    /// Runs the load here and now and lands the one seat with what it gives, for memory alone; returns
    /// its error if it fails, for which a stale value may have landed.
    pub(super) fn compute<T, E>(
        mut self,
        compute: impl FnOnce() -> Result<T, E>,
        stored: impl FnOnce(&T) -> Option<Arc<V>>,
    ) -> Result<T, E> {
        // What is not sent is not written either.
        self.mark = None;
        match compute() {
            Ok(computed) => {
                let (value, wishes) = (stored(&computed), self.heed());
                for seat in std::mem::take(&mut self.seats) {
                    self.land(&seat, value.clone(), &wishes);
                }
                Ok(computed)
            }
            Err(error) => {
                // To those who wait it is an error of a type that they do not know: they load.
                self.fail(|| Landing::Failed(Arc::new(OfAnother)));
                Err(error)
            }
        }
    }

    async fn arrive<A>(mut self, answer: A, take: impl FnMut(&mut A, &K) -> Answer<V>) {
        self.land_all(answer, take);
        let fills = std::mem::take(&mut self.fills);
        if let Some(far) = &self.inner.far {
            far.tier.fill(&fills).await;
        }
    }

    fn land_all<A>(&mut self, mut answer: A, mut take: impl FnMut(&mut A, &K) -> Answer<V>) {
        let wishes = self.heed();
        for seat in std::mem::take(&mut self.seats) {
            let value = match take(&mut answer, &seat.key) {
                Answer::Found(value) => Some(Arc::new(value)),
                Answer::Absent => None,
                Answer::Kept => {
                    let previous = seat.previous.as_ref().and_then(|entry| entry.value.clone());
                    if previous.is_none() {
                        self.lose(seat, Landing::Lost(LoadError::NothingKept));
                        continue;
                    }
                    previous
                }
            };
            self.land(&seat, value, &wishes);
        }
    }

    /// Takes what the loader asked for.
    fn heed(&self) -> Wishes {
        let wishes = std::mem::take(&mut *self.talk.wishes());
        if wishes.overtagged {
            tracing::warn!(cache = self.inner.name, "a value with too many tags is not stored");
        }
        wishes
    }

    fn land(&mut self, seat: &Seat<K, V>, value: Option<Arc<V>>, wishes: &Wishes) {
        let inner = Arc::clone(&self.inner);
        let mut tags = (!wishes.overtagged).then(|| wishes.tags.clone());
        let life = inner.life(value.is_some(), wishes.ttl, wishes.tier);
        let took = inner.time.watch.now().saturating_duration_since(self.start);
        let cost = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let far = inner.far.as_ref().map(|far| (far, far.key(&seat.key)));
        if let (Some((far, key)), Some(tags)) = (&far, &mut tags) {
            tags.extend(far.own_tags(key));
        }
        let kept = tags.clone().zip(life).map(|(tags, life)| {
            let term = inner.term(life, cost);
            (Entry::new(value.clone(), seat.flight.began, self.born, tags, term), life)
        });
        let fill = kept.as_ref().zip(far).zip(self.mark);
        let fill = fill.and_then(|(((entry, life), (far, key)), mark)| {
            let (tags, value) = (entry.tags(), value.as_deref());
            inner.fill(far, Given { key, mark, tags, value, life: *life, cost })
        });
        let mut published = false;
        inner.flights.leave(&seat.key, &seat.flight, || {
            published = true;
            match kept {
                Some((entry, _)) => inner.near.insert(seat.key.clone(), entry),
                // What must not be stored must not leave its predecessor behind either.
                None => inner.near.remove(&seat.key),
            }
        });
        inner.tally.add(Count::Load);
        if published {
            self.fills.extend(fill);
        } else {
            inner.tally.add(Count::Overtaken);
        }
        seat.flight.land(Landing::Value { value, tags, is_far: false });
    }

    /// Lands every seat with its stale value, where that may still be served, or with the failure.
    fn fail(mut self, failure: impl Fn() -> Landing<V>) {
        for seat in std::mem::take(&mut self.seats) {
            self.lose(seat, failure());
        }
    }

    fn lose(&self, seat: Seat<K, V>, failure: Landing<V>) {
        let inner = &self.inner;
        inner.tally.add(Count::Failure);
        let mut stands_in = None;
        inner.flights.leave(&seat.key, &seat.flight, || {
            let now = inner.time.now();
            let previous = seat.previous.filter(|entry| inner.holds(entry));
            if let Some((mut entry, stale)) =
                previous.and_then(|entry| inner.stale(&entry, now).map(|stale| (entry, stale)))
            {
                // Nobody tries again for a while.
                entry.retry_at(now.saturating_add(inner.settings.throttle));
                stands_in = Some(Landing::Degraded { value: entry.value.clone(), stale });
                inner.near.insert(seat.key.clone(), entry);
            }
        });
        seat.flight.land(stands_in.unwrap_or(failure));
    }
}

impl<K: Hash + Eq + Clone, V> Drop for Pilot<K, V> {
    fn drop(&mut self) {
        for seat in std::mem::take(&mut self.seats) {
            self.lose(seat, Landing::Lost(LoadError::Ended));
        }
    }
}

impl<K: Hash + Eq + Clone, V> Inner<K, V> {
    /// Returns for how many ticks an entry is stale, if it may be served where its load failed.
    fn stale(&self, entry: &Entry<V>, now: u32) -> Option<u32> {
        let Settings { grace, .. } = self.settings;
        let until = entry.term().fresh_until;
        let (stale, fresh) = (now.saturating_sub(until), now < until);
        let bearable = entry.value.is_some() && stale < grace.if_error.max(grace.while_revalidate);
        (fresh || bearable).then_some(stale)
    }
}
