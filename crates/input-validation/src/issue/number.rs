//! Numbers that rules are written with.

use std::fmt;

/// A bound of a rule: a number that stands in the source of the program.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Num {
    /// A whole number.
    Int(i128),
    /// A fraction.
    Real(f64),
}

impl Num {
    /// Compares; NaN is at most nothing, and nothing is at most NaN.
    #[must_use]
    pub const fn is_at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one <= other,
            (one, other) => one.as_real() <= other.as_real(),
        }
    }

    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a bound of fractions")]
    pub(crate) const fn as_real(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Real(number) => number,
        }
    }

    pub(crate) const fn doubled(self) -> Self {
        match self {
            Self::Int(number) => Self::Int(number.saturating_mul(2)),
            Self::Real(number) => Self::Real(number * 2.0),
        }
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
        }
    }
}
