//! Locks in a real Redis.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use palisade_ratelimit::lockout::LockoutStore;
use palisade_ratelimit::lockout::store::RedisLockouts;
use palisade_ratelimit::lockout::store::contract::{self, Fixture};
use palisade_ratelimit::store::RedisClient;
use palisade_testkit::redis::{Connection, Redis, RedisCluster};

/// Makes everything that is kept older: the server's clock stays.
const AGE: &str = r"
local by, never = tonumber(ARGV[1]), 9007199254740991
for _, key in ipairs(redis.call('KEYS', '*lockout:1:*')) do
  if string.sub(key, -5) == 'locks' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
      if tonumber(redis.call('ZSCORE', key, member)) < never then
        redis.call('ZINCRBY', key, -by, member)
      end
    end
  else
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
      local words = {}
      for word in string.gmatch(fields[i + 1], '%d+') do words[#words + 1] = tonumber(word) end
      words[3] = words[3] - by
      if words[4] > 0 and words[4] < never then words[4] = words[4] - by end
      redis.call('HSET', key, fields[i], string.format(
        '%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f', unpack(words)))
    end
  end
end
return 1
";

pub(crate) struct Real {
    store: RedisLockouts,
    servers: Vec<std::net::SocketAddr>,
    _running: Running,
}

enum Running {
    One { _server: Redis },
    Cluster { _servers: RedisCluster },
}

impl Real {
    pub(crate) fn new() -> Self {
        let server = Redis::start().unwrap();
        let store = RedisLockouts::new(RedisClient::open(&server.url()).unwrap());
        let servers = vec![server.address()];
        Self { store, servers, _running: Running::One { _server: server } }
    }

    async fn cluster() -> Self {
        let cluster = RedisCluster::start().unwrap();
        let client = RedisClient::cluster(&cluster.urls()).await.unwrap();
        let servers = cluster.nodes().iter().map(Redis::address).collect();
        let store = RedisLockouts::new(client);
        Self { store, servers, _running: Running::Cluster { _servers: cluster } }
    }
}

impl Fixture for Real {
    fn store(&self) -> &dyn LockoutStore {
        &self.store
    }

    fn advance(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move {
            for server in &self.servers {
                let mut connection = Connection::open(*server, Duration::from_secs(10)).unwrap();
                let millis = by.as_millis().to_string();
                connection.command(&["EVAL", AGE, "0", &millis]).unwrap();
            }
        })
    }
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    contract::holds(&Real::new()).await.unwrap();
}

#[tokio::test]
async fn a_redis_cluster_keeps_the_contract() {
    contract::holds(&Real::cluster().await).await.unwrap();
}
