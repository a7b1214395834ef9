//! Payment cards and bank accounts, by their check digits.

use super::scan::{Found, at, found};

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(10)
}

/// Finds the number of a card (ISO/IEC 7812): 13 to 19 digits that begin with 2 to 6 and pass Luhn,
/// in one or in groups parted by a blank or a hyphen.
pub(super) fn card(bytes: &[u8], from: usize) -> Option<Found> {
    if !matches!(at(bytes, from), b'2'..=b'6') {
        return None;
    }
    // Luhn doubles every second digit from the right: both sums are kept, and the length decides.
    let (mut count, mut even, mut odd) = (0_u32, 0_u32, 0_u32);
    let (mut place, mut card) = (from, None);
    while let Some(value) = digit(at(bytes, place)) {
        let twice = value.saturating_mul(2);
        let twice = if twice > 9 { twice.saturating_sub(9) } else { twice };
        let (to_even, to_odd) = if count % 2 == 0 { (value, twice) } else { (twice, value) };
        (even, odd) = (even.saturating_add(to_even), odd.saturating_add(to_odd));
        count = count.saturating_add(1);
        place = place.saturating_add(1);
        if count > 19 {
            return card;
        }
        if digit(at(bytes, place)).is_none() {
            let sum = if count % 2 == 0 { odd } else { even };
            if count >= 13 && sum % 10 == 0 && !at(bytes, place).is_ascii_alphabetic() {
                card = Some(found(from, place));
            }
            let next = place.saturating_add(1);
            if matches!(at(bytes, place), b' ' | b'-') && digit(at(bytes, next)).is_some() {
                place = next;
            }
        }
    }
    card
}

/// Finds an account number (ISO 13616): two letters, two digits, 11 to 30 more letters and digits
/// whose remainder by 97 is 1, in one or in groups of four.
pub(super) fn iban(bytes: &[u8], from: usize) -> Option<Found> {
    let head = bytes.get(from..from.saturating_add(4))?;
    let [a @ b'A'..=b'Z', b @ b'A'..=b'Z', c @ b'0'..=b'9', d @ b'0'..=b'9'] = *head else {
        return None;
    };
    let (mut place, mut count, mut rest, mut account) = (from.saturating_add(4), 4_u32, 0, None);
    loop {
        if at(bytes, place) == b' ' && count % 4 == 0 {
            place = place.saturating_add(1);
        }
        let byte = at(bytes, place);
        if count >= 34 || !(byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
            return account;
        }
        rest = append(rest, byte);
        (count, place) = (count.saturating_add(1), place.saturating_add(1));
        let whole = [a, b, c, d].into_iter().fold(rest, append);
        if count >= 15 && whole == 1 && !at(bytes, place).is_ascii_alphanumeric() {
            account = Some(found(from, place));
        }
    }
}

/// The remainder by 97 of a number after another digit, or after a letter, which stands for two.
fn append(remainder: u32, byte: u8) -> u32 {
    let value = char::from(byte).to_digit(36).unwrap_or(0);
    let shift = if value > 9 { 100 } else { 10 };
    remainder.saturating_mul(shift).saturating_add(value) % 97
}
