//! From the source of a pattern to a program of bits.

/// Places of a pattern; the last bit is the end.
const PLACES: usize = 63;

/// A position automaton: a bit for each place that may read the next byte.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// For each byte of ASCII, the places that take it.
    takes: [u64; 128],
    /// For each place, where the text may go on after it.
    follow: [u64; PLACES],
    first: u64,
    end: u64,
}

/// One element of the source: what it takes, and how often.
#[derive(Clone, Copy)]
struct Item {
    class: u128,
    least: usize,
    /// 0: without bound.
    most: usize,
    next: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
impl Program {
    pub(super) const fn compile(source: &[u8]) -> Self {
        let mut takes = [0_u64; 128];
        let (mut optional, mut looping, mut places) = (0_u64, 0_u64, 0_usize);
        let mut at = 0;
        while at < source.len() {
            let item = item(source, at);
            let copies = if item.most > item.least { item.most } else { item.least };
            let copies = if copies == 0 { 1 } else { copies };
            let mut copy = 0;
            while copy < copies {
                assert!(places < PLACES, "a pattern of more than 63 places");
                let bit = 1_u64 << places;
                let mut byte = 0;
                while byte < 128 {
                    if item.class >> byte & 1 == 1 {
                        takes[byte] |= bit;
                    }
                    byte += 1;
                }
                if copy >= item.least {
                    optional |= bit;
                }
                if item.most == 0 && copy + 1 == copies {
                    looping |= bit;
                }
                places += 1;
                copy += 1;
            }
            at = item.next;
        }
        let mut follow = [0_u64; PLACES];
        let mut place = 0;
        while place < places {
            let itself = if looping >> place & 1 == 1 { 1 << place } else { 0 };
            follow[place] = itself | reach(place + 1, optional, places);
            place += 1;
        }
        Self { takes, follow, first: reach(0, optional, places), end: 1 << places }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let mut open = self.first;
        for byte in text {
            let Some(takes) = self.takes.get(usize::from(*byte)) else { return false };
            let mut active = open & takes;
            open = 0;
            while active != 0 {
                let place = active.trailing_zeros() as usize;
                open |= self.follow.get(place).copied().unwrap_or(0);
                active &= active - 1;
            }
            if open == 0 {
                return false;
            }
        }
        open & self.end != 0
    }
}

/// The places that may come next from `place`, over those that may be left out.
#[expect(clippy::arithmetic_side_effects, reason = "at most 63")]
const fn reach(mut place: usize, optional: u64, places: usize) -> u64 {
    let mut reached = 1_u64 << place;
    while place < places && optional >> place & 1 == 1 {
        place += 1;
        reached |= 1 << place;
    }
    reached
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
const fn item(source: &[u8], at: usize) -> Item {
    let (class, after) = match source[at] {
        b'[' => class(source, at + 1),
        b'\\' => escape(source, at + 1),
        b'^' | b'$' => panic!("a pattern is anchored by itself: leave out `^` and `$`"),
        b'(' | b')' | b'|' | b'.' => panic!("groups, alternatives and `.` are no part of patterns"),
        b'{' | b'}' | b']' | b'?' | b'*' | b'+' | b'/' => panic!("write a backslash before it"),
        byte => (one(byte), at + 1),
    };
    if after >= source.len() {
        return Item { class, least: 1, most: 1, next: after };
    }
    match source[after] {
        b'?' => Item { class, least: 0, most: 1, next: after + 1 },
        b'*' => Item { class, least: 0, most: 0, next: after + 1 },
        b'+' => Item { class, least: 1, most: 0, next: after + 1 },
        b'{' => counted(source, class, after + 1),
        _ => Item { class, least: 1, most: 1, next: after },
    }
}

/// Reads `n}`, `n,}` or `n,m}`.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
const fn counted(source: &[u8], class: u128, at: usize) -> Item {
    let (least, mut at) = number(source, at);
    let mut most = least;
    let mut open = false;
    if at < source.len() && source[at] == b',' {
        at += 1;
        open = at < source.len() && source[at] == b'}';
        if !open {
            (most, at) = number(source, at);
        }
    }
    assert!(at < source.len() && source[at] == b'}', "a count without its closing brace");
    assert!(least <= most, "a count whose bounds run downwards");
    assert!(open || most > 0, "a count of 0 matches nothing: leave it out");
    Item { class, least, most: if open { 0 } else { most }, next: at + 1 }
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
const fn number(source: &[u8], mut at: usize) -> (usize, usize) {
    let start = at;
    let mut number = 0;
    while at < source.len() && source[at].is_ascii_digit() {
        number = number * 10 + (source[at] - b'0') as usize;
        at += 1;
    }
    assert!(at > start && at < start + 3, "a count is one or two digits");
    (number, at)
}

/// Reads a class and nothing else.
#[expect(
    clippy::indexing_slicing,
    reason = "runs in the compiler, where it is an error of the build"
)]
pub(super) const fn set(source: &[u8]) -> u128 {
    assert!(
        !source.is_empty() && source[0] == b'[',
        "a set of characters is a class, as in `[a-z]`"
    );
    let (members, end) = class(source, 1);
    assert!(end == source.len(), "a set of characters is one class");
    members
}

/// Reads what follows `[`, up to `]`.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
const fn class(source: &[u8], mut at: usize) -> (u128, usize) {
    let mut class = 0;
    loop {
        assert!(at < source.len(), "`[` without `]`");
        let (first, after) = match source[at] {
            b']' => break,
            b'\\' => escape(source, at + 1),
            b'[' | b'^' | b'-' | b'&' => panic!("write a backslash before it"),
            byte => (one(byte), at + 1),
        };
        at = after;
        let range = at + 1 < source.len() && source[at] == b'-' && source[at + 1] != b']';
        if range {
            assert!(first.is_power_of_two(), "a range begins with one character");
            let (last, after) = match source[at + 1] {
                b'\\' => escape(source, at + 2),
                byte => (one(byte), at + 2),
            };
            assert!(last.is_power_of_two(), "a range ends with one character");
            assert!(first <= last, "a range runs upwards");
            class |= last | (last - first);
            at = after;
        } else {
            class |= first;
        }
    }
    assert!(class != 0, "an empty class matches nothing");
    (class, at + 1)
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
const fn escape(source: &[u8], at: usize) -> (u128, usize) {
    assert!(at < source.len(), "a backslash at the end");
    match source[at] {
        b'd' => (((1 << 10) - 1) << b'0', at + 1),
        byte if byte.is_ascii_alphanumeric() => panic!("of letters, only `\\d` has a meaning"),
        byte => (one(byte), at + 1),
    }
}

const fn one(byte: u8) -> u128 {
    assert!(byte >= b' ' && byte < 0x7f, "patterns are of printable ASCII");
    1 << byte
}
