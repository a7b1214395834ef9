//! The most common passwords, as a filter that can be asked and not read.

use std::sync::LazyLock;

use crate::filter::{Filter, START, push};

/// Made by `examples/fuse_filter.rs`; see `data/README.md` for where the list is from.
static FILTER: LazyLock<Filter> =
    LazyLock::new(|| Filter::read(include_bytes!("data/common-passwords.fuse16")));

/// Whether the spelling is on the list; 1 in 65,536 other spellings is taken for one that is.
pub(super) fn contains(spelling: &[char]) -> bool {
    FILTER.contains(spelling.iter().fold(START, |key, c| push(key, *c)))
}

/// Lengths of the prefixes of the spelling that are on the list.
pub(super) fn prefixes(spelling: &[char]) -> impl Iterator<Item = usize> {
    spelling
        .iter()
        .scan(START, |key, c| {
            *key = push(*key, *c);
            Some(*key)
        })
        .zip(1..)
        .filter_map(|(key, length)| FILTER.contains(key).then_some(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(password: &str) -> bool {
        contains(&password.chars().collect::<Vec<_>>())
    }

    #[test]
    fn knows_the_first_and_the_last_of_the_list_and_few_others() {
        for password in ["123456", "password", "qwerty", "iloveyou", "trustno1", "football"] {
            assert!(listed(password), "{password}");
        }
        let false_hits = (0..100_000).filter(|n| listed(&format!("not on the list {n}"))).count();
        assert!(false_hits < 12, "{false_hits} of 100000, about 1.5 expected");
    }

    #[test]
    fn finds_the_prefixes_that_are_words() {
        let spelling: Vec<char> = "passwordfootball".chars().collect();
        assert!(prefixes(&spelling).any(|length| length == 8));
    }
}
