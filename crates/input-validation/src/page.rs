//! Which part of a list is asked for.

use serde::{Deserialize, Serialize};

use crate::Clamped;
use crate::issue::{Arg, Breach, Num, code};

/// The number of a page, 1 to [`MAX`](Self::MAX).
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Page, PerPage};
///
/// let page: Page = serde_json::from_str("2147483647")?;
/// let size: PerPage = serde_json::from_str("\"50\"")?;
/// assert_eq!((page.number(), page.offset(size), size.limit()), (10_000, 499_950, 50));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize,
)]
#[serde(transparent)]
pub struct Page {
    number: Clamped<u32, 1, 10_000, 1>,
}

impl Page {
    /// The last page that can be asked for: reading further is work for a cursor.
    pub const MAX: u32 = 10_000;

    const RANGE: Breach = Breach::with(
        code::RANGE,
        &[Arg::new("min", Num::Int(1)), Arg::new("max", Num::Int(10_000))],
    );

    /// Takes a number, corrected to the nearest page that there is.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self { number: Clamped::new(number) }
    }

    pub(crate) const fn from_clamped(number: Clamped<u32, 1, 10_000, 1>) -> Self {
        Self { number }
    }

    /// Takes a number as it is.
    ///
    /// # Errors
    ///
    /// [`code::RANGE`] for 0 and what is over [`MAX`](Self::MAX).
    pub fn try_new(number: u32) -> Result<Self, Breach> {
        if (1..=Self::MAX).contains(&number) { Ok(Self::new(number)) } else { Err(Self::RANGE) }
    }

    /// Returns the number, from 1.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number.get()
    }

    /// Returns how many rows stand before this page; always fits an `i64`.
    #[must_use]
    pub fn offset<const MAX: i64, const DEFAULT: i64>(self, size: PerPage<MAX, DEFAULT>) -> u64 {
        u64::from(self.number().saturating_sub(1)).saturating_mul(size.limit())
    }
}

/// How many rows a page has: 1 to `MAX`, `DEFAULT` where nothing is asked.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize,
)]
#[serde(transparent)]
pub struct PerPage<const MAX: i64 = 100, const DEFAULT: i64 = 20> {
    size: Clamped<u32, 1, MAX, DEFAULT>,
}

impl<const MAX: i64, const DEFAULT: i64> PerPage<MAX, DEFAULT> {
    /// Takes a size, corrected.
    #[must_use]
    pub fn new(size: u32) -> Self {
        Self { size: Clamped::new(size) }
    }

    pub(crate) const fn from_clamped(size: Clamped<u32, 1, MAX, DEFAULT>) -> Self {
        Self { size }
    }

    /// Returns the size, for `LIMIT`.
    #[must_use]
    pub fn limit(self) -> u64 {
        u64::from(self.size.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `?page=2147483647` once overflowed the offset of programs that had clamped it from below.
    #[test]
    fn no_page_overflows_the_offset() {
        type Widest = PerPage<4_294_967_295, 1>;
        for number in [0, 1, 2, 9_999, 10_000, 10_001, i32::MAX.unsigned_abs(), u32::MAX] {
            let offset = Page::new(number).offset(Widest::new(u32::MAX));
            assert!(i64::try_from(offset).is_ok(), "{number}");
        }
        assert_eq!(Page::new(0).offset(PerPage::<100, 20>::default()), 0);
        assert_eq!(Page::new(3).offset(PerPage::<100, 20>::default()), 40);
    }

    #[test]
    fn the_strict_door_refuses_what_the_other_corrects() {
        assert_eq!(Page::try_new(0), Err(Page::RANGE));
        assert_eq!(Page::try_new(10_001), Err(Page::RANGE));
        assert_eq!(Page::try_new(10_000), Ok(Page::new(u32::MAX)));
    }
}
