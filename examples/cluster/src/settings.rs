//! How a cluster is to be started.

use std::net::SocketAddr;
use std::path::PathBuf;

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) program: PathBuf,
    pub(crate) limits: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
}

impl Settings {
    /// Instances are this program with the argument `instance`: the `cluster` program itself.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), limits: None, listen: None }
    }

    /// Takes the rule table of that file in place of the portal's own.
    #[must_use]
    pub fn limits(mut self, file: impl Into<PathBuf>) -> Self {
        self.limits = Some(file.into());
        self
    }

    /// Listens on that address of this machine in place of a free port.
    #[must_use]
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = Some(address);
        self
    }
}
