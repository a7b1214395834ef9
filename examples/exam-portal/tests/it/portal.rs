//! A running portal, and a client that sends exactly what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Nothing here takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A portal of its own on a free port, killed when dropped.
pub(crate) struct Portal {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
    /// Reads the log, so that no line of it waits for a reader.
    log: Option<JoinHandle<String>>,
    /// What [`send`](Self::send) and the others show: the session of `teacher`.
    cookie: Option<String>,
}

/// Limits that no test reaches.
const LOAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/limits.load.toml");

/// The file beside the data in which a test keeps the passwords that the first start printed.
const PASSWORDS: &str = "passwords.json";

/// Somebody who asks the portal.
pub(crate) struct Client<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) cookie: Option<String>,
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exam-portal"));
    for (name, _) in std::env::vars_os() {
        let name_of = name.to_string_lossy();
        if name_of.starts_with("PORTAL_") || name_of.starts_with("SECRET_KEY") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub(crate) fn finished(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Runs a start that must be refused; one that succeeds is killed.
pub(crate) fn run(command: &mut Command) -> Output {
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("it started: {line}");
    }
    child.wait_with_output().unwrap()
}

impl Portal {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(flags: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), flags)
    }

    /// Starts on the data that an earlier one left in `folder`, and signs `teacher` in.
    pub(crate) fn start_in(folder: TempDir, flags: &[&str]) -> Self {
        let mut portal = Self::start_signed_out(folder, flags);
        if portal.passwords().contains_key("teacher") {
            portal.cookie = portal.sign_in("teacher").cookie;
        }
        portal
    }

    /// Starts with limits that no test reaches, unless the flags name others.
    pub(crate) fn start_signed_out(folder: TempDir, flags: &[&str]) -> Self {
        let limits: &[&str] = if flags.contains(&"--limits") { &[] } else { &["--limits", LOAD] };
        Self::start_exactly(folder, &[limits, flags].concat())
    }

    pub(crate) fn start_exactly(folder: TempDir, flags: &[&str]) -> Self {
        Self::start_by(command(), folder, flags)
    }

    /// Starts a command of [`command`] that has more in its environment.
    pub(crate) fn start_by(mut command: Command, folder: TempDir, flags: &[&str]) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            .args(flags)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let mut passwords = serde_json::Map::new();
        let address = loop {
            let line = lines.next().map_or_else(String::new, Result::unwrap);
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse().unwrap();
            }
            let Some((name, password)) = account(&line) else {
                let mut errors = String::new();
                child.stderr.as_mut().unwrap().read_to_string(&mut errors).unwrap();
                panic!("no start line but {line:?}; {errors}");
            };
            passwords.insert(name, password.into());
        };
        drop(lines);
        if !passwords.is_empty() {
            let text = serde_json::to_string(&passwords).unwrap();
            std::fs::write(folder.path().join(PASSWORDS), text).unwrap();
        }
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            stderr.read_to_end(&mut log).unwrap();
            String::from_utf8(log).unwrap()
        });
        Self { child, address, folder, log: Some(log), cookie: None }
    }

    /// The passwords that the first start printed.
    pub(crate) fn passwords(&self) -> serde_json::Map<String, Value> {
        let text = std::fs::read_to_string(self.folder.path().join(PASSWORDS));
        text.map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default()
    }

    pub(crate) fn password(&self, name: &str) -> String {
        self.passwords()[name].as_str().unwrap().to_owned()
    }

    /// Signs somebody in with the password that the first start printed.
    pub(crate) fn sign_in(&self, name: &str) -> Client<'_> {
        let client = self.sign_in_with(name, &self.password(name));
        client.unwrap_or_else(|answer| panic!("{name} is not let in: {answer:?}"))
    }

    pub(crate) fn sign_in_with(&self, name: &str, password: &str) -> Result<Client<'_>, Answer> {
        let mut client = self.anonymous();
        let body = serde_json::json!({"username": name, "password": password});
        let answer = client.json("POST", "/api/v1/auth/login", &body);
        if answer.status != 200 {
            return Err(answer);
        }
        client.cookie = Some(answer.cookie().unwrap());
        Ok(client)
    }

    pub(crate) const fn anonymous(&self) -> Client<'_> {
        Client { portal: self, cookie: None }
    }

    /// Shows the session of another portal, which has the same database.
    pub(crate) fn share_session_of(&mut self, other: &Self) {
        self.cookie.clone_from(&other.cookie);
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that the process has had, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end; returns the exit code, the log and the folder.
    pub(crate) fn wait(mut self) -> (Option<i32>, String, TempDir) {
        let log = self.log.take().unwrap().join().unwrap();
        let status: ExitStatus = self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        (status.code(), log, folder)
    }

    /// Ends without a chance to write anything down; returns the folder.
    pub(crate) fn kill(self) -> TempDir {
        self.signal("KILL");
        self.wait().2
    }

    pub(crate) fn stop(self) -> (Option<i32>, String, TempDir) {
        self.signal("TERM");
        self.wait()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request as it stands and reads what comes back.
    pub(crate) fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // Whoever is refused in the middle of a long body may find the connection closed.
        let _ = stream.write_all(request);
        Answer::read(&mut stream)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let client = Client { portal: self, cookie: self.cookie.clone() };
        client.send(method, path, headers, body)
    }

    fn send_with(
        &self,
        cookie: Option<&str>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let address = self.address.to_string();
        let mut lines = vec![("host", address.as_str()), ("connection", "close")];
        lines.extend(cookie.map(|cookie| ("cookie", cookie)));
        lines.retain(|(name, _)| !headers.iter().any(|(given, _)| given == name));
        lines.extend(headers);
        let lines: Vec<String> =
            lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let lines = lines.concat();
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\n{lines}content-length: {length}\r\n\r\n");
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        self.raw(&request)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(method, path, &[("content-type", "application/json")], body.as_bytes())
    }
}

impl Client<'_> {
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.portal.send_with(self.cookie.as_deref(), method, path, headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(method, path, &[("content-type", "application/json")], body.as_bytes())
    }

    /// Sends a form as the browser does from a page of the portal.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form_with(&[], path, fields)
    }

    /// Sends a form with headers of its own.
    pub(crate) fn form_with(
        &self,
        added: &[(&str, &str)],
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        let headers = [&headers, added].concat();
        self.send("POST", path, &headers, body.as_bytes())
    }
}

/// Reads `account NAME password PASSWORD`.
pub(crate) fn account(line: &str) -> Option<(String, String)> {
    let (name, password) = line.strip_prefix("account ")?.split_once(" password ")?;
    Some((name.to_owned(), password.trim_end().to_owned()))
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer takes nothing back of what has been read.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns `name=value` of the cookie that is set.
    pub(crate) fn cookie(&self) -> Option<String> {
        Some(self.header("set-cookie")?.split(';').next()?.to_owned())
    }

    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Asserts that this is a refusal of the given status and machine word, as RFC 9457 has it.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(
            (self.json()["status"].as_u64(), self.json()["code"].as_str()),
            (Some(status.into()), Some(code))
        );
        self
    }
}

/// Whether a line of a head differs between answers that say the same.
pub(crate) fn is_of_the_moment(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name == "date" || name == "x-request-id"
}

/// Everything in a folder: paths with their content.
pub(crate) fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
