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

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
        }
    }
}
