//! What was found.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Code, Level};

/// One thing that is wrong with a deployment: a code that never changes, the reason, and the fix.
///
/// As JSON: `{"level", "code", "reason", "fix"}`, all strings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    code: Code,
    reason: String,
}

impl Finding {
    pub(super) fn new(code: Code, reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        // One finding is one line, whatever a path or a name holds.
        let reason = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { code, reason }
    }

    /// Returns what it is.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Returns how much it matters.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.code.level()
    }

    /// Returns what was seen here: no secret, and no control character.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns what to do.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        self.code.fix()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}; {}", self.level(), self.code, self.reason, self.fix())
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 4)?;
        fields.serialize_field("level", self.level().name())?;
        fields.serialize_field("code", self.code.name())?;
        fields.serialize_field("reason", &self.reason)?;
        fields.serialize_field("fix", self.fix())?;
        fields.end()
    }
}

/// Everything that was found, errors first, then by code; no finding is there twice.
///
/// Displays as one line each. As JSON: an array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    all: Vec<Finding>,
}

impl Findings {
    pub(super) fn new(mut all: Vec<Finding>) -> Self {
        all.sort_by(|one, other| other.level().cmp(&one.level()).then_with(|| one.cmp(other)));
        all.dedup();
        Self { all }
    }

    /// Returns the findings.
    #[must_use]
    pub fn all(&self) -> &[Finding] {
        &self.all
    }

    /// Tells whether one of them is an [`Error`](Level::Error): real users must not be served.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|finding| finding.level() == Level::Error)
    }

    /// Tells whether there is a finding of this code.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.all.iter().any(|finding| finding.code == code)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.iter().enumerate().try_for_each(|(number, finding)| {
            let line_end = if number == 0 { "" } else { "\n" };
            write!(f, "{line_end}{finding}")
        })
    }
}

impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}
