//! From the text of a setting to its value.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::mistake::{Mistake, quote};

/// Why a text is not a value, and what would be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    what: String,
    instead: String,
}

impl Wrong {
    pub(super) fn new(what: &str, instead: &str) -> Self {
        Self { what: what.to_owned(), instead: instead.to_owned() }
    }

    pub(super) fn of(&self, place: &impl fmt::Display, value: &str) -> Mistake {
        Mistake::new(place, &format!("{} {}", quote(value), self.what), &self.instead)
    }
}

pub(super) const fn default_listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080)
}

/// Without accounts everybody who reaches the port may change every grade: only this machine may.
pub(super) fn listen(text: &str) -> Result<SocketAddr, Wrong> {
    let form = "write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    let address: SocketAddr =
        text.parse().map_err(|_| Wrong::new("is not an address with a port", form))?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        let what = "is not a loopback address, and the portal has no accounts yet";
        Err(Wrong::new(what, "write 127.0.0.1 or [::1] with a port"))
    }
}

pub(super) fn data(text: &str) -> Result<PathBuf, Wrong> {
    if text.is_empty() || text.contains('\0') {
        return Err(Wrong::new("is not a path", "name a folder, such as ./portal-data"));
    }
    Ok(PathBuf::from(text))
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    #[default]
    Pretty,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err(Wrong::new("is not a log format", "write pretty or json")),
        }
    }
}
