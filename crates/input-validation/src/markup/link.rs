//! Where links lead.

use crate::{Email, HttpUrl, SafeRedirect};

/// Returns what a link may lead to, as the type that stands for it writes it: a web page, an address
/// of mail without headers, a page of this site, or a place of this page.
pub(super) fn href(target: &str, is_mail: bool) -> Option<String> {
    // None of the types writes a mark that would end the attribute; one that does is no link.
    read(target, is_mail).filter(|href| !href.contains('"'))
}

fn read(target: &str, is_mail: bool) -> Option<String> {
    if let Some(place) = target.strip_prefix('#') {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        return place.bytes().all(known).then(|| target.to_owned());
    }
    if target.starts_with('/') {
        return SafeRedirect::parse(target).ok().map(SafeRedirect::into_string);
    }
    let address = if is_mail { Some(target) } else { target.strip_prefix("mailto:") };
    if let Some(address) = address {
        let address = Email::parse(address).ok()?;
        return Some(format!("mailto:{address}"));
    }
    HttpUrl::parse(target).ok().map(HttpUrl::into_string)
}
