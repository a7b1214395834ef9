//! The contract of all lockout stores, as functions that the tests of any store can call.
//!
//! A clause returns what it saw instead of panicking, so that it can be run against a store of yours.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::LockoutStore;
use crate::lockout::answer::{Answer, Reserved};
use crate::lockout::claim::{Claim, Kind, Subject};
use crate::lockout::ladder::Ladder;
use crate::lockout::record::Wait;
use crate::lockout::set::Key;
use crate::store::StoreError;
use crate::store::together::Together;

/// A store to try, empty, and its time.
pub trait Fixture {
    /// Returns the store.
    fn store(&self) -> &dyn LockoutStore;

    /// Lets so much time pass for all that the store keeps.
    fn advance(&self, by: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

/// A clause that a store does not keep.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The store answered otherwise than the contract says.
    #[error("{clause}: {saw}")]
    Clause {
        /// The clause.
        clause: &'static str,
        /// What was seen.
        saw: String,
    },
    /// The store gave no answer.
    #[error("the store gave no answer")]
    Store(#[from] StoreError),
}

type Proof = Result<(), Broken>;

/// How many sign-ins come at once.
const CROWD: usize = 1000;
/// What real time may pass between two calls.
const SLACK: Duration = Duration::from_secs(20);

/// Runs every clause.
///
/// # Errors
///
/// The first [`Broken`] one.
pub async fn holds(fixture: &dyn Fixture) -> Proof {
    a_crowd_is_looked_at_five_times(fixture).await?;
    each_failure_locks_longer_and_tries_meanwhile_do_not(fixture).await?;
    an_address_is_locked_whatever_accounts_it_tries(fixture).await?;
    a_refusal_counts_nowhere(fixture).await?;
    a_success_takes_back_what_came_from_its_address(fixture).await?;
    a_success_opens_what_it_has_locked_itself(fixture).await?;
    signing_in_elsewhere_wins_an_address_nothing_back(fixture).await?;
    a_hundred_failures_lock_until_unlocked(fixture).await?;
    failures_are_forgotten_after_a_quiet_time(fixture).await?;
    locks_are_listed_longest_first_and_not_without_end(fixture).await
}

fn clause(holds: bool, clause: &'static str, saw: impl FnOnce() -> String) -> Proof {
    if holds { Ok(()) } else { Err(Broken::Clause { clause, saw: saw() }) }
}

const fn key(case: u8, number: u8) -> Key {
    // Spread over the sets, as hashes are.
    [number.wrapping_mul(37), case, 0, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, case, number]
}

/// A sign-in to that account of a case from that address.
fn claim(case: u8, account: u8, address: u8) -> Claim {
    let account = Subject::new(Kind::Account, key(case, account), Ladder::ACCOUNT);
    let source = u32::from(case).saturating_mul(256).saturating_add(address.into());
    let address = Subject::new(Kind::Address, key(case, address), Ladder::ADDRESS);
    Claim::new(account, Some(address), source)
}

async fn reserve(fixture: &dyn Fixture, claim: &Claim) -> Result<Reserved, Broken> {
    match fixture.store().begin(claim).await? {
        Answer::Reserved(reserved) => Ok(reserved),
        locked @ Answer::Locked(_) => {
            Err(Broken::Clause { clause: "a sign-in is admitted", saw: format!("{locked:?}") })
        }
    }
}

async fn fail(fixture: &dyn Fixture, claim: &Claim, times: u32) -> Proof {
    for _ in 0..times {
        reserve(fixture, claim).await?;
    }
    Ok(())
}

/// Says that the claim is refused for that kind and about that long.
async fn refused(fixture: &dyn Fixture, claim: &Claim, kind: Kind, wait: Duration) -> Proof {
    let answer = fixture.store().begin(claim).await?;
    let right = matches!(&answer, Answer::Locked(locked) if locked.kind() == kind
        && locked.retry_after().is_some_and(|left| left <= wait && left >= wait.saturating_sub(SLACK)));
    clause(right, "a locked subject is refused, for as long as its lock", || {
        format!("{answer:?} instead of {kind:?} for {wait:?}")
    })
}

async fn a_crowd_is_looked_at_five_times(fixture: &dyn Fixture) -> Proof {
    let claim = claim(1, 1, 1);
    let crowd = (0..CROWD).map(|_| fixture.store().begin(&claim));
    let mut reserved = 0_u32;
    for answer in Together::new(crowd).await {
        reserved = reserved.saturating_add(u32::from(matches!(answer?, Answer::Reserved(_))));
    }
    clause(reserved == 5, "of a crowd five are looked at", || format!("{reserved} were"))
}

async fn each_failure_locks_longer_and_tries_meanwhile_do_not(fixture: &dyn Fixture) -> Proof {
    let claim = claim(2, 1, 1);
    fail(fixture, &claim, 4).await?;
    for seconds in [30, 120, 300, 600, 600] {
        let step = Duration::from_secs(seconds);
        let reserved = reserve(fixture, &claim).await?;
        let told = reserved.account.wait == Some(Wait::For(step));
        clause(told, "a reservation says what it locks", || format!("{reserved:?}"))?;
        refused(fixture, &claim, Kind::Account, step).await?;
        let most = step.saturating_sub(SLACK);
        fixture.advance(most).await;
        // Were the lock made longer by tries, it would now last a whole step again.
        for _ in 0..3 {
            refused(fixture, &claim, Kind::Account, step.saturating_sub(most)).await?;
        }
        fixture.advance(SLACK).await;
    }
    Ok(())
}

async fn an_address_is_locked_whatever_accounts_it_tries(fixture: &dyn Fixture) -> Proof {
    for account in 0..20 {
        reserve(fixture, &claim(3, account, 1)).await?;
    }
    let step = Duration::from_secs(30);
    refused(fixture, &claim(3, 200, 1), Kind::Address, step).await?;
    reserve(fixture, &claim(3, 200, 2)).await.map(drop)
}

async fn a_refusal_counts_nowhere(fixture: &dyn Fixture) -> Proof {
    fail(fixture, &claim(4, 1, 1), 5).await?;
    // A locked account does not cost the address, and a locked address not the account.
    for _ in 0..30 {
        refused(fixture, &claim(4, 1, 2), Kind::Account, Duration::from_secs(30)).await?;
    }
    let reserved = reserve(fixture, &claim(4, 2, 2)).await?;
    clause(reserved.address.failures == 1, "a refusal costs the address nothing", || {
        format!("{reserved:?}")
    })?;
    for account in 0_u8..19 {
        reserve(fixture, &claim(4, account.saturating_add(100), 2)).await?;
    }
    for _ in 0..10 {
        refused(fixture, &claim(4, 2, 2), Kind::Address, Duration::from_secs(30)).await?;
    }
    let reserved = reserve(fixture, &claim(4, 2, 3)).await?;
    clause(reserved.account.failures == 2, "a refusal costs the account nothing", || {
        format!("{reserved:?}")
    })
}

async fn a_success_takes_back_what_came_from_its_address(fixture: &dyn Fixture) -> Proof {
    let (own, foreign) = (claim(5, 1, 1), claim(5, 1, 2));
    fail(fixture, &foreign, 2).await?;
    fail(fixture, &own, 1).await?;
    let right = reserve(fixture, &own).await?;
    fixture.store().succeed(&own, &right).await?;
    let next = reserve(fixture, &foreign).await?;
    let (account, consecutive) = (next.account.failures, next.account.consecutive);
    clause(account == 3, "what came from elsewhere stays", || format!("{next:?}"))?;
    clause(consecutive == 1, "a success ends the row of failures", || format!("{next:?}"))?;
    let next = reserve(fixture, &own).await?;
    clause(next.address.failures == 1, "the address has its failures back", || format!("{next:?}"))
}

async fn a_success_opens_what_it_has_locked_itself(fixture: &dyn Fixture) -> Proof {
    let own = claim(6, 1, 1);
    fail(fixture, &own, 4).await?;
    let right = reserve(fixture, &own).await?;
    refused(fixture, &own, Kind::Account, Duration::from_secs(30)).await?;
    fixture.store().succeed(&own, &right).await?;
    reserve(fixture, &own).await?;

    // High on the ladder by the failures of others.
    let (own, foreign) = (claim(6, 2, 1), claim(6, 2, 2));
    fail(fixture, &foreign, 5).await?;
    fixture.advance(Duration::from_secs(30)).await;
    fail(fixture, &foreign, 1).await?;
    fixture.advance(Duration::from_mins(2)).await;
    let right = reserve(fixture, &own).await?;
    fixture.store().succeed(&own, &right).await?;
    let next = reserve(fixture, &foreign).await?;
    clause(next.account.failures == 7, "and nothing else", || format!("{next:?}"))
}

async fn signing_in_elsewhere_wins_an_address_nothing_back(fixture: &dyn Fixture) -> Proof {
    for round in 0..19 {
        reserve(fixture, &claim(7, round, 1)).await?;
        if round % 3 == 0 {
            let own = claim(7, 255, 1);
            let right = reserve(fixture, &own).await?;
            fixture.store().succeed(&own, &right).await?;
        }
    }
    reserve(fixture, &claim(7, 100, 1)).await?;
    refused(fixture, &claim(7, 101, 1), Kind::Address, Duration::from_secs(30)).await
}

async fn a_hundred_failures_lock_until_unlocked(fixture: &dyn Fixture) -> Proof {
    let of = |number: u8| claim(8, 1, number);
    for number in 0..100 {
        reserve(fixture, &of(number)).await?;
        fixture.advance(Duration::from_mins(10)).await;
    }
    for pause in [0, 24, 24 * 365] {
        fixture.advance(Duration::from_hours(pause)).await;
        let answer = fixture.store().begin(&of(200)).await?;
        let right = matches!(&answer, Answer::Locked(locked) if locked.retry_after().is_none());
        clause(right, "no time unlocks after a hundred failures", || format!("{answer:?}"))?;
    }
    let account = key(8, 1);
    let known = fixture.store().unlock(Kind::Account, account).await?;
    clause(known, "an unlock knows what it unlocks", || format!("{known}"))?;
    let reserved = reserve(fixture, &of(200)).await?;
    clause(reserved.account.failures == 1, "an unlock forgets", || format!("{reserved:?}"))?;
    let known = fixture.store().unlock(Kind::Account, key(8, 2)).await?;
    clause(!known, "an unlock says when there was nothing", || format!("{known}"))
}

async fn failures_are_forgotten_after_a_quiet_time(fixture: &dyn Fixture) -> Proof {
    let claim = claim(9, 1, 1);
    fail(fixture, &claim, 4).await?;
    fixture.advance(Duration::from_hours(24)).await;
    let reserved = reserve(fixture, &claim).await?;
    clause(reserved.account.failures == 1, "failures are forgotten", || format!("{reserved:?}"))?;
    clause(reserved.account.consecutive == 5, "their row is not", || format!("{reserved:?}"))
}

async fn locks_are_listed_longest_first_and_not_without_end(fixture: &dyn Fixture) -> Proof {
    fixture.advance(Ladder::MAX_MEMORY).await;
    for account in 0..8 {
        let claim = claim(10, account, account);
        fail(fixture, &claim, 5).await?;
        if account == 3 {
            fixture.advance(Duration::from_secs(30)).await;
            reserve(fixture, &claim).await?;
        }
    }
    let all = fixture.store().locks(100).await?;
    let longest = all.first().is_some_and(|lock| lock.key == key(10, 3) && lock.failures == 6);
    clause(longest, "the longest lock is the first", || format!("{all:?}"))?;
    clause(all.len() == 5, "locks that are over are not listed", || format!("{all:?}"))?;
    let some = fixture.store().locks(2).await?;
    clause(some.len() == 2, "no more are listed than asked for", || format!("{some:?}"))
}

/// Replays a row of random steps on the store and on a [`MemoryLockouts`](super::MemoryLockouts), and compares each answer.
///
/// `steps` are random bytes; each names an account of three, an address of three, what comes of it, and
/// how much time passes.
///
/// # Errors
///
/// [`Broken`] at the first difference.
pub async fn agrees_with_memory(
    fixture: &dyn Fixture,
    memory: &dyn Fixture,
    case: u8,
    steps: &[[u8; 2]],
) -> Proof {
    for [who, what] in steps {
        let claim = claim(case, who % 3, (who / 3) % 3);
        let (ours, theirs) =
            (fixture.store().begin(&claim).await?, memory.store().begin(&claim).await?);
        clause(alike(&ours, &theirs), "the store decides as the model does", || {
            format!("{ours:?} instead of {theirs:?}")
        })?;
        if let (Answer::Reserved(ours), Answer::Reserved(theirs)) = (ours, theirs)
            && what % 4 == 0
        {
            fixture.store().succeed(&claim, &ours).await?;
            memory.store().succeed(&claim, &theirs).await?;
        }
        let pause = match (what / 4) % 8 {
            0 => Duration::from_secs(700),
            1 => Duration::from_hours(2),
            2 if what / 32 == 0 => Duration::from_hours(25),
            _ => Duration::ZERO,
        };
        fixture.advance(pause).await;
        memory.advance(pause).await;
    }
    Ok(())
}

fn alike(ours: &Answer, theirs: &Answer) -> bool {
    let near = |ours: Option<Wait>, theirs: Option<Wait>| match (ours, theirs) {
        (Some(Wait::For(ours)), Some(Wait::For(theirs))) => ours.abs_diff(theirs) <= SLACK,
        (ours, theirs) => ours == theirs,
    };
    match (ours, theirs) {
        (Answer::Reserved(ours), Answer::Reserved(theirs)) => {
            let pairs = [(ours.account, theirs.account), (ours.address, theirs.address)];
            pairs.into_iter().all(|(ours, theirs)| {
                (ours.failures, ours.consecutive) == (theirs.failures, theirs.consecutive)
                    && near(ours.wait, theirs.wait)
            })
        }
        (Answer::Locked(ours), Answer::Locked(theirs)) => {
            near(Some(ours.wait()), Some(theirs.wait()))
        }
        _ => false,
    }
}
