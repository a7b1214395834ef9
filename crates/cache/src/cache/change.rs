//! What is put in and what is ended.

use std::fmt;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Cache, Inner};
use crate::entry::{Entry, Tags};
use crate::envelope::Mark;
use crate::eras::Began;
use crate::far::{FarKey, Given, Reach};
use crate::tag::TagId;

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Stores a value for the cache's time to live; a load of the key that runs is overtaken.
    ///
    /// Between the reading of a value and this call nobody can tell whether it was invalidated:
    /// [`get_or_load`](Self::get_or_load) can, and is the better choice for what was read somewhere.
    ///
    /// With a far tier the future is to be awaited: other processes drop what they have, and the
    /// tier takes the value unless somebody else ends it meanwhile. Without one, all is done when this
    /// returns.
    pub fn set(&self, key: &K, value: V) -> Change {
        let (inner, value) = (&self.inner, Arc::new(value));
        let Some(far) = &inner.far else {
            inner.put(key, value);
            return Change::done();
        };
        let place = far.key(key);
        inner.eras.end_tag(u64::from(place.slot));
        let (began, born) = (inner.eras.begin(), far.tier.tick());
        let told = far.tier.end_elsewhere(&[place.slot], vec![place.key.clone()]);
        let (inner, key) = (Arc::clone(inner), key.clone());
        Change::rest(async move {
            let mark = told.await;
            // What the tier was not told is a debt by now, and ended here once more.
            let began = if mark.is_some() { began } else { inner.eras.begin() };
            inner.put_far(&key, place, value, began, born, mark).await;
            if mark.is_some() { Reach::All } else { Reach::Here }
        })
    }

    /// Stores values, each as [`set`](Self::set) does.
    pub async fn set_many(&self, values: impl IntoIterator<Item = (K, V)>) -> Reach {
        let mut reach = Reach::All;
        for (key, value) in values {
            if self.set(&key, value).await == Reach::Here {
                reach = Reach::Here;
            }
        }
        reach
    }

    /// Ends a value: no read that begins after this call returns it or what a load read that began
    /// before.
    ///
    /// That holds in this process when the call has returned, and, with a far tier, when its future is
    /// done in all others, within [`max_staleness`](Self::max_staleness) for those that do not hear of
    /// it. A future that is dropped is worked off in the background.
    pub fn invalidate(&self, key: &K) -> Change {
        let inner = &self.inner;
        inner.flights.overtake(key, || inner.near.remove(key));
        inner.far.as_ref().map_or_else(Change::done, |far| Change::rest(far.end(far.key(key))))
    }

    /// Ends all values under a tag, and the loads that began before, at the cost of one; here at once,
    /// elsewhere as [`invalidate`](Self::invalidate) does.
    ///
    /// Tags share 4,096 counters (16,384 with a far tier, where they are those of all its caches): now
    /// and then another tag's values end too.
    pub fn invalidate_tag<'a>(&self, kind: &str, id: impl Into<TagId<'a>>) -> Change {
        let inner = &self.inner;
        let hash = inner.hasher.of(kind, id.into());
        if let Some(far) = &inner.far {
            return Change::rest(far.end_tag(hash));
        }
        inner.eras.end_tag(hash);
        Change::done()
    }

    /// Ends all values, and the loads that began before, at the cost of one; here at once, elsewhere
    /// as [`invalidate`](Self::invalidate) does.
    ///
    /// What was there keeps its memory until others need it.
    pub fn clear(&self) -> Change {
        let inner = &self.inner;
        let ended = if let Some(far) = &inner.far {
            Change::rest(far.end_tag(u64::from(far.whole)))
        } else {
            inner.eras.end_all();
            Change::done()
        };
        inner.flights.overtake_all();
        ended
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq + Clone,
{
    fn put(&self, key: &K, value: Arc<V>) {
        if let Some(life) = self.life(true, None, None) {
            let term = self.term(life, 0);
            let entry = Entry::new(Some(value), self.eras.begin(), 0, Tags::new(), term);
            self.flights.overtake(key, || self.near.insert(key.clone(), entry));
        }
    }

    async fn put_far(
        &self,
        key: &K,
        place: FarKey,
        value: Arc<V>,
        began: Began,
        born: u32,
        mark: Option<Mark>,
    ) {
        let Some((far, life)) = self.far.as_ref().zip(self.life(true, None, None)) else { return };
        let (tags, term) = (Tags::from(far.own_tags(&place).as_slice()), self.term(life, 0));
        let entry = Entry::new(Some(Arc::clone(&value)), began, born, tags.clone(), term);
        self.flights.overtake(key, || self.near.insert(key.clone(), entry));
        let Some(mark) = mark else { return };
        let given = Given { key: place, mark, tags: &tags, value: Some(&*value), life, cost: 0 };
        if let Some(fill) = self.fill(far, given) {
            far.tier.fill(&[fill]).await;
        }
    }
}

/// What is left of a change: other processes are told.
///
/// In this process all is done. Awaited, it says how far the change came. Dropped, it is worked off in
/// the background, and a value that was [set](Cache::set) is not stored.
#[must_use = "other processes are told when it is awaited"]
pub struct Change {
    rest: Option<Pin<Box<dyn Future<Output = Reach> + Send>>>,
}

impl Change {
    const fn done() -> Self {
        Self { rest: None }
    }

    fn rest(rest: impl Future<Output = Reach> + Send + 'static) -> Self {
        Self { rest: Some(Box::pin(rest)) }
    }
}

impl Future for Change {
    type Output = Reach;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reach> {
        let Some(rest) = &mut self.rest else { return Poll::Ready(Reach::All) };
        rest.as_mut().poll(cx)
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("is_done", &self.rest.is_none()).finish_non_exhaustive()
    }
}
