//! Values that occur nowhere else.

use super::Leak;

/// What every canary begins with; nine bytes, which are twelve digits of base64.
const MARK: &str = "Zq7cAnaRy";
/// The digits of base64 that are the same whatever stands around, for the three places in which a
/// text can begin among three bytes.
const BASE64: [&str; 3] = ["WnE3Y0FuYVJ5", "pxN2NBbmFSe", "acTdjQW5hUn"];
/// What every number of a card begins with.
const CARD: &str = "400012340";

/// The canaries that were sent, by number.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    places: Vec<String>,
}

impl Canaries {
    /// Makes a canary for a place.
    pub(super) fn make(&mut self, place: String) -> String {
        let number = self.places.len();
        self.places.push(place);
        format!("{MARK}{number:06}x9")
    }

    /// Makes one that is the number of a card.
    pub(super) fn card(&mut self, place: String) -> String {
        let number = self.places.len();
        self.places.push(place);
        let digits = format!("{CARD}{number:06}");
        let sum: u32 = digits
            .bytes()
            .rev()
            .zip([2, 1].into_iter().cycle())
            .map(|(digit, times)| {
                let product = u32::from(digit.wrapping_sub(b'0')).saturating_mul(times);
                product.checked_rem(10).unwrap_or(0).saturating_add(u32::from(product >= 10))
            })
            .sum();
        let check = sum.next_multiple_of(10).saturating_sub(sum);
        format!("{digits}{check}")
    }

    /// Finds canaries in a text.
    pub(super) fn find(&self, sink: &str, bytes: &[u8], leaks: &mut Vec<Leak>) {
        let text = String::from_utf8_lossy(bytes);
        let lower = text.to_ascii_lowercase();
        let hex = hexadecimal(MARK);
        let mark = MARK.to_ascii_lowercase();
        let forms = [(lower.as_str(), mark.as_str()), (&lower, CARD), (&lower, &hex)];
        let base64 = BASE64.iter().map(|form| (&*text, *form));
        for (text, form) in forms.into_iter().chain(base64) {
            for (at, _) in text.match_indices(form) {
                let end = at.saturating_add(form.len());
                let number = text.get(end..end.saturating_add(6)).and_then(|n| n.parse().ok());
                let place = number.and_then(|number: usize| self.places.get(number));
                let place = place.map_or("an encoded canary", String::as_str).to_owned();
                let begin = text.floor_char_boundary(at.saturating_sub(60));
                let end = text.ceil_char_boundary(end.saturating_add(40).min(text.len()));
                let around = text.get(begin..end).unwrap_or_default().to_owned();
                let leak = Leak { sink: sink.to_owned(), place, around };
                let same = |known: &&Leak| (&known.sink, &known.place) == (&leak.sink, &leak.place);
                if !leaks.iter().any(|known| same(&known)) {
                    leaks.push(leak);
                }
            }
        }
    }
}

/// Writes the bytes of a text as hexadecimal digits in lower case.
fn hexadecimal(text: &str) -> String {
    let halves = text.bytes().flat_map(|byte| [byte >> 4, byte & 0xf]);
    halves.filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_in_every_form() {
        let mut sent = Canaries::default();
        let canary = sent.make("the header x".to_owned());
        let card = sent.card("the field card".to_owned());
        let hex = hexadecimal(&canary).to_ascii_uppercase();
        let at = |text: &str| {
            let mut leaks = Vec::new();
            sent.find("log", text.as_bytes(), &mut leaks);
            leaks.into_iter().map(|leak| leak.place).collect::<Vec<_>>()
        };
        assert_eq!(at(&format!("a {canary} b")), ["the header x"]);
        assert_eq!(at(&canary.to_ascii_uppercase()), ["the header x"]);
        assert_eq!(at(&card), ["the field card"]);
        assert_eq!(at(&hex), ["an encoded canary"]);
        for before in ["", "a", "ab"] {
            assert_eq!(
                at(&base64(&format!("{before}{canary}"))),
                ["an encoded canary"],
                "{before}"
            );
        }
        assert_eq!(at("nothing"), [""; 0]);
        let redactor = crate::redact::Redactor::new();
        assert_eq!(redactor.text(&card), crate::redact::REDACTED, "a number that Luhn admits");
    }

    fn base64(text: &str) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: Vec<bool> = text
            .bytes()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let digit = |six: &[bool]| {
            let mut value = 0_usize;
            (0..6).for_each(|bit| value = value << 1 | usize::from(six.get(bit) == Some(&true)));
            char::from(DIGITS[value])
        };
        bits.chunks(6).map(digit).collect()
    }
}
