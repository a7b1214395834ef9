//! Which texts can be secret keys: no environment, no files.

use std::sync::LazyLock;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use crate::filter::{Filter, START, push};
use crate::keys::SecretKeys;

/// Made by `examples/fuse_filter.rs`; see `data/README.md` for where the list is from.
static LEAKED: LazyLock<Filter> =
    LazyLock::new(|| Filter::read(include_bytes!("data/leaked-keys.fuse16")));

/// What makes a text no secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFinding {
    /// The same key stands twice.
    #[error("it is the same as another of the keys")]
    Duplicate,
    /// There are more fallbacks than are tried.
    #[error("there are more than {most} fallbacks")]
    Fallbacks {
        /// The bound.
        most: usize,
    },
    /// The key is on a list of keys that were published.
    #[error("it has been published: attackers try it first")]
    Leaked,
    /// The key is not there.
    #[error("it is not set")]
    Missing,
    /// The key says that it is to be replaced.
    #[error("it is a placeholder that was never replaced")]
    Placeholder,
    /// Too few characters and too few bytes.
    #[error("it is shorter than 50 characters and than 32 bytes in hex or base64")]
    Short,
    /// The key cannot be read as text.
    #[error("it cannot be read, is not UTF-8, or is longer than 16 KiB")]
    Unreadable,
    /// The key repeats itself or has few different characters.
    #[error("it is too regular to be random: under 128 bits")]
    Weak,
}

impl KeyFinding {
    /// Returns the word that programs compare; it does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Duplicate => "key_duplicate",
            Self::Fallbacks { .. } => "key_fallbacks",
            Self::Leaked => "key_leaked",
            Self::Missing => "key_missing",
            Self::Placeholder => "key_placeholder",
            Self::Short => "key_short",
            Self::Unreadable => "key_unreadable",
            Self::Weak => "key_weak",
        }
    }
}

const LEAST_CHARS: usize = 50;
const LEAST_BYTES: usize = 32;
const LEAST_BITS: f64 = 128.0;

/// What people leave in a template; a random key holds one of these once in a billion.
const PLACEHOLDERS: [&str; 8] = [
    "changeme",
    "change-me",
    "change_me",
    "django-insecure",
    "example",
    "placeholder",
    "replace",
    "your-secret",
];

/// Every rule that the text breaks.
pub(super) fn findings(text: &str) -> Vec<KeyFinding> {
    if text.is_empty() {
        return vec![KeyFinding::Missing];
    }
    if text.len() > SecretKeys::MOST_BYTES {
        return vec![KeyFinding::Unreadable];
    }
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let short = text.chars().count() < LEAST_CHARS && encoded_bytes(text) < LEAST_BYTES;
    let bytes = text.as_bytes();
    let weak = bits(bytes) < LEAST_BITS || repeats(bytes) || counts(bytes);
    let broken = [
        (LEAKED.contains(text.chars().fold(START, push)), KeyFinding::Leaked),
        (PLACEHOLDERS.iter().any(|word| lower.contains(word)), KeyFinding::Placeholder),
        (short, KeyFinding::Short),
        (weak, KeyFinding::Weak),
    ];
    broken.into_iter().filter_map(|(is, finding)| is.then_some(finding)).collect()
}

/// How many bytes the text says in hex or base64, 0 when it is neither.
fn encoded_bytes(text: &str) -> usize {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return text.len() / 2;
    }
    let mut buffer = Zeroizing::new([0; LEAST_CHARS]);
    let unpadded = text.trim_end_matches('=');
    Base64Unpadded::decode(unpadded, &mut *buffer)
        .map(<[u8]>::len)
        .or_else(|_| Base64UrlUnpadded::decode(unpadded, &mut *buffer).map(<[u8]>::len))
        .unwrap_or(0)
}

/// Shannon entropy of the bytes as they occur, times their number: an upper bound that only
/// regular texts fail. 32 random bytes in hex have about 250 bits by it.
fn bits(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let length: f64 = counts.iter().copied().map(f64::from).sum();
    let counts = counts.iter().filter(|count| **count > 0).copied().map(f64::from);
    counts.map(|count| count * (length / count).log2()).sum()
}

/// Whether the text is a shorter one written again and again.
fn repeats(text: &[u8]) -> bool {
    (1..=text.len() / 2).any(|unit| text.iter().zip(text.iter().skip(unit)).all(|(a, b)| a == b))
}

/// Whether most of the text is one step after another, up or down.
fn counts(text: &[u8]) -> bool {
    let steps = text.iter().zip(text.iter().skip(1)).filter(|(from, to)| from.abs_diff(**to) <= 1);
    steps.count() > text.len() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_none_are_told_why() {
        use KeyFinding::{Leaked, Missing, Placeholder, Short, Weak};
        let fifty = "0123456789".repeat(5);
        let random = "k8Zq2v9fXw4LrT7yNcB1mHs6JdPe3GaUoQiVx5WtYzCbRnKfMj";
        for (text, expected) in [
            ("", vec![Missing]),
            ("hunter2", vec![Leaked, Short, Weak]),
            (fifty.as_str(), vec![Weak]),
            (random, vec![]),
            (&random[..49], vec![Short]),
            (&random[..25].repeat(2), vec![Weak]),
            // 32 bytes in base64url, 31 in base64, 24 in hex, which could be read as base64.
            ("arnx6499M4j0-dWG9m6Z_VQIDfLERvDlhmiwnAihbdA", vec![]),
            ("WU5RmuSZMSspQzt92Kl/8Gje/LqXVbbV0A6ExSTWew", vec![Short]),
            ("aaa9402664f1a41f40ebbc52c9993eb66aeb366602958fdf", vec![Short]),
            ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRST", vec![Weak]),
            ("django-insecure-k8Zq2v9fXw4LrT7yNcB1mHs6JdPe3GaUoQiVx5WtYz", vec![Placeholder]),
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", vec![]),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", vec![Weak]),
            // Published in a repository, by the list the filter was made from.
            ("bga5t#n-a9=mx^glxprkc#16c#z*n_t%o8jiwh(y*i+h7c!xo$", vec![Leaked]),
            ("2c20aa641c0c82029850dec9c8213d46807f6e8e6d9a9ee90e7516a2345ee055", vec![Leaked]),
        ] {
            let found = findings(text);
            assert_eq!(found, expected, "{text}");
        }
    }
}
