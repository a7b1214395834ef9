//! The store in memory keeps the contract and its bounds.

use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, ManualClock};
use palisade_ratelimit::quota::Meter;
use palisade_ratelimit::store::{
    Act, Ask, MemoryStore, Outcome, Overflow, RuleId, Store, Subject, contract,
};
use palisade_ratelimit::{ConfigError, Quota};

pub(crate) const fn ask(subject: u128, quota: Quota) -> Ask {
    // Spread, as a keyed hash would.
    let hash = (subject + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    Ask::new(Subject::from_hash(hash), RuleId::of("rule", 0), quota.meter().unwrap())
}

pub(crate) fn admits(store: &MemoryStore, ask: Ask) -> bool {
    store.decide_now(&[ask], Act::Charge).unwrap().is_admitted()
}

pub(crate) struct Memory {
    pub(crate) store: MemoryStore,
    pub(crate) clock: ManualClock,
}

impl Memory {
    pub(crate) fn new(bytes: usize) -> Self {
        let clock = ManualClock::starting_at(Duration::from_hours(500_000));
        let store = MemoryStore::with_bytes(bytes).unwrap().with_clock(clock.clone());
        Self { store, clock }
    }
}

impl contract::Fixture for Memory {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn advance(&self, by: Duration) -> bool {
        self.clock.advance(by);
        true
    }
}

#[tokio::test]
async fn memory_keeps_the_contract_of_all_stores() {
    contract::holds(&Memory::new(1 << 16)).await.unwrap();
}

#[test]
fn an_ask_by_itself_is_decided_as_in_a_list() {
    for quota in [Quota::per_minute(3), Quota::per_minute(3).strict(), Quota::per_hour(0)] {
        let [alone, listed] = [(); 2].map(|()| Memory::new(1 << 12));
        for step in 0..200_u32 {
            let ask = ask((step % 3).into(), quota).cost(step % 5);
            let verdict = listed.store.decide_now(&[ask], Act::Charge).unwrap();
            let reading = alone.store.charge(&ask);
            assert_eq!([reading], verdict.readings(), "{quota}, step {step}");
            assert_eq!(reading.is_admitted(), verdict.is_admitted());
            for Memory { clock, .. } in [&alone, &listed] {
                clock.advance(Duration::from_secs(u64::from(step % 4) * 5));
            }
        }
    }
}

/// A store that counts each ask for itself, as a limiter made of stacked layers does.
#[derive(Debug)]
struct Stacked(MemoryStore);

impl Store for Stacked {
    fn name(&self) -> &'static str {
        "stacked"
    }

    fn decide<'a>(
        &'a self,
        asks: &'a [Ask],
        act: Act,
    ) -> palisade_ratelimit::store::StoreFuture<'a, palisade_ratelimit::store::Verdict> {
        let mut readings = palisade_ratelimit::store::Readings::new();
        let mut admitted = true;
        for ask in asks {
            let verdict = self.0.decide_now(std::slice::from_ref(ask), act).unwrap();
            admitted &= verdict.is_admitted();
            readings.push(verdict.readings()[0]);
        }
        Box::pin(async move { Ok(palisade_ratelimit::store::Verdict::new(admitted, readings)) })
    }

    fn refund<'a>(&'a self, asks: &'a [Ask]) -> palisade_ratelimit::store::StoreFuture<'a, ()> {
        self.0.refund(asks)
    }
}

#[tokio::test]
async fn the_contract_catches_a_store_in_which_a_refused_request_drains_its_other_limits() {
    struct Fixture(Stacked);
    impl contract::Fixture for Fixture {
        fn store(&self) -> &dyn Store {
            &self.0
        }
        fn advance(&self, _: Duration) -> bool {
            false
        }
    }
    let error = contract::holds(&Fixture(Stacked(Memory::new(1 << 16).store))).await.unwrap_err();
    assert!(error.to_string().starts_with("a refused request consumes nothing"), "{error}");
}

#[test]
fn an_idle_key_that_is_kept_has_no_burst_of_one_more() {
    let Memory { store, clock } = Memory::new(1 << 12);
    let ask = ask(1, Quota::per_minute(3));
    for _ in 0..3 {
        let admitted = (0..10).filter(|_| admits(&store, ask)).count();
        assert_eq!(admitted, 3);
        clock.advance(Duration::from_hours(1));
    }
}

#[test]
fn the_memory_is_what_was_said_and_stays_so() {
    let Memory { store, .. } = Memory::new(1 << 14);
    assert_eq!((store.bytes(), store.capacity()), (1 << 14, (1 << 14) / 64 * 6));
    for subject in 0..50_000 {
        let _ = admits(&store, ask(subject, Quota::per_hour(1)));
    }
    assert_eq!(store.bytes(), 1 << 14);
    assert!(store.live() <= store.capacity());
    assert!(store.live() > store.capacity() * 9 / 10, "{} live", store.live());
}

#[test]
fn a_size_that_is_none_is_refused_and_told() {
    let error = MemoryStore::with_bytes(64).unwrap_err();
    assert!(matches!(error, ConfigError::Number { given: 64, least: 128, .. }), "{error}");
}

#[test]
fn at_sixty_per_cent_load_hardly_a_key_is_forgotten() {
    let Memory { store, .. } = Memory::new(1 << 16);
    let keys = u128::try_from(store.capacity() * 6 / 10).unwrap();
    let once = Quota::per_hour(1);
    for subject in 0..keys {
        assert!(admits(&store, ask(subject, once)));
    }
    let again = (0..keys).filter(|subject| admits(&store, ask(*subject, once))).count();
    assert!(again <= 2, "{again} of {keys} were forgotten");
}

#[test]
fn two_threads_on_one_key_get_what_one_gets() {
    let store = Arc::new(Memory::new(1 << 12).store);
    for (round, quota) in [Quota::per_hour(500), Quota::per_hour(15).strict()].iter().enumerate() {
        let ask = ask(round.try_into().unwrap(), *quota);
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || (0..1000).filter(|_| admits(&store, ask)).count())
            })
            .collect();
        let admitted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(admitted, usize::try_from(quota.count()).unwrap(), "{quota}");
    }
}

#[test]
fn quotas_choose_the_tick_and_their_intervals_stay_true() {
    for quota in [
        Quota::per_second(1_000_000),
        Quota::per_second(1000),
        Quota::per_minute(7),
        Quota::per_day(3),
    ] {
        let clock = ManualClock::new();
        let store = MemoryStore::with_bytes(1 << 12).unwrap().with_clock(clock.clone());
        let (store, quota) = (store.for_quotas([quota]), quota.burst(1));
        let ask = ask(1, quota);
        assert!(admits(&store, ask));
        let Some(Meter::Bucket(gcra)) = quota.meter() else { panic!("a bucket") };
        let wait = store.decide_now(&[ask], Act::Peek).unwrap().readings()[0].retry_after();
        let interval = Duration::from_nanos(gcra.interval());
        assert!(wait <= interval + interval / 1000 + Duration::from_nanos(2), "{quota}: {wait:?}");
        clock.advance(interval * 99 / 100);
        assert!(!admits(&store, ask), "{quota}");
        clock.advance(interval / 100 + interval / 1000 + Duration::from_nanos(3));
        assert!(admits(&store, ask), "{quota}");
    }
}

#[test]
fn a_rule_of_days_beside_one_of_microseconds_is_still_counted() {
    let clock = ManualClock::new();
    let (fast, slow) = (Quota::per_second(1_000_000), Quota::per_day(2));
    let store = MemoryStore::with_bytes(1 << 12).unwrap().with_clock(clock.clone());
    let store = store.for_quotas([fast, slow]);
    assert_eq!((0..9).filter(|_| admits(&store, ask(1, slow))).count(), 2);
    clock.advance(Duration::from_hours(12));
    assert_eq!((0..9).filter(|_| admits(&store, ask(1, slow))).count(), 1);
}

#[test]
fn a_quota_too_long_for_the_tick_admits_less_and_never_more() {
    let clock = ManualClock::new();
    let store = MemoryStore::with_bytes(1 << 12).unwrap().with_clock(clock);
    let store = store.for_quotas([Quota::per_second(1_000_000)]);
    let long = ask(1, Quota::per_day(100));
    let verdict = store.decide_now(&[long], Act::Charge).unwrap();
    assert!(verdict.readings()[0].remaining() < 100);
}

#[test]
fn a_key_idle_for_years_is_a_new_key() {
    let Memory { store, clock } = Memory::new(1 << 12);
    let ask = ask(1, Quota::per_minute(3));
    for months in [1, 6, 13, 17, 20, 26, 29] {
        assert!(admits(&store, ask));
        clock.advance(Duration::from_hours(24 * 30 * months));
        // Moments wrap after 2.3 years: what then looks like a debt is none beyond the span.
        let first = admits(&store, ask);
        clock.advance(Duration::from_mins(1));
        assert!(first || admits(&store, ask), "after {months} months");
    }
}

#[test]
fn a_clock_of_two_threads_that_differ_gives_nothing_away() {
    let Memory { store, clock } = Memory::new(1 << 12);
    let early = clock.now();
    clock.advance(Duration::from_secs(30));
    let late = clock.now();
    let list = [ask(1, Quota::per_minute(3))];
    let decide = |now| store.decide_at(&list, Act::Charge, now).is_admitted();
    assert_eq!((0..9).filter(|_| decide(late)).count(), 3);
    assert_eq!((0..9).filter(|_| decide(early)).count(), 0);
    assert_eq!((0..9).filter(|_| decide(late)).count(), 0);
}

#[test]
fn a_lenient_flood_forgets_no_strict_key() {
    let Memory { store, .. } = Memory::new(1 << 12);
    let login = ask(0, Quota::per_minute(5)).overflow(Overflow::Strict);
    assert_eq!((0..9).filter(|_| admits(&store, login)).count(), 5);
    for subject in 1..20_000 {
        let _ = admits(&store, ask(subject, Quota::per_day(1)));
    }
    assert!(!admits(&store, login));
    let newcomer = ask(99_999, Quota::per_minute(5)).overflow(Overflow::Strict);
    assert!(admits(&store, newcomer), "what lenient keys owed is not inherited");
}

#[test]
fn a_flood_of_a_slow_strict_rule_refuses_newcomers_of_a_fast_one_no_longer_than_its_span() {
    let Memory { store, clock } = Memory::new(1 << 10);
    for subject in 0..5000 {
        let _ = admits(&store, ask(subject, Quota::per_day(2)).overflow(Overflow::Strict));
    }
    let login = ask(99_999, Quota::per_minute(5)).overflow(Overflow::Strict);
    let reading = store.decide_now(&[login], Act::Charge).unwrap().readings()[0];
    assert_eq!(reading.outcome(), Outcome::Early);
    assert!(reading.retry_after() <= Duration::from_mins(1), "{reading:?}");
    clock.advance(Duration::from_hours(25));
    assert!(admits(&store, login));
}
