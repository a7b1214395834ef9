//! What a Content Security Policy leaves open (CSP Level 3).

use std::collections::BTreeSet;

use http::header::{CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue};

/// What all policies of an answer together leave open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// In words, each beginning with the directive.
    pub(super) holes: Vec<&'static str>,
    pub(super) framed: bool,
}

impl Policy {
    /// Reads the policies of an answer; nothing where there are none.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(CONTENT_SECURITY_POLICY).iter();
        // A comma in a field separates policies (RFC 9110 5.3).
        let texts = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
        let policies = texts.map(Directives::parse).filter(|read| !read.list.is_empty());
        // Browsers enforce every one: what one closes is closed.
        let mut holes: Option<BTreeSet<&'static str>> = None;
        let mut framed = true;
        for policy in policies {
            let open = policy.holes();
            holes = Some(match holes {
                Some(others) => others.intersection(&open).copied().collect(),
                None => open,
            });
            framed = framed && policy.of("frame-ancestors").is_none_or(is_wide);
        }
        let framed = framed && !frame_options(headers);
        holes.map(|holes| Self { holes: holes.into_iter().collect(), framed })
    }
}

/// Whether `X-Frame-Options` keeps others from framing (RFC 7034; HTML 7.6).
pub(super) fn frame_options(headers: &HeaderMap) -> bool {
    let keeps = |value: &HeaderValue| {
        value.to_str().is_ok_and(|text| {
            let text = text.trim();
            text.eq_ignore_ascii_case("deny") || text.eq_ignore_ascii_case("sameorigin")
        })
    };
    headers.get(X_FRAME_OPTIONS).is_some_and(keeps)
}

struct Directives<'a> {
    list: Vec<(String, Vec<&'a str>)>,
}

impl<'a> Directives<'a> {
    fn parse(text: &'a str) -> Self {
        let mut list: Vec<(String, Vec<&'a str>)> = Vec::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            // Of two, the first counts.
            if !list.iter().any(|(known, _)| *known == name) {
                list.push((name, words.collect()));
            }
        }
        Self { list }
    }

    fn of(&self, name: &str) -> Option<&[&'a str]> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, sources)| &**sources)
    }

    fn or_default(&self, name: &str) -> Option<&[&'a str]> {
        self.of(name).or_else(|| self.of("default-src"))
    }

    fn holes(&self) -> BTreeSet<&'static str> {
        let mut holes = BTreeSet::new();
        match self.or_default("script-src") {
            None => {
                holes.insert("script-src: scripts of every origin run");
            }
            Some(sources) => {
                let has = |word: &str| sources.iter().any(|at| at.eq_ignore_ascii_case(word));
                let trusted = has("'strict-dynamic'") || sources.iter().any(|at| is_nonce(at));
                if has("'unsafe-inline'") && !trusted {
                    holes.insert("script-src: injected scripts run ('unsafe-inline')");
                }
                if has("'unsafe-eval'") {
                    holes.insert("script-src: texts run as scripts ('unsafe-eval')");
                }
                if is_wide(sources) && !has("'strict-dynamic'") {
                    holes.insert("script-src: scripts of every host run");
                }
            }
        }
        if self.or_default("object-src").is_none_or(is_wide) {
            holes.insert("object-src: plugins of every host run");
        }
        // Where no script runs, none is led elsewhere.
        let runs = self.or_default("script-src").is_none_or(|sources| !is_nobody(sources));
        if runs && self.of("base-uri").is_none_or(is_wide) {
            holes.insert("base-uri: an injected element leads every script elsewhere");
        }
        holes
    }
}

/// A nonce or a hash, beside which browsers ignore `'unsafe-inline'` (CSP 3, 6.7.3.2).
fn is_nonce(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    ["'nonce-", "'sha256-", "'sha384-", "'sha512-"].iter().any(|begin| source.starts_with(begin))
}

/// Whether nothing is a source (CSP 3, 2.3.1).
fn is_nobody(sources: &[&str]) -> bool {
    sources.iter().all(|at| at.eq_ignore_ascii_case("'none'"))
}

/// Whether everybody's content is a source.
fn is_wide(sources: &[&str]) -> bool {
    let wide = ["*", "http:", "https:", "data:", "blob:", "http://*", "https://*"];
    sources.iter().any(|at| wide.iter().any(|wide| at.eq_ignore_ascii_case(wide)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<Policy> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_str(value).unwrap());
        }
        Policy::of(&headers)
    }

    const CLOSED: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    #[test]
    fn what_is_open_is_told() {
        let table: &[(&str, &[&str])] = &[
            (CLOSED, &[]),
            ("default-src 'self'; base-uri 'self'", &[]),
            ("default-src 'none'; frame-ancestors 'none'", &[]),
            ("default-src 'none'; script-src 'self'", &["base-uri"]),
            ("default-src 'none'; script-src 'none' 'self'", &["base-uri"]),
            ("script-src 'nonce-a' 'unsafe-inline'; object-src 'none'; base-uri 'none'", &[]),
            ("script-src 'strict-dynamic' https:; object-src 'none'; base-uri 'none'", &[]),
            ("img-src 'self'", &["base-uri", "object-src", "script-src"]),
            ("default-src 'self' 'unsafe-inline'; base-uri 'none'", &["script-src"]),
            ("DEFAULT-SRC 'self' 'Unsafe-Inline'; base-uri 'none'", &["script-src"]),
            (
                "default-src 'none'; script-src * 'unsafe-eval'; base-uri *",
                &["base-uri", "script-src", "script-src"],
            ),
            ("default-src 'none'; script-src data:; base-uri 'none'", &["script-src"]),
            // The first of two counts.
            ("default-src *; default-src 'none'; base-uri 'none'", &["object-src", "script-src"]),
        ];
        for (policy, expected) in table {
            let holes = read(&[policy]).unwrap().holes;
            let names: Vec<&str> =
                holes.iter().map(|hole| hole.split(':').next().unwrap()).collect();
            assert_eq!(names, *expected, "{policy}");
        }
    }

    #[test]
    fn what_one_of_several_closes_is_closed() {
        let open = "default-src *";
        let both = read(&[open, CLOSED]).unwrap();
        assert_eq!((both.holes, both.framed), (vec![], false));
        assert_eq!(read(&[&format!("{open}, {CLOSED}")]).unwrap().holes, Vec::<&str>::new());
        assert_eq!(read(&[open, open]).unwrap().holes.len(), 3);
        assert_eq!((read(&[]), read(&["", " ;; "])), (None, None));
    }

    #[test]
    fn framing_is_closed_by_either_header() {
        assert!(read(&["default-src 'none'"]).unwrap().framed);
        assert!(read(&["frame-ancestors https:"]).unwrap().framed);
        assert!(!read(&["frame-ancestors https://partner.example"]).unwrap().framed);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
        assert!(!Policy::of(&headers).unwrap().framed);
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("allow-from x"));
        assert!(Policy::of(&headers).unwrap().framed);
    }
}
