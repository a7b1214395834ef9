//! One load for all who ask at a time, whatever becomes of who asked first.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use palisade_cache::{LoadError, Outcome};

use crate::world::{Row, cache, until};

#[tokio::test]
async fn of_many_who_ask_at_once_one_loads() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let ask = |_| {
        let (cache, loader) = (cache.clone(), row.loader());
        tokio::spawn(async move { cache.get_or_load(&1, loader).await.unwrap() })
    };
    let asked: Vec<_> = (0..100).map(ask).collect();
    row.read_by(1).await;
    until(|| cache.stats().misses == 100).await;
    row.open(100);
    let mut outcomes = Vec::new();
    for one in asked {
        let one = one.await.unwrap();
        assert_eq!(*one.value, 5);
        outcomes.push(one.outcome);
    }
    let loaded = outcomes.iter().filter(|outcome| **outcome == Outcome::Loaded).count();
    let joined = outcomes.iter().filter(|outcome| **outcome == Outcome::Joined).count();
    assert_eq!((loaded, joined, row.reads()), (1, 99, 1));
    assert_eq!(cache.get_or_load(&1, row.loader()).await.unwrap().outcome, Outcome::Hit);
}

#[tokio::test]
async fn a_leader_that_is_polled_once_and_parked_hangs_nobody() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let mut parked = Box::pin(cache.get_or_load(&1, row.loader()));
    assert!(parked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    row.open(1);
    // It is never polled again while the other waits.
    let other = cache.get_or_load(&1, row.loader()).await.unwrap();
    assert_eq!((*other.value, other.outcome), (5, Outcome::Joined));
    assert_eq!(parked.await.unwrap().outcome, Outcome::Loaded);
}

#[tokio::test]
async fn a_leader_that_is_dropped_loses_nothing() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let mut dropped = Box::pin(cache.get_or_load(&1, row.loader()));
    assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(dropped);
    row.read_by(1).await;
    row.open(1);
    until(|| cache.get(&1).is_some()).await;
    assert_eq!((row.reads(), cache.loading()), (1, 0));
}

#[tokio::test]
async fn a_panic_is_an_error_for_all_and_the_next_call_loads() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let panics = tokio::spawn({
        let (cache, row) = (cache.clone(), row.clone());
        async move {
            let load = |_| async move {
                row.read().await;
                panic!("on purpose")
            };
            cache.get_or_load::<(), _, _>(&1, load).await
        }
    });
    row.read_by(1).await;
    let joins = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.loader());
        async move { cache.get_or_load(&1, loader).await }
    });
    until(|| cache.stats().misses == 2).await;
    row.open(1);
    assert_eq!(panics.await.unwrap().unwrap_err(), LoadError::Ended);
    assert_eq!(joins.await.unwrap().unwrap_err(), LoadError::Ended);
    assert_eq!(cache.loading(), 0);
    row.open(1);
    assert_eq!(**cache.get_or_load(&1, row.loader()).await.unwrap(), 5);

    // Before there is a future.
    let broken = |_| -> std::future::Ready<Result<u64, ()>> { panic!("on purpose") };
    let call = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get_or_load(&2, broken).await.is_ok() }
    });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(cache.loading(), 0);
}

#[tokio::test]
async fn more_waiters_than_the_cache_allows_are_refused_at_once() {
    let (cache, _) = cache(|builder| builder.waiters(3));
    let row = Row::gated(5);
    let ask = |_| {
        let (cache, loader) = (cache.clone(), row.loader());
        tokio::spawn(async move { cache.get_or_load(&1, loader).await })
    };
    let asked: Vec<_> = (0..3).map(ask).collect();
    until(|| cache.stats().misses == 3).await;
    let refused = cache.get_or_load(&1, row.loader()).await.unwrap_err();
    assert_eq!(refused, LoadError::Crowded { limit: 3 });
    row.open(1);
    for one in asked {
        assert!(one.await.unwrap().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_loader_that_hangs_is_ended_at_the_limit() {
    let limit = Duration::from_secs(2);
    let (cache, _) = cache(|builder| builder.load_limit(limit).unwrap());
    let hangs = |_| std::future::pending::<Result<u64, ()>>();
    assert_eq!(cache.get_or_load(&1, hangs).await.unwrap_err(), LoadError::TimedOut { limit });
    assert_eq!(cache.loading(), 0);
}

#[test]
fn a_call_without_a_runtime_is_told_and_one_that_needs_none_is_served() {
    let (cache, _) = cache(|builder| builder);
    let poll = |key| {
        let mut call = Box::pin(cache.get_or_load(&key, Row::new(5).loader()));
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(answer) => answer.map(|fetched| *fetched.value),
            std::task::Poll::Pending => panic!("it answers at once"),
        }
    };
    assert_eq!(poll(1), Err(LoadError::NoRuntime));
    drop(cache.set(&1, 6));
    assert_eq!((poll(1), cache.loading()), (Ok(6), 0));
}

#[test]
fn a_runtime_that_ends_lands_its_loads() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut left = Box::pin(cache.get_or_load(&1, row.loader()));
        assert!(left.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        row.read_by(1).await;
    });
    drop(runtime);
    assert_eq!(cache.loading(), 0);
}

#[tokio::test]
async fn an_error_keeps_its_type_for_everybody_and_another_type_loads_itself() {
    #[derive(Clone, Debug, PartialEq)]
    struct Odd(u64);
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let fails = || {
        let (cache, row) = (cache.clone(), row.clone());
        tokio::spawn(async move {
            cache.get_or_load(&1, |_| async move { Err(Odd(row.read().await)) }).await
        })
    };
    let (first, second) = (fails(), fails());
    let other = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.loader());
        async move { cache.get_or_load(&1, loader).await }
    });
    until(|| cache.stats().misses == 3).await;
    row.open(2);
    assert_eq!(first.await.unwrap().unwrap_err(), LoadError::Loader(Odd(5)));
    assert_eq!(second.await.unwrap().unwrap_err(), LoadError::Loader(Odd(5)));
    let other = other.await.unwrap().unwrap();
    assert_eq!((*other.value, other.outcome), (5, Outcome::Loaded));
    assert_eq!(Arc::strong_count(&other.value), 2, "the cache holds it too");
}
