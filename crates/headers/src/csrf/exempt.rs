//! Exemptions by method and path.

use http::Method;

use crate::ConfigError;

/// One method at one path, or at everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exemption {
    method: Method,
    path: String,
    below: bool,
}

impl Exemption {
    pub(super) fn new(method: Method, pattern: &str) -> Result<Self, ConfigError> {
        let refuse = |instead: &str| Err(ConfigError::new("exempt path", pattern, instead));
        if matches!(method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return refuse("leave it out: safe methods pass without");
        }
        let (path, below) = match pattern.strip_suffix('*') {
            Some(path) if path.ends_with('/') => (path, true),
            _ => (pattern, false),
        };
        if !path.starts_with('/') || !is_plain(path) || path.contains(['*', '?', '#', '{', '}']) {
            return refuse("write an absolute path such as \"/hooks/mail\" or \"/hooks/*\"");
        }
        Ok(Self { method, path: path.to_owned(), below })
    }

    pub(super) fn covers(&self, method: &Method, path: &str) -> bool {
        self.method == *method
            && is_plain(path)
            && if self.below { path.starts_with(&self.path) } else { path == self.path }
    }
}

/// Returns whether nobody behind us reads the path as another one.
fn is_plain(path: &str) -> bool {
    !path.contains(['%', '\\'])
        && !path.contains("//")
        && !path.split('/').any(|segment| segment == "." || segment == "..")
}
