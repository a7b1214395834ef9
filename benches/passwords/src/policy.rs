//! The policy on passwords that it accepts but for their length, which take the longest.

use std::collections::HashSet;
use std::hint::black_box;

use harness::Contestant;
use palisade_passwords::{Candidate, Context, Factor, Policy};

use crate::filter::{Filter, START, push};

const LISTED: usize = 19_640;

/// Text of so many characters without rhyme.
fn password(chars: usize) -> String {
    let mut state: u32 = 7;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from((state >> 16) % 26).unwrap_or(0))
    };
    (0..chars).map(|_| next()).collect()
}

/// As many texts as the list has; what they say does not matter to a hash table.
fn list() -> HashSet<String> {
    (0..LISTED).map(|n| format!("listed{n}")).collect()
}

pub(crate) fn check(chars: usize) -> Vec<Contestant> {
    let (text, listed) = (password(chars), list());
    let policy = Policy::nist_800_63b_4(Factor::Mfa);
    let context = Context::new().word("ada.lovelace@example.org").word("Exam Portal");
    let candidate = Candidate::from(text.as_str());
    let ours = Contestant::new("palisade-passwords", move || {
        assert!(policy.check(black_box(&candidate), &context).is_ok(), "accepted");
    });
    let typed = text.clone();
    let floor = Contestant::new("floor: length and one HashSet", move || {
        let text = black_box(typed.as_str());
        assert!(text.chars().count() >= 8 && !listed.contains(text), "accepted");
    });
    let mut all = vec![ours, floor];
    // It cuts at 100 characters and takes milliseconds from there on.
    if chars <= 64 {
        let inputs = ["ada.lovelace@example.org", "Exam Portal"];
        all.push(Contestant::new("zxcvbn 3.1", move || {
            black_box(zxcvbn::zxcvbn(black_box(&text), &inputs));
        }));
    }
    all
}

pub(crate) fn lookup() -> Vec<Contestant> {
    let bytes = include_bytes!("../../../crates/passwords/src/policy/data/common-passwords.fuse16");
    let (filter, listed) = (Filter::read(bytes), list());
    let text = password(12);
    let typed = text.clone();
    vec![
        Contestant::new("palisade-passwords", move || {
            let key = black_box(&typed).chars().fold(START, push);
            assert!(!black_box(filter.contains(key)), "not listed");
        }),
        Contestant::new("floor: HashSet", move || {
            assert!(!black_box(listed.contains(black_box(&text))), "not listed");
        }),
    ]
}
