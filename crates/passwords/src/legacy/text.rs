//! Numbers and bytes as the strings write them.

/// A number in decimal digits alone: no sign, no space, no leading zero.
#[cfg(any(feature = "django", feature = "passlib", feature = "werkzeug"))]
pub(super) fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading = text.len() > 1 && text.starts_with('0');
    if digits && !leading { text.parse().ok() } else { None }
}

/// Bytes in pairs of hexadecimal digits of either case.
#[cfg(any(feature = "django", feature = "spring", feature = "werkzeug"))]
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
            _ => None,
        })
        .collect()
}
