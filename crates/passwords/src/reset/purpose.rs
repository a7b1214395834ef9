//! What a link is for.

/// What a token lets its holder do; one for another purpose is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The first password of an account that somebody else has made.
    Invitation,
    /// A new password instead of a forgotten one.
    Reset,
}

impl Purpose {
    /// Returns the word that is stored and is part of the digest; it does not change.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}
