//! One allowed host.

use std::fmt;

use crate::ConfigError;
use crate::host::{Authority, Host};

/// A host or everything below one, on one port or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    host: Host,
    port: Option<u16>,
    below: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid = || ConfigError::Host { text: text.to_owned() };
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (host, port) = Authority::parse(rest.as_bytes()).ok_or_else(invalid)?.into_parts();
        if below && host.is_address() {
            return Err(invalid());
        }
        Ok(Self { host, port, below })
    }

    pub(super) fn matches(&self, host: &Host, port: Option<u16>) -> bool {
        let port_matches = match (self.port, port) {
            (None, _) => true,
            (Some(allowed), Some(port)) => allowed == port,
            (Some(allowed), None) => matches!(allowed, 80 | 443),
        };
        port_matches && if self.below { is_below(host, &self.host) } else { *host == self.host }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.below { "*." } else { "" };
        write!(f, "{below}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn is_below(host: &Host, domain: &Host) -> bool {
    let prefix = host.as_str().strip_suffix(domain.as_str());
    prefix.and_then(|prefix| prefix.strip_suffix('.')).is_some_and(|name| !name.is_empty())
}
