//! A restart gives an attacker nothing.

use std::time::Duration;

use palisade_core::ManualClock;
use palisade_ratelimit::Quota;
use palisade_ratelimit::key::KeyHasher;
use palisade_ratelimit::store::{MemoryStore, Overflow, SnapshotError};
use proptest::prelude::*;

use crate::memory::{Memory, admits, ask};

const LOGIN: Quota = Quota::per_minute(5);
const EPOCH: Duration = Duration::from_hours(500_000);

fn hasher() -> KeyHasher {
    KeyHasher::keyed(b"sixteen bytes ok")
}

fn store(bytes: usize, wall: Duration) -> MemoryStore {
    MemoryStore::with_bytes(bytes).unwrap().with_clock(ManualClock::starting_at(wall))
}

#[test]
fn an_attacker_gains_nothing_from_a_restart() {
    let before = store(1 << 12, EPOCH);
    let login = ask(1, LOGIN).overflow(Overflow::Strict);
    assert_eq!((0..9).filter(|_| admits(&before, login)).count(), 5);
    let bytes = before.snapshot(&hasher());

    let forgetful = store(1 << 12, EPOCH);
    assert!(admits(&forgetful, login), "without the snapshot the attack works");

    let after = store(1 << 12, EPOCH + Duration::from_secs(13));
    after.restore(&bytes, &hasher()).unwrap();
    assert_eq!((0..9).filter(|_| admits(&after, login)).count(), 1, "one is earned in 13 s");
    assert!(admits(&after, ask(2, LOGIN).overflow(Overflow::Strict)));
}

#[test]
fn a_wall_clock_that_went_back_earns_nothing() {
    let before = store(1 << 12, EPOCH);
    let login = ask(1, LOGIN);
    assert_eq!((0..9).filter(|_| admits(&before, login)).count(), 5);
    let after = store(1 << 12, Duration::from_hours(499_999));
    after.restore(&before.snapshot(&hasher()), &hasher()).unwrap();
    assert!(!admits(&after, login));
}

#[test]
fn what_forgotten_keys_owed_survives_too() {
    let before = store(128, EPOCH);
    for subject in 0..200 {
        let _ = admits(&before, ask(subject, Quota::per_hour(1)).overflow(Overflow::Strict));
    }
    let after = store(128, EPOCH);
    after.restore(&before.snapshot(&hasher()), &hasher()).unwrap();
    let newcomer = ask(1000, Quota::per_hour(1)).overflow(Overflow::Strict);
    assert!(!admits(&before, newcomer));
    assert!(!admits(&after, newcomer));
}

#[test]
fn what_is_counted_already_stays() {
    let (before, after) = (store(1 << 12, EPOCH), store(1 << 12, EPOCH));
    let (one, two) = (ask(1, LOGIN), ask(2, LOGIN));
    assert!(admits(&before, one));
    assert_eq!((0..9).filter(|_| admits(&after, two)).count(), 5);
    after.restore(&before.snapshot(&hasher()), &hasher()).unwrap();
    assert!(!admits(&after, two));
}

#[test]
fn a_snapshot_of_another_key_size_or_form_is_refused() {
    let Memory { store: before, .. } = Memory::new(1 << 12);
    assert!(admits(&before, ask(1, LOGIN)));
    let bytes = before.snapshot(&hasher());
    let refused = |bytes: &[u8], size, hasher: &KeyHasher| {
        store(size, EPOCH).restore(bytes, hasher).unwrap_err()
    };
    assert_eq!(refused(&bytes, 1 << 12, &KeyHasher::keyed(&[9; 16])), SnapshotError::Damaged);
    assert_eq!(refused(&bytes, 1 << 13, &hasher()), SnapshotError::Geometry);
    let mut other = bytes.clone();
    other[7] = 9;
    assert_eq!(refused(&other, 1 << 12, &hasher()), SnapshotError::Form);
    assert_eq!(refused(&[], 1 << 12, &hasher()), SnapshotError::Damaged);
    let finer = store(1 << 12, EPOCH).for_quotas([Quota::per_second(1_000_000)]);
    assert_eq!(finer.restore(&bytes, &hasher()), Err(SnapshotError::Geometry));
}

proptest! {
    #[test]
    fn any_changed_byte_is_seen(position in 0_usize..1000, change in 1_u8..=255, cut in any::<bool>()) {
        let before = store(1 << 12, EPOCH);
        for subject in 0..20 {
            let _ = admits(&before, ask(subject, LOGIN));
        }
        let mut bytes = before.snapshot(&hasher());
        let position = position % bytes.len();
        if cut { bytes.truncate(position) } else { bytes[position] ^= change }
        prop_assert!(store(1 << 12, EPOCH).restore(&bytes, &hasher()).is_err());
    }
}
