//! Many words looked for at once.

/// Up to 64 words of two bytes or more, found in any case by one pass over a text.
pub(super) struct Needles {
    words: &'static [&'static str],
    /// For each byte the words that begin with it, and those whose second byte it is.
    first: [u64; 256],
    second: [u64; 256],
}

impl Needles {
    /// Takes words in lower case.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "computed by the compiler"
    )]
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let (mut first, mut second) = ([0; 256], [0; 256]);
        let mut place = 0;
        while place < words.len() {
            let word = words[place].as_bytes();
            first[word[0] as usize] |= 1 << place;
            second[word[1] as usize] |= 1 << place;
            place += 1;
        }
        Self { words, first, second }
    }

    /// Returns whether one of the words is in the text, at a place and with an end that are good.
    pub(super) fn find(&self, text: &[u8], good: impl Fn(&str, usize) -> bool) -> bool {
        let mut before = 0;
        for (place, byte) in text.iter().enumerate() {
            let byte = usize::from(byte.to_ascii_lowercase());
            let both = before & self.second.get(byte).copied().unwrap_or(0);
            before = self.first.get(byte).copied().unwrap_or(0);
            if both != 0 && self.is_at(text, place.saturating_sub(1), both, &good) {
                return true;
            }
        }
        false
    }

    #[cold]
    fn is_at(
        &self,
        text: &[u8],
        begin: usize,
        words: u64,
        good: &impl Fn(&str, usize) -> bool,
    ) -> bool {
        self.words.iter().enumerate().any(|(number, word)| {
            let end = begin.saturating_add(word.len());
            words >> number & 1 == 1
                && text
                    .get(begin..end)
                    .is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
                && good(word, end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_in_any_case() {
        const NEEDLES: Needles = Needles::new(&["ab", "abc", "xyz"]);
        let find = |text: &str| NEEDLES.find(text.as_bytes(), |_, _| true);
        assert!(find("ab") && find("..aB") && find("aab") && find("XYZ"));
        assert!(!find("a") && !find("") && !find("xy") && !find("zyx"));
        assert!(NEEDLES.find(b"abc", |word, end| word == "abc" && end == 3));
    }
}
