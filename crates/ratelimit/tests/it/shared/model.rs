//! Shared stores decide as the one in memory does.

use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{Act, Ask, MemoryStore, RuleId, Store, Subject};

use super::{postgres, redis};

/// Splitmix64.
struct Random(u64);

impl Random {
    const fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

/// Quotas so long that what is earned during the test does not matter.
const QUOTAS: [Quota; 4] =
    [Quota::per_day(7), Quota::per_day(5).strict(), Quota::per_day(40).burst(3), Quota::per_day(0)];

fn request(random: &mut Random) -> Vec<Ask> {
    let count = random.next(3) + 1;
    let asks = (0..count).map(|number| {
        let (subject, rule) = (random.next(4), random.next(3));
        let rule = usize::try_from(rule + u64::from(random.next(25) == 0)).unwrap().min(3);
        // No subject twice with one rule: the store in memory decides on each by itself.
        let subject = u128::from(subject) << 8 | u128::from(number);
        let hash = (subject + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        let meter = QUOTAS[rule].meter().unwrap();
        let ask = Ask::new(Subject::from_hash(hash), RuleId::of(&rule.to_string(), 0), meter);
        let ask = ask.cost(u32::try_from(random.next(3)).unwrap());
        if random.next(6) == 0 { ask.advisory() } else { ask }
    });
    asks.collect()
}

async fn agrees(store: &dyn Store, steps: u32) {
    let seed = u64::from(std::process::id());
    eprintln!("seed {seed}, {steps} requests");
    let mut random = Random(seed);
    let memory = MemoryStore::with_bytes(1 << 18).unwrap().for_quotas(QUOTAS);
    for step in 0..steps {
        let asks = request(&mut random);
        let act = if random.next(8) == 0 { Act::Peek } else { Act::Charge };
        let ours = store.decide(&asks, act).await.unwrap();
        let theirs = memory.decide(&asks, act).await.unwrap();
        assert_eq!(ours.is_admitted(), theirs.is_admitted(), "{step}: {asks:?}");
        for (ours, theirs) in ours.readings().iter().zip(theirs.readings()) {
            assert_eq!(ours.outcome(), theirs.outcome(), "{step}: {asks:?}");
            assert_eq!(
                ours.remaining(),
                theirs.remaining(),
                "{step}: {asks:?} {ours:?} {theirs:?}"
            );
            let apart = ours.retry_after().abs_diff(theirs.retry_after());
            assert!(apart.as_secs() < 30, "{step}: {ours:?} {theirs:?}");
        }
        if ours.is_admitted() && act == Act::Charge && random.next(5) == 0 {
            let taken: Vec<Ask> = asks
                .iter()
                .zip(ours.readings())
                .filter(|(_, reading)| reading.is_admitted())
                .map(|(ask, _)| *ask)
                .collect();
            store.refund(&taken).await.unwrap();
            memory.refund(&taken).await.unwrap();
        }
    }
}

#[tokio::test]
async fn redis_counts_as_memory_does() {
    agrees(&redis::Real::new().store, 1500).await;
}

#[tokio::test]
async fn postgres_counts_as_memory_does() {
    agrees(&postgres::Real::new().await.store, 700).await;
}
