//! The tool that people attack with: Debian's slowhttptest, over real sockets.

use std::process::Command;
use std::time::Duration;

use palisade::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::house::{HELLO, app};

/// Slow headers, slow bodies, and answers that are read slowly; four times as many connections as
/// the server keeps.
const MODES: &[(&str, &str)] = &[
    ("slow headers", "-H -i 2 -x 24"),
    ("slow bodies", "-B -i 2 -s 8192 -x 10 -t POST"),
    ("slow reading", "-X -w 10 -y 20 -n 2 -z 5 -k 3"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_server_answers_while_it_is_attacked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let second = Duration::from_secs(1);
    let limits = Limits::new().connections(100).headers(second).request(second).writes(second);
    tokio::spawn(palisade::serve(listener, app(), limits).into_future());
    for (name, mode) in MODES {
        let path = match *name {
            "slow headers" => "/",
            "slow bodies" => "/echo",
            _ => "/large",
        };
        let mut attack = Command::new("slowhttptest");
        attack.args(["-c", "400", "-r", "200", "-l", "4", "-p", "3", "-u"]);
        attack.arg(format!("http://{address}{path}")).args(mode.split(' '));
        let attack = tokio::task::spawn_blocking(move || attack.output().unwrap());
        let mut answers = 0;
        while !attack.is_finished() {
            let asked = async {
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(HELLO.as_bytes()).await?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.map(|_| answer)
            };
            // Ten times what it may take where every seat runs a request.
            let answer = tokio::time::timeout(second * 20, asked).await.unwrap();
            answers += u32::from(answer.is_ok_and(|answer| answer.ends_with("hello")));
        }
        let said = String::from_utf8_lossy(&attack.await.unwrap().stdout).into_owned();
        assert!(said.contains("service available"), "{name}: {said}");
        assert!(said.contains("YES"), "{name}: {said}");
        assert!(answers >= 3, "{name}: {answers} answers\n{said}");
    }
}
