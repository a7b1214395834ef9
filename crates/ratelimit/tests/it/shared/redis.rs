//! Counts in a real Redis, alone and in a cluster.

use std::time::Duration;

use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{
    Act, Ask, Reading, RedisClient, RedisStore, RuleId, Store, Subject, contract,
};
use palisade_testkit::redis::{Redis, RedisCluster, Reply};

pub(crate) struct Real {
    pub(crate) store: RedisStore,
    pub(crate) server: Redis,
}

impl Real {
    pub(crate) fn new() -> Self {
        let server = Redis::start().unwrap();
        let store = RedisStore::new(RedisClient::open(&server.url()).unwrap());
        Self { store, server }
    }
}

impl contract::Fixture for Real {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn advance(&self, _: Duration) -> bool {
        false
    }
}

struct Cluster {
    store: RedisStore,
    servers: RedisCluster,
}

impl Cluster {
    async fn new() -> Self {
        let servers = RedisCluster::start().unwrap();
        let store = RedisStore::new(RedisClient::cluster(&servers.urls()).await.unwrap());
        Self { store, servers }
    }
}

impl contract::Fixture for Cluster {
    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn advance(&self, _: Duration) -> bool {
        false
    }
}

const fn ask(subject: u128, rule: &str, quota: Quota) -> Ask {
    Ask::new(Subject::from_hash(subject), RuleId::of(rule, 0), quota.meter().unwrap())
}

#[tokio::test]
async fn redis_keeps_the_contract_of_all_stores() {
    contract::holds(&Real::new()).await.unwrap();
}

#[tokio::test]
async fn a_redis_cluster_keeps_the_contract_of_all_stores() {
    contract::holds(&Cluster::new().await).await.unwrap();
}

/// Two subjects of one request in two slots: one call that names both keys is refused with CROSSSLOT, and
/// a limiter that then lets pass has no limits.
#[tokio::test]
async fn subjects_on_two_nodes_of_a_cluster_are_charged_together_or_not_at_all() {
    let Cluster { store, servers } = Cluster::new().await;
    let mut nodes = Vec::new();
    for subject in 0..20_u128 {
        let key = format!("{{palisade:{subject:032x}}}:limit:1");
        let node = servers.owner_of(&key).unwrap().address();
        nodes.push((subject, node));
    }
    let (first, node) = nodes[0];
    let (second, _) = nodes.iter().find(|(_, other)| *other != node).unwrap();
    let two = [
        ask(first, "wide", Quota::per_hour(10)),
        ask(*second, "narrow", Quota::per_hour(3)),
        ask(first, "strict", Quota::per_hour(10).strict()),
    ];
    let mut admitted = 0;
    for _ in 0..10 {
        let verdict = store.decide(&two, Act::Charge).await.unwrap();
        assert_eq!(verdict.readings().len(), 3);
        admitted += u32::from(verdict.is_admitted());
    }
    assert_eq!(admitted, 3);
    let left = store.decide(&two, Act::Peek).await.unwrap();
    let left: Vec<_> = left.readings().iter().map(Reading::remaining).collect();
    assert_eq!(left, [7, 0, 7], "what was refused consumed nothing anywhere");
    store.refund(&two).await.unwrap();
    let left = store.decide(&two, Act::Peek).await.unwrap();
    let left: Vec<_> = left.readings().iter().map(Reading::remaining).collect();
    assert_eq!(left, [8, 1, 8]);
}

#[tokio::test]
async fn all_rules_of_a_request_are_one_call_and_a_key_lives_as_long_as_its_longest_rule() {
    let Real { store, server } = Real::new();
    let day = [ask(1, "day", Quota::per_day(2)), ask(1, "minute", Quota::per_minute(5).strict())];
    store.decide(&day, Act::Charge).await.unwrap();
    let calls = |server: &Redis| {
        let info = server.command(&["INFO", "commandstats"]).unwrap();
        let info = info.text().unwrap().to_owned();
        let of = |name: &str| {
            let line = info.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:")));
            line.and_then(|line| line.split(['=', ',']).nth(1)?.parse::<u32>().ok()).unwrap_or(0)
        };
        of("evalsha") + of("eval")
    };
    let before = calls(&server);
    let three = [day[0], day[1], ask(2, "user", Quota::per_hour(9))];
    store.decide(&three, Act::Charge).await.unwrap();
    assert_eq!(calls(&server) - before, 1);

    let key = format!("{{palisade:{:032x}}}:limit:1", 1);
    let lives = |server: &Redis| match server.command(&["PTTL", &key]).unwrap() {
        Reply::Integer(millis) => millis,
        other => panic!("{other:?}"),
    };
    assert!(lives(&server) > 86_000_000);
    // A request that only the shorter rule counts shortens nothing.
    store.decide(&day[1..], Act::Charge).await.unwrap();
    assert!(lives(&server) > 86_000_000, "the day's count would be gone after a minute");
}

#[tokio::test]
async fn a_store_holds_no_name_of_a_client_and_namespaces_are_apart() {
    let Real { store, server } = Real::new();
    let other = store.clone().namespace("other").unwrap();
    let once = [ask(7, "once", Quota::per_hour(1))];
    assert!(store.decide(&once, Act::Charge).await.unwrap().is_admitted());
    assert!(other.decide(&once, Act::Charge).await.unwrap().is_admitted());
    assert!(!store.decide(&once, Act::Charge).await.unwrap().is_admitted());
    let Reply::Array(keys) = server.command(&["KEYS", "*"]).unwrap() else { panic!("keys") };
    assert_eq!(keys.len(), 2);
    for refused in ["", "with space", "{tag}", &"n".repeat(65)] {
        assert!(store.clone().namespace(refused).is_err(), "{refused}");
    }
}
