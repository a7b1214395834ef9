//! Passwords in URLs.

use super::scan::{Found, at, found, run};

/// Finds the password of `scheme://user:password@host`, or the user where that is all there is and
/// the scheme is one of the web, as in `https://TOKEN@host`.
pub(super) fn password(bytes: &[u8], from: usize, to: usize) -> Option<Found> {
    bytes.get(to..)?.strip_prefix(b"://")?;
    let begin = to.saturating_add(3);
    let end = run(bytes, begin, |byte| {
        !byte.is_ascii_whitespace()
            && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`')
    });
    let authority = bytes.get(begin..end)?;
    // The last one: a password may hold the sign itself.
    let sign = begin.saturating_add(authority.iter().rposition(|byte| *byte == b'@')?);
    let user = run(bytes, begin, |byte| byte != b':' && byte != b'@');
    if at(bytes, user) == b':' && user < sign {
        return Some(found(user.saturating_add(1), sign));
    }
    let web = bytes.get(from..to)?.to_ascii_lowercase().starts_with(b"http");
    web.then(|| found(begin, sign))
}
