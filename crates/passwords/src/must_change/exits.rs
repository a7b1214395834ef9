//! The decision.

use http::Method;

/// The ways out of a pending session: setting a password, signing out, and what their pages need.
///
/// Everything that is not one of them is refused. A path is compared byte for byte, and one that
/// another program could read as a different one (`%`, `\`, `//`, `.` and `..`) is never an exit.
///
/// # Cost
///
/// One comparison for each exit, no allocation.
#[derive(Clone, Debug)]
#[must_use = "exits are given to a layer"]
pub struct Exits {
    exits: Vec<Exit>,
}

#[derive(Clone, Debug)]
struct Exit {
    method: Method,
    path: String,
    below: bool,
}

/// A path that cannot be an exit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is no exit: write a path such as \"/account/password\" or \"/assets/*\"")]
pub struct ExitError {
    path: String,
}

impl Exits {
    /// Starts with one route: its method and the path as clients send it, or everything below a path
    /// (`/assets/*`). `GET` means `HEAD` too.
    ///
    /// # Errors
    ///
    /// [`ExitError`] for a path that does not begin with `/`, that can be read in two ways, that has a
    /// `*` elsewhere than as its last segment, a parameter or a query, or that is `/*`: all routes.
    pub fn new(method: Method, path: &str) -> Result<Self, ExitError> {
        Self { exits: Vec::new() }.and(method, path)
    }

    /// Adds a route.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn and(mut self, method: Method, path: &str) -> Result<Self, ExitError> {
        let refuse = || ExitError { path: path.to_owned() };
        let (stem, below) = match path.strip_suffix('*') {
            Some(stem) if stem.ends_with('/') && stem.len() > 1 => (stem, true),
            _ => (path, false),
        };
        let foreign = ['*', '?', '#', '{', '}'];
        if !stem.starts_with('/') || !is_plain(stem) || stem.contains(foreign) {
            return Err(refuse());
        }
        self.exits.push(Exit { method, path: stem.to_owned(), below });
        Ok(self)
    }

    /// Returns whether a pending session may take this route.
    #[must_use]
    pub fn allow(&self, method: &Method, path: &str) -> bool {
        self.exits.iter().any(|exit| exit.is(method, path)) && is_plain(path)
    }
}

impl Exit {
    fn is(&self, method: &Method, path: &str) -> bool {
        let same =
            *method == self.method || (*method == Method::HEAD && self.method == Method::GET);
        same && if self.below { path.starts_with(&self.path) } else { path == self.path }
    }
}

/// Returns whether nobody behind us reads the path as another one.
fn is_plain(path: &str) -> bool {
    !path.contains(['%', '\\'])
        && !path.contains("//")
        && !path.split('/').any(|segment| segment == "." || segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exits_are_allowed_and_only_as_they_are_written() {
        let exits = Exits::new(Method::POST, "/account/password")
            .unwrap()
            .and(Method::GET, "/assets/*")
            .unwrap();
        for (method, path, allowed) in [
            (Method::POST, "/account/password", true),
            (Method::GET, "/account/password", false),
            (Method::POST, "/account/password/", false),
            (Method::POST, "/account/passwords", false),
            (Method::POST, "/Account/password", false),
            (Method::POST, "/account//password", false),
            (Method::POST, "/", false),
            (Method::GET, "/assets/style.css", true),
            (Method::HEAD, "/assets/style.css", true),
            (Method::POST, "/assets/style.css", false),
            (Method::GET, "/assets", false),
            (Method::GET, "/assets/../grades", false),
            (Method::GET, "/assets/..%2fgrades", false),
            (Method::GET, "/assets/..\\grades", false),
            (Method::GET, "/assets//grades", false),
            (Method::GET, "/assets/./grades", false),
        ] {
            assert_eq!(exits.allow(&method, path), allowed, "{method} {path}");
        }
    }

    #[test]
    fn what_is_no_path_or_all_of_them_is_refused() {
        for path in ["", "account", "*", "/*", "/a*", "/a/*/b", "/a/{id}", "/a?b", "/a//b", "/../a"]
        {
            let refused = Exits::new(Method::POST, path).unwrap_err();
            assert!(refused.to_string().contains("/account/password"), "{refused}");
        }
    }
}
