//! Clients that write and read without a pause, and remember what they were promised.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use cluster::Cluster;
use serde_json::json;

use crate::client::{Client, PATIENCE, until};

/// How many clients there are.
const CLIENTS: usize = 4;

/// How many writes succeeded, and who waits for more.
#[derive(Default)]
struct Written {
    number: Mutex<usize>,
    more: Condvar,
}

/// Clients at work until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    written: Arc<Written>,
    clients: Vec<JoinHandle<Seen>>,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Codes of students that the portal said it keeps.
    pub(crate) kept: BTreeSet<String>,
    /// How often each answer came, by what was asked: 0 is none at all.
    pub(crate) answers: BTreeMap<(&'static str, u16), usize>,
    /// Refusals of 503 that do not say when to come again.
    pub(crate) without_advice: usize,
}

impl Load {
    /// Starts the clients of a teacher through the proxy.
    pub(crate) fn start(cluster: &Cluster) -> Self {
        let teacher = Client::sign_in(cluster, "teacher");
        let (stop, written) = <(Arc<AtomicBool>, Arc<Written>)>::default();
        let clients = (0..CLIENTS)
            .map(|number| {
                let client = teacher.from(&format!("198.51.100.{number}"));
                let (stop, written) = (Arc::clone(&stop), Arc::clone(&written));
                std::thread::spawn(move || work(&client, number, &stop, &written))
            })
            .collect();
        let load = Self { stop, written, clients };
        load.go_on(10);
        load
    }

    /// Waits until the portal has promised to keep so many more.
    #[track_caller]
    pub(crate) fn go_on(&self, more: usize) {
        let number = self.written.number.lock().unwrap();
        let enough = *number + more;
        let waited = self.written.more.wait_timeout_while(number, PATIENCE, |now| *now < enough);
        assert!(!waited.unwrap().1.timed_out(), "writes succeed no more");
    }

    /// Stops the clients.
    pub(crate) fn stop(self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Seen::default();
        for client in self.clients {
            let seen = client.join().unwrap();
            all.kept.extend(seen.kept);
            all.without_advice += seen.without_advice;
            for (answer, times) in seen.answers {
                *all.answers.entry(answer).or_default() += times;
            }
        }
        all
    }
}

fn work(client: &Client, number: usize, stop: &AtomicBool, written: &Written) -> Seen {
    let mut seen = Seen::default();
    for turn in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let code = format!("L-{number}-{turn}");
        let student = json!({"code": code, "name": "Ada Byron", "email": "ada@school.example", "birthDate": "2008-12-10"});
        let student = student.to_string();
        let asked: [(&str, &str, &str, &str); 3] = [
            ("write", "POST", "/api/v1/students", &student),
            ("read", "GET", "/api/v1/students?per_page=1", ""),
            ("settings", "GET", "/api/v1/settings", ""),
        ];
        for (what, method, path, body) in asked {
            let answer = client.send(method, path, "application/json", body.as_bytes());
            let status = answer.as_ref().map_or(0, |answer| answer.status);
            *seen.answers.entry((what, status)).or_default() += 1;
            let advice = answer.as_ref().is_ok_and(|it| it.header("retry-after").is_some());
            if status == 503 && !advice {
                seen.without_advice += 1;
            }
            if status == 201 {
                seen.kept.insert(code.clone());
                *written.number.lock().unwrap() += 1;
                written.more.notify_all();
            }
        }
    }
    seen
}

impl Seen {
    /// Asserts that no request got another answer than these.
    #[track_caller]
    pub(crate) fn only(&self, expected: &[u16]) {
        let other = self.answers.keys().any(|(_, status)| !expected.contains(status));
        assert!(!other, "{:?}", self.answers);
        assert_eq!(self.without_advice, 0, "a 503 says when to come again");
    }

    /// Asserts that what was promised is in the database and in the trail, whichever instance wrote
    /// it.
    #[track_caller]
    pub(crate) fn is_all_there(&self, cluster: &Cluster) {
        let admin = Client::sign_in(cluster, "admin");
        assert!(!self.kept.is_empty());
        for code in &self.kept {
            assert_eq!(admin.get(&format!("/api/v1/students/{code}")).status, 200, "{code}");
        }
        // An instance copies its trail to the others after it has answered.
        until("the trail knows of every student", || {
            self.kept.is_subset(&created(&admin, cluster.address()))
        });
    }
}

/// The students whose creation is in the trail with success.
fn created(admin: &Client, address: SocketAddr) -> BTreeSet<String> {
    let admin = admin.asks(address);
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = "/api/v1/admin/audit?action=student.create&limit=200&cursor=";
        let page = admin.get(&format!("{path}{cursor}"));
        assert_eq!(page.status, 200, "{page:?}");
        let page = page.json();
        for event in page["items"].as_array().unwrap() {
            if event["outcome"] == "success" {
                found.extend(event["target"]["id"].as_str().map(str::to_owned));
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}
