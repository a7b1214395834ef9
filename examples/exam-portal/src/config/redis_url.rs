//! Where the Redis server is, and how to show it.

use std::fmt;

use http::Uri;

use super::value::{Wrong, masked};

const FORM: &str = "write rediss://USER:PASSWORD@HOST:PORT/NUMBER, or redis:// on this machine";

/// The URL of a server, its password kept to itself.
///
/// Displays with `***` in place of the password; so does `Debug`.
#[derive(Clone)]
pub(crate) struct RedisUrl {
    url: String,
    shown: String,
}

impl RedisUrl {
    /// Reads a URL; no refusal repeats any part of it.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let wrong = |what| Err(Wrong::Hidden { what, instead: FORM });
        let schemes = ["redis", "rediss"];
        let known = text.split_once("://").filter(|(scheme, _)| schemes.contains(scheme));
        let Some((scheme, place)) = known else { return wrong("is not a redis:// URL") };
        // Behind `#` the driver takes that certificates are not looked at.
        if text.chars().any(char::is_control) || text.contains(['#', '?']) {
            return wrong("has a control character, a '#' or a '?'");
        }
        let Ok(uri) = text.parse::<Uri>() else { return wrong("is not a URL that can be read") };
        let server = uri.authority().and_then(|all| all.as_str().rsplit('@').next());
        let has_port =
            server.zip(uri.host()).is_some_and(|(server, host)| server.len() > host.len());
        if uri.host().is_none_or(str::is_empty) || (has_port && uri.port_u16().is_none()) {
            return wrong("names no server");
        }
        let number = uri.path().trim_start_matches('/');
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return wrong("names a database that is no number");
        }
        Ok(Self { url: text.to_owned(), shown: masked(scheme, place) })
    }

    /// Returns the URL with its password, for the driver alone.
    pub(crate) fn reveal(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_everything_but_the_password() {
        let table = [
            ("redis://localhost", "redis://localhost"),
            ("redis://127.0.0.1:6380/2", "redis://127.0.0.1:6380/2"),
            ("rediss://ada:s3cret@cache.example:6379/0", "rediss://ada:***@cache.example:6379/0"),
            ("rediss://:s3cret@[::1]/", "rediss://:***@[::1]/"),
        ];
        for (text, expected) in table {
            let url = RedisUrl::parse(text).unwrap();
            assert_eq!((url.to_string(), format!("{url:?}")), (expected.into(), expected.into()));
            assert_eq!(url.reveal(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_server_and_repeats_nothing_of_it() {
        let table = [
            ("", "not a redis:// URL"),
            ("http://:s3cret@cache", "not a redis:// URL"),
            ("unix:///run/s3cret.sock", "not a redis:// URL"),
            ("redis://", "can be read"),
            ("redis:///1", "can be read"),
            ("redis://:s3cret@", "can be read"),
            ("redis://:s3cret@cache:99999", "names no server"),
            ("redis://:s3cret@cache/one", "no number"),
            ("rediss://:s3cret@cache/#insecure", "'#'"),
            ("redis://cache/?protocol=s3cret", "'?'"),
            ("redis://:s3cret@cache\n", "control character"),
        ];
        for (text, expected) in table {
            let mistake = RedisUrl::parse(text).unwrap_err().of(&"--redis", text).to_string();
            assert!(mistake.contains(expected) && !mistake.contains("s3"), "{text}: {mistake}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_ever_shown(password in "[a-z0-9:/@?%]{0,20}") {
            let text = format!("redis://ada:zq{password}zq@cache/0");
            let shown = match RedisUrl::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(wrong) => wrong.of(&"--redis", &text).to_string(),
            };
            prop_assert!(!shown.contains("zq"), "{}", shown);
        }
    }
}
