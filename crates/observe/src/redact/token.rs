//! Credentials by their shape.

use super::scan::{Found, at, found, run};

const SCHEMES: &[&str] = &["basic", "bearer", "digest", "negotiate", "token"];

/// Finds what follows `Bearer` and other schemes of RFC 9110 11.1.
pub(super) fn credentials(bytes: &[u8], word: &str, to: usize) -> Option<Found> {
    if !SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)) {
        return None;
    }
    let begin = run(bytes, to, |byte| byte == b' ');
    let end = run(bytes, begin, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    let token = bytes.get(begin..end)?;
    let is_word = token.iter().skip(1).all(u8::is_ascii_lowercase);
    (begin > to && token.len() >= 6 && !is_word).then(|| found(begin, end))
}

/// How keys of well-known services begin.
const KNOWN: &[&str] = &[
    "AIza",
    "AKIA",
    "ASIA",
    "SG.",
    "dop_v1_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "npm_",
    "pypi-",
    "rk_live_",
    "sk-",
    "sk_live_",
    "sk_test_",
    "whsec_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxs-",
];

/// Finds a JSON Web Token (RFC 7519), or the key of a well-known service.
pub(super) fn known(word: &str, from: usize, to: usize) -> Option<Found> {
    if word.len() < 16 {
        return None;
    }
    // {" in base64url, which every header of a token begins with.
    let jwt = word.starts_with("eyJ") && word.contains('.');
    (jwt || KNOWN.iter().any(|known| word.starts_with(known))).then(|| found(from, to))
}

/// Returns whether a private key begins here.
pub(super) fn is_pem(bytes: &[u8], place: usize) -> bool {
    const LABEL: usize = 64;
    let Some(label) = bytes.get(place..).and_then(|rest| rest.strip_prefix(b"-----BEGIN ")) else {
        return false;
    };
    let label = label.get(..LABEL).unwrap_or(label);
    let end = run(label, 0, |byte| byte != b'-');
    label.get(..end).is_some_and(|label| label.windows(11).any(|part| part == b"PRIVATE KEY"))
}

/// Finds the end of a private key, or takes all that is left.
pub(super) fn pem(text: &str, place: usize) -> Found {
    let bytes = text.as_bytes();
    let end = text.get(place..).and_then(|rest| rest.find("-----END "));
    let end = end.map_or(bytes.len(), |end| {
        let label = place.saturating_add(end).saturating_add("-----END ".len());
        let dashes = run(bytes, label, |byte| byte != b'-' && byte != b'\n');
        run(bytes, dashes, |byte| byte == b'-')
    });
    found(place, if at(bytes, end) == 0 { bytes.len() } else { end })
}
