//! The session cookie.

use http::header::COOKIE;
use http::{Extensions, HeaderMap};
use palisade_headers::Site;
use palisade_headers::cookies::session_name;
use palisade_passwords::session::SessionId;

/// Returns the name of the cookie: under https with the prefix that other hosts and scripts cannot
/// write.
pub(super) fn name(https: bool) -> String {
    session_name("sid", if https { Site::Https } else { Site::Http }).into_owned()
}

/// Whether the browser speaks TLS, or is told to by the public url.
pub(super) fn is_https(public_https: bool, request: &Extensions) -> bool {
    public_https || Site::of(request).is_https()
}

/// Reads the session id of a request.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<SessionId> {
    SessionId::parse(only(headers, name)?)
}

/// Returns the value of a cookie; of two with one name none counts, since one of them was planted.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_well_formed_cookie_of_the_name_counts() {
        let id = "A".repeat(43);
        let table = [
            (vec![format!("sid={id}")], true),
            (vec![format!("a=b; sid={id}; c=d")], true),
            (vec!["a=b".to_owned(), format!("sid={id}")], true),
            (vec![], false),
            (vec!["sid=".to_owned()], false),
            (vec!["sid=short".to_owned()], false),
            (vec![format!("sid={id}A")], false),
            (vec![format!("__Host-Http-sid={id}")], false),
            (vec![format!("sid={id}; sid={id}")], false),
            (vec![format!("sid={id}"), format!("sid={id}")], false),
        ];
        for (lines, expected) in table {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
            }
            assert_eq!(read(&headers, "sid").is_some(), expected, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_a_session_of_anything_but_one_id(line in "[ -~]{0,120}", id in "[A-Za-z0-9_-]{43}") {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, HeaderValue::from_str(&line).unwrap());
            if let Some(found) = read(&headers, "sid") {
                let text = found.reveal();
                let shown = format!("sid={}", *text);
                prop_assert!(line.contains(&shown), "{}", line);
            }
            headers.insert(COOKIE, HeaderValue::from_str(&format!("a={id}; sid={id}")).unwrap());
            if let Some(found) = read(&headers, "sid") {
                prop_assert_eq!(&*found.reveal(), &id);
            }
        }
    }

    #[test]
    fn the_name_has_its_prefix_under_https_alone() {
        assert_eq!((name(true).as_str(), name(false).as_str()), ("__Host-Http-sid", "sid"));
    }
}
