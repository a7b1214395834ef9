//! What was found when a log was opened.

use super::recover::Found;

/// What a crash or a failed disk has left, and was mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecoveryReport {
    /// How many events the log has.
    pub size: u64,
    /// An event that was never acknowledged was cut off; its bytes are in a file `torn-...`.
    pub torn: bool,
    /// Lost hashes were made again from the events, and lead to the signed root.
    pub rebuilt: bool,
}

impl RecoveryReport {
    pub(super) const fn of(found: &Found) -> Self {
        Self { size: found.frontier.size(), torn: found.torn, rebuilt: found.rebuilt }
    }

    /// Says whether there was nothing to mend.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        !self.torn && !self.rebuilt
    }
}
