//! What an account says about its sessions.

/// The number of times that an account's sessions were ended.
///
/// A column of the account, raised in the statement that changes its password or its rights:
/// `UPDATE users SET .., stamp = stamp + 1 WHERE id = $id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(transparent))]
pub struct Stamp {
    number: i64,
}

impl Stamp {
    /// The stamp of a new account.
    pub const FIRST: Self = Self { number: 0 };

    /// Reads the column.
    #[must_use]
    pub const fn from_i64(number: i64) -> Self {
        Self { number }
    }

    /// Returns the number for the column.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.number
    }

    /// Returns the stamp that ends every session of this one.
    #[must_use]
    pub const fn next(self) -> Self {
        // Two's complement: after 2^64 changes the numbers begin anew.
        Self { number: self.number.wrapping_add(1) }
    }
}

/// What an account's row says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub(super) stamp: Stamp,
    pub(super) must_change: bool,
}

impl Account {
    /// An account whose password its user has chosen.
    #[must_use]
    pub const fn settled(stamp: Stamp) -> Self {
        Self { stamp, must_change: false }
    }

    /// An account whose password must be changed: it is temporary, or it has become known.
    #[must_use]
    pub const fn must_change(stamp: Stamp) -> Self {
        Self { stamp, must_change: true }
    }
}
