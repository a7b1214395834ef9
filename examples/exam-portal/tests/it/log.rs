//! What the portal writes, and that nobody who reads it can stop the portal.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use tempfile::tempdir;

use crate::portal::{Answer, Portal, command};

/// A reader that stops while requests come must not stop the answers: what fits into the pipe is a
/// fraction of what is logged here.
#[test]
fn a_reader_of_the_log_that_stops_does_not_stop_the_portal() {
    let folder = tempdir().unwrap();
    let mut child = command()
        .args(["--listen", "127.0.0.1:0", "--log", "json", "--data"])
        .arg(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let start = "listening on http://";
    let line = lines.find(|line| line.starts_with(start)).unwrap();
    let address: std::net::SocketAddr = line.strip_prefix(start).unwrap().parse().unwrap();
    let request = "GET /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    for _ in 0..600 {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(crate::portal::PATIENCE)).unwrap();
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        // After the first hundred the limits answer, and that is logged too.
        assert!(matches!(Answer::read(&mut stream).status, 200 | 429));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn lines_are_kept_in_files_and_errors_apart() {
    let folder = tempdir().unwrap();
    let logs = folder.path().join("logs");
    let portal = Portal::start_with(&["--log-dir", logs.to_str().unwrap()]);
    assert_eq!(portal.get("/students?forged=%0a%7b%22level%22").status, 200);
    assert_eq!(portal.stop().0, Some(0));
    let text = std::fs::read_to_string(logs.join("app.log")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().find(|line| line["context"]["path"] == "/students").unwrap();
    assert_eq!((&answered["level"], &answered["fields"]["status"]), (&"INFO".into(), &200.into()));
    assert_eq!(std::fs::read_to_string(logs.join("errors.log")).unwrap(), "");
}

#[test]
fn two_portals_do_not_share_a_folder_of_logs() {
    let folder = tempdir().unwrap();
    let logs = folder.path().join("logs");
    let flags = ["--log-dir", logs.to_str().unwrap()];
    let _first = Portal::start_with(&flags);
    let data = folder.path().join("data");
    let (code, _, errors) = crate::portal::finished(
        command().args(["--listen", "127.0.0.1:0", "--data"]).arg(&data).args(flags),
    );
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("app.log: another process writes this log"), "{errors}");
    assert!(!data.exists());
}
