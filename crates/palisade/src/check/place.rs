//! Which addresses are one's own, and which are everybody's.

use std::net::IpAddr;

/// Whether an http origin leads to the machine itself.
pub(super) fn is_loopback(origin: &str) -> bool {
    let host = host_of(origin);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether a host that is answered, `example.org` or `*.example.org`, is that of an origin.
pub(super) fn is_named(origin: &str, name: &str) -> bool {
    let host = host_of(origin);
    match name.strip_prefix("*.") {
        Some(parent) => {
            host.strip_suffix(&host_of(parent)).is_some_and(|below| below.ends_with('.'))
        }
        None => host == host_of(name),
    }
}

/// The host in an origin or beside a port, in small letters.
fn host_of(origin: &str) -> String {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a network is too large to be of proxies: more than one of IPv4 of the old class A, more
/// than a registry hands out of IPv6. Networks for private use are as large as they are (RFC 4193).
pub(super) fn is_anywhere(range: &str) -> bool {
    let (address, prefix) = range.split_once('/').unwrap_or((range, ""));
    let Ok(prefix) = prefix.parse::<u8>() else { return false };
    match address.parse() {
        Ok(IpAddr::V4(_)) => prefix < 8,
        Ok(IpAddr::V6(address)) => prefix < 16 && !(address.is_unique_local() && prefix >= 7),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_itself() {
        for origin in [
            "http://localhost",
            "http://LOCALHOST:8080",
            "http://127.0.0.1:80/",
            "http://[::1]:8080",
            "http://a.localhost",
        ] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in [
            "http://localhost.example.org",
            "http://example.org#localhost",
            "http://192.0.2.1",
            "http://[2001:db8::1]",
            "",
        ] {
            assert!(!is_loopback(origin), "{origin}");
        }
    }

    #[test]
    fn who_is_named() {
        let origin = "https://Exams.example.org:8443/";
        for name in ["exams.example.org", "EXAMS.example.org.", "exams.example.org:443"] {
            assert!(is_named(origin, name), "{name}");
        }
        assert!(is_named(origin, "*.example.org") && is_named("http://[::1]:80", "[::1]"));
        for name in ["example.org", "*.exams.example.org", "exams.example.or", "*.ample.org", ""] {
            assert!(!is_named(origin, name), "{name}");
        }
    }

    #[test]
    fn everybody() {
        for range in ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3", "8.0.0.0/7"] {
            assert!(is_anywhere(range), "{range}");
        }
        for range in ["10.0.0.0/8", "104.16.0.0/13", "192.0.2.1", "fc00::/7", "2400:cb00::/32"] {
            assert!(!is_anywhere(range), "{range}");
        }
    }
}
