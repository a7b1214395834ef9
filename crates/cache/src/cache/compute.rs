//! Values that their caller computes where they are missing, without a task.

use std::hash::Hash;
use std::sync::Arc;

use super::load::term;
use super::pilot::{Pilot, Seat};
use super::{Cache, Look};
use crate::flight::{Boarding, Landing};
use crate::loading::{Loading, Talk};
use crate::outcome::{Fetched, Outcome};
use crate::time::length;

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Returns a value, computed in this thread if it is not in this process's memory.
    ///
    /// For code that is not async, which can have less: nobody is waited for, so of many who miss a key
    /// at a time each computes, and one stores; the far tier is not asked and gets nothing, though
    /// what is heard of it ends these values too; nothing is computed early, and a stale value is
    /// renewed by a caller who waits for it, while others get it as it is.
    ///
    /// # Errors
    ///
    /// The error of `compute`, unless a stale value may stand in for it.
    pub fn get_or_compute<E>(
        &self,
        key: &K,
        compute: impl FnOnce(Loading<V>) -> Result<V, E>,
    ) -> Result<Fetched<Arc<V>>, E> {
        let compute = |loading| compute(loading).map(Arc::new);
        self.compute(key, |known| known, |value| Some(Arc::clone(value)), compute)
    }

    /// Returns a value, or that there is none, computed as by [`get_or_compute`](Self::get_or_compute).
    ///
    /// # Errors
    ///
    /// The error of `compute`, unless a stale value may stand in for it.
    pub fn get_or_compute_optional<E>(
        &self,
        key: &K,
        compute: impl FnOnce(Loading<V>) -> Result<Option<V>, E>,
    ) -> Result<Fetched<Option<Arc<V>>>, E> {
        let compute = |loading| compute(loading).map(|value| value.map(Arc::new));
        self.compute(key, Some, Clone::clone, compute)
    }

    /// Returns what is known, if it is something that the caller knows, or what is computed.
    fn compute<T, E>(
        &self,
        key: &K,
        known: fn(Option<Arc<V>>) -> Option<T>,
        stored: fn(&T) -> Option<Arc<V>>,
        compute: impl FnOnce(Loading<V>) -> Result<T, E>,
    ) -> Result<Fetched<T>, E> {
        let inner = &self.inner;
        let fetched = |value, outcome| known(value).map(|value| Fetched::new(value, outcome));
        let (stale, previous) = match inner.look(key) {
            Look::Refresh(entry, outcome @ Outcome::Stale(_)) => {
                (fetched(entry.value.clone(), outcome), Some(entry))
            }
            Look::Serve(value, outcome) => match fetched(value, outcome) {
                Some(fetched) => return Ok(fetched),
                None => (None, None),
            },
            Look::Refresh(entry, outcome) => match fetched(entry.value, outcome) {
                Some(fetched) => return Ok(fetched),
                None => (None, None),
            },
            Look::Load(previous) => (None, previous),
        };
        let talk = Arc::new(Talk::new(previous.as_ref().and_then(|entry| entry.value.clone())));
        let loading = Loading::new(inner.hasher, Arc::clone(&talk));
        let known_now = match inner.board(key, term(previous.as_ref()), |_| true) {
            Boarding::Own(flight) => {
                let mut pilot = Pilot::new(Arc::clone(inner), talk);
                pilot.seats.push(Seat { key: key.clone(), flight: Arc::clone(&flight), previous });
                return pilot.compute(|| compute(loading), stored).map_or_else(
                    |error| match flight.landed() {
                        Some(Landing::Degraded { value, stale }) => {
                            fetched(value, Outcome::Degraded(length(stale))).ok_or(error)
                        }
                        _ => Err(error),
                    },
                    |value| Ok(Fetched::new(value, Outcome::Loaded)),
                );
            }
            Boarding::Needless(Fetched { value, outcome }) => fetched(value, outcome),
            Boarding::Other(_) => stale,
        };
        // What somebody else computes at the same time is stored, and this is not.
        let alone = || compute(loading).map(|value| Fetched::new(value, Outcome::Loaded));
        known_now.map_or_else(alone, Ok)
    }
}
