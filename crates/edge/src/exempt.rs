//! Paths that answer whoever asks.

use http::{Method, Uri};

use crate::ConfigError;

/// Paths on which `GET` and `HEAD` pass a layer unchecked: health checks and certificate proofs.
///
/// A probe knows no host name and comes without proxies. Only these two methods, since they carry
/// nothing and change nothing.
///
/// # Example
///
/// ```
/// use http::{Method, Uri};
/// use palisade_edge::ExemptPaths;
///
/// let exempt = ExemptPaths::health().add_path("/ping")?.add_below("/.well-known/acme-challenge/")?;
/// assert!(exempt.contains(&Method::GET, &Uri::from_static("/health/live")));
/// assert!(exempt.contains(&Method::GET, &Uri::from_static("/.well-known/acme-challenge/tok_1")));
/// assert!(!exempt.contains(&Method::POST, &Uri::from_static("/ping")));
/// assert!(!exempt.contains(&Method::GET, &Uri::from_static("/health/../admin")));
/// # Ok::<(), palisade_edge::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExemptPaths {
    exact: Vec<Box<str>>,
    below: Vec<Box<str>>,
}

impl ExemptPaths {
    /// Exempts nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { exact: Vec::new(), below: Vec::new() }
    }

    /// Exempts `/health`, `/health/live` and `/health/ready`.
    #[must_use]
    pub fn health() -> Self {
        let paths = ["/health", "/health/live", "/health/ready"];
        Self { exact: paths.map(Box::from).into(), below: Vec::new() }
    }

    /// Exempts [`health`](Self::health) and what is below `/.well-known/acme-challenge/`
    /// (RFC 8555 8.3), which certificate authorities ask for in clear.
    #[must_use]
    pub fn health_and_acme() -> Self {
        Self { below: vec![Box::from("/.well-known/acme-challenge/")], ..Self::health() }
    }

    /// Exempts one path, compared byte by byte.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Path`] for what no request can have as its path.
    pub fn add_path(mut self, path: &str) -> Result<Self, ConfigError> {
        self.exact.push(checked(path)?);
        Ok(self)
    }

    /// Exempts what is below a path that ends in `/`.
    ///
    /// Only plain segments (letters, digits, `-._~`) match, so that nothing that a router could
    /// read in two ways, `..` or `%2e` among it, leads out of the exemption.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Path`] for what no request can have as its path, or without the final `/`;
    /// [`ConfigError::EveryPath`] for `/`.
    pub fn add_below(mut self, path: &str) -> Result<Self, ConfigError> {
        if path == "/" {
            return Err(ConfigError::EveryPath);
        }
        if !path.ends_with('/') {
            return Err(ConfigError::Path { text: path.to_owned() });
        }
        self.below.push(checked(path)?);
        Ok(self)
    }

    /// Tells whether a request is exempt.
    ///
    /// # Cost
    ///
    /// No allocation; one comparison for each path.
    #[must_use]
    pub fn contains(&self, method: &Method, target: &Uri) -> bool {
        if *method != Method::GET && *method != Method::HEAD {
            return false;
        }
        let path = target.path();
        self.exact.iter().any(|exempt| **exempt == *path)
            || self.below.iter().any(|exempt| {
                path.strip_prefix(&**exempt).is_some_and(|rest| rest.split('/').all(is_plain))
            })
    }
}

fn is_plain(segment: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(known)
}

fn checked(path: &str) -> Result<Box<str>, ConfigError> {
    match path.parse::<Uri>() {
        Ok(uri) if path.starts_with('/') && uri.path() == path => Ok(path.into()),
        _ => Err(ConfigError::Path { text: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_would_exempt_nothing_or_everything() {
        for path in ["", "health", "/health?x", "/a b", "http://host/health", "*"] {
            let error = ExemptPaths::none().add_path(path).unwrap_err();
            assert_eq!(error, ConfigError::Path { text: path.to_owned() }, "{path:?}");
        }
        let error = ExemptPaths::none().add_below("/static").unwrap_err();
        assert_eq!(error, ConfigError::Path { text: "/static".to_owned() });
        let error = ExemptPaths::none().add_below("/").unwrap_err();
        assert_eq!(error, ConfigError::EveryPath);
        assert!(ExemptPaths::none().add_path("/").is_ok(), "the front page alone can be meant");
    }
}
