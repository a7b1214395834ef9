//! The fields of an answer that are kept and those that a 304 renews (RFC 9111, sections 3.1 and 3.2).

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};

/// Fields of a connection (RFC 9110, section 7.6.1), and of one proxy.
const OF_ONE_CONNECTION: [HeaderName; 10] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("proxy-authentication-info"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Fields of the content that is stored and not sent again.
const OF_THE_CONTENT: [HeaderName; 5] = [
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    HeaderName::from_static("content-md5"),
    // It selected what is stored.
    ETAG,
];

/// Removes what must not be kept: fields of the connection, those that `Connection` names, and those that the
/// answer itself excepts.
pub(crate) fn strip(headers: &mut HeaderMap, excepted: &[HeaderName]) {
    let lines = headers.get_all(CONNECTION).iter();
    let members = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let named: Vec<HeaderName> =
        members.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect();
    for name in OF_ONE_CONNECTION.iter().chain(&named).chain(excepted) {
        headers.remove(name);
    }
}

/// Takes the fields of a 304 over, in place of those that are stored.
pub(crate) fn freshen(stored: &mut HeaderMap, update: &HeaderMap) {
    let mut update = update.clone();
    strip(&mut update, &OF_THE_CONTENT);
    for name in update.keys() {
        stored.remove(name);
    }
    for (name, value) in &update {
        stored.append(name, value.clone());
    }
}
