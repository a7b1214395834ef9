//! Values that are loaded where they are missing.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::pilot::{Pilot, Seat};
use super::{Cache, Inner, Look};
use crate::entry::Entry;
use crate::eras::{Began, Eras};
use crate::error::LoadError;
use crate::flight::{Boarding, Flight, Landing, Waiter};
use crate::freshness::{Freshness, Term};
use crate::loading::{Answer, Loading, Talk};
use crate::outcome::{Fetched, Outcome};
use crate::time::length;

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Returns a value, loaded if it is not there.
    ///
    /// Of all callers that miss a key at a time one loads, and the others wait for it. The loader
    /// runs in a task of its own: it goes on when its caller is dropped or stands still.
    ///
    /// # Errors
    ///
    /// [`LoadError`]; the loader's own error comes in the type it has.
    pub async fn get_or_load<E, F, L>(
        &self,
        key: &K,
        loader: F,
    ) -> Result<Fetched<Arc<V>>, LoadError<E>>
    where
        F: FnOnce(Loading<V>) -> L,
        L: Future<Output = Result<V, E>> + Send + 'static,
        E: Clone + Send + Sync + 'static,
    {
        let found = |loading| {
            let load = loader(loading);
            async { load.await.map(Answer::Found) }
        };
        let fetched = self.load(key, found).await?;
        let Fetched { value, outcome } = fetched;
        // Somebody else's loader may have found that there is none.
        value.map(|value| Fetched::new(value, outcome)).ok_or(LoadError::Absent)
    }

    /// Returns a value, or that there is none: both are loaded if they are not known.
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load).
    pub async fn get_or_load_optional<E, F, L>(
        &self,
        key: &K,
        loader: F,
    ) -> Result<Fetched<Option<Arc<V>>>, LoadError<E>>
    where
        F: FnOnce(Loading<V>) -> L,
        L: Future<Output = Result<Option<V>, E>> + Send + 'static,
        E: Clone + Send + Sync + 'static,
    {
        let found = |loading| {
            let load = loader(loading);
            async { load.await.map(|value| value.map_or(Answer::Absent, Answer::Found)) }
        };
        self.load(key, found).await
    }

    /// Returns what is known of a key, loaded if nothing is; the loader may say that the previous
    /// value holds on.
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load), and [`LoadError::NothingKept`].
    pub async fn load<E, F, L>(
        &self,
        key: &K,
        loader: F,
    ) -> Result<Fetched<Option<Arc<V>>>, LoadError<E>>
    where
        F: FnOnce(Loading<V>) -> L,
        L: Future<Output = Result<Answer<V>, E>> + Send + 'static,
        E: Clone + Send + Sync + 'static,
    {
        let (mut asked, mut loader) = (None, Some(loader));
        loop {
            let wait = match self.inner.look(key) {
                Look::Serve(value, outcome) => return Ok(Fetched::new(value, outcome)),
                Look::Refresh(entry, outcome) => {
                    let value = entry.value.clone();
                    if let Some(loader) = loader.take() {
                        // The value is good enough, whatever becomes of the load.
                        drop(self.start::<E, _, _>(key, Some(entry), loader));
                    }
                    return Ok(Fetched::new(value, outcome));
                }
                Look::Load(previous) => {
                    asked.get_or_insert_with(|| self.inner.eras.begin());
                    let Some(given) = loader.take() else { return Err(LoadError::Ended) };
                    match self.start(key, previous, given)? {
                        Start::Own(wait) => wait,
                        Start::Other(given, wait) => {
                            loader = Some(given);
                            wait
                        }
                        Start::Needless(fetched) => return Ok(fetched),
                    }
                }
            };
            // An older load that was ended meanwhile, or an error of another type than this
            // caller's, says nothing: load it oneself.
            if let Some(settled) = wait.settled(&self.inner.eras, asked).await {
                return settled;
            }
        }
    }

    /// Returns what is known of many keys, in their order; those of which nothing is known are loaded
    /// by one call of the loader, and those that others load are waited for.
    ///
    /// What the loader's map does not have is absent. Stale values that may be served are served, and
    /// loaded anew with the missing ones; tags and time to live that the loader names go for all.
    ///
    /// # Errors
    ///
    /// As [`get_or_load`](Self::get_or_load), the first of all keys; [`LoadError::Ended`] for another
    /// call's load that failed with an error of another type.
    pub async fn get_many_or_load<E, F, L>(
        &self,
        keys: &[K],
        loader: F,
    ) -> Result<Vec<Fetched<Option<Arc<V>>>>, LoadError<E>>
    where
        F: FnOnce(Vec<K>, Loading<V>) -> L,
        L: Future<Output = Result<HashMap<K, V>, E>> + Send + 'static,
        E: Clone + Send + Sync + 'static,
    {
        let inner = &self.inner;
        let asked = inner.eras.begin();
        let current =
            |flight: &Flight<V>| flight.began == inner.eras.begin() && !inner.settings.confirms;
        let (runtime, talk) = (runtime()?, Arc::new(Talk::new(None)));
        let loading = Loading::new(inner.hasher, Arc::clone(&talk));
        let mut pilot = Pilot::new(Arc::clone(inner), talk);
        let mut looks: Vec<_> = keys.iter().map(|key| inner.look(key)).collect();
        inner.look_far(keys, &mut looks, asked, pilot.born).await;
        let mut places = Vec::with_capacity(keys.len());
        for (key, look) in keys.iter().zip(looks) {
            places.push(match look {
                Look::Serve(value, outcome) => Place::Known(Fetched::new(value, outcome)),
                Look::Refresh(entry, outcome) => {
                    let value = entry.value.clone();
                    if let Boarding::Own(flight) = inner.board(key, Some(entry.term()), |_| true) {
                        pilot.seats.push(Seat { key: key.clone(), flight, previous: Some(entry) });
                    }
                    Place::Known(Fetched::new(value, outcome))
                }
                Look::Load(previous) => match inner.board(key, term(previous.as_ref()), current) {
                    Boarding::Needless(fetched) => Place::Known(fetched),
                    Boarding::Own(flight) => {
                        let wait = Wait::new(&flight, usize::MAX, Outcome::Loaded);
                        pilot.seats.push(Seat { key: key.clone(), flight, previous });
                        Place::Waits(wait)
                    }
                    Boarding::Other(flight) => {
                        Place::Waits(Wait::new(&flight, inner.settings.waiters, Outcome::Joined))
                    }
                },
            });
        }
        if !pilot.seats.is_empty() {
            let missing = pilot.seats.iter().map(|seat| seat.key.clone()).collect();
            let load = loader(missing, loading);
            runtime.spawn(pilot.fly(false, load, |found: &mut HashMap<K, V>, key| {
                found.remove(key).map_or(Answer::Absent, Answer::Found)
            }));
        }
        let mut all = Vec::with_capacity(places.len());
        for place in places {
            all.push(match place {
                Place::Known(fetched) => fetched,
                Place::Waits(None) => {
                    return Err(LoadError::Crowded { limit: inner.settings.waiters });
                }
                Place::Waits(Some(wait)) => match wait.settled(&inner.eras, Some(asked)).await {
                    Some(settled) => settled?,
                    None => return Err(LoadError::Ended),
                },
            });
        }
        Ok(all)
    }

    fn start<E, F, L>(
        &self,
        key: &K,
        previous: Option<Entry<V>>,
        loader: F,
    ) -> Result<Start<V, F>, LoadError<E>>
    where
        F: FnOnce(Loading<V>) -> L,
        L: Future<Output = Result<Answer<V>, E>> + Send + 'static,
        E: Clone + Send + Sync + 'static,
    {
        let inner = &self.inner;
        let runtime = runtime()?;
        let joins = !inner.settings.confirms;
        match inner.board(key, term(previous.as_ref()), |_| joins) {
            Boarding::Needless(fetched) => Ok(Start::Needless(fetched)),
            Boarding::Other(flight) => {
                let limit = inner.settings.waiters;
                let wait = Wait::new(&flight, limit, Outcome::Joined);
                Ok(Start::Other(loader, wait.ok_or(LoadError::Crowded { limit })?))
            }
            Boarding::Own(flight) => {
                let value = previous.as_ref().and_then(|entry| entry.value.clone());
                let talk = Arc::new(Talk::new(value));
                let loading = Loading::new(inner.hasher, Arc::clone(&talk));
                let mut pilot = Pilot::new(Arc::clone(inner), talk);
                let wait = Wait::new(&flight, usize::MAX, Outcome::Loaded);
                let wait = wait.ok_or(LoadError::Ended)?;
                pilot.seats.push(Seat { key: key.clone(), flight, previous });
                let load = loader(loading);
                let load = async { load.await.map(Some) };
                runtime.spawn(pilot.fly(true, load, |answer: &mut Option<Answer<V>>, _| {
                    answer.take().unwrap_or(Answer::Absent)
                }));
                Ok(Start::Own(wait))
            }
        }
    }
}

pub(super) fn term<V>(entry: Option<&Entry<V>>) -> Option<Term> {
    entry.map(Entry::term)
}

fn runtime<E>() -> Result<Handle, LoadError<E>> {
    Handle::try_current().map_err(|_| LoadError::NoRuntime)
}

/// What became of a load that was wanted.
enum Start<V, F> {
    Own(Wait<V>),
    Other(F, Wait<V>),
    Needless(Fetched<Option<Arc<V>>>),
}

/// What is known of one of many keys.
enum Place<V> {
    Known(Fetched<Option<Arc<V>>>),
    /// `None` if too many wait.
    Waits(Option<Wait<V>>),
}

/// Somebody who waits for a flight.
struct Wait<V> {
    waiter: Waiter<V>,
    began: Began,
    /// If it goes well.
    outcome: Outcome,
}

impl<V> Wait<V> {
    /// Waits with the others, unless there are as many as may be.
    fn new(flight: &Flight<V>, limit: usize, outcome: Outcome) -> Option<Self> {
        flight.join(limit).map(|waiter| Self { waiter, began: flight.began, outcome })
    }

    /// Returns what a load gave; `None` if that was ended before somebody asked who asked then, or if
    /// it failed with an error of another type.
    async fn settled<E: Clone + 'static>(
        self,
        eras: &Eras,
        asked: Option<Began>,
    ) -> Option<Result<Fetched<Option<Arc<V>>>, LoadError<E>>> {
        Some(match self.waiter.landed().await {
            Landing::Value { value, tags, is_far } => {
                let asked = asked.unwrap_or(self.began);
                if !eras.will_do(self.began, tags.as_deref(), asked) {
                    return None;
                }
                let own = self.outcome == Outcome::Loaded;
                let outcome = if own && is_far { Outcome::Far } else { self.outcome };
                Ok(Fetched::new(value, outcome))
            }
            Landing::Degraded { value, stale } => {
                Ok(Fetched::new(value, Outcome::Degraded(length(stale))))
            }
            Landing::Failed(error) => Err(LoadError::Loader(error.downcast_ref::<E>()?.clone())),
            Landing::Lost(lost) => Err(lost.split().unwrap_or_else(|never| match never {})),
        })
    }
}

impl<K: Hash + Eq + Clone, V> Inner<K, V> {
    /// Begins a load in place of an entry that was seen, unless one runs or has just ended.
    pub(super) fn board(
        &self,
        key: &K,
        seen: Option<Term>,
        will_do: impl FnOnce(&Flight<V>) -> bool,
    ) -> Boarding<V, Fetched<Option<Arc<V>>>> {
        self.flights.board(key, &self.eras, will_do, || {
            let entry = self.near.get(key).filter(|entry| self.holds(entry))?;
            if seen == Some(entry.term()) {
                return None;
            }
            let outcome = match self.freshness(&entry, self.time.now()) {
                Freshness::Fresh | Freshness::Early => Outcome::Joined,
                Freshness::Degraded { stale } => Outcome::Degraded(length(stale)),
                _ => return None,
            };
            Some(Fetched::new(entry.value, outcome))
        })
    }
}
