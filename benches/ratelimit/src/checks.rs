//! The decision alone.

use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultKeyedRateLimiter, RateLimiter};
use harness::Contestant;
use palisade_core::Clock;
use palisade_ratelimit::key::KeyHasher;
use palisade_ratelimit::store::{Act, Ask, MemoryStore, RuleId, Store};
use palisade_ratelimit::{CoarseClock, Quota};

const FAST: Quota = Quota::per_second(1_000_000);
const SLOW: Quota = Quota::per_hour(1);

/// 16 bytes for each of a million keys, and a little.
const BYTES: usize = 16_777_216;

/// Keys in an order of no pattern (an odd multiplier walks all of 2^20).
fn keys(count: u64) -> Vec<IpAddr> {
    let network = |number: u64| 0x2001_0db8_0000_0000 | number.wrapping_mul(0x9E37_79B1) & 0xF_FFFF;
    let address = |number| Ipv6Addr::from(u128::from(network(number)) << 64 | 1);
    (0..count).map(address).map(IpAddr::V6).collect()
}

/// What was done with the keys before.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    /// Each was asked for once.
    Known(u64),
    /// None was.
    New(u64),
}

fn walk(count: Keys, mut each: impl FnMut(IpAddr) + 'static) -> impl FnMut() {
    let (Keys::Known(number) | Keys::New(number)) = count;
    let keys = keys(number);
    if count == Keys::Known(number) {
        keys.iter().copied().for_each(&mut each);
    }
    let mut position = 0;
    move || {
        position = if position + 1 == keys.len() { 0 } else { position + 1 };
        each(black_box(keys[position]));
    }
}

fn ours(name: &'static str, count: Keys, quota: Quota, rules: u8) -> Contestant {
    let store = MemoryStore::with_bytes(BYTES).expect("a size").for_quotas([quota]);
    let hasher = KeyHasher::random();
    let meter = quota.meter().expect("a rate");
    let run = walk(count, move |address| {
        let IpAddr::V6(address) = address else { unreachable!("IPv6") };
        let network = u64::try_from(address.to_bits() >> 64).expect("64 bits");
        let subject = hasher.word(64, network);
        let ask = |rule| Ask::new(subject, RuleId::of("", rule), meter);
        // The rules' numbers are known beforehand, as they are behind the layer.
        let verdict = match rules {
            0 => {
                black_box(store.charge(&ask(0)).is_admitted());
                return;
            }
            1 => store.decide_now(&[ask(0)], Act::Charge),
            2 => store.decide_now(&[ask(0), ask(1)], Act::Charge),
            _ => store.decide_now(&[ask(0), ask(1), ask(2)], Act::Charge),
        };
        black_box(verdict.is_some_and(|verdict| verdict.is_admitted()));
    });
    Contestant::new(name, run)
}

fn theirs(name: &'static str, count: Keys, quota: governor::Quota) -> Contestant {
    let limiter: DefaultKeyedRateLimiter<IpAddr> = RateLimiter::keyed(quota);
    let run = walk(count, move |address| {
        black_box(limiter.check_key(&address).is_ok());
    });
    Contestant::new(name, run)
}

/// A clock and one word per key, whatever it is worth.
fn floor(count: Keys) -> Contestant {
    let words: Vec<AtomicU64> = (0..1 << 20).map(|_| AtomicU64::new(0)).collect();
    let clock = CoarseClock::new();
    let run = walk(count, move |address| {
        let IpAddr::V6(address) = address else { unreachable!("IPv6") };
        let place = usize::try_from(address.to_bits() >> 64 & 0xF_FFFF).expect("20 bits");
        black_box(clock.now());
        black_box(words[place].fetch_add(1, Ordering::Relaxed));
    });
    Contestant::new("floor: coarse clock and fetch_add", run)
}

fn per_second(count: u32) -> governor::Quota {
    governor::Quota::per_second(count.try_into().expect("not 0"))
}

pub(crate) fn few() -> Vec<Contestant> {
    among(Keys::Known(1000))
}

pub(crate) fn many() -> Vec<Contestant> {
    among(Keys::Known(1 << 20))
}

pub(crate) fn new() -> Vec<Contestant> {
    among(Keys::New(1 << 20))
}

fn among(count: Keys) -> Vec<Contestant> {
    vec![
        ours("palisade-ratelimit", count, FAST, 0),
        ours("palisade-ratelimit, as the layer asks", count, FAST, 1),
        theirs("governor 0.10, default", count, per_second(1_000_000)),
        floor(count),
    ]
}

pub(crate) fn refused() -> Vec<Contestant> {
    let hourly = governor::Quota::per_hour(1.try_into().expect("not 0"));
    vec![
        ours("palisade-ratelimit", Keys::Known(1000), SLOW, 1),
        ours("palisade-ratelimit, admitted", Keys::Known(1000), FAST, 1),
        theirs("governor 0.10, default", Keys::Known(1000), hourly),
    ]
}

pub(crate) fn rules() -> Vec<Contestant> {
    vec![
        ours("palisade-ratelimit, 3 rules", Keys::Known(1000), FAST, 3),
        ours("palisade-ratelimit, 2 rules", Keys::Known(1000), FAST, 2),
        ours("palisade-ratelimit, 1 rule", Keys::Known(1000), FAST, 1),
    ]
}
