//! Passwords that are handed out.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade_passwords::temporary::{RedeemError, Temporary, TemporaryPassword};
use palisade_passwords::{
    Attempt, Candidate, Hasher, OsRandom, Params, Random, RandomError, Scheme, Workers,
};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn drawn() -> TemporaryPassword {
    TemporaryPassword::generate(&OsRandom::new()).unwrap()
}

#[test]
fn they_can_be_read_and_differ() {
    let mut seen = HashSet::new();
    let mut letters = HashSet::new();
    for _ in 0..1000 {
        let password = drawn();
        let text = password.reveal();
        assert_eq!(text.len(), 23);
        assert!(text.split('-').all(|group| group.len() == 5), "{text}");
        letters.extend(text.chars());
        assert!(!text.contains(['l', 'o', '0', '1']), "{text}");
        assert!(seen.insert(text.to_owned()));
    }
    assert_eq!(letters.len(), 33, "every letter of the alphabet is drawn");
}

#[test]
fn every_letter_is_as_likely_as_any_other() {
    struct Counting;
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
            bytes.iter_mut().zip(0..).for_each(|(byte, n)| *byte = n * 13);
            Ok(())
        }
    }
    let text = TemporaryPassword::generate(&Counting).unwrap();
    // 20 multiples of 13 are 20 different values of five bits.
    let different: HashSet<char> = text.reveal().chars().filter(|c| *c != '-').collect();
    assert_eq!(different.len(), 20, "{}", text.reveal());
}

#[tokio::test]
async fn one_sign_in_burns_the_password_and_the_next_fails() {
    let scheme = Scheme::new(Params::insecure_new(64, 2, 1).unwrap()).unwrap();
    let hasher = Hasher::start(scheme, Workers::new().count(NonZeroUsize::MIN)).unwrap();
    let password = drawn();
    let stored = hasher.hash(password.accepted()).await.unwrap();
    let mut row = stored.clone();
    let temporary = Temporary::lasting(Duration::from_hours(24), at(0));
    let let_in = async |row: &str| {
        let attempt = Attempt::new("ada").stored(Some(row));
        hasher.verify(&attempt, Candidate::from(password.reveal())).await.unwrap().is_verified()
    };
    assert!(let_in(&row).await);
    let mut burn = async |now| {
        let replace = async |expected: &str, burnt: &str| {
            let is = row == expected;
            if is {
                row = burnt.to_owned();
            }
            Ok::<_, std::io::Error>(is)
        };
        temporary.redeem(&stored, now, replace).await
    };
    assert!(burn(at(60)).await.is_ok());
    // Another sign-in had verified the password before it was burnt.
    assert!(matches!(burn(at(60)).await, Err(RedeemError::Used)));
    assert!(!let_in(&row).await, "burnt");
    assert!(let_in(&stored).await, "what the attack needs: a row that was not burnt");
}

#[tokio::test]
async fn an_expired_password_and_a_dead_store_let_nobody_in() {
    let temporary = Temporary::lasting(Duration::from_mins(1), at(1000));
    assert_eq!(temporary.as_unix(), 1060);
    assert!(!temporary.is_expired(at(1059)));
    assert!(temporary.is_expired(at(1060)));
    let burn = async |_: &str, _: &str| panic!("an expired password is not asked for");
    let expired = temporary.redeem::<()>("hash", at(1060), burn).await;
    assert!(matches!(expired, Err(RedeemError::Expired)));
    let dead = temporary.redeem("hash", at(0), async |_, _| Err("dead")).await;
    assert!(matches!(dead, Err(RedeemError::Store("dead"))));
    let forever = Temporary::lasting(Duration::MAX, at(1));
    assert_eq!(forever, Temporary::until_unix(i64::MAX));
}
