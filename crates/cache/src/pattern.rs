//! Patterns of keys.

use std::str::FromStr;

use crate::error::ConfigError;
use crate::key;

/// A pattern of the [text](key::text) of keys, in which `*` stands for whatever there may be.
///
/// A key that is longer than [`key::LONGEST`] has no text that a pattern could know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Says whether a text is of this pattern.
    ///
    /// # Cost
    ///
    /// At the most the length of the text for each part between two `*`, by the length of that part.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
            return false;
        };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.find(part).and_then(|at| rest.get(at.saturating_add(part.len())..)) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl FromStr for Pattern {
    type Err = ConfigError;

    /// # Errors
    ///
    /// [`ConfigError::Pattern`] for what no key can be like.
    fn from_str(pattern: &str) -> Result<Self, ConfigError> {
        let may_be = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'*')
        };
        if pattern.len() <= key::LONGEST && pattern.bytes().all(may_be) {
            Ok(Self(pattern.to_owned()))
        } else {
            Err(ConfigError::Pattern { most: key::LONGEST })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a pattern is, letter by letter.
    fn slowly(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|at| slowly(rest, &text[at..])),
            [letter, rest @ ..] => text.first() == Some(letter) && slowly(rest, &text[1..]),
        }
    }

    #[test]
    fn a_star_is_whatever_there_may_be() {
        for (pattern, text, expected) in [
            (":3:*", ":3:7", true),
            (":3:*", ":33:7", false),
            (":3:*", ":3:", true),
            ("*", "", true),
            ("", "", true),
            ("", ":3", false),
            (":3", ":3:7", false),
            ("*:7", ":3:7", true),
            (":*:*:x", ":a:x", false),
            (":a*a", ":a", false),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(text), expected, "{pattern}");
        }
    }

    #[test]
    fn what_no_key_is_like_is_refused() {
        for wrong in ["a b", "[a]", "?", "\\*", "\u{e9}", "{x}", &"x".repeat(201)] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_is_what_it_is_letter_by_letter(pattern in "[ab:*]{0,8}", text in "[ab:]{0,10}") {
            let matches = pattern.parse::<Pattern>().unwrap().matches(&text);
            prop_assert_eq!(matches, slowly(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
