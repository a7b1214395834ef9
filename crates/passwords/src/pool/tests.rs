//! The pool under the mistakes that are made with hashing threads.

use std::sync::mpsc::{Sender, channel};

use palisade_core::ManualClock;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn pool(workers: usize, wait: Duration) -> (Arc<Pool>, ManualClock) {
    let clock = ManualClock::new();
    let workers = NonZeroUsize::new(workers).unwrap();
    (Pool::start(workers, wait, Box::new(clock.clone())).unwrap(), clock)
}

/// Keeps one worker busy until the sender says so.
fn occupy(pool: &Arc<Pool>) -> (Ticket<()>, Sender<()>) {
    let (begun, started) = channel();
    let (release, released) = channel();
    let ticket = pool.submit(0, MS, move |_| {
        begun.send(()).unwrap();
        released.recv().ok()
    });
    started.recv().unwrap();
    (ticket, release)
}

#[test]
fn a_dropped_callers_job_does_not_start_and_leaves_the_queue_at_once() {
    let (pool, _clock) = pool(1, MS * 100);
    let (busy, release) = occupy(&pool);
    let (ran, runs) = channel();
    drop(pool.submit(1, MS, move |_| ran.send(()).ok()));
    assert_eq!(pool.load().0, 0);
    release.send(()).unwrap();
    assert_eq!(busy.wait(), Ok(()));
    assert!(runs.recv().is_err(), "the job was dropped, not run");
}

#[test]
fn a_caller_that_leaves_does_not_free_the_worker_it_occupies() {
    let (pool, _clock) = pool(1, MS * 100);
    let (busy, release) = occupy(&pool);
    drop(busy);
    let next = pool.submit(1, MS, |_| Some(7));
    assert_eq!(pool.load().2, 1, "the only worker still computes");
    assert_eq!(pool.load().0, 1, "so the next job waits");
    release.send(()).unwrap();
    assert_eq!(next.wait(), Ok(7));
}

#[test]
fn a_job_that_waited_too_long_is_refused_instead_of_run() {
    let (pool, clock) = pool(1, MS * 100);
    let (busy, release) = occupy(&pool);
    let late = pool.submit(1, MS * 60, |_| Some(()));
    clock.advance(MS * 101);
    release.send(()).unwrap();
    assert_eq!(busy.wait(), Ok(()));
    assert_eq!(late.wait(), Err(Overloaded::new(Duration::ZERO)));
    assert_eq!(pool.load().3, 1);
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_back() {
    let (pool, _clock) = pool(1, MS * 100);
    let (_busy, release) = occupy(&pool);
    let waiting = pool.submit(1, MS * 80, |_| Some(()));
    let refused = pool.submit(1, MS * 30, |_| Some(()));
    assert_eq!(refused.wait(), Err(Overloaded::new(MS * 80)));
    release.send(()).unwrap();
    assert_eq!(waiting.wait(), Ok(()));
}

/// Waits for an answer that a dead worker would never give.
fn answer<T: Send + 'static>(ticket: Ticket<T>) -> Result<T, Overloaded> {
    let (send, answers) = channel();
    thread::spawn(move || send.send(ticket.wait()).ok());
    answers.recv_timeout(Duration::from_secs(10)).expect("a worker answers")
}

#[test]
fn a_panic_costs_its_job_and_not_the_thread() {
    let (pool, _clock) = pool(1, MS * 100);
    let panics = pool.submit(1, MS, |_| -> Option<()> { panic!("a dependency panics") });
    assert!(answer(panics).is_err());
    assert_eq!(answer(pool.submit(1, MS, |_| Some(1))), Ok(1));
}

#[test]
fn closing_answers_everyone_and_takes_no_more() {
    let (pool, _clock) = pool(1, MS * 100);
    let (busy, release) = occupy(&pool);
    let waiting = pool.submit(1, MS, |_| Some(()));
    pool.close();
    assert!(waiting.wait().is_err());
    assert!(pool.submit(1, MS, |_| Some(())).wait().is_err());
    release.send(()).unwrap();
    assert_eq!(busy.wait(), Ok(()), "what runs is finished");
}
