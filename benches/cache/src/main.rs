//! `cargo run --release -p cache [-- --json]`: reads and writes of a cache with a time to live.
//!
//! 100,000 entries are there, keys come as Zipf's law with the exponent 0.99 has it, values are
//! `Arc<[u8; 64]>`. `quick_cache` has no time to live and `DashMap` no bound either: they are what a
//! cache cannot be faster than.

mod http;
mod keys;
mod traces;

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dashmap::DashMap;
use harness::{Contestant, Effort, Shape};
use palisade_cache::{Cache, Ticker};
use palisade_testkit::alloc::CountingAllocator;
use tokio::runtime::Builder;

use crate::keys::Keys;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

const ENTRIES: u64 = 100_000;
const ROOM: usize = 200_000;
const TTL: Duration = Duration::from_mins(5);

type Value = [u8; 64];

const SHAPES: &[Shape] = &[
    Shape { name: "get, hit", contestants: get, effort: Effort::NANOS },
    Shape { name: "get_or_load, hit", contestants: load, effort: Effort::NANOS },
    Shape { name: "set, evicting", contestants: set, effort: Effort::NANOS },
];

fn main() {
    // A hit needs no runtime; ours asks for one only where it loads.
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _inside = runtime.enter();
    harness::main("cache", &[SHAPES, http::SHAPES].concat());
    if harness::is_chosen("hit ratios") && !std::env::args().any(|argument| argument == "--json") {
        traces::print();
    }
}

fn value() -> Value {
    [7; 64]
}

fn ours(ticker: Option<&Ticker>, entries: usize) -> Cache<u64, Value> {
    let builder = Cache::<u64, Value>::builder("bench").entries(entries).expect("a bound");
    match ticker {
        Some(ticker) => builder.ticker(ticker),
        None => builder,
    }
    .build()
}

fn ticker() -> Ticker {
    Ticker::start().expect("a thread")
}

/// Calls with key after key.
fn each(name: &'static str, mut call: impl FnMut(u64) + 'static) -> Contestant {
    let mut keys = Keys::zipf(ENTRIES);
    Contestant::new(name, move || call(black_box(keys.next())))
}

fn get() -> Vec<Contestant> {
    let (ticked, clocked) = (ours(Some(&ticker()), ROOM), ours(None, ROOM));
    let quick = quick_cache::sync::Cache::new(ROOM);
    let moka = moka::sync::Cache::builder().max_capacity(ROOM as u64).time_to_live(TTL).build();
    let dash = DashMap::new();
    for key in 0..ENTRIES {
        drop(ticked.set(&key, value()));
        drop(clocked.set(&key, value()));
        quick.insert(key, Arc::new(value()));
        moka.insert(key, Arc::new(value()));
        dash.insert(key, Arc::new(value()));
    }
    moka.run_pending_tasks();
    vec![
        each("palisade-cache, ticker", move |key| drop(black_box(ticked.get(&key)))),
        each("palisade-cache, system clock", move |key| drop(black_box(clocked.get(&key)))),
        each("moka 0.12 sync", move |key| drop(black_box(moka.get(&key)))),
        each("quick_cache 0.7, no time to live", move |key| drop(black_box(quick.get(&key)))),
        each("floor: DashMap 6, no bound", move |key| {
            drop(black_box(dash.get(&key).map(|value| Arc::clone(&value))));
        }),
    ]
}

/// Polls once: a hit is ready.
fn poll<T>(call: impl Future<Output = T>) {
    let polled = pin!(call).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(black_box(polled), Poll::Ready(_)), "a hit answers at once");
}

fn load() -> Vec<Contestant> {
    let ours = ours(Some(&ticker()), ROOM);
    let quick = quick_cache::sync::Cache::new(ROOM);
    let moka = moka::future::Cache::builder().max_capacity(ROOM as u64).time_to_live(TTL).build();
    let dash = DashMap::new();
    for key in 0..ENTRIES {
        drop(ours.set(&key, value()));
        quick.insert(key, Arc::new(value()));
        poll(moka.insert(key, Arc::new(value())));
        dash.insert(key, Arc::new(value()));
    }
    poll(moka.run_pending_tasks());
    vec![
        each("palisade-cache, ticker", move |key| {
            poll(ours.get_or_load(&key, |_| ready(Ok::<_, Infallible>(value()))));
        }),
        each("moka 0.12 future", move |key| {
            poll(moka.get_with(key, async { Arc::new(value()) }));
        }),
        each("quick_cache 0.7, no time to live", move |key| {
            poll(quick.get_or_insert_async(&key, async { Ok::<_, Infallible>(Arc::new(value())) }));
        }),
        each("floor: DashMap 6, get only", move |key| {
            drop(black_box(dash.get(&key).map(|value| Arc::clone(&value))));
        }),
    ]
}

fn set() -> Vec<Contestant> {
    const FULL: usize = 10_000;
    let ours = ours(Some(&ticker()), FULL);
    let quick = quick_cache::sync::Cache::new(FULL);
    let moka = moka::sync::Cache::builder().max_capacity(FULL as u64).time_to_live(TTL).build();
    let new = |name, mut call: Box<dyn FnMut(u64)>| {
        let mut key = 0;
        Contestant::new(name, move || {
            key += 1;
            call(black_box(key));
        })
    };
    vec![
        new("palisade-cache, ticker", Box::new(move |key| drop(ours.set(&key, value())))),
        new("moka 0.12 sync", Box::new(move |key| moka.insert(key, Arc::new(value())))),
        new(
            "floor: quick_cache 0.7, no time to live",
            Box::new(move |key| quick.insert(key, Arc::new(value()))),
        ),
    ]
}
