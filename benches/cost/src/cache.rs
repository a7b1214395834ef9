//! Hot paths of `palisade-cache`: hits, a value that is put in, an invalidation, what a far tier reads.

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use palisade_cache::envelope::{Format, Header, Mark, open, seal};
use palisade_cache::key::text;
use palisade_cache::{Cache, Loading, Ticker};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("ic_cache_get", || with(|cache| drop(black_box(ic_cache_get(cache, 1))))),
    ("ic_cache_get_tagged", || with(|cache| _ = black_box(ic_cache_get_tagged(cache, TAGGED)))),
    ("ic_cache_get_or_load", || with(|cache| drop(black_box(ic_cache_get_or_load(cache, 1))))),
    ("ic_cache_set", || with(|cache| ic_cache_set(cache, 1))),
    ("ic_cache_invalidate_tag", || with(ic_cache_invalidate_tag)),
    ("ic_cache_key", || drop(black_box(ic_cache_key(black_box("a school"), 7)))),
    ("ic_cache_open", opened),
];

type Values = Cache<u64, u64>;

/// Has two tags.
const TAGGED: u64 = 2000;

/// Calls with a cache of 501 entries, of which everything that is counted was read and set before.
fn with(call: impl Fn(&Values)) {
    let ticker = Ticker::start().expect("a thread");
    let cache = Cache::<u64, u64>::builder("cost").ticker(&ticker).entries(1000).expect("a bound");
    let cache = cache.build();
    for key in 0..500 {
        drop(cache.set(&key, key));
    }
    let tagged = cache.get_or_compute(&TAGGED, |loading: Loading<u64>| {
        loading.tag("org", 3);
        loading.tag("user", 7);
        Ok::<_, Infallible>(2)
    });
    assert!(tagged.is_ok() && cache.get(&1).is_some() && cache.get(&TAGGED).is_some());
    call(&cache);
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_get(cache: &Values, key: u64) -> Option<Arc<u64>> {
    cache.get(&key)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_get_tagged(cache: &Values, key: u64) -> Option<u64> {
    cache.get(&key).map(|value| *value)
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_get_or_load(cache: &Values, key: u64) -> Option<Arc<u64>> {
    let call = pin!(cache.get_or_load(&key, |_| ready(Ok::<_, Infallible>(0))));
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(fetched)) => Some(fetched.value),
        _ => None,
    }
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_set(cache: &Values, key: u64) {
    drop(cache.set(&key, 7));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_invalidate_tag(cache: &Values) {
    drop(cache.invalidate_tag("org", 3));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_key(school: &str, id: u64) -> String {
    text(&(school, id))
}

/// A value of ten fields of 100 bytes.
fn opened() {
    let format = Format::new(1).named("cost");
    let header = Header::new(Mark::new([7; 16], 7), 1000).slots([1, 2, 3]);
    let value = vec!["x".repeat(100); 10];
    let sealed = seal(&format, &header, Some(&value)).expect("a value");
    assert_eq!(open::<Vec<String>>(&format, &sealed).expect("itself").value, Some(value));
    drop(black_box(ic_cache_open(&format, &sealed)));
}

#[inline(never)]
// SAFETY: no other symbol of the program begins with `ic_`.
#[unsafe(no_mangle)]
#[allow(clippy::no_mangle_with_rust_abi, reason = "valgrind asks for the name only")]
fn ic_cache_open(format: &Format, sealed: &[u8]) -> Option<Vec<String>> {
    open::<Vec<String>>(format, sealed).ok()?.value
}
