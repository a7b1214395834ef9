//! One sign-in.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::LazyLock;

static LANES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Someone claims a name; what is stored for it is known to the application alone.
///
/// That there is no such account, that it is locked or that its hash cannot be read are ordinary
/// inputs: each costs the same work as a wrong password and gives the same
/// [`Verdict::Rejected`](crate::Verdict::Rejected).
///
/// # Example
///
/// ```
/// use palisade_passwords::Attempt;
///
/// # let (name, row, client): (&str, Option<String>, std::net::IpAddr) = ("ada", None, [127, 0, 0, 1].into());
/// let attempt = Attempt::new(name).stored(row.as_deref()).from_client(client);
/// ```
#[derive(Clone, Copy)]
#[must_use = "an attempt is given to `verify`"]
pub struct Attempt<'a> {
    pub(crate) name: &'a str,
    pub(crate) stored: Option<&'a str>,
    pub(crate) refused: bool,
    pub(crate) lane: u64,
}

impl<'a> Attempt<'a> {
    /// Starts with the name as it was looked up (trimmed, case-folded), without a stored hash.
    pub fn new(name: &'a str) -> Self {
        Self { name, stored: None, refused: false, lane: lane(name) }
    }

    /// Gives what is stored for the name, `None` when there is no such account.
    pub const fn stored(mut self, stored: Option<&'a str>) -> Self {
        self.stored = stored;
        self
    }

    /// Rejects whatever the password is, after the same work: the account is locked or disabled.
    pub const fn refused(mut self) -> Self {
        self.refused = true;
        self
    }

    /// Says who asks, such as an address (IPv6 by its /64): clients wait for their own jobs first.
    ///
    /// Without it each name has its own turn.
    pub fn from_client(mut self, client: impl Hash) -> Self {
        self.lane = lane(client);
        self
    }
}

/// Keyed anew in each process, so that nobody can choose to share another's lane.
pub(super) fn lane(key: impl Hash) -> u64 {
    LANES.hash_one(key)
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("refused", &self.refused).finish_non_exhaustive()
    }
}
