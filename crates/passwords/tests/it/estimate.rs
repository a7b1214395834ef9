//! Passwords that take few guesses.

use std::num::NonZeroUsize;
use std::time::Duration;

use palisade_core::ManualClock;
use palisade_passwords::{
    Candidate, Context, EstimatedPolicy, Factor, Hasher, Params, Policy, Scheme, Strength,
    Violation, Workers,
};

fn policy(least: Strength) -> EstimatedPolicy {
    Policy::nist_800_63b_4(Factor::Mfa).estimated(least)
}

fn broken(policy: &EstimatedPolicy, password: &str, context: &Context) -> Vec<Violation> {
    match policy.check(&Candidate::from(password), context) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.violations().to_vec(),
    }
}

#[test]
fn what_takes_few_guesses_is_refused_beside_every_other_reason() {
    let (good, strong) = (policy(Strength::Good), policy(Strength::Strong));
    let none = Context::new();
    assert_eq!(broken(&good, "Tr0ub4d0ur", &none), [Violation::Guessable]);
    assert_eq!(broken(&good, "kelp fjord 8 ibis", &none), []);
    let short = broken(&good, "monkey1", &none);
    assert_eq!(short.first(), Some(&Violation::TooShort { least: 8 }));
    assert_eq!(short.last(), Some(&Violation::Guessable));
    // The stronger estimate refuses more.
    assert_eq!(broken(&good, "snowflake4kelp", &none), []);
    assert_eq!(broken(&strong, "snowflake4kelp", &none), [Violation::Guessable]);
    // A name takes few guesses from whoever knows it.
    assert_eq!(broken(&strong, "zaphodbeeblek4wq9xvt", &none), []);
    let name = Context::new().word("zaphodbeeble");
    assert_eq!(broken(&strong, "zaphodbeeblek4wq9xvt", &name), [Violation::Guessable]);
}

#[test]
fn long_passwords_are_not_estimated() {
    let strong = policy(Strength::Strong);
    let leet = "4@8({[<369!1|0$5+7%2/`".repeat(40);
    // Half a second of work if it were.
    assert_eq!(broken(&strong, &leet[..100], &Context::new()), []);
    let many = "4@8({[<369!1|0$5+7%2/`".repeat(100);
    let refused = broken(&strong, &many, &Context::new());
    assert_eq!(refused, [Violation::TooLong { most_bytes: Candidate::MAX_BYTES }]);
}

#[test]
fn estimates_wait_in_the_queue_of_the_hashes_and_are_charged() {
    let scheme = Scheme::new(Params::insecure_new(64, 2, 1).unwrap()).unwrap();
    let workers = Workers::new()
        .count(NonZeroUsize::MIN)
        .longest_wait(Duration::from_millis(100))
        .with_clock(ManualClock::new());
    let hasher = Hasher::start(scheme, workers).unwrap();
    let policy = policy(Strength::Good);
    let check = |client: u32, text: &str| {
        hasher.check(&policy, client, Candidate::from(text), Context::new())
    };
    let worst = &"4@8({[<369!1|0$5+7%2/`".repeat(2)[..23];
    let flood: Vec<_> = (0..100).map(|_| check(1, worst)).collect();
    let load = hasher.load();
    assert!(load.refused > 50 && load.queued_work <= Duration::from_millis(100), "{load:?}");
    drop(flood);
    let accepted = check(2, "kelp fjord 8 ibis").wait().unwrap();
    assert!(accepted.is_ok());
    let refused = check(2, "Tr0ub4d0ur").wait().unwrap();
    assert_eq!(refused.err().unwrap().violations(), [Violation::Guessable]);
}
