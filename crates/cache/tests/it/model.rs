//! Random traces against a map that forgets nothing by itself.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use proptest::prelude::*;

use crate::world::{TTL, cache};

#[derive(Clone, Copy, Debug)]
enum Step {
    Read(u64),
    Write(u64),
    Set(u64),
    Invalidate(u64),
    InvalidateTag(u64),
    Clear,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || 0..6_u64;
    let step = prop_oneof![
        6 => key().prop_map(Step::Read),
        3 => key().prop_map(Step::Write),
        1 => key().prop_map(Step::Set),
        2 => key().prop_map(Step::Invalidate),
        1 => (0..2_u64).prop_map(Step::InvalidateTag),
        1 => Just(Step::Clear),
        2 => (1..400_u64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..120)
}

proptest! {
    /// Whoever reads gets what the row was at the last load, and a row that was written before an
    /// invalidation is read again after it, and after its time.
    #[test]
    fn a_read_is_what_a_plain_map_with_times_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (cache, clock) = cache(|builder| builder);
            let (mut rows, mut held) = (HashMap::<u64, u64>::new(), HashMap::<u64, (u64, u64, bool)>::new());
            let (mut now, mut version) = (0_u64, 0_u64);
            for step in steps {
                match step {
                    Step::Read(key) => {
                        let row = rows.get(&key).copied().unwrap_or(0);
                        let loaded = cache.get_or_load(&key, |loading| async move {
                            loading.tag("parity", key % 2);
                            Ok::<_, Infallible>(row)
                        });
                        let value = *loaded.await.unwrap().value;
                        let expected = match held.get(&key) {
                            Some((value, until, _)) if now < *until => *value,
                            _ => {
                                held.insert(key, (row, now + TTL.as_secs(), true));
                                row
                            }
                        };
                        prop_assert_eq!(value, expected, "{:?}", step);
                    }
                    Step::Write(key) => {
                        version += 1;
                        rows.insert(key, version);
                    }
                    Step::Set(key) => {
                        let row = rows.get(&key).copied().unwrap_or(0);
                        cache.set(&key, row).await;
                        held.insert(key, (row, now + TTL.as_secs(), false));
                    }
                    Step::Invalidate(key) => {
                        cache.invalidate(&key).await;
                        held.remove(&key);
                    }
                    Step::InvalidateTag(parity) => {
                        cache.invalidate_tag("parity", parity).await;
                        // What was set has no tag.
                        held.retain(|key, (_, _, tagged)| key % 2 != parity || !*tagged);
                    }
                    Step::Clear => {
                        cache.clear().await;
                        held.clear();
                    }
                    Step::Wait(seconds) => {
                        now += seconds;
                        clock.advance(Duration::from_secs(seconds));
                    }
                }
            }
            Ok(())
        })?;
    }
}
