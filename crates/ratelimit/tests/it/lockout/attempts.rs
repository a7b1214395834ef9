//! Mistakes known from elsewhere, tried on a lockout.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::lockout::{Attempt, Kind, Ladder, Lockout, MemoryLockouts, Refused, Wait};
use tokio::sync::Barrier;

use super::events::listen;

const KEY: [u8; 32] = [7; 32];

fn lockout() -> (Lockout, ManualClock) {
    let clock = ManualClock::starting_at(Duration::from_hours(500_000));
    let store = MemoryLockouts::with_capacity(clock.clone(), 1 << 12).unwrap();
    (Lockout::in_memory(store, &KEY).unwrap(), clock)
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

async fn fail(lockout: &Lockout, account: &str, from: u8) -> Option<Wait> {
    lockout.begin(account, address(from)).await.unwrap().fail().locked()
}

fn locked_for(refused: &Refused) -> Option<Duration> {
    match refused {
        Refused::Locked(locked) => locked.retry_after(),
        other => panic!("{other}"),
    }
}

/// Looks at the count, then looks at the password, then counts.
struct CheckThenIncrement(AtomicUsize);

impl CheckThenIncrement {
    async fn sign_in(&self, all_here: &Barrier, hashes: &AtomicUsize) {
        if self.0.load(Ordering::SeqCst) >= 5 {
            return;
        }
        all_here.wait().await;
        hashes.fetch_add(1, Ordering::SeqCst);
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_then_increment_looks_at_a_thousand_passwords_and_a_reservation_at_five() {
    const CROWD: usize = 1000;
    let (naive, hashes) = (Arc::new(CheckThenIncrement(AtomicUsize::new(0))), Arc::default());
    let all_here = Arc::new(Barrier::new(CROWD));
    let tasks: Vec<_> = (0..CROWD)
        .map(|_| {
            let (naive, hashes) = (Arc::clone(&naive), Arc::<AtomicUsize>::clone(&hashes));
            let all_here = Arc::clone(&all_here);
            tokio::spawn(async move { naive.sign_in(&all_here, &hashes).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(hashes.load(Ordering::SeqCst), CROWD, "the attack works on a check beforehand");

    let (lockout, hashes) = (lockout().0, Arc::<AtomicUsize>::default());
    let all_here = Arc::new(Barrier::new(CROWD));
    let tasks: Vec<_> = (0..CROWD)
        .map(|_| {
            let (lockout, hashes) = (lockout.clone(), Arc::clone(&hashes));
            let all_here = Arc::clone(&all_here);
            tokio::spawn(async move {
                let attempt = lockout.begin("ada", address(1)).await;
                if attempt.is_ok() {
                    hashes.fetch_add(1, Ordering::SeqCst);
                }
                // All have begun before the first one ends.
                all_here.wait().await;
                attempt.map(Attempt::fail).ok()
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(hashes.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_try_during_a_lock_does_not_start_its_timer_again() {
    let (lockout, clock) = lockout();
    for _ in 0..4 {
        assert_eq!(fail(&lockout, "ada", 1).await, None);
    }
    for seconds in [30, 120, 300, 600, 600] {
        let step = Duration::from_secs(seconds);
        assert_eq!(fail(&lockout, "ada", 1).await, Some(Wait::For(step)));
        for second in 0..seconds {
            let refused = lockout.begin("ada", address(1)).await.unwrap_err();
            assert_eq!(locked_for(&refused), step.checked_sub(Duration::from_secs(second)));
            clock.advance(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn one_address_cannot_lock_out_everybody_by_name() {
    for (limited, expected) in [(false, 100), (true, 4)] {
        let (lockout, _clock) = lockout();
        let lockout = if limited { lockout } else { lockout.insecure_without_addresses() };
        for account in 0..100 {
            for _ in 0..5 {
                let attempt = lockout.begin(&format!("user-{account}"), address(66)).await;
                drop(attempt);
            }
        }
        let locks = lockout.locks(1000).await.unwrap();
        let accounts = locks.iter().filter(|lock| lock.kind == Kind::Account).count();
        assert_eq!(accounts, expected, "limited: {limited}");
    }
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_answered_like_one_that_does() {
    let (lockout, clock) = lockout();
    let mut seen = Vec::new();
    for account in ["ada", "nobody"] {
        let mut answers = Vec::new();
        for try_number in 0..8 {
            match lockout.begin(account, address(1)).await {
                Ok(attempt) => answers.push(format!("{:?}", attempt.fail())),
                Err(refused) => answers.push(format!("{:?}", refused.problem())),
            }
            if try_number == 6 {
                clock.advance(Duration::from_secs(30));
            }
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn another_spelling_of_a_name_is_no_new_count() {
    let (lockout, _clock) = lockout();
    for name in ["ada", "Ada", "ADA", " ada", "\u{ff21}da"] {
        drop(lockout.begin(name, address(1)).await.unwrap());
    }
    assert!(lockout.begin("aDa", address(2)).await.is_err());
}

#[tokio::test]
async fn hanging_up_or_panicking_in_the_middle_is_a_failure() {
    let (lockout, _clock) = lockout();
    for way in 0..5 {
        let attempt = lockout.begin("ada", address(1)).await.unwrap();
        match way % 3 {
            0 => drop(attempt),
            1 => {
                let task = tokio::spawn(async move {
                    let _attempt = attempt;
                    panic!("in the middle");
                });
                assert!(task.await.unwrap_err().is_panic());
            }
            _ => {
                let task = tokio::spawn(async move {
                    let _attempt = attempt;
                    std::future::pending::<()>().await;
                });
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            }
        }
    }
    assert!(lockout.begin("ada", address(1)).await.is_err());
}

#[tokio::test]
async fn a_hundred_slow_failures_are_the_most_nist_allows() {
    let (lockout, clock) = lockout();
    for number in 0..100_u8 {
        let locked = fail(&lockout, "ada", number).await;
        assert_eq!(locked == Some(Wait::ForUnlock), number == 99, "{number}");
        // Never five in the time that is remembered.
        clock.advance(Duration::from_hours(25));
    }
    let refused = lockout.begin("ada", address(200)).await.unwrap_err();
    assert_eq!(locked_for(&refused), None);
    assert_eq!(lockout.locks(10).await.unwrap()[0].key, lockout.account_key("ada"));
    assert!(lockout.unlock_account("Ada").await.unwrap());
    lockout.begin("ada", address(200)).await.unwrap().succeed().await.unwrap();
    assert!(!lockout.unlock_account("ada").await.unwrap(), "nothing is left of a success");
}

#[tokio::test]
async fn an_administrator_unlocks_an_address() {
    let (lockout, _clock) = lockout();
    for account in 0..20 {
        drop(lockout.begin(&account.to_string(), address(1)).await.unwrap());
    }
    assert!(lockout.begin("ada", address(1)).await.is_err());
    assert!(lockout.unlock_address(address(1)).await.unwrap());
    assert!(lockout.begin("ada", address(1)).await.is_ok());
}

#[tokio::test]
async fn a_ladder_of_ones_own_is_followed() {
    let (lockout, _clock) = lockout();
    let ladder = Ladder::new(2, &[Duration::from_mins(1)]).unwrap();
    let lockout = lockout.accounts(ladder).ipv6_prefix(48).unwrap();
    assert_eq!(fail(&lockout, "ada", 1).await, None);
    assert_eq!(fail(&lockout, "ada", 1).await, Some(Wait::For(Duration::from_mins(1))));
    assert!(lockout.ipv6_prefix(16).is_err());
}

#[test]
fn defenders_hear_of_failures_locks_and_successes_but_no_name() {
    let told = listen(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (lockout, clock) = lockout();
            for _ in 0..5 {
                drop(lockout.begin("ada lovelace", address(1)).await.unwrap());
            }
            // A flood on a locked account writes nothing.
            for _ in 0..50 {
                assert!(lockout.begin("ada lovelace", address(1)).await.is_err());
            }
            clock.advance(Duration::from_secs(30));
            lockout.begin("ada lovelace", address(1)).await.unwrap().succeed().await.unwrap();
            lockout.begin("ada lovelace", address(1)).await.unwrap().succeed().await.unwrap();
            lockout.unlock_account("ada lovelace").await.unwrap();
        });
    });
    let events: Vec<_> = told.iter().map(|told| told.event.as_str()).collect();
    let expected = [
        "authn_login_fail",
        "authn_login_fail",
        "authn_login_fail",
        "authn_login_fail",
        "authn_login_fail",
        "authn_login_lock",
        "authn_login_successafterfail",
        "authz_admin",
    ];
    assert_eq!(events, expected);
    for told in told {
        assert!(!told.all.contains("ada") && !told.all.contains("192.0.2"), "{}", told.all);
    }
}
