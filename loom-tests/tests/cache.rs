//! Every interleaving of a load and an invalidation.
//!
//! Run with `cargo xtask test --only loom`.
//! The model must be able to fail: `a_tag_noted_when_it_is_named_is_caught` notes the era where the
//! loader names its tag, not where the load began, and passes because loom finds the stale read.
#![cfg(palisade_loom)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a model fails by panicking")]

use std::num::NonZeroUsize;
use std::sync::Arc;

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use palisade_cache::eras::{Began, Eras};

const TAG: u64 = 7;

/// A row, and what a cache holds of it.
struct World {
    eras: Eras,
    row: AtomicU64,
    entry: Mutex<Option<(u64, Began)>>,
}

impl World {
    fn new() -> Arc<Self> {
        let eras = Eras::new(NonZeroUsize::MIN);
        Arc::new(Self { eras, row: AtomicU64::new(1), entry: Mutex::new(None) })
    }

    fn load(&self) {
        let began = self.eras.begin();
        let value = self.row.load(Ordering::SeqCst);
        *self.entry.lock().unwrap() = Some((value, began));
    }

    /// Notes the era too late.
    fn load_wrongly(&self) {
        let value = self.row.load(Ordering::SeqCst);
        let began = self.eras.begin();
        *self.entry.lock().unwrap() = Some((value, began));
    }

    fn read(&self) -> Option<u64> {
        let entry = *self.entry.lock().unwrap();
        entry.filter(|(_, began)| self.eras.hold(*began, &[TAG])).map(|(value, _)| value)
    }
}

fn race(load: fn(&World), invalidate: fn(&Eras)) {
    loom::model(move || {
        let world = World::new();
        let loader = {
            let world = Arc::clone(&world);
            thread::spawn(move || load(&world))
        };
        world.row.store(2, Ordering::SeqCst);
        invalidate(&world.eras);
        // Whenever the load ends: nothing that was read before is served from now on.
        assert_ne!(world.read(), Some(1));
        loader.join().unwrap();
        assert_ne!(world.read(), Some(1));
    });
}

#[test]
fn a_load_that_an_invalidation_overtakes_is_never_served() {
    race(World::load, |eras| eras.end_tag(TAG));
    race(World::load, Eras::end_all);
}

#[test]
fn two_invalidations_at_once_lose_none() {
    loom::model(|| {
        let world = World::new();
        world.load();
        let other = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.eras.end_tag(TAG))
        };
        world.eras.end_tag(TAG);
        let began = world.eras.begin();
        other.join().unwrap();
        assert_eq!(world.read(), None);
        // What begins after both holds.
        world.load();
        assert_eq!(world.read(), Some(1));
        drop(began);
    });
}

#[test]
#[should_panic(expected = "assertion")]
fn a_tag_noted_when_it_is_named_is_caught() {
    race(World::load_wrongly, |eras| eras.end_tag(TAG));
}
