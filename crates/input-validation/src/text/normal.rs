//! One form for each text.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::issue::{Arg, Breach, Num, code};

/// Returns the text in Normalization Form C (UAX 15); borrows it where it is already.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// The bounds of a text in characters.
pub(super) struct Length<const MIN: usize, const MAX: usize>;

impl<const MIN: usize, const MAX: usize> Length<MIN, MAX> {
    pub(super) const BREACH: Breach = {
        assert!(MIN <= MAX, "a text cannot be as short and as long as this");
        Breach::with(code::CHARS, Self::ARGS)
    };

    const ARGS: &'static [Arg] = &[Arg::new("min", wide(MIN)), Arg::new("max", wide(MAX))];

    /// Refuses what no normalisation can bring below the bound, before it costs anything: four
    /// characters of four bytes become one at most.
    pub(super) const fn before(text: &str) -> Result<(), Breach> {
        if text.len() > MAX.saturating_mul(16) { Err(Self::BREACH) } else { Ok(()) }
    }

    pub(super) const fn check_ascii(text: &str) -> Result<(), Breach> {
        if text.len() >= MIN && text.len() <= MAX { Ok(()) } else { Err(Self::BREACH) }
    }

    pub(super) fn check(text: &str) -> Result<(), Breach> {
        // A text has at least a quarter as many characters as bytes, and at most as many.
        if text.len() <= MAX && text.len() >= MIN.saturating_mul(4) {
            return Ok(());
        }
        let count = text.chars().take(MAX.saturating_add(1)).count();
        if (MIN..=MAX).contains(&count) { Ok(()) } else { Err(Self::BREACH) }
    }
}

#[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
const fn wide(number: usize) -> Num {
    Num::Int(number as i128)
}
