//! The command itself.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::client::{Client, LOAD};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

#[test]
fn it_says_where_everything_is_restarts_at_sighup_and_drains_at_ctrl_c() {
    let mut child = command(&["--json", "--limits", LOAD]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let places: Value = serde_json::from_str(&line).unwrap();
    let address = places["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let client = Client::at(address.parse().unwrap());
    for account in places["accounts"].as_array().unwrap() {
        let text = |field: &str| account[field].as_str().unwrap();
        assert_eq!(client.log_in(text("name"), text("password")).status, 200, "{account}");
    }
    let pid = |place: usize| places["instances"][place]["pid"].as_u64().unwrap();
    let runs = |pid: u64| Path::new(&format!("/proc/{pid}")).exists();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    signal(&child, "HUP");
    while !told.contains("every instance was restarted") {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
    }
    assert!(told.contains("instance b is ready again"), "{told}");
    assert!(!runs(pid(0)) && !runs(pid(1)));
    assert_eq!(client.get("/health/ready").status, 200);
    signal(&child, "INT");
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    assert!(told.contains("draining"), "{told}");
    let at_end = std::net::TcpStream::connect(client.address);
    assert!(at_end.is_err(), "nothing listens any more");
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_started() {
    for (args, told) in [
        (&["--listen", "0.0.0.0:8080"][..], "loopback"),
        (&["--limits", "no-such-file"], "--limits"),
        (&["--nonsense"], "--nonsense"),
    ] {
        let output = command(args).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(told) && output.stdout.is_empty(), "{errors}");
    }
    let help = command(&["--help"]).output().unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--listen", "--limits", "--json", "Exit codes", "SIGHUP"] {
        assert!(help.contains(word), "{help}");
    }
    assert!(!help.contains("instance  "), "{help}");
}
