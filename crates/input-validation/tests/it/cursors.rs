//! Sealed positions.

use std::time::{Duration, SystemTime};

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_input_validation::issue::{Breach, code};
use palisade_input_validation::{Cursor, CursorKeys, Scope};
use proptest::prelude::*;

const OLD: [u8; 32] = *b"an older key, 32 bytes in length";
const NEW: [u8; 32] = *b"the newer key, 32 bytes long too";

type Position = (u64, String);

fn keys(key: [u8; 32]) -> CursorKeys {
    CursorKeys::new(key).unwrap()
}

fn scope() -> Scope {
    Scope::new("GET /students").principal("7").filter("class", "4b").sort("-createdAt")
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn position() -> Position {
    (1_799_999_000, "student-4711".to_owned())
}

fn open(scope: &Scope, text: &str) -> Result<Position, Breach> {
    keys(NEW).open(scope, &text.parse::<Cursor<Position>>()?, at(50))
}

/// A cursor that is only encoded shows the rows that it names, and takes any others.
#[test]
fn an_encoded_cursor_tells_ids_and_a_sealed_one_does_not() {
    let plain = Base64UrlUnpadded::encode_string(&serde_json::to_vec(&position()).unwrap());
    let told = Base64UrlUnpadded::decode_vec(&plain).unwrap();
    assert!(String::from_utf8(told).unwrap().contains("student-4711"));

    let sealed = keys(NEW).seal(&scope(), &position(), at(100)).unwrap().to_string();
    let told = Base64UrlUnpadded::decode_vec(&sealed).unwrap();
    assert!(!told.windows(7).any(|window| window == b"student"));
    assert_eq!(open(&scope(), &sealed), Ok(position()));
    assert!(open(&scope(), &plain).is_err());
}

#[test]
fn a_cursor_opens_in_its_own_scope_only() {
    let sealed = keys(NEW).seal(&scope(), &position(), at(100)).unwrap().to_string();
    let others = [
        Scope::new("GET /grades").principal("7").filter("class", "4b").sort("-createdAt"),
        Scope::new("GET /students").principal("8").filter("class", "4b").sort("-createdAt"),
        Scope::new("GET /students").principal("7").filter("class", "4a").sort("-createdAt"),
        Scope::new("GET /students").principal("7").filter("class", "4b").sort("createdAt"),
        Scope::new("GET /students").principal("7").sort("-createdAt"),
        Scope::new("GET /students").principal("7").filter("classv", "4b").sort("-createdAt"),
        Scope::new("GET /studentsp").principal("7").filter("class", "4b").sort("-createdAt"),
    ];
    for other in others {
        assert_eq!(open(&other, &sealed), Err(Breach::new(code::CURSOR)), "{other:?}");
    }
}

#[test]
fn a_cursor_ends_at_its_moment() {
    let cursor = keys(NEW).seal(&scope(), &position(), at(100)).unwrap();
    assert!(keys(NEW).open(&scope(), &cursor, at(99)).is_ok());
    assert!(keys(NEW).open(&scope(), &cursor, at(100)).is_err());
}

#[test]
fn the_previous_key_opens_and_no_longer_seals() {
    let before = keys(OLD).seal(&scope(), &position(), at(100)).unwrap();
    let both = keys(NEW).with_previous(OLD).unwrap();
    assert_eq!(both.open(&scope(), &before, at(50)), Ok(position()));
    assert!(keys(NEW).open(&scope(), &before, at(50)).is_err());
    let after = both.seal(&scope(), &position(), at(100)).unwrap();
    assert!(keys(OLD).open(&scope(), &after, at(50)).is_err());
}

#[test]
fn keys_of_one_byte_and_positions_without_bound_are_refused() {
    assert!(CursorKeys::new([0; 32]).is_err());
    assert!(keys(NEW).with_previous([b'x'; 32]).is_err());
    assert!(keys(NEW).seal(&scope(), &"x".repeat(400), at(1)).is_err());
    let text = format!("{:?} {:?}", keys(NEW), keys(NEW).seal(&scope(), &1, at(1)).unwrap());
    assert!(!text.contains("newer") && text.contains("sealed"), "{text}");
}

proptest! {
    #[test]
    fn any_flipped_bit_is_refused_with_the_same_word(at_bit in 0_usize..4096) {
        let sealed = keys(NEW).seal(&scope(), &position(), at(100)).unwrap().to_string();
        let mut bytes = Base64UrlUnpadded::decode_vec(&sealed).unwrap();
        let bit = at_bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let forged = Base64UrlUnpadded::encode_string(&bytes);
        prop_assert_eq!(open(&scope(), &forged), Err(Breach::new(code::CURSOR)));
    }

    #[test]
    fn any_text_is_refused_with_the_same_word(text in "[A-Za-z0-9_-]{0,600}|\\PC{0,40}") {
        prop_assert_eq!(open(&scope(), &text), Err(Breach::new(code::CURSOR)));
    }
}
