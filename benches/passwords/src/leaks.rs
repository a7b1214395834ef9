//! An answer that is looked through for secrets and holds none.

use std::hint::black_box;

use aho_corasick::AhoCorasick;
use harness::Contestant;
use palisade_passwords::leak_guard::Secrets;

/// Keys of 43 characters, as base64 of 32 bytes has.
fn keys() -> Vec<String> {
    let mut state: u32 = 7;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char::from(letters[(state >> 16) as usize % letters.len()])
    };
    (0..8).map(|_| (0..43).map(|_| next()).collect()).collect()
}

fn answer() -> Vec<u8> {
    let student = |n: u32| {
        format!(
            "{{\"code\":\"S-{n:05}\",\"name\":\"Student No. {n}\",\"birthDate\":\"2011-04-0{}\"}},",
            n % 9
        )
    };
    let mut text: String = (0..).map(student).take(400).collect();
    text.truncate(16 * 1024);
    text.into_bytes()
}

pub(crate) fn json() -> Vec<Contestant> {
    let keys = keys();
    let secrets =
        keys.iter().try_fold(Secrets::new(), |secrets, key| secrets.add("key", key.as_bytes()));
    let secrets = secrets.expect("keys").finish();
    let automaton = AhoCorasick::new(&keys).expect("an automaton");
    let first = keys[0].clone().into_bytes();
    let (one, two, three) = (answer(), answer(), answer());
    vec![
        Contestant::new("palisade-passwords, 8 secrets in all forms", move || {
            assert!(secrets.check(black_box(&one)).is_ok(), "no secret");
        }),
        Contestant::new("aho-corasick 1.1, 8 secrets as they are", move || {
            assert!(!automaton.is_match(black_box(&two)), "no secret");
        }),
        Contestant::new("floor: one secret, compared at each byte", move || {
            let found = black_box(&three).windows(first.len()).any(|window| window == first);
            assert!(!found, "no secret");
        }),
    ]
}
