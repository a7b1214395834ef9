//! Words that an attacker of this account tries first.

use unicode_normalization::UnicodeNormalization;

use crate::policy::structure::{Folded, MOST_LISTED, fold};

/// Names that belong to the account and the service.
///
/// At most 32 words of at most 64 characters are kept; words of fewer than four characters are
/// part of too many passwords to count.
#[derive(Clone, Debug, Default)]
#[must_use = "a context is given to `Policy::check`"]
pub struct Context {
    words: Vec<Vec<char>>,
}

impl Context {
    const MOST_WORDS: usize = 32;
    /// As much of one name is read; an address has at most 320.
    const MOST_READ: usize = 512;
    const LEAST_CHARS: usize = 4;
    /// What has fewer characters besides the words is refused.
    const LEAST_REST: usize = 8;

    /// Starts without words.
    pub const fn new() -> Self {
        Self { words: Vec::new() }
    }

    /// Adds a name: the user's, the service's, or an address, whose parts count as well.
    pub fn word(mut self, text: &str) -> Self {
        let text: String = text.chars().take(Self::MOST_READ).nfc().collect();
        let whole = std::iter::once(text.as_str());
        for word in whole.chain(text.split(|c: char| !c.is_alphanumeric())) {
            let word: Vec<char> = word.chars().take(MOST_LISTED).map(fold).collect();
            let counts = word.len() >= Self::LEAST_CHARS && !self.words.contains(&word);
            if counts && self.words.len() < Self::MOST_WORDS {
                self.words.push(word);
            }
        }
        self
    }

    /// The words as texts, folded.
    #[cfg(feature = "zxcvbn")]
    pub(super) fn texts(&self) -> Vec<String> {
        self.words.iter().map(|word| word.iter().collect()).collect()
    }

    /// Whether little is left of the password without the words.
    pub(super) fn covers(&self, password: &Folded) -> bool {
        password.listed().any(|spelling| {
            let covered = self.covered(spelling);
            let rest = spelling.len().saturating_sub(covered);
            covered > 0 && rest < Self::LEAST_REST
        })
    }

    /// How many characters belong to a word.
    fn covered(&self, spelling: &[char]) -> usize {
        let mut marks = [false; MOST_LISTED];
        for word in &self.words {
            for (start, window) in spelling.windows(word.len()).enumerate() {
                if window == word {
                    marks.iter_mut().skip(start).take(word.len()).for_each(|mark| *mark = true);
                }
            }
        }
        marks.into_iter().filter(|mark| *mark).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_names_is_covered_and_one_that_holds_a_name_is_not() {
        let context = Context::new().word("ada.lovelace@example.org").word("Exam Portal");
        for (password, covered) in [
            ("adalovelace1815", true),
            ("ExamPortal2026!", true),
            ("l0vel4ce-portal", true),
            ("ada.lovelace@example.org", true),
            ("lovelace likes machines", false),
            ("correct horse battery", false),
        ] {
            assert_eq!(context.covers(&Folded::of(password)), covered, "{password}");
        }
    }

    #[test]
    fn the_number_of_words_is_bounded() {
        let many = (0..1000).fold(Context::new(), |context, n| context.word(&format!("word{n}")));
        assert_eq!(many.words.len(), Context::MOST_WORDS);
    }
}
