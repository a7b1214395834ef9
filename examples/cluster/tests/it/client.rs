//! Somebody who asks the cluster, or one of its instances.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use cluster::{Cluster, Instance, Settings};
use serde_json::{Value, json};

/// Nothing here takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Limits that no test reaches.
pub(crate) const LOAD: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../exam-portal/limits.load.toml");

/// Starts a cluster whose limits refuse nobody.
pub(crate) fn generous() -> Cluster {
    start(&settings().limits(Path::new(LOAD)))
}

pub(crate) fn settings() -> Settings {
    Settings::new(env!("CARGO_BIN_EXE_cluster"))
}

pub(crate) fn start(settings: &Settings) -> Cluster {
    Cluster::start(settings, &mut |_| {}).unwrap()
}

/// Asks until it is so.
#[track_caller]
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) cookie: Option<String>,
    /// The address that the client says it has; it speaks from where the proxy is.
    pub(crate) from: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, cookie: None, from: "192.0.2.1".to_owned() }
    }

    /// The figures of an instance, which are for this machine alone.
    pub(crate) fn metrics(instance: &Instance) -> String {
        Self::at(instance.address()).from("127.0.0.1").get("/metrics").text()
    }

    pub(crate) fn from(&self, from: &str) -> Self {
        Self { from: from.to_owned(), ..self.clone() }
    }

    /// The same client, who asks somewhere else.
    pub(crate) fn asks(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Signs somebody in through the proxy.
    pub(crate) fn sign_in(cluster: &Cluster, name: &str) -> Self {
        let account = cluster.accounts().iter().find(|account| account.name == name).unwrap();
        let mut client = Self::at(cluster.address());
        let answer = client.log_in(name, &account.password);
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap();
        client.cookie = Some(cookie.to_owned());
        client
    }

    pub(crate) fn log_in(&self, name: &str, password: &str) -> Answer {
        self.json("POST", "/api/v1/auth/login", &json!({"username": name, "password": password}))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "text/plain", b"").unwrap()
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "application/json", body.to_string().as_bytes()).unwrap()
    }

    /// Sends a request over a connection of its own.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let cookie = self.cookie.iter().map(|cookie| format!("cookie: {cookie}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-forwarded-for: {}\r\n\
             {}content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.from,
            cookie.collect::<String>(),
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Answer { status, head, body: bytes[end + 4..].to_vec() })
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        // What nginx passes on without a length comes in pieces; each is one here.
        if self.header("transfer-encoding").is_none() {
            return text;
        }
        let mut left = text.as_str();
        let mut whole = String::new();
        while let Some((size, rest)) = left.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap();
            whole.push_str(&rest[..size]);
            left = rest.get(size + 2..).unwrap_or_default();
        }
        whole
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The machine word of a refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}
