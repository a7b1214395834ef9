//! Which requests: methods and path patterns.

use std::borrow::Cow;
use std::fmt;

use http::Method;

/// Methods and a path pattern, written as routers do.
///
/// `{name}` is one segment, `{*rest}` all that follow, at least one. A path is matched as it came
/// and as routers and proxies may read it: percent-decoded, without empty and dot segments and
/// without a slash at the end. A rule applies if either matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    methods: Vec<Method>,
    pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    text: Box<str>,
    /// What a path begins with, up to the first parameter.
    start: Box<str>,
    /// The segments from the first parameter on.
    rest: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    One,
    All,
}

impl Route {
    /// The longest pattern that is taken.
    pub const LONGEST: usize = 512;

    /// Reads `/path`, `POST /path` or `PUT,PATCH /path`.
    ///
    /// # Errors
    ///
    /// What is wrong with it and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > Self::LONGEST {
            return Err(format!("a route has at most {} bytes", Self::LONGEST));
        }
        let (methods, path) = match text.split_once(' ') {
            Some((methods, path)) => (methods, path.trim_start()),
            None => ("", text),
        };
        let mut list = Vec::new();
        for name in methods.split(',').filter(|name| !name.is_empty()) {
            let upper = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
            let method = Method::from_bytes(name.as_bytes()).ok().filter(|_| upper);
            list.push(method.ok_or_else(|| format!("{name:?} is no method; write `POST /login`"))?);
        }
        Ok(Self { methods: list, pattern: Pattern::parse(path)? })
    }

    /// Says whether the route is of this method.
    fn takes(&self, method: &Method) -> bool {
        // A GET route answers HEAD too, so it is counted with it.
        let asked =
            |known: &Method| known == method || *known == Method::GET && *method == Method::HEAD;
        self.methods.is_empty() || self.methods.iter().any(asked)
    }

    /// Says whether the request is meant, by a path that [`seen`] gave.
    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        self.pattern.matches(path) && self.takes(method)
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#%\\".contains(&byte);
        if !text.starts_with('/') || !text.bytes().all(plain) {
            return Err(format!("{text:?} is no path; write `/students/{{code}}`"));
        }
        let mut start = String::new();
        let mut rest = Vec::new();
        let segments: Vec<&str> = text.split('/').skip(1).collect();
        let last = segments.len().saturating_sub(1);
        for (position, segment) in segments.into_iter().enumerate() {
            let inner = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
            let literal = match inner {
                Some(name) if name.starts_with('*') && name.len() > 1 => {
                    if position != last {
                        return Err(format!("{segment:?} must be the end of {text:?}"));
                    }
                    rest.push(Segment::All);
                    continue;
                }
                Some(name) if !name.is_empty() && !name.contains(['{', '}', '*']) => {
                    rest.push(Segment::One);
                    continue;
                }
                _ => segment,
            };
            if literal.contains(['{', '}', '*']) {
                return Err(format!("{segment:?} in {text:?}: a parameter is a whole segment"));
            }
            if matches!(literal, "." | "..") || literal.is_empty() && position != last {
                return Err(format!("{text:?} has an empty or dot segment; no request has it"));
            }
            if rest.is_empty() {
                start.push('/');
                start.push_str(literal);
            } else {
                rest.push(Segment::Literal(literal.into()));
            }
        }
        // A slash at the end says nothing: it is taken off paths too.
        if rest.is_empty() {
            start.truncate(start.trim_end_matches('/').len());
        }
        Ok(Self { text: text.into(), start: start.into(), rest })
    }

    fn matches(&self, path: &str) -> bool {
        let Some(mut left) = path.strip_prefix(&*self.start) else { return false };
        for segment in &self.rest {
            let Some(after) = left.strip_prefix('/') else { return false };
            let (one, others) = match after.find('/') {
                Some(end) => after.split_at_checked(end).unwrap_or((after, "")),
                None => (after, ""),
            };
            match segment {
                Segment::All => return !after.is_empty(),
                Segment::One if !one.is_empty() => {}
                Segment::Literal(literal) if **literal == *one => {}
                Segment::One | Segment::Literal(_) => return false,
            }
            left = others;
        }
        left.is_empty() || left == "/"
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, method) in self.methods.iter().enumerate() {
            write!(f, "{}{method}", if position == 0 { "" } else { "," })?;
        }
        write!(f, "{}{}", if self.methods.is_empty() { "" } else { " " }, self.pattern.text)
    }
}

/// Returns a path as others may read it, if that is not as it came.
///
/// # Cost
///
/// One pass over the path; an allocation only if it is written oddly.
pub(crate) fn read_otherwise(path: &str) -> Option<String> {
    if !is_odd(path) {
        return None;
    }
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    let decoded = decoded(path);
    for segment in decoded.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment.into()),
        }
    }
    let mut other = String::with_capacity(decoded.len());
    for segment in kept {
        other.push('/');
        other.push_str(&segment);
    }
    if other.is_empty() {
        other.push('/');
    }
    (other != path).then_some(other)
}

/// Says whether a path has an escape, a backslash, an empty segment inside, or one that begins with a
/// dot.
fn is_odd(path: &str) -> bool {
    let mut before = 0;
    // Hardly any is: to look at every byte takes less than to ask each time whether to go on.
    path.bytes().fold(false, |odd, byte| {
        let doubled = (before == b'/') & matches!(byte, b'/' | b'.');
        before = byte;
        odd | doubled | matches!(byte, b'%' | b'\\')
    })
}

/// Decodes `%41`; what is no UTF-8 afterwards is replaced.
fn decoded(path: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, after @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                let [high, low] = [*high, *low].map(|digit| hex(digit).unwrap_or(0));
                bytes.push((high << 4) | low);
                after
            }
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn matches_as_routers_do() {
        let table = [
            ("/login", "/login", true),
            ("/login", "/login/", true),
            ("/login/", "/login", true),
            ("/login", "/logins", false),
            ("/login", "/login/x", false),
            ("/", "/", true),
            ("/", "/x", false),
            ("/{*rest}", "/x", true),
            ("/{*rest}", "/", false),
            ("/api/{*rest}", "/api/v1/x", true),
            ("/api/{*rest}", "/api", false),
            ("/api/{*rest}", "/api/", false),
            ("/api/{*rest}", "/apis/x", false),
            ("/users/{id}", "/users/7", true),
            ("/users/{id}", "/users/", false),
            ("/users/{id}", "/users/7/x", false),
            ("/users/{id}/posts/{*rest}", "/users/7/posts/1/2", true),
            ("/users/{id}/posts", "/users/7/post", false),
        ];
        for (pattern, path, expected) in table {
            let route = Route::parse(pattern).unwrap();
            assert_eq!(route.matches(&Method::GET, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn methods_narrow_and_get_is_head_too() {
        let route = Route::parse("PUT,PATCH /x").unwrap();
        assert!(route.matches(&Method::PATCH, "/x") && !route.matches(&Method::GET, "/x"));
        let route = Route::parse("GET /x").unwrap();
        assert!(route.matches(&Method::HEAD, "/x") && !route.matches(&Method::POST, "/x"));
        assert_eq!(Route::parse("PUT,PATCH /x/{y}").unwrap().to_string(), "PUT,PATCH /x/{y}");
    }

    #[test]
    fn what_is_no_route_is_refused_and_told() {
        for text in [
            "",
            "login",
            "post /x",
            "/a b",
            "/x?y",
            "/%41",
            "/{*rest}/x",
            "/{}",
            "/{*}",
            "/a{b}",
            "/../x",
            "/a//b",
            "/x*",
        ] {
            assert!(Route::parse(text).is_err(), "{text:?}");
        }
        assert!(Route::parse(&format!("/{}", "x".repeat(600))).is_err());
    }

    #[test]
    fn odd_spellings_are_read_as_others_may_read_them() {
        let table = [
            ("/login", None),
            ("/login/", None),
            ("/%6cogin", Some("/login")),
            ("//login", Some("/login")),
            ("/static/../login", Some("/login")),
            ("/static/%2e%2e/login", Some("/login")),
            ("/./login/.", Some("/login")),
            ("/static%2f..%2Flogin", Some("/login")),
            ("/..\\login", Some("/login")),
            ("/%zz", None),
            ("/.well-known/x", None),
            ("/a.b/c..", None),
            ("/login/..", Some("/")),
            ("/..", Some("/")),
            ("/%ff", Some("/\u{fffd}")),
        ];
        for (path, expected) in table {
            assert_eq!(read_otherwise(path).as_deref(), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics_and_reading_again_changes_no_segment(path in "/[a-z/.%0-9a-f\\\\]{0,40}") {
            if let Some(read) = read_otherwise(&path) {
                prop_assert!(read.starts_with('/'));
                prop_assert!(!read.contains("//"));
            }
        }
    }
}
