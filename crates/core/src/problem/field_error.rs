//! One offending place of a request.

use serde::Serialize;

use super::{Pointer, Text};

/// What is wrong at one place of the request, an entry of `errors`.
///
/// Says the rule, never the value that broke it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pointer: Pointer,
    code: &'static str,
    detail: Text,
}

impl FieldError {
    /// States that the value at `pointer` breaks the rule `code`; `detail` says what is allowed.
    #[must_use]
    pub fn new(pointer: Pointer, code: &'static str, detail: impl Into<Text>) -> Self {
        Self { pointer, code, detail: detail.into() }
    }

    /// Returns the place.
    #[must_use]
    pub const fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Returns the machine word of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns what is allowed, for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.detail.as_str()
    }
}
