//! What a read costs, exactly.

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};

use palisade_testkit::alloc::{Allocations, count};

use crate::world::{Row, cache};

#[tokio::test]
async fn a_hit_allocates_nothing() {
    let (cache, _) = cache(|builder| builder);
    cache.get_or_load(&1, Row::new(1).tagged(7)).await.unwrap();
    cache.set(&2, 2);
    for key in [1, 2] {
        assert_eq!(count(|| drop(cache.get(&key))), Allocations::NONE);
        let hit = count(|| {
            let load = |_| std::future::ready(Ok::<u64, Infallible>(0));
            let mut call = std::pin::pin!(cache.get_or_load(&key, load));
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Ready(Ok(_))));
        });
        assert_eq!(hit, Allocations::NONE);
    }
    assert_eq!(count(|| cache.invalidate_tag("org", 7)), Allocations::NONE);
}
