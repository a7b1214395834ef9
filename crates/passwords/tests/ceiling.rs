//! What a stored string asks for is compared with the ceiling before memory is taken for it.
#![cfg(feature = "scrypt")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use palisade_passwords::{
    Arena, Attempt, Candidate, Ceiling, Legacy, OsRandom, Params, Scheme, Verdict,
};
use palisade_testkit::alloc::{Allocations, CountingAllocator, count_returning};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// scrypt with n=2^17, r=8, p=1: 128 MiB.
const STORED: &str =
    "$scrypt$ln=17,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";

fn allocated(ceiling: Ceiling) -> Allocations {
    let params = Params::insecure_new(64, 2, 1).unwrap();
    let scheme = Scheme::with_legacy(params, ceiling, Legacy::new().scrypt()).unwrap();
    let attempt = Attempt::new("ada").stored(Some(STORED));
    let candidate = Candidate::from("guess");
    let (verdict, allocations) = count_returning(|| {
        scheme.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new())
    });
    assert!(matches!(verdict, Verdict::Rejected));
    allocations
}

#[test]
fn nothing_is_allocated_for_a_cost_above_the_ceiling() {
    let second = Duration::from_secs(1);
    let above = allocated(Ceiling::new(64 * 1024, second));
    // The decoy is one hash of our own: 64 KiB and a handful of small buffers.
    assert!(above.bytes < 80 * 1024, "{above:?}");
    let below = allocated(Ceiling::new(256 * 1024, second));
    assert!(below.bytes > 128 * 1024 * 1024, "the figure is real: {below:?}");
}
