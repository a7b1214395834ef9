//! What is not counted as a violation.

use super::Malformed;

/// Why a request to the collector, or a report in it, was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Refused {
    /// Too many bodies were being read.
    Busy,
    /// The body was no report.
    Malformed,
    /// The body was longer or deeper than reports are.
    Oversized,
    /// Past the 32nd report of one body.
    Surplus,
    /// A report about something that no policy of ours says.
    Unknown,
    /// No tag, a wrong one, or one of a day that is over.
    Untagged,
}

impl Refused {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::Busy,
        Self::Malformed,
        Self::Oversized,
        Self::Surplus,
        Self::Unknown,
        Self::Untagged,
    ];

    /// Returns the machine word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Malformed => "malformed",
            Self::Oversized => "oversized",
            Self::Surplus => "surplus",
            Self::Unknown => "unknown",
            Self::Untagged => "untagged",
        }
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        match malformed {
            Malformed::NotReports => Self::Malformed,
            Malformed::TooDeep | Malformed::TooLong => Self::Oversized,
        }
    }
}
