//! A flood of names against a table of fixed size.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::lockout::{Lockout, MemoryLockouts};

const ROOM: usize = 64;

/// What a bounded map of counts does that forgets the oldest.
#[derive(Default)]
struct Fifo(VecDeque<(String, u32)>);

impl Fifo {
    fn begin(&mut self, account: &str) -> bool {
        if let Some((_, failures)) = self.0.iter_mut().find(|(name, _)| name == account) {
            *failures += 1;
            return *failures <= 5;
        }
        if self.0.len() == ROOM {
            self.0.pop_front();
        }
        self.0.push_back((account.to_owned(), 1));
        true
    }
}

/// Tries a password of the victim's after each round of fresh names, and counts how often it is
/// looked at.
async fn guesses(mut begin: impl AsyncFnMut(&str) -> bool) -> u32 {
    let (mut guesses, mut names) = (0, 0);
    for _ in 0..200 {
        guesses += u32::from(begin("victim").await);
        for _ in 0..2 * ROOM {
            names += 1;
            begin(&format!("name-{names}")).await;
        }
    }
    guesses
}

#[tokio::test]
async fn a_flood_of_names_frees_no_locked_account_and_washes_out_no_failures() {
    let mut fifo = Fifo::default();
    let washed = guesses(async |name| fifo.begin(name)).await;
    assert_eq!(washed, 200, "the attack works on a map that forgets the oldest");

    let clock = ManualClock::starting_at(Duration::from_hours(500_000));
    let store = MemoryLockouts::with_capacity(clock, u32::try_from(ROOM).unwrap()).unwrap();
    let lockout = Lockout::in_memory(store, &[7; 32]).unwrap().insecure_without_addresses();
    let looked =
        guesses(async |name| lockout.begin(name, IpAddr::from([192, 0, 2, 1])).await.is_ok());
    let looked = looked.await;
    assert!((1..=5).contains(&looked), "{looked} guesses, without a flood 5");
}

#[tokio::test]
async fn who_is_right_gets_in_while_a_flood_runs() {
    let clock = ManualClock::starting_at(Duration::from_hours(500_000));
    let store = MemoryLockouts::with_capacity(clock.clone(), 64).unwrap();
    let lockout = Lockout::in_memory(store, &[7; 32]).unwrap().insecure_without_addresses();
    let mut refused = 0;
    for number in 0..2000 {
        let flood = lockout.begin(&format!("name-{number}"), IpAddr::from([192, 0, 2, 1])).await;
        drop(flood);
        // A lock of a newcomer is over before the next honest one comes.
        clock.advance(Duration::from_secs(601));
        match lockout.begin(&format!("honest-{number}"), IpAddr::from([192, 0, 2, 2])).await {
            Ok(attempt) => attempt.succeed().await.unwrap(),
            Err(_) => refused += 1,
        }
    }
    assert_eq!(refused, 0);
}
