//! Text that people read.

use palisade_input_validation::issue::code;
use palisade_input_validation::text::forbidden;
use palisade_input_validation::{Email, FileName, Line, Text, UniqueName};
use palisade_testkit::alloc::{CountingAllocator, count};
use proptest::prelude::*;
use unicode_normalization::is_nfc;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// A length in bytes alone lets nobody with another alphabet in; one in characters alone has no end.
#[test]
fn length_is_counted_in_characters_and_bounded_in_bytes() {
    let devanagari = "\u{928}".repeat(20);
    assert!(Line::<20>::parse(&devanagari).is_ok());
    assert_eq!(Line::<19>::parse(&devanagari).unwrap_err().code(), code::CHARS);
    assert!(Line::<20>::parse(&"e\u{301}".repeat(20)).is_ok(), "counted after composition");
    let flood = "\u{301}".repeat(100_000);
    assert_eq!(count(|| Line::<20>::parse(&flood).unwrap_err()).allocations, 0);
    assert_eq!(Line::<4, 2>::parse("\u{1f600}").unwrap_err().code(), code::CHARS);
    assert!(Line::<4, 2>::parse("\u{1f600}\u{1f600}").is_ok());
}

#[test]
fn a_line_cannot_forge_a_log_line_a_header_or_a_terminal() {
    for text in ["a\nINFO login ok", "a\r\nSet-Cookie: s=1", "a\u{1b}]0;x\u{7}", "a\u{85}b", "a\tb"]
    {
        assert_eq!(Line::<99>::parse(text).unwrap_err().code(), code::CONTROL, "{text:?}");
    }
    assert!(Text::<99>::parse("a\n\tb").is_ok());
}

#[test]
fn ascii_costs_one_allocation() {
    assert_eq!(count(|| Line::<99>::parse("Kathmandu").unwrap()).allocations, 1);
    assert_eq!(count(|| Text::<99>::parse("Room 3\nat nine").unwrap()).allocations, 1);
    assert_eq!(count(|| "zoe@example.com".parse::<Email>().unwrap()).allocations, 1);
}

/// Two accounts whose names look alike: a unique index on the name lets both in.
#[test]
fn a_look_alike_of_an_account_has_its_key() {
    let name = |text: &str| UniqueName::<32>::parse(text);
    let taken = name("ravi.k").unwrap();
    for copy in ["RAVI.K", "rav1.k", "ravl.k", "ravi.\u{212a}"] {
        let copy = name(copy).unwrap();
        assert_ne!(copy.as_str(), taken.as_str(), "as texts they differ");
        assert_eq!(copy.key(), taken.key());
    }
    assert!(name("r\u{430}vi.k").is_err());
}

#[test]
fn emoji_of_families_and_names_in_nepali_pass() {
    for text in ["\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{936}\u{94d}\u{930}\u{940}"] {
        assert_eq!(Line::<20>::parse(text).unwrap().as_str(), text);
    }
}

proptest! {
    #[test]
    fn what_a_type_takes_it_takes_again_unchanged(text in "\\PC{0,40}|[ \r\n\ta\u{301}\u{2028}]{0,12}") {
        if let Ok(line) = Line::<64>::parse(&text) {
            let text = line.as_str();
            prop_assert!(is_nfc(text) && text.trim() == text && forbidden(text).is_ok());
            prop_assert!((1..=64).contains(&text.chars().count()));
            prop_assert!(!text.contains(['\n', '\r', '\t']));
            prop_assert!(Line::<64>::parse(text).unwrap() == line);
        }
        if let Ok(several) = Text::<64>::parse(&text) {
            let text = several.as_str();
            prop_assert!(is_nfc(text) && forbidden(text).is_ok() && !text.contains('\r'));
            prop_assert!(Text::<64>::parse(text).unwrap() == several);
        }
        if let Ok(name) = FileName::parse(&text) {
            prop_assert_eq!(FileName::parse(name.as_str()).unwrap(), name);
        }
        if let Ok(name) = UniqueName::<64>::parse(&text) {
            prop_assert_eq!(UniqueName::<64>::parse(name.as_str()).unwrap(), name);
        }
    }
}
