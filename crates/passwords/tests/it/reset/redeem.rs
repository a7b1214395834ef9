//! What a link is good for, and when it ends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_passwords::reset::{
    Gone, IssueError, MemoryStore, NewPassword, Purpose, RedeemError, ResetToken, Resets,
    SettingError, WriteFuture, contract,
};
use palisade_passwords::{
    Candidate, Context, Factor, Hasher, OsRandom, Policy, Random, RandomError,
};

use super::{GOOD, RESET, accepted, hasher};

#[derive(Clone, Default)]
struct Users {
    hash: Arc<Mutex<Option<String>>>,
}

impl Users {
    fn set(&self) -> impl for<'c> FnOnce(&'c mut (), NewPassword<'c>) -> WriteFuture<'c> + Send {
        let hash = Arc::clone(&self.hash);
        move |(), new| {
            *hash.lock().unwrap() = Some(new.hash().to_owned());
            Box::pin(async { Ok(()) })
        }
    }

    fn hash(&self) -> Option<String> {
        self.hash.lock().unwrap().clone()
    }
}

async fn redeem(
    resets: &Resets<MemoryStore>,
    token: &ResetToken,
    hasher: &Hasher,
    users: &Users,
) -> Result<(), RedeemError> {
    let live = resets.look(RESET, token).await.map_err(|error| error.gone().unwrap())?;
    resets.redeem(live, accepted(GOOD), hasher, users.set()).await.map(drop)
}

async fn gone(resets: &Resets<MemoryStore>, token: &ResetToken) -> Option<Gone> {
    resets.look(RESET, token).await.err().map(|error| error.gone().unwrap())
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    contract::check(&MemoryStore::new()).await.unwrap();
}

#[tokio::test]
async fn a_link_sets_one_password_and_is_used_then() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    redeem(&resets, &token, &hasher, &users).await.unwrap();
    assert!(users.hash().unwrap().starts_with("$argon2id$"));
    let again = redeem(&resets, &token, &hasher, &users).await.unwrap_err();
    assert!(matches!(again, RedeemError::Gone(Gone::Used)), "{again:?}");
    assert_eq!(again.problem().status(), 410);
}

#[tokio::test]
async fn a_scanner_that_opens_the_link_does_not_use_it() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    for _ in 0..50 {
        assert_eq!(resets.look(RESET, &token).await.unwrap().account(), "7");
    }
    redeem(&resets, &token, &hasher, &users).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_keeps_the_link() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    let policy = Policy::nist_800_63b_4(Factor::Single);
    for weak in ["", "short", "passwordpassword", "aaaaaaaaaaaaaaaaaaaa"] {
        let live = resets.look(RESET, &token).await.unwrap();
        let context = Context::new().word(live.account());
        // Without an accepted password there is nothing to call `redeem` with.
        assert!(policy.check(&Candidate::from(weak), &context).is_err());
    }
    redeem(&resets, &token, &hasher, &users).await.unwrap();
}

#[tokio::test]
async fn a_failed_write_keeps_the_link() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    let failed = resets
        .redeem(live, accepted(GOOD), &hasher, |(), _| {
            Box::pin(async { Err("no such account".into()) })
        })
        .await
        .unwrap_err();
    assert!(matches!(failed, RedeemError::Write(_)), "{failed:?}");
    assert_eq!(failed.problem().status(), 503);
    redeem(&resets, &token, &hasher, &users).await.unwrap();
}

#[tokio::test]
async fn a_redeemer_who_hangs_up_does_not_hold_up_the_next() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    let (entered, was_entered) = tokio::sync::oneshot::channel();
    let hung = {
        let (resets, hasher) = (resets.clone(), hasher.clone());
        tokio::spawn(async move {
            let hung = resets.redeem(live, accepted(GOOD), &hasher, |(), _| {
                entered.send(()).unwrap();
                Box::pin(async { std::future::pending().await })
            });
            hung.await.map(drop)
        })
    };
    was_entered.await.unwrap();
    let waiting = {
        let (resets, hasher, users) = (resets.clone(), hasher.clone(), users.clone());
        tokio::spawn(async move {
            // Waits for its turn behind the one that hangs.
            let other = resets.issue(RESET, "8").await.unwrap();
            redeem(&resets, &other, &hasher, &users).await
        })
    };
    hung.abort();
    waiting.await.unwrap().unwrap();
    redeem(&resets, &token, &hasher, &users).await.unwrap();
}

#[tokio::test]
async fn an_old_link_is_dead_after_a_newer_one_a_change_and_a_reset() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let first = resets.issue(RESET, "7").await.unwrap();
    let second = resets.issue(RESET, "7").await.unwrap();
    assert_eq!(gone(&resets, &first).await, Some(Gone::Superseded));
    resets.revoke("7").await.unwrap();
    assert_eq!(gone(&resets, &second).await, Some(Gone::Superseded));

    let resets = Resets::new(MemoryStore::new()).live_links(3).unwrap();
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(resets.issue(RESET, "7").await.unwrap());
    }
    assert_eq!(gone(&resets, &tokens[0]).await, Some(Gone::Superseded), "the bound is three");
    assert_eq!(gone(&resets, &tokens[1]).await, None);
    redeem(&resets, &tokens[2], &hasher, &users).await.unwrap();
    for at in [1, 3] {
        assert_eq!(gone(&resets, &tokens[at]).await, Some(Gone::Superseded), "link {at}");
    }
    assert_eq!(gone(&resets, &tokens[2]).await, Some(Gone::Used));
}

#[tokio::test]
async fn a_change_between_look_and_redeem_ends_the_link() {
    let (resets, hasher, users) = (Resets::new(MemoryStore::new()), hasher(), Users::default());
    let token = resets.issue(RESET, "7").await.unwrap();
    let live = resets.look(RESET, &token).await.unwrap();
    resets.revoke("7").await.unwrap();
    let late = resets.redeem(live, accepted(GOOD), &hasher, users.set()).await.unwrap_err();
    assert!(matches!(late, RedeemError::Gone(Gone::Superseded)), "{late:?}");
    assert_eq!(users.hash(), None);
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let clock = ManualClock::starting_at(Duration::from_hours(1_000_000 / 24));
    let resets = Resets::new(MemoryStore::new()).with_clock(clock.clone());
    let token = resets.issue(RESET, "7").await.unwrap();
    clock.advance(Duration::from_secs(3599));
    assert_eq!(gone(&resets, &token).await, None);
    let live = resets.look(RESET, &token).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert_eq!(gone(&resets, &token).await, Some(Gone::Expired));
    let users = Users::default();
    let late = resets.redeem(live, accepted(GOOD), &hasher(), users.set()).await.unwrap_err();
    assert!(matches!(late, RedeemError::Gone(Gone::Expired)), "looked at in time, too late");

    assert_eq!(resets.sweep(Duration::from_hours(1)).await.unwrap(), 0);
    clock.advance(Duration::from_secs(3601));
    assert_eq!(resets.sweep(Duration::from_hours(1)).await.unwrap(), 1);
    assert_eq!(gone(&resets, &token).await, Some(Gone::Unknown));
}

#[tokio::test]
async fn a_link_is_for_one_purpose() {
    let resets = Resets::new(MemoryStore::new());
    let token = resets.issue(Purpose::Invitation, "7").await.unwrap();
    assert_eq!(gone(&resets, &token).await, Some(Gone::Unknown));
    assert!(resets.look(Purpose::Invitation, &token).await.is_ok());
}

#[tokio::test]
async fn every_outcome_is_410_with_its_own_code() {
    let table = [
        (Gone::Expired, "reset_link_expired"),
        (Gone::Superseded, "reset_link_superseded"),
        (Gone::Unknown, "reset_link_unknown"),
        (Gone::Used, "reset_link_used"),
    ];
    for (gone, code) in table {
        assert_eq!((gone.code(), gone.problem().status().as_u16()), (code, 410));
    }
}

#[tokio::test]
async fn settings_and_accounts_have_bounds() {
    let resets = || Resets::new(MemoryStore::new());
    for seconds in [0, 59, 24 * 3600 + 1] {
        let refused = resets().lifetime(Duration::from_secs(seconds));
        assert!(matches!(refused, Err(SettingError::Lifetime { .. })), "{seconds}");
    }
    assert!(resets().lifetime(Duration::from_hours(24)).is_ok());
    for count in [0, 9] {
        assert!(matches!(resets().live_links(count), Err(SettingError::LiveLinks { .. })));
    }
    for account in ["", &"7".repeat(129)] {
        let refused = resets().issue(RESET, account).await.err().unwrap();
        assert!(matches!(refused, IssueError::Account { most: 128 }));
    }
    let small = Resets::new(MemoryStore::new().most_accounts(1));
    small.issue(RESET, "7").await.unwrap();
    small.issue(RESET, "7").await.unwrap();
    assert!(matches!(small.issue(RESET, "8").await.err().unwrap(), IssueError::Store(_)));
    small.forget("7").await.unwrap();
    small.issue(RESET, "8").await.unwrap();
}

#[tokio::test]
async fn without_randomness_there_is_no_token() {
    struct Broken;
    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
            Err(RandomError::new("no entropy"))
        }
    }
    let resets = Resets::new(MemoryStore::new()).with_random(Broken);
    assert!(matches!(resets.issue(RESET, "7").await.err().unwrap(), IssueError::Random(_)));
    let resets = resets.with_random(OsRandom::new());
    resets.issue(RESET, "7").await.unwrap();
}
