//! Passwords that are long and still easy: a closure over what people build from little.

use std::iter;

use zeroize::{Zeroize, Zeroizing};

use crate::policy::common;
use crate::policy::violation::Violation;

/// Longer texts are not looked up: what is common is not that long, or repeats a shorter one.
pub(super) const MOST_LISTED: usize = 64;

/// A repeated part of fewer characters makes no password.
const LEAST_UNIT: usize = 8;

/// Fewer different characters make no password.
const LEAST_DISTINCT: usize = 5;

/// Each joined word has at least as many characters; shorter ones are in everything.
const LEAST_WORD: usize = 4;

/// As many free characters around a common word do not help it.
const MOST_DECORATION: usize = 5;

/// The password in lower case, as typed and with digits read as letters.
pub(super) struct Folded {
    plain: Zeroizing<Vec<char>>,
    letters: Zeroizing<Vec<char>>,
    /// The length of the shortest part whose repetition it is.
    unit: usize,
}

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        let count = text.chars().count();
        let mut plain = Zeroizing::new(Vec::with_capacity(count));
        plain.extend(text.chars().map(fold));
        let mut letters = Zeroizing::new(Vec::with_capacity(count));
        letters.extend(plain.iter().map(|c| read_as_letter(*c)));
        let unit = smallest_unit(&plain);
        Self { plain, letters, unit }
    }

    fn spellings(&self) -> [&[char]; 2] {
        [&self.plain, &self.letters]
    }

    fn is_repeated(&self) -> bool {
        self.unit.saturating_mul(2) <= self.plain.len()
    }

    /// What is looked up: the spellings, or where they are too long, the part that they repeat.
    pub(super) fn listed(&self) -> impl Iterator<Item = &[char]> {
        let whole = self.plain.len() <= MOST_LISTED;
        let length = if whole || !self.is_repeated() { self.plain.len() } else { self.unit };
        let spellings = self.spellings().into_iter();
        spellings.filter_map(move |s| s.get(..length).filter(|part| part.len() <= MOST_LISTED))
    }
}

/// Lower case in one character, so that places in the password stay the same.
pub(super) fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

const fn read_as_letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Every structural rule that the password breaks.
pub(super) fn check(password: &Folded) -> impl Iterator<Item = Violation> {
    let plain = password.plain.as_slice();
    let repeats = password.unit < LEAST_UNIT && password.is_repeated();
    let repeated = !plain.is_empty() && (repeats || !has_distinct(plain));
    let sequence = is_sequence(plain);
    let found = password.listed().any(common::contains);
    let common = found && plain.len() <= MOST_LISTED;
    let joined = !common && (found || is_joined(password));
    let broken = [
        (common, Violation::Common),
        (joined, Violation::CommonJoined),
        (repeated, Violation::Repeated),
        (sequence, Violation::Sequence),
    ];
    broken.into_iter().filter_map(|(is, violation)| is.then_some(violation))
}

fn has_distinct(password: &[char]) -> bool {
    let mut seen = ['\0'; LEAST_DISTINCT];
    let mut count: usize = 0;
    for c in password {
        if !seen.iter().take(count).any(|known| known == c) {
            let Some(place) = seen.get_mut(count) else { return true };
            *place = *c;
            count = count.saturating_add(1);
        }
    }
    let distinct = count == LEAST_DISTINCT;
    seen.zeroize();
    distinct
}

/// The length of the shortest part whose repetition is the password, its end perhaps cut
/// (the prefix function of Knuth, Morris and Pratt).
fn smallest_unit(password: &[char]) -> usize {
    let mut borders: Zeroizing<Vec<usize>> = Zeroizing::new(Vec::with_capacity(password.len()));
    let mut border = 0;
    for (place, c) in password.iter().enumerate() {
        while place > 0 && border > 0 && password.get(border) != Some(c) {
            border = border.checked_sub(1).and_then(|b| borders.get(b)).copied().unwrap_or(0);
        }
        if place > 0 && password.get(border) == Some(c) {
            border = border.saturating_add(1);
        }
        borders.push(border);
    }
    password.len().saturating_sub(border)
}

/// Whether at most a third of the characters is more than the next step of a walk.
fn is_sequence(password: &[char]) -> bool {
    password.len() >= LEAST_WORD && free(password).saturating_mul(3) <= password.len()
}

/// Characters that do not follow from the one before.
fn free(password: &[char]) -> usize {
    let steps = password.iter().zip(password.iter().skip(1));
    let walked = steps.filter(|(from, to)| is_step(**from, **to)).count();
    password.len().saturating_sub(walked)
}

/// The same character, the next one in either direction, or a neighbour on the keyboard.
fn is_step(from: char, to: char) -> bool {
    u32::from(from).abs_diff(u32::from(to)) <= 1
        || match (key(from), key(to)) {
            (Some((row, column)), Some((other_row, other_column))) => {
                row.abs_diff(other_row) <= 1 && column.abs_diff(other_column) <= 1
            }
            _ => false,
        }
}

/// Where the key is on a US keyboard; the German and French layouts share nearly all of it.
fn key(c: char) -> Option<(u8, u8)> {
    const KEYS: [Option<(u8, u8)>; 128] = keys();
    KEYS.get(usize::try_from(u32::from(c)).ok()?).copied().flatten()
}

const fn keys() -> [Option<(u8, u8)>; 128] {
    let mut keys = [None; 128];
    let (mut left, mut code): (&mut [_], u8) = (&mut keys, 0);
    while let [place, right @ ..] = left {
        *place = place_of(code);
        (left, code) = (right, code.saturating_add(1));
    }
    keys
}

const fn place_of(code: u8) -> Option<(u8, u8)> {
    let mut rows: &[&[u8]] = &[b"1234567890-=", b"qwertyuiop[]", b"asdfghjkl;'", b"zxcvbnm,./"];
    let mut row: u8 = 0;
    while let [keys, below @ ..] = rows {
        let (mut left, mut column): (&[u8], u8) = (keys, 0);
        while let [key, right @ ..] = left {
            if *key == code {
                return Some((row, column));
            }
            (left, column) = (right, column.saturating_add(1));
        }
        (rows, row) = (below, row.saturating_add(1));
    }
    None
}

/// Whether the password is a common one that repeats, is decorated, or is joined to another.
fn is_joined(password: &Folded) -> bool {
    let Some(plain) = password.listed().next() else { return false };
    let is_letter = |c: &char| c.is_alphabetic();
    let start = plain.iter().position(is_letter).unwrap_or(0);
    let end = plain.iter().rposition(is_letter).map_or(0, |last| last.saturating_add(1));
    let core = start..end.max(start);
    let around = [plain.get(..start), plain.get(end..)].map(|side| side.map_or(0, free));
    let around = around.iter().fold(0, |sum: usize, free| sum.saturating_add(*free));
    password.listed().any(|spelling| {
        let word = spelling.get(core.clone()).unwrap_or_default();
        let decorated =
            word.len() >= LEAST_WORD && around <= MOST_DECORATION && common::contains(word);
        let doubled = password.is_repeated()
            && spelling
                .get(..password.unit)
                .is_some_and(|part| part.len() >= LEAST_WORD && common::contains(part));
        decorated || doubled || is_two_words(spelling)
    })
}

/// Whether it is two common words, with at most one sign between them.
fn is_two_words(spelling: &[char]) -> bool {
    common::prefixes(spelling).filter(|length| *length >= LEAST_WORD).any(|length| {
        let Some(rest) = spelling.get(length..) else { return false };
        let behind_sign = rest.split_first().filter(|(sign, _)| !sign.is_alphanumeric());
        iter::once(rest)
            .chain(behind_sign.map(|(_, word)| word))
            .any(|word| word.len() >= LEAST_WORD && common::contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(password: &str) -> Vec<Violation> {
        check(&Folded::of(password)).collect()
    }

    #[test]
    fn long_passwords_built_from_little_are_refused() {
        use Violation::{Common, CommonJoined, Repeated, Sequence};
        for (password, violation) in [
            ("password", Common),
            ("P@ssw0rd", Common),
            ("passwordpassword", CommonJoined),
            ("PasswordFootball", CommonJoined),
            ("football-monkey", CommonJoined),
            ("p4ssw0rd!football", CommonJoined),
            ("!!password2024", CommonJoined),
            ("basketball12345678", CommonJoined),
            ("aaaaaaaaaaaaaaa", Repeated),
            ("abcabcabcabcabc", Repeated),
            ("ada1ada1ada1ada1ad", Repeated),
            ("121212121212121212", Repeated),
            ("abcdefghijklmnop", Sequence),
            ("qwertyuiop123456", Sequence),
            ("1qaz2wsx3edc4rfv", Sequence),
            ("zyxwvutsrqponmlkj", Sequence),
            ("asdfghjkl;'123456", Sequence),
        ] {
            assert!(broken(password).contains(&violation), "{password}: {:?}", broken(password));
        }
    }

    #[test]
    fn passphrases_and_random_passwords_are_not() {
        for password in [
            "red bicycles under snow",
            "correct horse battery staple",
            "Wj7-kqZpL2!mfXv0",
            "seventeen grey herons",
            "die Katze frisst Gurken",
            "mein Hund hat 3 Ohren",
            "\u{3053}\u{306e}\u{6a4b}\u{3092}\u{6e21}\u{308b}\u{732b}\u{306f}\u{8d64}\u{3044}",
        ] {
            assert_eq!(broken(password), [], "{password}");
        }
    }

    #[test]
    fn the_smallest_unit_is_found_also_when_its_end_is_cut() {
        for (text, unit) in
            [("", 0), ("a", 1), ("aaaa", 1), ("abab", 2), ("abcabca", 3), ("abcd", 4)]
        {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(smallest_unit(&chars), unit, "{text}");
        }
    }
}
