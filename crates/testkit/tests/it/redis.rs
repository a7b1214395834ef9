//! Redis keeps its data over a kill, hangs when paused, and forms a cluster.

use palisade_testkit::redis::{Connection, Redis, RedisCluster, RedisConfig, Reply};
use std::io::ErrorKind;
use std::time::Duration;

/// Long for a server that answers, short for a test that waits for one that does not.
const DEADLINE: Duration = Duration::from_secs(1);

fn ok() -> Reply {
    Reply::Status("OK".to_owned())
}

#[test]
fn a_key_survives_a_kill_and_a_restart_on_the_same_port() {
    let redis = Redis::start().unwrap();
    let (url, first) = (redis.url(), redis.pid());
    assert_eq!(redis.command(&["SET", "key", "value"]).unwrap(), ok());
    redis.kill();
    assert!(redis.command(&["PING"]).is_err(), "nobody listens");
    redis.restart().unwrap();
    assert_eq!(redis.url(), url);
    assert_ne!(redis.pid(), first);
    assert_eq!(redis.command(&["GET", "key"]).unwrap(), Reply::Bulk(b"value".to_vec()));
    assert!(redis.stop().unwrap().success(), "graceful");
}

#[test]
fn a_paused_server_hangs_its_clients_until_their_deadline() {
    let redis = Redis::start().unwrap();
    let mut client = Connection::open(redis.address(), DEADLINE).unwrap();
    assert_eq!(client.command(&["PING"]).unwrap(), Reply::Status("PONG".to_owned()));
    redis.pause().unwrap();
    let error = client.command(&["PING"]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    // The system still takes connections for it: a true hang, not a refusal.
    Connection::open(redis.address(), DEADLINE).unwrap();
    redis.resume().unwrap();
    assert_eq!(redis.command(&["PING"]).unwrap(), Reply::Status("PONG".to_owned()));
}

#[test]
fn a_password_is_demanded() {
    let redis = RedisConfig::new().password("canary-password").start().unwrap();
    let mut stranger = Connection::open(redis.address(), Duration::from_secs(5)).unwrap();
    let Reply::Error(refusal) = stranger.command(&["GET", "key"]).unwrap() else {
        panic!("let in")
    };
    assert!(refusal.starts_with("NOAUTH"), "{refusal}");
    assert_eq!(redis.command(&["SET", "key", "1"]).unwrap(), ok());
    assert!(redis.url().contains(":canary-password@"));
}

#[test]
fn a_cluster_covers_all_slots_and_redirects_to_the_owner() {
    let cluster = RedisCluster::start().unwrap();
    assert_eq!(cluster.urls().len(), 3);
    for key in ["a", "b", "c", "student:1"] {
        let owner = cluster.owner_of(key).unwrap();
        for node in cluster.nodes() {
            let answer = node.connect().unwrap().command(&["SET", key, "1"]).unwrap();
            if node.address() == owner.address() {
                assert_eq!(answer, ok());
            } else {
                let Reply::Error(redirection) = answer else { panic!("{answer:?}") };
                let expected = format!(" {}", owner.address());
                assert!(redirection.starts_with("MOVED ") && redirection.ends_with(&expected));
            }
        }
    }
}
