//! What can be told about a deployment.

/// Who may read answers from another site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cors {
    /// Every site, without credentials: `Access-Control-Allow-Origin: *`.
    Any,
    /// Every site, with credentials: the origin of the request is sent back.
    AnyWithCredentials,
    /// Nobody: no header is sent.
    #[default]
    Nobody,
    /// These origins.
    Origins(Vec<String>),
}

/// What stands before a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// A limit by client address.
    Limit,
    /// A lockout by account.
    Lockout,
}

/// Where something is kept that instances should share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// On this machine: a file.
    Machine,
    /// In this process.
    Memory,
    /// Where all instances reach it.
    Shared,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Secret {
    /// From the operator; whoever read it has checked it.
    Given,
    /// From the program.
    Made,
    /// From the operator, and it can be guessed, for this reason.
    Weak(&'static str),
}

/// How an audit log keeps what it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audit {
    /// On the disk.
    Synced,
    /// Nobody waits for it: an answer is sent whether its event is kept or not.
    Unawaited,
    /// With the system.
    Written,
}

/// What something else than the application may see to: a proxy, or a layer that is not known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duty {
    /// The headers of answers.
    Answer,
    /// A record of what people do.
    Audit,
    /// Who really sent a request.
    Forwarding,
    /// Which hosts are answered.
    Hosts,
    /// How often somebody may ask.
    Limits,
}

/// A fact that is told, left to others, or neither.
#[derive(Clone, Debug)]
pub(super) struct Fact<T> {
    pub(super) told: Option<T>,
    pub(super) elsewhere: bool,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self { told: None, elsewhere: false }
    }
}

impl<T> Fact<T> {
    /// Whether nothing can be said about it.
    pub(super) const fn is_unknown(&self) -> bool {
        self.told.is_none() && self.elsewhere
    }
}

impl<T> Fact<Vec<T>> {
    /// Returns what is told; nothing where nothing is.
    pub(super) fn list(&self) -> &[T] {
        self.told.as_deref().unwrap_or_default()
    }
}
