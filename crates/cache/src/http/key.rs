//! What an answer is found by.

use std::hash::{BuildHasher as _, Hasher, RandomState};

use http::Uri;
use http::header::{HOST, HeaderMap, HeaderName};
use http::request::Parts;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

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
        keyed: &[HeaderName],
        identify: Option<&Identify>,
    ) -> Option<Key> {
        let mut state = SipHasher24::new_with_keys(self.secret.0, self.secret.1);
        // Each text has its length before it: no two lists of texts are one.
        let mut write = |text: &[u8]| {
            state.write_usize(text.len());
            state.write(text);
        };
        write(uri.scheme_str().unwrap_or_default().as_bytes());
        write(host);
        write(target(uri).as_bytes());
        for name in keyed {
            for line in parts.headers.get_all(name) {
                write(line.as_bytes());
            }
            write(b"\0");
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

/// Returns path and query as they came, undecoded.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

/// Returns the host that a request is for; none if it names several (RFC 9112, section 3.2: refused by who
/// is to refuse it), or one with a name of a user.
pub(super) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a [u8]> {
    let mut hosts = hosts(uri, headers);
    let first = hosts.next().unwrap_or_default();
    hosts.all(|host| host.eq_ignore_ascii_case(first)).then_some(first)?;
    let mut lines = headers.get_all(HOST).iter();
    (lines.next().is_none() || lines.next().is_none()).then_some(first)?;
    (!first.contains(&b'@')).then_some(first)
}

/// Returns every host that a request names.
pub(super) fn hosts<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> impl Iterator<Item = &'a [u8]> {
    let authority = uri.authority().map(|authority| authority.as_str().as_bytes());
    authority
        .into_iter()
        .chain(headers.get_all(HOST).iter().map(|line| line.as_bytes().trim_ascii()))
}

/// Returns the tags of what is stored for a URI, for each host that the request names.
pub(super) fn tags(keys: &Keys, uri: &Uri, headers: &HeaderMap) -> Tags {
    let target = target(uri);
    let mut tags: Tags = hosts(uri, headers).map(|host| keys.tag(host, target)).collect();
    if tags.is_empty() {
        tags.push(keys.tag(b"", target));
    }
    tags
}
