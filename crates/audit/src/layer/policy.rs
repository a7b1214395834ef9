//! Which requests are recorded, and how much of them.

use http::Method;
use http::request::Parts;

/// How much of a request is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Level {
    /// Nothing.
    None,
    /// One event behind the answer: method, path without query, status.
    Metadata,
    /// One event before the handler runs and one behind the answer, with the query and the length and type
    /// of the body too; a request whose first event is not taken does not reach the handler.
    Request,
}

/// Rules, the first of which that matches decides; without one that matches, nothing is recorded.
///
/// # Example
///
/// ```
/// use palisade_audit::layer::{Level, Policy};
///
/// let policy = Policy::new()
///     .rule(&[], "/health*", Level::None)
///     .rule(&["GET", "HEAD"], "/admin/*", Level::Metadata)
///     .rule(&["GET", "HEAD", "OPTIONS"], "*", Level::None)
///     .rule(&[], "*", Level::Request);
/// let (parts, ()) = http::Request::delete("/students/7").body(())?.into_parts();
/// assert_eq!(policy.level(&parts), Level::Request);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    methods: Vec<String>,
    path: String,
    level: Level,
}

impl Policy {
    /// Has no rule yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { rules: Vec::new() }
    }

    /// Adds a rule: for these methods, or all if there is none, and this path; with `*` at its end, all
    /// that begin so.
    #[must_use]
    pub fn rule(mut self, methods: &[&str], path: &str, level: Level) -> Self {
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        self.rules.push(Rule { methods, path: path.to_owned(), level });
        self
    }

    /// Says how much of a request is recorded.
    #[must_use]
    pub fn level(&self, parts: &Parts) -> Level {
        let matches = |rule: &&Rule| rule.matches(&parts.method, parts.uri.path());
        self.rules.iter().find(matches).map_or(Level::None, |rule| rule.level)
    }
}

impl Rule {
    fn matches(&self, method: &Method, path: &str) -> bool {
        let method = self.methods.is_empty() || self.methods.iter().any(|m| m == method.as_str());
        let path = match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        };
        method && path
    }
}
