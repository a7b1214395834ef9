//! Mail beside the requests, and what happens when it cannot leave.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_core::SystemClock;
use palisade_passwords::reset::{
    Address, Delivery, DeliveryError, Mail, Notice, Outbox, OutboxRefused, OutboxSettings,
};

use super::{Kept, letters};

const SOON: Duration = Duration::from_mins(1);

const fn settings() -> OutboxSettings {
    OutboxSettings::new().threads(NonZeroUsize::MIN).waits(Duration::ZERO, Duration::ZERO)
}

fn start(delivery: impl Delivery, settings: OutboxSettings) -> Outbox {
    Outbox::start(delivery, settings, SystemClock::new()).unwrap()
}

fn mail() -> Mail {
    let notice = Notice::new("Hello", "Hello.").unwrap();
    letters().notice(&Address::parse("ada@example.org").unwrap(), &notice).unwrap()
}

/// Fails so many times, for now or for good.
struct Failing {
    left: AtomicUsize,
    later: bool,
    tried: Arc<AtomicUsize>,
}

impl Failing {
    fn new(times: usize, later: bool) -> (Self, Arc<AtomicUsize>) {
        let tried = Arc::new(AtomicUsize::new(0));
        (Self { left: AtomicUsize::new(times), later, tried: Arc::clone(&tried) }, tried)
    }
}

impl Delivery for Failing {
    fn deliver(&self, _: &Mail) -> Result<(), DeliveryError> {
        self.tried.fetch_add(1, Ordering::SeqCst);
        let less = |left: usize| left.checked_sub(1);
        match (self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less), self.later) {
            (Err(_), _) => Ok(()),
            (Ok(_), true) => Err(DeliveryError::later("not now")),
            (Ok(_), false) => Err(DeliveryError::never("not at all")),
        }
    }
}

/// Says that it began, and waits until it is told to go on.
struct Held {
    began: Mutex<Sender<()>>,
    go_on: Mutex<Receiver<()>>,
}

impl Held {
    fn new() -> (Self, Receiver<()>, Sender<()>) {
        let ((began, has_begun), (go, go_on)) = (channel(), channel());
        (Self { began: Mutex::new(began), go_on: Mutex::new(go_on) }, has_begun, go)
    }
}

impl Delivery for Held {
    fn deliver(&self, _: &Mail) -> Result<(), DeliveryError> {
        let _ = self.began.lock().unwrap().send(());
        let _ = self.go_on.lock().unwrap().recv();
        Ok(())
    }
}

#[test]
fn what_fails_for_now_is_tried_again() {
    let (failing, tried) = Failing::new(4, true);
    let outbox = start(failing, settings());
    outbox.send(mail()).unwrap();
    while outbox.load().delivered == 0 {
        std::thread::yield_now();
    }
    assert_eq!(tried.load(Ordering::SeqCst), 5);
    outbox.shutdown(SOON).unwrap();
}

#[test]
fn what_fails_five_times_or_for_good_is_given_up() {
    for (later, tries) in [(true, 5), (false, 1)] {
        let (failing, tried) = Failing::new(usize::MAX, later);
        let outbox = start(failing, settings());
        outbox.send(mail()).unwrap();
        while outbox.load().failed == 0 {
            std::thread::yield_now();
        }
        assert_eq!(tried.load(Ordering::SeqCst), tries);
        assert_eq!((outbox.load().waiting, outbox.load().delivered), (0, 0));
    }
}

#[test]
fn a_job_whose_database_fails_is_run_again() {
    let kept = Kept::default();
    let outbox = start(kept.clone(), settings());
    let mut left = 3;
    outbox
        .submit(move || {
            left -= 1;
            if left > 0 { Err("the database is away".into()) } else { Ok(Some(mail())) }
        })
        .unwrap();
    while outbox.load().delivered == 0 {
        std::thread::yield_now();
    }
    assert_eq!(kept.mails().len(), 1);
}

#[test]
fn a_job_that_panics_does_not_end_the_thread() {
    let kept = Kept::default();
    let outbox = start(kept.clone(), settings());
    outbox.submit(|| panic!("a bug")).unwrap();
    outbox.send(mail()).unwrap();
    outbox.shutdown(SOON).unwrap();
    assert_eq!((outbox.load().failed, kept.mails().len()), (1, 1));
}

#[test]
fn a_full_outbox_refuses_and_keeps_what_it_has() {
    let (held, has_begun, go) = Held::new();
    let outbox = start(held, settings().capacity(3));
    for _ in 0..3 {
        outbox.send(mail()).unwrap();
    }
    has_begun.recv().unwrap();
    for _ in 0..100 {
        assert_eq!(outbox.submit(|| Ok(None)), Err(OutboxRefused::Full));
    }
    let load = outbox.load();
    assert_eq!((load.waiting, load.running, load.refused), (2, 1, 100));
    for _ in 0..3 {
        go.send(()).unwrap();
    }
    outbox.shutdown(SOON).unwrap();
    assert_eq!(outbox.load().delivered, 3);
}

#[test]
fn shutting_down_tries_everything_once_and_takes_nothing_more() {
    let (failing, tried) = Failing::new(1, true);
    // The second try would be in a minute.
    let patient = settings().waits(Duration::from_mins(1), Duration::from_mins(1));
    let outbox = start(failing, patient);
    outbox.send(mail()).unwrap();
    while outbox.load().waiting != 1 || tried.load(Ordering::SeqCst) != 1 {
        std::thread::yield_now();
    }
    outbox.send(mail()).unwrap();
    outbox.shutdown(SOON).unwrap();
    assert_eq!((tried.load(Ordering::SeqCst), outbox.load().delivered), (3, 2));
    assert_eq!(outbox.send(mail()), Err(OutboxRefused::Closed));
}

#[test]
fn shutting_down_ends_at_its_limit_and_tells_what_is_lost() {
    let (held, has_begun, go) = Held::new();
    let outbox = start(held, settings());
    for _ in 0..3 {
        outbox.send(mail()).unwrap();
    }
    has_begun.recv().unwrap();
    let unsent = outbox.shutdown(Duration::ZERO).unwrap_err();
    assert_eq!(unsent.count(), 3, "two that waited, one on its way");
    drop(go);
}

#[test]
fn tries_are_counted_by_the_setting() {
    let (failing, tried) = Failing::new(usize::MAX, true);
    let outbox = start(failing, settings().tries(NonZeroU32::MIN));
    outbox.send(mail()).unwrap();
    outbox.shutdown(SOON).unwrap();
    assert_eq!((tried.load(Ordering::SeqCst), outbox.load().failed), (1, 1));
}
