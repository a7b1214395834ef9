//! Methods, as a closed set.

use http::Method;

/// The nine methods of RFC 9110 and RFC 5789, then all others.
pub(super) const NAMES: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "_OTHER"];

/// Returns the place of a method in [`NAMES`].
pub(super) fn place(method: &Method) -> usize {
    let name = method.as_str();
    let last = NAMES.len().saturating_sub(1);
    NAMES.iter().position(|known| *known == name).unwrap_or(last).min(last)
}
