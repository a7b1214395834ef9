//! What a decision costs, exactly.

use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{Act, Overflow, Store};
use palisade_testkit::alloc::{Allocations, count};

use crate::memory::{Memory, ask};

#[test]
fn a_decision_in_memory_allocates_nothing() {
    let Memory { store, .. } = Memory::new(1 << 12);
    for quota in [Quota::per_hour(3), Quota::per_hour(3).strict()] {
        for overflow in [Overflow::Lenient, Overflow::Strict] {
            for subject in 0..2000 {
                let list = [
                    ask(subject, quota).overflow(overflow),
                    ask(subject + 1, quota.times(2)).overflow(overflow),
                ];
                assert_eq!(count(|| store.decide_now(&list, Act::Charge)), Allocations::NONE);
            }
        }
    }
}
