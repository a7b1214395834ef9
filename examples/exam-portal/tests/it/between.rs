//! A proxy in front of the portal that takes a protection out of what passes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::portal::Portal;

/// What is changed on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Headers that the portal does not see.
    pub(crate) asked_without: &'static [&'static str],
    /// Headers that the browser does not see.
    pub(crate) answered_without: &'static [&'static str],
    /// What the browser sees in the place of something else.
    pub(crate) instead: &'static [(&'static str, &'static str)],
}

/// The proxy: its address, and the answers to reports.
pub(crate) struct Between {
    pub(crate) address: SocketAddr,
    pub(crate) reports: Receiver<String>,
}

impl Between {
    pub(crate) fn start(portal: &Portal, changes: Changes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (upstream, changes) = (portal.address, Arc::new(changes));
        let (sender, reports) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (changes, sender) = (Arc::clone(&changes), sender.clone());
                std::thread::spawn(move || {
                    pass(stream?, TcpStream::connect(upstream)?, &changes, &sender)
                });
            }
        });
        Self { address, reports }
    }
}

/// Passes one request and its answer.
fn pass(
    mut browser: TcpStream,
    mut portal: TcpStream,
    changes: &Changes,
    reports: &Sender<String>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && browser.read(&mut byte)? == 1 {
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head).replace("keep-alive", "close");
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    let mut body = vec![0; length];
    browser.read_exact(&mut body)?;
    portal.write_all(without(&head, changes.asked_without).as_bytes())?;
    portal.write_all(&body)?;
    let mut answer = Vec::new();
    portal.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    if head.starts_with("POST /api/v1/csp-reports") {
        // Nobody may be listening.
        let _ = reports.send(answer.lines().next().unwrap_or_default().to_owned());
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut head = without(&format!("{head}\r\n\r\n"), changes.answered_without);
    let mut body = body.to_owned();
    for (from, to) in changes.instead {
        head = head.replace(from, to);
        body = body.replace(from, to);
        head = without(&head, &["content-length"]);
    }
    browser.write_all(head.as_bytes())?;
    browser.write_all(body.as_bytes())
}

/// The head without the lines of these names.
fn without(head: &str, names: &[&str]) -> String {
    let stays = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !names.iter().any(|gone| name.eq_ignore_ascii_case(gone))
    };
    head.split_inclusive("\r\n").filter(stays).collect()
}
