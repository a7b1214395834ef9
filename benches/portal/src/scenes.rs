//! What schools did to the projects.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::crowd::{at_once, now, tell};
use crate::portal::Portal;

const LOAD: Option<&str> = Some("limits.load.toml");

/// A hundred people sign in as the lesson begins; who is not let in at once is told when to come back.
pub(crate) fn sign_ins() {
    let portal = Portal::start(LOAD);
    let names: Vec<String> = (0..100).map(|number| format!("teacher{number}")).collect();
    let passwords: Vec<String> = names.iter().map(|name| portal.add_teacher(name)).collect();
    let health = AtomicBool::new(true);
    let slowest = Mutex::new(Duration::ZERO);
    let (answers, times) = thread::scope(|scope| {
        scope.spawn(|| {
            let probe = Client::new(&portal, 0);
            while health.load(Ordering::Relaxed) {
                let begun = now();
                assert_eq!(probe.get("/health/live").status, 200, "the probe lives");
                let mut slowest = slowest.lock().expect("no panic");
                *slowest = (*slowest).max(begun.elapsed());
                thread::sleep(Duration::from_millis(20));
            }
        });
        let done = at_once(100, |number| {
            let client = Client::new(&portal, 1 + number);
            let at = usize::from(number);
            client.sign_in(&names[at], &passwords[at]).status
        });
        health.store(false, Ordering::Relaxed);
        done
    });
    let count = |status: u16| answers.iter().filter(|it| **it == status).count();
    let (signed_in, later) = (count(200), count(503));
    assert_eq!(signed_in + later, 100, "each is signed in or told to come back: {answers:?}");
    let slowest = slowest.lock().expect("no panic").as_secs_f64() * 1e3;
    let came = format!(
        "{signed_in} signed in, {later} told to come back; the probe waited {slowest:.0} ms at most; {} MiB",
        portal.resident() / 1024
    );
    tell("100 sign-ins at once", &came, times);
}

/// Two hundred saves at once: every one that is acknowledged is there, once.
pub(crate) fn saves() {
    let portal = Portal::start(LOAD);
    let teacher = teacher(&portal, 1);
    let before = total(&teacher);
    let (answers, times) = at_once(200, |number| save(&teacher.clone(), number));
    let saved = answers.iter().filter(|it| **it == 201).count();
    assert_eq!(saved, 200, "every save is acknowledged: {answers:?}");
    assert_eq!(total(&teacher), before + 200, "every acknowledged student is there");
    tell("200 saves at once", "200 saved, 200 found", times);
}

/// Two hundred from one address want a limit of five in a minute.
pub(crate) fn one_limit() {
    let portal = Portal::start(None);
    let (answers, times) =
        at_once(200, |_| Client::new(&portal, 7).sign_in("nobody", "wrong password").status);
    let refused = answers.iter().filter(|it| **it == 429).count();
    assert_eq!(refused, 195, "five are looked at and no more: {answers:?}");
    tell("200 sign-ins of one address", "5 looked at, 195 refused", times);
}

/// Seventy-five users read, search and save until the day is over.
pub(crate) fn school_day(day: Duration) {
    const USERS: u16 = 75;
    let portal = Portal::start(LOAD);
    let teacher = teacher(&portal, 1);
    for number in 0..200 {
        assert_eq!(save(&teacher, number), 201, "a student");
    }
    let users: Vec<Client> = (0..USERS).map(|_| teacher.clone()).collect();
    let begun = now();
    let (mut waited, mut memory) = (Vec::new(), Vec::new());
    let mut done = 0_u64;
    // Ten equal parts: the first fills what is filled once, the others show whether anything grows.
    for part in 1..=10 {
        let until = begun + day * part / 10;
        let (counts, _) = at_once(USERS, |number| work(&users[usize::from(number)], number, until));
        for (count, times) in counts {
            done += count;
            waited.extend(times);
        }
        memory.push(portal.resident());
        eprintln!("{part} of 10: {done} requests, {} KiB", portal.resident());
    }
    let (second, last) = (memory[1], memory[9]);
    assert!(last <= second + second / 10, "the memory of the server grows: {memory:?} KiB");
    let came = format!(
        "{done} requests, none failed, {:.0} a second; {:.1} MiB after a fifth, {:.1} at the end",
        f64::from(u32::try_from(done).unwrap_or(u32::MAX)) / day.as_secs_f64(),
        mebibytes(second),
        mebibytes(last)
    );
    tell(&format!("{USERS} users for {} s", day.as_secs()), &came, waited);
}

fn mebibytes(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap_or(u32::MAX)) / 1024.0
}

/// What a user does: lists, searches, looks, and now and then saves.
fn work(user: &Client, number: u16, until: Instant) -> (u64, Vec<Duration>) {
    let (mut done, mut times) = (0, Vec::new());
    while now() < until {
        let code = format!("L-{:04}", (u64::from(number) * 31 + done * 7) % 200);
        let one = format!("/api/v1/students/{code}");
        let begun = now();
        let (answer, right) = match done % 10 {
            0 => (user.patch(&one, &json!({"name": format!("Asha Rai {done}")})), 200),
            1 | 2 => (user.get("/api/v1/students?per_page=50&sort=-name"), 200),
            3 => (user.get("/api/v1/students?q=Rai"), 200),
            4 => (user.get("/api/v1/settings"), 200),
            _ => (user.get(&one), 200),
        };
        assert_eq!(answer.status, right, "{}", answer.body);
        times.push(begun.elapsed());
        done += 1;
        // People read what they asked for.
        thread::sleep(Duration::from_millis(50));
    }
    (done, times)
}

fn teacher(portal: &Portal, number: u16) -> Client {
    let client = Client::new(portal, number);
    let answer = client.sign_in("teacher", portal.password("teacher"));
    client.with_session(&answer)
}

fn save(teacher: &Client, number: u16) -> u16 {
    let student = json!({
        "code": format!("L-{number:04}"),
        "name": "Asha Rai",
        "email": format!("l{number}@school.example"),
        "birthDate": "2010-05-04",
    });
    teacher.post("/api/v1/students", &student).status
}

fn total(teacher: &Client) -> u64 {
    let answer = teacher.get("/api/v1/students?per_page=1");
    answer.body.get("total").and_then(Value::as_u64).expect("a total")
}
