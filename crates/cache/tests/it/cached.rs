//! Functions whose calls a cache answers, and values that their caller computes.

use std::convert::Infallible;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use palisade_cache::{Cache, LoadError, Outcome, Tier, cached};

use crate::world::{Row, TTL, cache, until};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Failure {
    #[error("there is no such user")]
    Unknown,
    #[error(transparent)]
    Lost(#[from] LoadError<Infallible>),
}

static TEXTS: LazyLock<Cache<String, String>> =
    LazyLock::new(|| Cache::builder("texts").entries(1000).unwrap().build());

/// Functions are called so often.
static CALLS: AtomicU64 = AtomicU64::new(0);

#[cached(cache = TEXTS, key = "name:{school}:{name}")]
async fn greeting(school: &str, name: String) -> Result<String, Failure> {
    CALLS.fetch_add(1, Ordering::SeqCst);
    if name.is_empty() {
        return Err(Failure::Unknown);
    }
    Ok(format!("{name} of {school}"))
}

#[tokio::test]
async fn a_call_is_answered_by_the_cache_and_an_error_is_the_functions_own() {
    let calls = || CALLS.load(Ordering::SeqCst);
    assert_eq!(greeting("a:b", "c".to_owned()).await.unwrap(), "c of a:b");
    assert_eq!(greeting("a:b", "c".to_owned()).await.unwrap(), "c of a:b");
    assert_eq!(calls(), 1);
    // `format!("name:{school}:{name}")` has one text for both.
    assert_eq!(greeting("a", "b:c".to_owned()).await.unwrap(), "b:c of a");
    assert_eq!(calls(), 2);
    for _ in 0..2 {
        assert_eq!(greeting("a", String::new()).await, Err(Failure::Unknown));
    }
    assert_eq!(calls(), 4, "an error is not kept");
}

#[test]
fn a_load_that_is_lost_is_an_error_of_the_function() {
    // There is no runtime.
    let call = std::pin::pin!(greeting("x", "y".to_owned()));
    let polled = call.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let lost = Failure::Lost(LoadError::NoRuntime);
    assert_eq!(polled, std::task::Poll::Ready(Err(lost)));
}

/// A service with what its functions need.
#[derive(Clone)]
struct Users {
    row: Row,
    one: Cache<(u64, u64), u64>,
    all: Cache<u64, Arc<[u64]>>,
    names: Cache<String, String>,
}

impl Users {
    fn new(row: &Row) -> Self {
        Self {
            row: row.clone(),
            one: Cache::builder("one").entries(1000).unwrap().build(),
            all: Cache::builder("all").entries(1000).unwrap().build(),
            names: Cache::builder("names").negative(TTL).unwrap().entries(10).unwrap().build(),
        }
    }

    /// Without `key`: all arguments.
    #[cached(cache = self.one, tier = SHORT, tag("org", org), tag("user", id))]
    async fn one(&self, org: u64, mut id: u64) -> Result<u64, Failure> {
        id += self.row.clone().read().await;
        Ok(id)
    }

    #[cached(cache = self.all, key = org, tag("org", org), without(hint))]
    async fn all<T: AsRef<[u64]> + Clone + Send + Sync + 'static>(
        &self,
        org: u64,
        hint: &T,
    ) -> Result<Arc<[u64]>, Failure> {
        let more = Self::more(org);
        Ok(hint.as_ref().iter().copied().chain([self.row.clone().read().await, more]).collect())
    }

    const fn more(org: u64) -> u64 {
        org * 10
    }

    #[cached(cache = self.names, lost = |_| "lost")]
    async fn name(self: Arc<Self>, name: &str) -> Result<Option<String>, &'static str> {
        let _ = self.row.clone().read().await;
        Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
    }
}

#[tokio::test]
async fn methods_are_answered_by_the_cache_of_their_service() {
    let row = Row::new(1);
    let users = Users::new(&row);
    assert_eq!(users.one(3, 7).await, Ok(8));
    assert_eq!(users.one(3, 7).await, Ok(8));
    assert_eq!((users.one(3, 8).await, row.reads()), (Ok(9), 2));
    assert_eq!((users.one_uncached(3, 7).await, row.reads()), (Ok(8), 3));
    // Each tag ends what it names.
    users.one.invalidate_tag("user", 7).await;
    assert_eq!((users.one.get(&(3, 7)), users.one.len()), (None, 2));
    row.write(2);
    assert_eq!((users.one(3, 7).await, users.one(3, 8).await), (Ok(9), Ok(9)));
    let list = users.all(3, &vec![5]).await.unwrap();
    assert_eq!((*list).to_vec(), [5, 2, 30]);
    assert!(Arc::ptr_eq(&list, &users.all(3, &[6]).await.unwrap()), "no value depends on the hint");
    users.one.invalidate_tag("org", 3).await;
    assert_eq!(users.one.get(&(3, 8)), None);
    // That there is none is kept too.
    let (users, before) = (Arc::new(users), row.reads());
    for _ in 0..2 {
        assert_eq!(Arc::clone(&users).name("").await, Ok(None));
        assert_eq!(Arc::clone(&users).name("Ada").await, Ok(Some("Ada".to_owned())));
    }
    assert_eq!(row.reads() - before, 2);
}

#[tokio::test]
async fn of_calls_at_a_time_one_runs_the_function_and_none_hangs_with_its_caller() {
    let row = Row::gated(1);
    let users = Users::new(&row);
    let mut first = Box::pin(users.one(1, 1));
    assert!(
        std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_pending()))
            .await
    );
    let second = tokio::spawn({
        let users = users.clone();
        async move { users.one(1, 1).await }
    });
    row.read_by(1).await;
    row.open(1);
    assert_eq!(second.await.unwrap(), Ok(2));
    drop(first);
    assert_eq!(row.reads(), 1);
}

#[tokio::test]
async fn the_tier_that_a_loader_names_is_the_one_that_counts() {
    let (cache, clock) = cache(|builder| builder);
    let short = Tier::new(std::time::Duration::from_secs(10)).unwrap().jitter(0).unwrap();
    let load = |loading: palisade_cache::Loading<u64>| async move {
        loading.tier(short);
        Ok::<_, Infallible>(1)
    };
    cache.get_or_load(&1, load).await.unwrap();
    clock.advance(std::time::Duration::from_secs(9));
    assert!(cache.get(&1).is_some());
    clock.advance(std::time::Duration::from_secs(1));
    assert!(cache.get(&1).is_none());
}

#[cached(cache = numbers, key = number, without(numbers, calls, shown))]
fn square(
    numbers: &Cache<u64, u64>,
    calls: &AtomicU64,
    shown: &(impl Display + ?Sized),
    number: u64,
) -> u64 {
    calls.fetch_add(1, Ordering::SeqCst);
    assert!(!shown.to_string().is_empty());
    number * number
}

#[cached(cache = numbers, key = number, without(numbers, found), tag("org", 7))]
fn root(
    numbers: &Cache<u64, u64>,
    found: Result<Option<u64>, std::io::Error>,
    number: u64,
) -> std::io::Result<Option<u64>> {
    found.map(|found| found.filter(|root| root * root == number))
}

#[test]
fn a_function_that_is_not_async_is_answered_from_memory() {
    let ((squares, _), calls) = (cache(|builder| builder), AtomicU64::new(0));
    for _ in 0..2 {
        assert_eq!(square(&squares, &calls, "unsized", 7), 49);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    let (roots, _) = cache(|builder| builder.negative(TTL).unwrap());
    let gone = || Err(std::io::Error::other("gone"));
    assert_eq!(root(&roots, gone(), 9).unwrap_err().to_string(), "gone");
    assert_eq!(root(&roots, Ok(Some(3)), 9).unwrap(), Some(3));
    assert_eq!(root(&roots, gone(), 9).unwrap(), Some(3));
    drop(roots.invalidate_tag("org", 7));
    assert!(root(&roots, gone(), 9).is_err());
    // That there is none is known.
    assert_eq!(root(&roots, Ok(None), 10).unwrap(), None);
    assert_eq!(root(&roots, gone(), 10).unwrap(), None);
    // Who must have a value computes it.
    assert_eq!(*roots.get_or_compute(&10, |_| Ok::<_, Infallible>(4)).unwrap().value, 4);
}

#[test]
fn a_function_that_is_not_async_is_asked_again_when_its_value_is_stale_and_that_stands_in() {
    let (squares, clock) = cache(|builder| builder.stale_while_revalidate(TTL).unwrap());
    let calls = AtomicU64::new(0);
    for (calls_before, value) in [(0, 49), (1, 49)] {
        assert_eq!(calls.load(Ordering::SeqCst), calls_before);
        assert_eq!(square(&squares, &calls, "unsized", 7), value);
        assert_eq!(square(&squares, &calls, "unsized", 7), value);
        clock.advance(TTL);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 2, "a reader renews what is stale");

    let (roots, clock) =
        cache(|builder| builder.negative(TTL).unwrap().stale_if_error(TTL).unwrap());
    let gone = || Err(std::io::Error::other("gone"));
    assert_eq!(root(&roots, Ok(Some(3)), 9).unwrap(), Some(3));
    assert_eq!(root(&roots, Ok(None), 10).unwrap(), None);
    clock.advance(TTL);
    assert_eq!(root(&roots, gone(), 9).unwrap(), Some(3), "for its error there is a value");
    assert!(root(&roots, gone(), 10).is_err(), "that there was none stands in for nothing");
    clock.advance(TTL);
    assert!(root(&roots, gone(), 9).is_err());
}

#[test]
fn what_is_computed_and_overtaken_by_an_invalidation_is_not_kept() {
    for overtake in [
        (|cache| drop(cache.invalidate(&1))) as fn(&Cache<u64, u64>),
        |cache| drop(cache.invalidate_tag("org", 7)),
        |cache| drop(cache.clear()),
        |cache| drop(cache.set(&1, 2)),
    ] {
        let (cache, _) = cache(|builder| builder);
        let got = cache.get_or_compute(&1, |loading| {
            loading.tag("org", 7);
            overtake(&cache);
            Ok::<_, Infallible>(1)
        });
        assert_eq!(*got.unwrap().value, 1, "who asked before may have it");
        assert_ne!(cache.get(&1).as_deref(), Some(&1));
    }
}

#[test]
fn what_panics_while_it_computes_leaves_the_key_free() {
    let (cache, _) = cache(|builder| builder);
    let compute = || cache.get_or_compute(&1, |_| -> Result<u64, Infallible> { panic!("gone") });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(compute)).is_err());
    assert_eq!(cache.loading(), 0);
    let again = cache.get_or_compute(&1, |_| Ok::<_, Infallible>(1)).unwrap();
    assert_eq!((*again.value, again.outcome), (1, Outcome::Loaded));
}

#[test]
fn a_stale_value_is_renewed_by_its_reader_and_stands_in_for_an_error() {
    let (cache, clock) = cache(|builder| {
        builder.stale_while_revalidate(TTL).unwrap().stale_if_error(TTL * 2).unwrap()
    });
    let get = |value: Result<u64, &'static str>| {
        cache.get_or_compute(&1, |_| value).map(|got| (*got.value, got.outcome))
    };
    assert_eq!(get(Ok(1)), Ok((1, Outcome::Loaded)));
    clock.advance(TTL);
    assert_eq!(get(Ok(2)), Ok((2, Outcome::Loaded)));
    clock.advance(TTL);
    assert!(matches!(get(Err("gone")), Ok((2, Outcome::Degraded(_)))));
    assert!(matches!(get(Ok(3)), Ok((2, Outcome::Degraded(_)))), "not tried again so soon");
    drop(cache.invalidate(&1));
    assert_eq!(get(Err("gone")), Err("gone"));
}

#[tokio::test]
async fn who_waits_for_what_another_computes_loads_when_that_fails() {
    let (cache, _) = cache(|builder| builder);
    let (row, waiting) = (Row::new(5), cache.clone());
    let (started, start) = tokio::sync::oneshot::channel();
    let (over, end) = std::sync::mpsc::channel::<()>();
    let computing = std::thread::spawn(move || {
        cache.get_or_compute(&1, |_| {
            started.send(()).unwrap();
            end.recv().unwrap();
            Err::<u64, _>("gone")
        })
    });
    start.await.unwrap();
    let waits = tokio::spawn({
        let loader = row.loader();
        async move { waiting.get_or_load(&1, loader).await.map(|got| *got.value) }
    });
    until(|| row.reads() == 0).await;
    over.send(()).unwrap();
    assert_eq!(waits.await.unwrap(), Ok(5));
    assert!(computing.join().unwrap().is_err());
}
