//! What is configured.

/// Which cookies need less than everything.
///
/// The default hardens every cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy hardens nothing until a layer or harden() uses it"]
pub struct Policy {
    readable: Vec<String>,
}

impl Policy {
    /// Hardens every cookie.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets scripts of the page read a cookie of this name, such as a language or a theme.
    ///
    /// Never the session's: a script that is injected would carry it away.
    pub fn script_may_read(mut self, name: impl Into<String>) -> Self {
        self.readable.push(name.into());
        self
    }

    pub(super) fn is_readable(&self, name: &[u8]) -> bool {
        self.readable.iter().any(|known| known.as_bytes() == name)
    }
}
