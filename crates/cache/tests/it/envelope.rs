//! What a store may return, and what is made of it.

use std::collections::BTreeMap;

use palisade_cache::envelope::{
    Codec, Format, Header, Mark, OpenError, Packing, SealError, open, seal,
};
use palisade_testkit::alloc::{Allocations, count_returning};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    title: String,
    lines: Vec<String>,
    seen: BTreeMap<u32, u64>,
}

fn page(lines: usize) -> Page {
    let lines =
        (0..lines).map(|line| format!("line {line} of a page that is like others")).collect();
    Page { title: "news".to_owned(), lines, seen: BTreeMap::from([(1, 2), (3, u64::MAX)]) }
}

fn header() -> Header {
    Header::new(Mark::new(*b"0123456789abcdef", 7), 1_700_000_000_000).cost(1234).slots([1, 16383])
}

fn formats() -> Vec<(&'static str, Format)> {
    let mut formats = Vec::new();
    for (name, codec) in [("postcard", Codec::Postcard), ("JSON", Codec::Json)] {
        for packing in [Packing::None, Packing::Lz4, Packing::Zstd, Packing::Zlib] {
            formats.push((name, Format::new(3).named("pages").codec(codec).packing(packing)));
        }
    }
    formats
}

#[test]
fn a_value_comes_back_in_every_encoding_and_packing() {
    for (name, format) in formats() {
        for lines in [0, 2, 150] {
            let sealed = seal(&format, &header(), Some(&page(lines))).unwrap();
            // What one writes the others read.
            let read = Format::new(3).named("pages");
            let opened = open::<Page>(&read, &sealed).unwrap();
            assert_eq!(opened.value, Some(page(lines)), "{name} {format:?}");
            assert_eq!(opened.header, header());
        }
        let absent = seal::<Page>(&format, &header(), None).unwrap();
        assert_eq!(open::<Page>(&format, &absent).unwrap().value, None);
    }
}

#[test]
fn what_is_large_is_packed_and_what_is_small_is_not() {
    let plain = Format::new(1);
    let length =
        |format: &Format, lines| seal(format, &header(), Some(&page(lines))).unwrap().len();
    for packing in [Packing::Lz4, Packing::Zstd, Packing::Zlib] {
        let packed = plain.packing(packing);
        assert_eq!(length(&packed, 2), length(&plain, 2));
        assert!(length(&packed, 150) < length(&plain, 150) / 4, "{packing:?}");
    }
    // What cannot be made smaller is stored as it is.
    let dice = palisade_resilience::Dice::seeded(1);
    let noise: Vec<u8> = (0..8192).map(|_| dice.roll() as u8).collect();
    let sealed = seal(&plain.packing(Packing::Lz4), &header(), Some(&noise)).unwrap();
    assert_eq!(sealed.len(), seal(&plain, &header(), Some(&noise)).unwrap().len());
}

#[test]
fn another_cache_and_another_version_are_not_read() {
    let format = Format::new(3).named("pages");
    let sealed = seal(&format, &header(), Some(&page(1))).unwrap();
    for other in [Format::new(4).named("pages"), Format::new(3).named("users")] {
        assert_eq!(open::<Page>(&other, &sealed), Err(OpenError::Schema));
    }
    // Postcard has no names: this is what would be read without the version.
    assert_eq!(open::<Vec<u8>>(&format, &[]), Err(OpenError::Foreign));
}

#[test]
fn damage_of_every_byte_is_seen() {
    for (name, format) in formats() {
        let format = format.pack_over(64);
        let sealed = seal(&format, &header(), Some(&page(6))).unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1 << (at % 8);
            let error = open::<Page>(&format, &damaged).unwrap_err();
            let expected = if at < 4 { OpenError::Foreign } else { OpenError::Damaged };
            assert_eq!(error, expected, "{name} {at}");
            assert!(open::<Page>(&format, &sealed[..at]).is_err());
        }
    }
}

/// Changes bytes behind the checksum, and makes that right: what somebody does on purpose.
fn forged(sealed: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = sealed.to_vec();
    change(&mut bytes);
    let sum = crc32fast::hash(&bytes[8..]).to_be_bytes();
    bytes[4..8].copy_from_slice(&sum);
    bytes
}

#[test]
fn what_is_unknown_is_not_read() {
    let format = Format::new(3);
    let sealed = seal(&format, &header(), Some(&page(1))).unwrap();
    let cases: [(usize, u8, OpenError); 4] = [
        (36, 9, OpenError::Unknown("codec")),
        (37, 9, OpenError::Unknown("packing")),
        (38, 65, OpenError::Foreign),
        (39, 1, OpenError::Foreign),
    ];
    for (at, byte, expected) in cases {
        let other = forged(&sealed, |bytes| bytes[at] = byte);
        assert_eq!(open::<Page>(&format, &other), Err(expected), "{at}");
    }
}

#[test]
fn a_bomb_takes_no_more_memory_than_the_bound() {
    let big = Format::new(1).most(4 << 20).unwrap();
    let small = Format::new(1).most(64 << 10).unwrap();
    for packing in [Packing::Lz4, Packing::Zstd, Packing::Zlib] {
        let bomb = seal(&big.packing(packing), &header(), Some(&vec![0_u8; 2 << 20])).unwrap();
        assert!(bomb.len() < 1 << 14);
        assert_eq!(open::<Vec<u8>>(&small, &bomb), Err(OpenError::TooLarge));
        // One that lies about its size.
        let lie = forged(&bomb, |bytes| bytes[40..44].copy_from_slice(&1000_u32.to_be_bytes()));
        // Contexts of this thread are made once.
        drop(open::<Vec<u8>>(&small, &lie));
        let (opened, counted) = count_returning(|| open::<Vec<u8>>(&small, &lie));
        assert_eq!(opened, Err(OpenError::Undecodable));
        let Allocations { bytes, .. } = counted;
        // zlib's window and tables are made anew.
        assert!(bytes < 200_000, "{packing:?} took {bytes}");
    }
    assert_eq!(seal(&small, &header(), Some(&vec![1_u8; 1 << 17])), Err(SealError::TooLarge));
}

#[test]
fn a_length_that_is_not_the_payloads_is_refused() {
    for (name, format) in formats() {
        let sealed = seal(&format, &header(), Some(&page(150))).unwrap();
        let length = u32::from_be_bytes(sealed[40..44].try_into().unwrap());
        for wrong in [0, length - 1, length + 1] {
            let other =
                forged(&sealed, |bytes| bytes[40..44].copy_from_slice(&wrong.to_be_bytes()));
            assert_eq!(
                open::<Page>(&format, &other),
                Err(OpenError::Undecodable),
                "{name} {wrong}"
            );
        }
    }
    let format = Format::new(3);
    let sealed = seal(&format, &header(), Some(&page(1))).unwrap();
    let more = forged(&sealed, |bytes| bytes.push(0));
    assert_eq!(open::<Page>(&format, &more), Err(OpenError::Undecodable));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_is_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..300), codec in 0..4_u8, packing in 0..5_u8) {
        let format = Format::new(3).most(1 << 16).unwrap();
        let _ = open::<Page>(&format, &bytes);
        // Once more with what lets it come further.
        let sealed = seal(&format, &header(), Some(&page(0))).unwrap();
        bytes.splice(..0, sealed[..44].iter().copied());
        let bytes = forged(&bytes, |bytes| (bytes[36], bytes[37]) = (codec, packing));
        let _ = open::<Page>(&format, &bytes);
    }

    #[test]
    fn every_value_comes_back(title in ".*", lines in prop::collection::vec(".{0,40}", 0..8), seen: BTreeMap<u32, u64>) {
        let page = Page { title, lines, seen };
        for (_, format) in formats() {
            let sealed = seal(&format.pack_over(32), &header(), Some(&page)).unwrap();
            let opened = open::<Page>(&format, &sealed).unwrap();
            prop_assert_eq!(opened.value.as_ref(), Some(&page));
        }
    }
}
