//! A rule that is broken.

use std::error::Error;
use std::fmt;

use super::{Code, Language, Num};

/// A number that a rule is written with, by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arg {
    name: &'static str,
    value: Num,
}

impl Arg {
    /// Names a number; `min` and `max` are the names that this crate uses.
    #[must_use]
    pub const fn new(name: &'static str, value: Num) -> Self {
        Self { name, value }
    }

    /// Names a length or a count.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "widens; `From` is not const")]
    pub const fn of(name: &'static str, value: usize) -> Self {
        Self { name, value: Num::Int(value as i128) }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the number.
    #[must_use]
    pub const fn value(&self) -> Num {
        self.value
    }
}

/// A rule that an input breaks: its code, and the numbers that the rule is written with.
///
/// # Security
///
/// Both are `'static`: they stand in the program. A value that a client sent, even a number, has no
/// place in it, so that an error cannot repeat it.
///
/// # Cost
///
/// Six words, copied; made without allocation.
#[derive(Clone, Copy, PartialEq)]
pub struct Breach {
    code: Code,
    args: &'static [Arg],
}

impl Breach {
    /// Names a rule that has no numbers.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, args: &[] }
    }

    /// Names a rule with its numbers.
    #[must_use]
    pub const fn with(code: Code, args: &'static [Arg]) -> Self {
        Self { code, args }
    }

    /// Returns the machine word.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Returns the numbers.
    #[must_use]
    pub const fn args(&self) -> &'static [Arg] {
        self.args
    }

    /// Returns the number of that name.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<Num> {
        self.args.iter().find(|arg| arg.name == name).map(Arg::value)
    }
}

impl fmt::Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Breach").field(&self.code.as_str()).field(&self.args).finish()
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Language::English.write(self, f)
    }
}

impl Error for Breach {}
