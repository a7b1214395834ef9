//! How late a timer of 5 ms is while 200 people sign in at once.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use argon2::Argon2;
use harness::Contestant;
use palisade_passwords::{Attempt, Candidate, Hasher, Params, Scheme, Workers};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::Instant;

const SIGN_INS: usize = 200;
const TICK: Duration = Duration::from_millis(5);

pub(crate) fn lateness() -> Vec<Contestant> {
    let workers = Workers::new()
        .count(NonZeroUsize::new(2).expect("two"))
        .longest_wait(Duration::from_mins(10));
    let hasher = Hasher::start(Scheme::new(Params::OWASP_19M).expect("a scheme"), workers);
    let hasher = hasher.expect("threads");
    vec![
        flood("palisade-passwords, two threads of its own", move || {
            let hasher = hasher.clone();
            tokio::spawn(async move {
                let ticket = hasher.verify(&Attempt::new("ada"), Candidate::from("a guess"));
                assert!(!ticket.await.expect("room for all").is_verified(), "a wrong password");
            })
        }),
        flood("argon2 0.6 in spawn_blocking", || {
            tokio::spawn(async { tokio::task::spawn_blocking(hash).await.expect("a hash") })
        }),
        flood("argon2 0.6 inline", || tokio::spawn(async { hash() })),
    ]
}

fn hash() {
    let mut tag = [0; 32];
    Argon2::default()
        .hash_password_into(b"a guess", b"somesaltsomesalt", &mut tag)
        .expect("a hash");
    std::hint::black_box(tag);
}

fn flood(name: &'static str, sign_in: impl Fn() -> JoinHandle<()> + 'static) -> Contestant {
    let runtime =
        Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    Contestant::measuring(name, move || p99(late(&runtime, &sign_in)))
}

/// How late the timer was each time, until everybody has an answer.
fn late(runtime: &Runtime, sign_in: &impl Fn() -> JoinHandle<()>) -> Vec<Duration> {
    runtime.block_on(async {
        let done = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&done);
        let timer = tokio::spawn(async move {
            let mut late = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let start = Instant::now();
                tokio::time::sleep(TICK).await;
                late.push(start.elapsed().saturating_sub(TICK));
            }
            late
        });
        // The timer runs before the flood begins.
        tokio::time::sleep(TICK * 4).await;
        let tasks: Vec<_> = (0..SIGN_INS).map(|_| sign_in()).collect();
        for task in tasks {
            task.await.expect("an answer");
        }
        done.store(true, Ordering::Relaxed);
        timer.await.expect("a timer")
    })
}

fn p99(mut late: Vec<Duration>) -> Duration {
    late.sort();
    late[(late.len() * 99 / 100).min(late.len() - 1)]
}
