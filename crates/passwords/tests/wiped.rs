//! No password is left in freed memory, whatever became of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hint::black_box;
use std::num::NonZeroUsize;

use palisade_passwords::session::SessionId;
use palisade_passwords::temporary::TemporaryPassword;
use palisade_passwords::{
    Attempt, Candidate, Context, Factor, Hasher, Params, Policy, Random, RandomError, Scheme,
    Workers,
};
use palisade_testkit::alloc::FreedBlocks;

#[global_allocator]
static FREED: FreedBlocks = FreedBlocks::new(64 << 20);

const PASSWORD: &str = "canary tangerine drifts over basalt";
/// The parts of it that a folded or shortened copy would hold as bytes.
const PARTS: [&[u8]; 3] = [b"canary tangerine", b"tangerine drifts", b"over basalt"];

fn left_behind() -> usize {
    assert_eq!(FREED.evicted(), 0, "everything that was freed is scanned");
    PARTS.iter().map(|part| FREED.scan(part)).sum()
}

fn typed() -> String {
    // Spare capacity, as a body buffer has: the copy in it must be wiped too.
    let mut text = String::with_capacity(200);
    text.push_str(PASSWORD);
    text
}

/// One test, since the kept blocks are those of the whole process.
#[test]
fn a_password_is_in_no_freed_block() {
    drop(black_box(typed()));
    assert!(left_behind() > 0, "an ordinary string is found");
    FREED.clear();

    drop(Candidate::from(typed()));
    drop(Candidate::from(PASSWORD));
    assert_eq!(left_behind(), 0, "typed");

    let policy = Policy::nist_800_63b_4(Factor::Single);
    let context = Context::new().word("Ada Lovelace");
    assert!(policy.check(&Candidate::from(typed()), &context).is_ok());
    let refused = Candidate::from(format!("{PASSWORD}\u{7}"));
    FREED.clear();
    assert!(policy.check(&refused, &context).is_err());
    drop(refused);
    let wide: Vec<u8> = PASSWORD.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect();
    assert_eq!(left_behind(), 0, "checked");
    assert_eq!(FREED.scan(black_box(&wide)), 0, "checked, as code points");
    let first: Vec<u8> = "canry".chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect();
    assert_eq!(FREED.scan(black_box(&first)), 0, "checked, the different characters");

    let workers = Workers::new().count(NonZeroUsize::MIN);
    let strong = Scheme::new(Params::insecure_new(128, 2, 1).unwrap()).unwrap();
    let weak = Scheme::new(Params::insecure_new(64, 2, 1).unwrap()).unwrap();
    let (strong, weak) = (
        Hasher::start(strong, workers).unwrap(),
        Hasher::start(weak, Workers::new().count(NonZeroUsize::MIN)).unwrap(),
    );
    let accepted = policy.check(&Candidate::from(typed()), &context).ok().unwrap();
    let stored = weak.hash(accepted).wait().unwrap();
    // With an upgrade, without one, wrong, cancelled.
    let attempt = Attempt::new("ada").stored(Some(&stored));
    for hasher in [&strong, &weak] {
        assert!(hasher.verify(&attempt, Candidate::from(typed())).wait().unwrap().is_verified());
    }
    let unknown = Attempt::new("nobody");
    assert!(!weak.verify(&unknown, Candidate::from(typed())).wait().unwrap().is_verified());
    drop(weak.verify(&attempt, Candidate::from(typed())));
    drop((strong, weak));
    assert_eq!(left_behind(), 0, "hashed and verified");

    // A spelling that has to be composed goes through the buffer of the NFC.
    FREED.clear();
    let decomposed = Candidate::from(format!("{PASSWORD} cafe\u{301}"));
    FREED.clear();
    assert!(policy.check(&decomposed, &context).is_ok());
    drop(decomposed);
    assert_eq!(left_behind(), 0, "composed");
    FREED.clear();
    let id = SessionId::generate(&Zeros).unwrap();
    let cookie = id.reveal();
    assert!(SessionId::parse(&cookie).is_some());
    drop((id, cookie));
    let temporary = TemporaryPassword::generate(&Zeros).unwrap();
    drop((temporary.accepted(), temporary));
    assert_eq!(FREED.evicted(), 0, "everything that was freed is scanned");
    assert_eq!(FREED.scan(b"AAAAAAAAAAAAAAAA"), 0, "a session id");
    assert_eq!(FREED.scan(b"22222-22222"), 0, "a temporary password");
}

/// Gives secrets whose text is known.
struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(0);
        Ok(())
    }
}
