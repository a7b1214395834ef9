//! Postgres keeps its rows over a kill, as root and as anybody else.

use palisade_testkit::postgres::Postgres;
use std::fs;
use std::net::TcpStream;

#[test]
fn a_row_survives_a_kill_and_a_restart_on_the_same_port() {
    let postgres = Postgres::start().unwrap();
    let (one, other) = (postgres.create_database().unwrap(), postgres.create_database().unwrap());
    assert_ne!(one, other);
    postgres.query(&one, "CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('kept')").unwrap();
    let error = postgres.query(&other, "SELECT v FROM t").unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");

    let url = postgres.url(&one);
    postgres.kill();
    assert!(TcpStream::connect(postgres.address()).is_err(), "nobody listens");
    postgres.restart().unwrap();
    assert_eq!(postgres.url(&one), url);
    assert_eq!(postgres.query(&one, "SELECT v FROM t").unwrap(), "kept");

    let status = fs::read_to_string(format!("/proc/{}/status", postgres.pid().unwrap())).unwrap();
    let user = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
    assert_ne!(user.split_whitespace().nth(1), Some("0"), "never as root");
    assert!(postgres.stop().unwrap().success(), "graceful");
}
