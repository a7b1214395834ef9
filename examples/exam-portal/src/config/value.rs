//! From the text of a setting to its value.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use palisade_edge::{AllowedHosts, ConfigError, Forwarding, TrustedProxies};

use super::mistake::{Mistake, quote};

/// Why a text is not a value, and what would be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// As [`Value`](Self::Value), of a value that nobody may see.
    Hidden { what: &'static str, instead: &'static str },
    /// A sentence that quotes the value and says what to write.
    Sentence(String),
    /// What the value is, and what to write.
    Value { what: &'static str, instead: &'static str },
}

impl Wrong {
    pub(super) const fn new(what: &'static str, instead: &'static str) -> Self {
        Self::Value { what, instead }
    }

    pub(super) fn of(&self, place: &impl fmt::Display, value: &str) -> Mistake {
        match self {
            Self::Hidden { what, instead } => {
                Mistake::new(place, &format!("the value {what}"), instead)
            }
            Self::Sentence(sentence) => Mistake::told(place, sentence),
            Self::Value { what, instead } => {
                Mistake::new(place, &format!("{} {what}", quote(value)), instead)
            }
        }
    }
}

impl From<ConfigError> for Wrong {
    fn from(error: ConfigError) -> Self {
        Self::Sentence(sentence(&error))
    }
}

pub(super) const fn default_listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080)
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, Wrong> {
    let form = "write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    text.parse().map_err(|_| Wrong::new("is not an address with a port", form))
}

pub(super) fn folder(text: &str) -> Result<PathBuf, Wrong> {
    if text.is_empty() || text.contains('\0') {
        return Err(Wrong::new("is not a path", "name a folder, such as ./portal-data"));
    }
    Ok(PathBuf::from(text))
}

/// A name that requests may address; the whole list is read by [`AllowedHosts`].
pub(super) fn allowed_host(text: &str) -> Result<String, Wrong> {
    AllowedHosts::new([text])?;
    Ok(text.to_owned())
}

/// Says what is wrong in words of the command line.
pub(super) fn sentence(error: &ConfigError) -> String {
    match error {
        ConfigError::EveryAddress => {
            "trusts every address, so that a client could write its own; name the networks of \
             your proxies"
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// A network of proxies; the whole list is read by [`trusted_proxies`].
pub(super) fn trusted_proxy(text: &str) -> Result<String, Wrong> {
    trusted_proxies(&[text.to_owned()])?;
    Ok(text.to_owned())
}

/// Proxies append to `X-Forwarded-For`: a second header would be one that clients can write.
pub(super) fn trusted_proxies(ranges: &[String]) -> Result<TrustedProxies, ConfigError> {
    if ranges.is_empty() {
        return Ok(TrustedProxies::none());
    }
    TrustedProxies::in_ranges(ranges, Forwarding::XForwardedFor)
}

/// Writes a URL for people: user, host and what follows, no password and no parameter.
pub(super) fn masked(scheme: &str, place: &str) -> String {
    let (user, place) = place.rsplit_once('@').unwrap_or(("", place));
    let place: String = place.chars().take(200).collect();
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
        None if user.is_empty() => format!("{scheme}://{place}"),
        None => format!("{scheme}://{user}@{place}"),
    }
}

/// What `/health/ready` asks for beside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadyCheck {
    Disk,
    Redis,
}

impl ReadyCheck {
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "disk" => Ok(Self::Disk),
            "redis" => Ok(Self::Redis),
            _ => Err(Wrong::new("is not a check", "write disk or redis")),
        }
    }
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
