//! The plain functions: what matches, what is upgraded, what every rejection costs.

use std::time::Duration;

use base64ct::{Base64Unpadded, Encoding};
use palisade_passwords::{
    Accepted, Arena, Attempt, Candidate, Ceiling, ConfigError, Context, Factor, OsRandom, Params,
    Policy, Random, RandomError, Scheme, Upgrade, UpgradeOutcome, Verdict,
};
use proptest::prelude::*;

const PASSWORD: &str = "red bicycles under snow";

fn cheap() -> Params {
    Params::insecure_new(64, 2, 1).unwrap()
}

fn accepted(password: &str) -> Accepted {
    let policy = Policy::nist_800_63b_4(Factor::Mfa);
    policy.check(&Candidate::from(password), &Context::new()).ok().unwrap()
}

fn stored_by(params: Params, password: &str) -> String {
    let scheme = Scheme::new(params).unwrap();
    scheme.hash(&accepted(password), &mut Arena::new(), &OsRandom::new()).unwrap()
}

fn verify(scheme: &Scheme, stored: Option<&str>, password: &str) -> Verdict {
    let attempt = Attempt::new("ada").stored(stored);
    scheme.verify(&attempt, &Candidate::from(password), &mut Arena::new(), &OsRandom::new())
}

fn upgrade(verdict: Verdict) -> Option<Upgrade> {
    match verdict {
        Verdict::Verified(verified) => verified.into_upgrade(),
        Verdict::Rejected => panic!("rejected"),
    }
}

#[test]
fn the_right_password_is_verified_and_every_other_is_not() {
    let scheme = Scheme::new(cheap()).unwrap();
    let stored = stored_by(cheap(), PASSWORD);
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{stored}");
    assert!(verify(&scheme, Some(&stored), PASSWORD).is_verified());
    for wrong in
        ["", "red bicycles under sno", "Red bicycles under snow", "red bicycles under snow "]
    {
        assert!(!verify(&scheme, Some(&stored), wrong).is_verified(), "{wrong:?}");
    }
}

#[test]
fn two_hashes_of_one_password_differ() {
    assert_ne!(stored_by(cheap(), PASSWORD), stored_by(cheap(), PASSWORD));
}

#[test]
fn a_hash_of_the_reference_implementation_is_verified() {
    // phc-winner-argon2, src/test.c: hashtest(version, 2, 8, 1, "password", "somesalt", .., Argon2_id)
    let stored =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let scheme = Scheme::new(cheap()).unwrap();
    assert!(verify(&scheme, Some(stored), "password").is_verified());
}

#[test]
fn composed_and_decomposed_spellings_are_one_password() {
    let scheme = Scheme::new(cheap()).unwrap();
    let stored = stored_by(cheap(), "cafe\u{301} creme bru\u{302}le\u{301}e");
    assert!(verify(&scheme, Some(&stored), "caf\u{e9} creme br\u{fb}l\u{e9}e").is_verified());
}

#[test]
fn rule_a_cost_parameters_above_the_ceiling_are_refused_though_the_password_is_right() {
    let (second, nanosecond) = (Duration::from_secs(1), Duration::from_nanos(360));
    let dear = [(128, 2, Ceiling::new(64, second)), (64, 3, Ceiling::new(64, nanosecond * 128))];
    for (memory_kib, passes, ceiling) in dear {
        let params = Params::insecure_new(memory_kib, passes, 1).unwrap();
        let stored = stored_by(params, PASSWORD);
        let lax = Scheme::new(cheap()).unwrap();
        assert!(verify(&lax, Some(&stored), PASSWORD).is_verified());
        let strict = Scheme::with_ceiling(cheap(), ceiling).unwrap();
        assert!(!verify(&strict, Some(&stored), PASSWORD).is_verified(), "{params:?}");
    }
    let low = Ceiling::new(32, second);
    assert!(matches!(
        Scheme::with_ceiling(cheap(), low),
        Err(ConfigError::AboveCeiling { needed_kib: 64, ceiling_kib: 32, .. })
    ));
}

#[test]
fn rule_b_an_upgrade_is_offered_for_a_weaker_hash_and_never_for_a_stronger_one() {
    let strong = Params::insecure_new(128, 3, 1).unwrap();
    let (weak_hash, strong_hash) = (stored_by(cheap(), PASSWORD), stored_by(strong, PASSWORD));
    let raised = Scheme::new(strong).unwrap();
    assert!(upgrade(verify(&raised, Some(&weak_hash), PASSWORD)).is_some());
    assert!(upgrade(verify(&raised, Some(&strong_hash), PASSWORD)).is_none());
    let lowered = Scheme::new(cheap()).unwrap();
    assert!(upgrade(verify(&lowered, Some(&strong_hash), PASSWORD)).is_none());
    assert!(!verify(&raised, Some(&weak_hash), "wrong").is_verified());
}

#[tokio::test]
async fn rule_c_an_upgrade_replaces_only_the_hash_that_was_verified() {
    let strong = Scheme::new(Params::insecure_new(128, 3, 1).unwrap()).unwrap();
    let before = stored_by(cheap(), PASSWORD);
    let mut row = before.clone();
    let written = upgrade(verify(&strong, Some(&before), PASSWORD)).unwrap();
    let outcome = written
        .write(async |expected, new| {
            if row == expected {
                row = new.to_owned();
            }
            Ok::<_, ()>(row == new)
        })
        .await;
    assert_eq!(outcome, UpgradeOutcome::Written);
    assert!(upgrade(verify(&strong, Some(&row), PASSWORD)).is_none());

    // A reset between the verification and the write: its hash stays.
    let late = upgrade(verify(&strong, Some(&before), PASSWORD)).unwrap();
    let mut reset = "the hash of a reset".to_owned();
    let outcome = late.write_blocking(|expected, new| {
        let same = reset == expected;
        if same {
            reset = new.to_owned();
        }
        Ok::<_, ()>(same)
    });
    assert_eq!(outcome, UpgradeOutcome::Superseded);
    assert_eq!(reset, "the hash of a reset");

    // A store that fails changes nothing about the sign-in, which already happened.
    let failing = upgrade(verify(&strong, Some(&before), PASSWORD)).unwrap();
    assert_eq!(failing.write_blocking(|_, _| Err("down")), UpgradeOutcome::Failed);
}

/// Counts how often salts are drawn, and fails when told to.
struct Failing;

impl Random for Failing {
    fn fill(&self, _bytes: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError::new("none today"))
    }
}

#[test]
fn without_randomness_nothing_is_hashed_but_a_sign_in_succeeds() {
    let scheme = Scheme::new(Params::insecure_new(128, 3, 1).unwrap()).unwrap();
    assert!(scheme.hash(&accepted(PASSWORD), &mut Arena::new(), &Failing).is_err());
    let (stored, candidate) = (stored_by(cheap(), PASSWORD), Candidate::from(PASSWORD));
    let attempt = Attempt::new("ada").stored(Some(&stored));
    let verdict = scheme.verify(&attempt, &candidate, &mut Arena::new(), &Failing);
    assert!(upgrade(verdict).is_none());
}

#[test]
fn rule_d_malformed_and_foreign_hashes_are_rejected_like_wrong_passwords() {
    let scheme = Scheme::new(cheap()).unwrap();
    let long = "$".repeat(100_000);
    let foreign = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
    for stored in ["", "!", "plain text", "$argon2id$", foreign, "\u{0}", &long] {
        assert!(!verify(&scheme, Some(stored), PASSWORD).is_verified());
        assert!(!verify(&scheme, Some(stored), stored).is_verified());
    }
}

#[test]
fn an_over_long_password_never_matches_even_the_hash_of_the_empty_one() {
    let scheme = Scheme::new(cheap()).unwrap();
    // Argon2id of "" with m=64, t=2, p=1, computed by the engine itself.
    let params = argon2::Params::new(64, 2, 1, Some(32)).unwrap();
    let mut tag = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(b"", &[7; 16], &mut tag)
        .unwrap();
    let encode = Base64Unpadded::encode_string;
    let stored = format!("$argon2id$v=19$m=64,t=2,p=1${}${}", encode(&[7; 16]), encode(&tag));
    assert!(verify(&scheme, Some(&stored), "").is_verified());
    let long = "x".repeat(Candidate::MAX_BYTES + 1);
    assert!(!verify(&scheme, Some(&stored), &long).is_verified());
}

#[test]
fn a_refused_account_is_rejected_with_the_right_password() {
    let scheme = Scheme::new(cheap()).unwrap();
    let stored = stored_by(cheap(), PASSWORD);
    let attempt = Attempt::new("ada").stored(Some(&stored)).refused();
    let candidate = Candidate::from(PASSWORD);
    let verdict = scheme.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new());
    assert!(!verdict.is_verified());
}

proptest! {
    #[test]
    fn no_stored_string_panics_or_lets_in(stored in ".{0,80}") {
        let scheme = Scheme::new(cheap()).unwrap();
        prop_assert!(!verify(&scheme, Some(&stored), PASSWORD).is_verified());
    }

    #[test]
    fn no_damaged_hash_lets_in(at in 0usize..90, with in any::<char>()) {
        let stored = stored_by(cheap(), PASSWORD);
        let mut chars: Vec<char> = stored.chars().collect();
        let at = at % chars.len();
        prop_assume!(chars[at] != with);
        chars[at] = with;
        let damaged: String = chars.into_iter().collect();
        let scheme = Scheme::new(cheap()).unwrap();
        prop_assert!(!verify(&scheme, Some(&damaged), PASSWORD).is_verified());
    }
}
