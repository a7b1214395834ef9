//! Random steps: each store decides as the pure functions do.

use palisade_ratelimit::lockout::store::contract::{self, Fixture};

use super::memory::Memory;
use super::{postgres, redis, sqlite};

/// Splitmix64.
struct Random(u64);

impl Random {
    fn steps(&mut self, count: usize) -> Vec<[u8; 2]> {
        let step = |_| {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let [a, b, ..] = (z ^ (z >> 31)).to_be_bytes();
            [a, b]
        };
        (0..count).map(step).collect()
    }
}

async fn agrees(fixture: &dyn Fixture, rounds: u8, count: usize) {
    let seed = u64::from(std::process::id());
    eprintln!("seed {seed}, {rounds} rounds of {count} steps");
    let mut random = Random(seed);
    for round in 0..rounds {
        let (memory, steps) = (Memory::new(), random.steps(count));
        contract::agrees_with_memory(fixture, &memory, 100 + round, &steps).await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_decides_as_memory_does() {
    agrees(&sqlite::Sqlite::new().await, 10, 60).await;
}

#[tokio::test]
async fn postgres_decides_as_memory_does() {
    agrees(&postgres::Real::new().await, 6, 60).await;
}

#[tokio::test]
async fn redis_decides_as_memory_does() {
    agrees(&redis::Real::new(), 20, 60).await;
}
