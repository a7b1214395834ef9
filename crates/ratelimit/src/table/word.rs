//! One key in one word: who it is in 24 bits, when it is free of debt in 40.

/// Bits of the moment.
const TIME_BITS: u32 = 40;

/// The largest moment; moments wrap there and are read as the one nearest to now.
const TIME: u64 = (1 << TIME_BITS) - 1;

/// Bits of a fingerprint.
const PRINT: u64 = (1 << 22) - 1;

/// Which key a word is of: a fingerprint, whether the rule is strict, in which of its two lines.
///
/// The line and the tag together say which home line the key has, so that two keys are taken for
/// one only if they have the same home, fingerprint and strictness: then they share one count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    bits: u64,
}

impl Tag {
    /// Makes the tag of a key in its home line; a fingerprint of 0 counts as 1, since 0 is nobody.
    pub(super) const fn at_home(print: u64, strict: bool) -> Self {
        let print = print & PRINT;
        let print = if print == 0 { 1 } else { print };
        Self { bits: (print << 2) | if strict { 2 } else { 0 } }
    }

    /// Returns the tag of the same key in its other line.
    pub(super) const fn away(self) -> Self {
        Self { bits: self.bits | 1 }
    }

    /// Reads what [`bits`](Self::bits) wrote.
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self { bits: bits & 0xFF_FFFF }
    }

    pub(super) const fn bits(self) -> u64 {
        self.bits
    }

    pub(super) const fn print(self) -> u64 {
        self.bits >> 2
    }

    pub(super) const fn is_strict(self) -> bool {
        self.bits & 2 != 0
    }

    /// Says whether this is a key in its other line.
    pub(super) const fn is_away(self) -> bool {
        self.bits & 1 != 0
    }

    /// Says whether nobody is here.
    pub(super) const fn is_nobody(self) -> bool {
        self.bits >> 2 == 0
    }
}

/// A key and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    bits: u64,
}

impl Word {
    pub(super) const fn new(tag: Tag, moment: u64) -> Self {
        Self { bits: (tag.bits << TIME_BITS) | (moment & TIME) }
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self { bits }
    }

    pub(super) const fn bits(self) -> u64 {
        self.bits
    }

    pub(super) const fn tag(self) -> Tag {
        Tag { bits: self.bits >> TIME_BITS }
    }

    /// Returns how far the moment is ahead of now; below 0 if it has passed.
    pub(super) const fn ahead(self, now: u64) -> i64 {
        let unused = u64::BITS.saturating_sub(TIME_BITS);
        let ahead = (self.bits & TIME).wrapping_sub(now & TIME);
        (ahead << unused).cast_signed() >> unused
    }

    /// Returns the moment.
    pub(super) const fn moment(self, now: u64) -> u64 {
        now.saturating_add_signed(self.ahead(now))
    }

    /// Returns how far the moment is ahead of now; of nobody's, less than of any.
    pub(super) const fn owes(self, now: u64) -> i64 {
        if self.tag().is_nobody() { i64::MIN } else { self.ahead(now) }
    }

    /// Returns 12 bits by which a word that has changed is known.
    pub(super) const fn check(self) -> u64 {
        self.bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52
    }

    /// Says whether the place may be taken without forgetting a debt.
    pub(super) const fn is_free(self, now: u64) -> bool {
        self.owes(now) <= 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tag_says_all_it_was_made_of() {
        let tag = Tag::at_home(u64::MAX, true);
        assert_eq!((tag.print(), tag.is_strict()), (PRINT, true));
        assert_eq!(tag.away().print(), PRINT);
        assert_ne!(tag.away(), tag);
        assert!(Word::from_bits(0).tag().is_nobody());
        assert!(!Tag::at_home(0, false).is_nobody());
        assert_eq!(Tag::from_bits(tag.bits()), tag);
    }

    proptest! {
        #[test]
        fn a_moment_near_now_is_read_as_it_was_written(
            now in 0_u64..1 << 62, ahead in -(1_i64 << 38)..1 << 38, print in 0_u64..1 << 22,
        ) {
            let moment = now.saturating_add_signed(ahead);
            let tag = Tag::at_home(print, false);
            let word = Word::new(tag, moment);
            prop_assert_eq!(word.moment(now), moment);
            prop_assert_eq!(word.tag(), tag);
            prop_assert_eq!(word.is_free(now), moment <= now);
        }
    }
}
