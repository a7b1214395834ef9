//! Addresses in reports.

/// Bytes of a text that are kept.
const LONGEST: usize = 256;

/// Returns scheme, host and path of an address, the scheme alone where there is no host, or a word
/// of reports such as `inline`.
///
/// What is no visible ASCII becomes `?`; what is longer than 256 bytes is cut.
pub(super) fn shown(address: &str) -> Box<str> {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let plain = address.get(..end).unwrap_or_default();
    match plain.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            visible([scheme, "://", host, path])
        }
        _ => {
            let scheme = plain.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
            visible(scheme.map_or([plain, "", "", ""], |(scheme, _)| [scheme, ":", "", ""]))
        }
    }
}

fn visible(parts: [&str; 4]) -> Box<str> {
    let seen = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    parts.into_iter().flat_map(str::chars).map(seen).take(LONGEST).collect::<String>().into()
}

fn is_scheme(text: &str) -> bool {
    let rest = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(rest)
}

/// Returns the scheme of an address, or the whole word where there is none.
pub(super) fn scheme(address: &str) -> &str {
    address.split_once(':').map_or(address, |(scheme, _)| scheme)
}

/// Returns the host of an address, without port.
pub(super) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_identifies_people_is_left_out() {
        let table = [
            ("https://a.example/students?q=Amina#top", "https://a.example/students"),
            ("https://user:password@a.example:8443/x", "https://a.example:8443/x"),
            ("https://a.example", "https://a.example"),
            ("https://a.example?token=1", "https://a.example"),
            ("data:text/javascript,secret()", "data:"),
            ("blob:https://a.example/7c1", "blob:"),
            ("javascript:alert(1)//://x", "javascript:"),
            ("inline", "inline"),
            ("trusted-types-sink", "trusted-types-sink"),
            ("data", "data"),
            ("", ""),
            ("a\r\nb \u{e9}\u{202e}", "a??b???"),
            ("<script>://x/y", "<script>://x/y"),
        ];
        for (address, expected) in table {
            assert_eq!(&*shown(address), expected, "{address}");
        }
        assert_eq!(shown(&format!("https://a.example/{}", "x".repeat(9000))).len(), LONGEST);
        assert_eq!(
            (scheme("moz-extension://x/y"), host("moz-extension://x/y")),
            ("moz-extension", "x")
        );
        assert_eq!(host("https://u@a.example:1/x"), "a.example");
    }
}
