//! Many keys at once.

use std::collections::HashMap;

use palisade_cache::{LoadError, Outcome};

use crate::world::{Row, cache, until};

#[tokio::test]
async fn what_is_missing_is_loaded_by_one_call_and_the_rest_is_not() {
    let (cache, _) = cache(|builder| builder.negative(crate::world::TTL).unwrap());
    cache.set_many([(1, 10), (2, 20)]).await;
    let load = |mut missing: Vec<u64>, loading: palisade_cache::Loading<u64>| async move {
        missing.sort_unstable();
        assert_eq!(missing, [3, 4]);
        loading.tag("org", 7);
        Ok::<_, ()>(HashMap::from([(3, 30)]))
    };
    let all = cache.get_many_or_load(&[2, 3, 4, 1, 3], load).await.unwrap();
    let values: Vec<_> = all.iter().map(|one| one.value.as_deref().copied()).collect();
    assert_eq!(values, [Some(20), Some(30), None, Some(10), Some(30)]);
    let outcomes: Vec<_> = all.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Hit, Outcome::Loaded, Outcome::Loaded, Outcome::Hit, Outcome::Joined]
    );
    let unasked = |_, _| std::future::ready(Err::<HashMap<u64, u64>, _>("not asked"));
    assert!(cache.get_many_or_load(&[1, 2, 3, 4], unasked).await.is_ok(), "4 is known to be none");
    cache.invalidate_tag("org", 7).await;
    assert_eq!(
        cache.get_many_or_load(&[1, 4], unasked).await.unwrap_err(),
        LoadError::Loader("not asked")
    );
    assert_eq!(cache.loading(), 0);
}

#[tokio::test]
async fn a_key_that_another_loads_is_waited_for_and_loaded_once() {
    let (cache, _) = cache(|builder| builder);
    let row = Row::gated(5);
    let one = tokio::spawn({
        let (cache, loader) = (cache.clone(), row.loader());
        async move { cache.get_or_load(&1, loader).await.unwrap() }
    });
    row.read_by(1).await;
    let many = tokio::spawn({
        let cache = cache.clone();
        async move {
            let load = |missing: Vec<u64>, _| async move {
                Ok::<_, std::convert::Infallible>(
                    missing.into_iter().map(|key| (key, key)).collect(),
                )
            };
            cache.get_many_or_load(&[1, 2], load).await.unwrap()
        }
    });
    until(|| cache.get(&2).is_some()).await;
    row.open(1);
    assert_eq!(*one.await.unwrap().value, 5);
    let many = many.await.unwrap();
    assert_eq!((many[0].value.as_deref(), many[0].outcome), (Some(&5), Outcome::Joined));
    assert_eq!((many[1].value.as_deref(), many[1].outcome), (Some(&2), Outcome::Loaded));
    assert_eq!(row.reads(), 1);
}

#[tokio::test]
async fn a_stale_value_is_served_and_renewed_with_the_missing_ones() {
    let (cache, clock) =
        cache(|builder| builder.stale_while_revalidate(crate::world::TTL).unwrap());
    cache.set(&1, 1).await;
    clock.advance(crate::world::TTL);
    let load = |missing: Vec<u64>, _| async move {
        Ok::<_, ()>(missing.into_iter().map(|key| (key, key + 100)).collect())
    };
    let all = cache.get_many_or_load(&[1, 2], load).await.unwrap();
    assert_eq!((all[0].value.as_deref(), all[1].value.as_deref()), (Some(&1), Some(&102)));
    assert_eq!(cache.get(&1).as_deref(), Some(&101));
}
