//! Loads that are under way: one for a key, and what decides between it and an invalidation.
//!
//! A load publishes its value, and an invalidation removes one, under the lock of the key's place in
//! the table of flights. A load that was overtaken is no longer in the table and publishes nothing.

use std::any::Any;
use std::hash::Hash;
use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Place;
use tokio::sync::watch;

use std::convert::Infallible;

use crate::entry::Tags;
use crate::eras::{Began, Eras};
use crate::error::LoadError;

/// A load that is under way.
pub(crate) struct Flight<V> {
    /// Before the loader read anything.
    pub(crate) began: Began,
    landing: watch::Sender<Option<Landing<V>>>,
}

/// How a load ended.
pub(crate) enum Landing<V> {
    /// What was loaded, or found in the far tier, and its tags; `None` if they are too many to be
    /// kept.
    Value { value: Option<Arc<V>>, tags: Option<Tags>, is_far: bool },
    /// A stale value, in place of the one that could not be loaded.
    Degraded { value: Option<Arc<V>>, stale: u32 },
    /// The loader's error, of the type that its caller knows.
    Failed(Arc<dyn Any + Send + Sync>),
    /// Ended otherwise.
    Lost(LoadError<Infallible>),
}

impl<V> Clone for Landing<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Value { value, tags, is_far } => {
                Self::Value { value: value.clone(), tags: tags.clone(), is_far: *is_far }
            }
            Self::Degraded { value, stale } => {
                Self::Degraded { value: value.clone(), stale: *stale }
            }
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
            Self::Lost(lost) => Self::Lost(lost.clone()),
        }
    }
}

impl<V> Flight<V> {
    fn new(began: Began) -> Self {
        Self { began, landing: watch::Sender::new(None) }
    }

    pub(crate) fn land(&self, landing: Landing<V>) {
        self.landing.send_replace(Some(landing));
    }

    /// Returns how the load ended, if it has.
    pub(crate) fn landed(&self) -> Option<Landing<V>> {
        self.landing.borrow().clone()
    }

    /// Lands it if nothing has.
    pub(crate) fn land_unless_landed(&self, landing: Landing<V>) {
        self.landing.send_if_modified(|landed| {
            let is_open = landed.is_none();
            if is_open {
                *landed = Some(landing);
            }
            is_open
        });
    }

    /// Waits with the others, unless there are as many as may be.
    pub(crate) fn join(&self, limit: usize) -> Option<Waiter<V>> {
        (self.landing.receiver_count() < limit).then(|| Waiter(self.landing.subscribe()))
    }
}

/// Somebody who waits for a load.
pub(crate) struct Waiter<V>(watch::Receiver<Option<Landing<V>>>);

impl<V> Waiter<V> {
    pub(crate) async fn landed(mut self) -> Landing<V> {
        match self.0.wait_for(Option::is_some).await {
            Ok(landing) => landing.as_ref().map_or(Landing::Lost(LoadError::Ended), Clone::clone),
            Err(_) => Landing::Lost(LoadError::Ended),
        }
    }
}

/// The loads of one cache.
///
/// What runs under a lock is given as a closure, and calls nothing but the engine.
pub(crate) struct Flights<K, V> {
    table: DashMap<K, Arc<Flight<V>>>,
}

/// Who flies.
pub(crate) enum Boarding<V, T> {
    /// The caller's flight was put in.
    Own(Arc<Flight<V>>),
    /// There is one.
    Other(Arc<Flight<V>>),
    /// None is needed.
    Needless(T),
}

impl<K: Hash + Eq + Clone, V> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Self { table: DashMap::new() }
    }

    /// Puts a flight in, unless there is one that will do or a look under the lock finds it needless.
    pub(crate) fn board<T>(
        &self,
        key: &K,
        eras: &Eras,
        will_do: impl FnOnce(&Flight<V>) -> bool,
        look: impl FnOnce() -> Option<T>,
    ) -> Boarding<V, T> {
        let own = || Arc::new(Flight::new(eras.begin()));
        match self.table.entry(key.clone()) {
            Place::Occupied(taken) if will_do(taken.get()) => {
                Boarding::Other(Arc::clone(taken.get()))
            }
            Place::Occupied(mut overtaken) => {
                let own = own();
                overtaken.insert(Arc::clone(&own));
                Boarding::Own(own)
            }
            Place::Vacant(free) => match look() {
                Some(found) => Boarding::Needless(found),
                None => Boarding::Own(Arc::clone(free.insert(own()).value())),
            },
        }
    }

    /// Takes a flight out; does what it came for if nothing overtook it.
    pub(crate) fn leave(&self, key: &K, flight: &Arc<Flight<V>>, publish: impl FnOnce()) {
        if let Place::Occupied(taken) = self.table.entry(key.clone())
            && Arc::ptr_eq(taken.get(), flight)
        {
            publish();
            taken.remove();
        }
    }

    /// Does something that overtakes the flight of the key, if there is one.
    pub(crate) fn overtake(&self, key: &K, change: impl FnOnce()) {
        match self.table.entry(key.clone()) {
            Place::Occupied(taken) => {
                change();
                taken.remove();
            }
            Place::Vacant(_locked) => change(),
        }
    }

    /// Lets every flight that is under way go on unheard: who asks from now on waits for none.
    pub(crate) fn overtake_all(&self) {
        self.table.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }
}
