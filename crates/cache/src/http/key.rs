//! What an answer is found by.

use std::hash::{BuildHasher as _, Hasher, RandomState};

use http::Uri;
use http::header::{HOST, HeaderMap};
use http::request::Parts;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::heeded::Found;
use crate::entry::Tags;

/// Host, path, query, keyed fields and identity, hashed to 128 bits under a key of this process: nobody
/// who does not know it can find two requests that have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u128);

/// Writes identities into keys; false if a request has none.
pub(super) type Identify = dyn Fn(&Parts, &mut dyn Hasher) -> bool + Send + Sync;

/// Makes keys, and the tags under which they end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    secret: (u64, u64),
}

impl Keys {
    pub(super) fn random() -> Self {
        let random = RandomState::new();
        let secret = (random.hash_one(2_u8), random.hash_one(3_u8));
        Self { secret }
    }

    /// Returns the key of a request; none if it has no identity where one is wanted.
    pub(super) fn of(
        &self,
        parts: &Parts,
        uri: &Uri,
        host: &[u8],
        keyed: &Found<'_>,
        identify: Option<&Identify>,
    ) -> Option<Key> {
        let mut state = SipHasher24::new_with_keys(self.secret.0, self.secret.1);
        write(&mut state, uri.scheme_str().unwrap_or_default().as_bytes());
        write(&mut state, host);
        write(&mut state, target(uri).as_bytes());
        // How many fields there are, and of each its place and its lines, up to what is no line.
        state.write_usize(keyed.len());
        for (place, name) in keyed {
            state.write_usize(*place);
            for line in parts.headers.get_all(*name) {
                write(&mut state, line.as_bytes());
            }
            write(&mut state, b"\0");
        }
        if let Some(identify) = identify
            && !identify(parts, &mut state)
        {
            return None;
        }
        Some(Key(state.finish128().as_u128()))
    }

    /// Returns the tag of everything that is stored for a URI, whatever else is in the keys.
    pub(super) fn tag(&self, host: &[u8], target: &str) -> u64 {
        let mut state = SipHasher24::new_with_keys(self.secret.1, self.secret.0);
        for byte in host {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xFF);
        state.write(target.as_bytes());
        state.finish()
    }

    /// Returns the tag of everything that is stored for an identity.
    pub(super) fn identity(&self, write: impl FnOnce(&mut dyn Hasher)) -> u64 {
        let mut state = SipHasher24::new_with_keys(!self.secret.0, self.secret.1);
        write(&mut state);
        state.finish()
    }
}

/// Writes a text and its length before it: no two lists of texts are one.
fn write(state: &mut impl Hasher, text: &[u8]) {
    state.write_usize(text.len());
    state.write(text);
}

/// Returns path and query as they came, undecoded.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

/// Returns the host that a request is for; none if it names several (RFC 9112, section 3.2: refused by who
/// is to refuse it), or one with a name of a user.
pub(super) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    let mut lines = lines(headers);
    let (line, None) = (lines.next(), lines.next()) else { return None };
    let host = authority(uri).or(line).unwrap_or_default();
    let is_one = line.is_none_or(|line| line.eq_ignore_ascii_case(host));
    (is_one && !host.contains(&b'@')).then_some(host)
}

fn authority(uri: &Uri) -> Option<&[u8]> {
    uri.authority().map(|authority| authority.as_str().as_bytes())
}

/// Returns what stands in the lines of `Host`.
fn lines(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(HOST).iter().map(|line| line.as_bytes().trim_ascii())
}

/// Returns the tags of what is stored for a URI, for each host that the request names.
pub(super) fn tags(keys: &Keys, uri: &Uri, headers: &HeaderMap) -> Tags {
    let target = target(uri);
    let hosts = authority(uri).into_iter().chain(lines(headers));
    let mut tags: Tags = hosts.map(|host| keys.tag(host, target)).collect();
    if tags.is_empty() {
        tags.push(keys.tag(b"", target));
    }
    tags
}

#[cfg(test)]
mod tests {
    use http::header::HeaderName;
    use http::{HeaderValue, Request};

    use super::super::heeded::Keyed;
    use super::*;

    /// A key of what has these fields and writes an identity.
    fn key(lines: &[(&'static str, &'static str)], who: &'static [u8]) -> Option<Key> {
        let (mut parts, ()) = Request::new(()).into_parts();
        for (name, value) in lines {
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        let names = ["x-host", "x-a"].map(HeaderName::from_static);
        let keyed = Keyed::new(names.to_vec());
        let (_, found) = keyed.find(&parts.headers);
        let identify = |_: &Parts, state: &mut dyn Hasher| {
            state.write(who);
            true
        };
        Keys { secret: (1, 2) }.of(&parts, &parts.uri, b"", &found, Some(&identify))
    }

    #[test]
    fn a_key_is_of_what_stands_in_keyed_fields_and_of_nothing_else() {
        let one = key(&[("x-host", "a"), ("x-a", "b")], b"");
        assert_eq!(one, key(&[("x-a", "b"), ("accept", "c"), ("x-host", "a")], b""));
        for other in [
            &[("x-host", "a")][..],
            &[("x-host", "b"), ("x-a", "a")],
            &[("x-host", "ab")],
            &[("x-host", "a"), ("x-host", "b")],
            &[("x-a", "a"), ("x-a", "b")],
            &[("x-host", "a"), ("x-a", "b"), ("x-a", "")],
            &[],
        ] {
            assert_ne!(one, key(other, b""), "{other:?}");
        }
        assert_ne!(key(&[("x-host", "a")], b""), key(&[("x-a", "a")], b""));
    }

    #[test]
    fn nobody_writes_a_field_into_an_identity() {
        let mut forged = Vec::new();
        for (number, text) in [(0_usize, &b""[..]), (1, b"a"), (1, b"\0")] {
            forged.extend(number.to_le_bytes());
            forged.extend(text);
        }
        forged.extend(b"me");
        assert_ne!(key(&[("x-host", "a")], b"me"), key(&[], forged.leak()));
        let line = [&1_usize.to_le_bytes()[..], b"b"].concat().leak();
        assert_ne!(key(&[("x-host", "a"), ("x-host", "b")], b""), key(&[("x-host", "a")], line));
    }
}
