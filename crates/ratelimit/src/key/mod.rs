//! Who: what a request is counted by.

mod hash;
mod ip;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use palisade_edge::ClientIp;
use smallvec::SmallVec;

use crate::head::Head;
use crate::store::Subject;

pub use hash::KeyHasher;
pub(crate) use hash::{fold, halves};

/// What a request is counted by.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::key::Key;
///
/// // Who is signed in, else the address. An application puts its user into the extensions.
/// #[derive(Clone)]
/// struct UserId(u64);
/// let user = Key::of("user", |head| Some(head.extensions().get::<UserId>()?.0.into()));
/// let key = user.or(Key::client_ip());
/// assert_eq!(key.to_string(), "user or client-ip");
/// ```
#[derive(Clone)]
pub struct Key {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    ClientIp { transition: bool },
    Both(Arc<[Key; 2]>),
    Either(Arc<[Key; 2]>),
    Everyone,
    Header(HeaderName),
    Named(Arc<str>),
    Of { name: Arc<str>, read: Reader },
}

type Reader = Arc<dyn for<'a> Fn(&Head<'a>) -> Option<Name<'a>> + Send + Sync>;

/// What a closure says who it is.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    kind: NameKind<'a>,
}

#[derive(Clone, Debug)]
enum NameKind<'a> {
    Number(u64),
    Text(Cow<'a, str>),
}

impl From<u64> for Name<'_> {
    fn from(number: u64) -> Self {
        Self { kind: NameKind::Number(number) }
    }
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        Self { kind: NameKind::Text(text.into()) }
    }
}

impl From<String> for Name<'_> {
    fn from(text: String) -> Self {
        Self { kind: NameKind::Text(text.into()) }
    }
}

impl Name<'_> {
    /// Says whether it is this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        match &self.kind {
            NameKind::Number(number) => text.parse() == Ok(*number),
            NameKind::Text(own) => **own == *text,
        }
    }
}

/// A subject, and at which level of the key: a wider one has a larger quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) subject: Subject,
    pub(crate) level: usize,
}

/// What a key finds in a request.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) list: SmallVec<[Found; 4]>,
    /// The client's address was asked for and nobody put it there.
    pub(crate) nameless: bool,
}

/// Kinds in [`KeyHasher`], beside the lengths of prefixes.
const EVERYONE: u8 = 0xE0;
const NAMELESS: u8 = 0xE1;
const HEADER: u8 = 0xE2;
const NAME: u8 = 0xE3;
const NUMBER: u8 = 0xE4;

impl Key {
    /// How many keys may be joined into one.
    pub const MOST_JOINED: usize = 8;

    /// The client's address, as [`EdgeLayer`](palisade_edge::EdgeLayer) found it.
    ///
    /// IPv4 whole; IPv6 by its /64 and, beside it, by its /56 with 4 times the quota and its /48
    /// with 16 times. Requests without an address share one count, and that is a finding.
    #[must_use]
    pub const fn client_ip() -> Self {
        Self { kind: Kind::ClientIp { transition: false } }
    }

    /// The same, where clients come through a translator: IPv4 addresses in `64:ff9b::/96` and
    /// `2002::/16` count as what they are.
    ///
    /// # Security
    ///
    /// Only behind such a translator: elsewhere a client may write these addresses itself.
    #[must_use]
    pub const fn client_ip_through_translators() -> Self {
        Self { kind: Kind::ClientIp { transition: true } }
    }

    /// One count for all.
    #[must_use]
    pub const fn everyone() -> Self {
        Self { kind: Kind::Everyone }
    }

    /// The value of a header field: an API key. A request that repeats the field has all its
    /// values as one.
    #[must_use]
    pub const fn header(name: HeaderName) -> Self {
        Self { kind: Kind::Header(name) }
    }

    /// What the closure says; `None` where the request has none, and the rule does not apply.
    pub fn of(
        name: impl Into<Arc<str>>,
        read: impl for<'a> Fn(&Head<'a>) -> Option<Name<'a>> + Send + Sync + 'static,
    ) -> Self {
        Self { kind: Kind::Of { name: name.into(), read: Arc::new(read) } }
    }

    /// The key of that name among those given to
    /// [`LimitsBuilder::key`](crate::limits::LimitsBuilder::key).
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self { kind: Kind::Named(name.into()) }
    }

    /// This one, or the other where this one is missing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { kind: Kind::Either(Arc::new([self, other])) }
    }

    /// Both together: one count for each pair.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { kind: Kind::Both(Arc::new([self, other])) }
    }

    /// Returns the factors by which the quotas of its levels are larger.
    pub(crate) fn levels(&self) -> SmallVec<[u32; 3]> {
        match &self.kind {
            Kind::ClientIp { .. } => ip::LEVELS.iter().map(|(_, factor)| *factor).collect(),
            Kind::Both(keys) | Kind::Either(keys) => {
                let [one, other] = keys.each_ref().map(Self::levels);
                if one.len() >= other.len() { one } else { other }
            }
            Kind::Everyone | Kind::Header(_) | Kind::Named(_) | Kind::Of { .. } => {
                SmallVec::from_slice(&[1])
            }
        }
    }

    /// Replaces names by the keys they stand for.
    ///
    /// # Errors
    ///
    /// The first name that stands for none.
    pub(crate) fn resolved(&self, known: &dyn Fn(&str) -> Option<Self>) -> Result<Self, String> {
        let pair = |keys: &[Self; 2]| {
            let [one, other] = keys;
            Ok::<_, String>(Arc::new([one.resolved(known)?, other.resolved(known)?]))
        };
        Ok(match &self.kind {
            Kind::Named(name) => known(name).ok_or_else(|| (**name).to_owned())?,
            Kind::Both(keys) => Self { kind: Kind::Both(pair(keys)?) },
            Kind::Either(keys) => Self { kind: Kind::Either(pair(keys)?) },
            _ => self.clone(),
        })
    }

    /// Returns how many keys are joined in it.
    pub(crate) fn joined(&self) -> usize {
        match &self.kind {
            Kind::Both(keys) | Kind::Either(keys) => {
                keys.iter().map(Self::joined).fold(0, usize::saturating_add)
            }
            _ => 1,
        }
    }

    /// Finds whose count the request is on; nothing where it has no such key.
    pub(crate) fn find(&self, head: &Head<'_>, hasher: &KeyHasher, found: &mut Findings) {
        let mut push = |level, subject| found.list.push(Found { subject, level });
        match &self.kind {
            Kind::ClientIp { transition } => {
                let embedded = ip::Embedded { transition: *transition };
                if let Some(client) = head.extensions().get::<ClientIp>() {
                    ip::subjects(client.address(), embedded, hasher, push);
                } else {
                    push(0, hasher.word(NAMELESS, 0));
                    found.nameless = true;
                }
            }
            Kind::Everyone => push(0, hasher.word(EVERYONE, 0)),
            Kind::Header(name) => {
                let mut values = head.headers().get_all(name).iter();
                let Some(first) = values.next() else { return };
                let start = hasher.bytes(HEADER, first.as_bytes());
                let join = |all, value: &http::HeaderValue| {
                    hasher.both(all, hasher.bytes(HEADER, value.as_bytes()))
                };
                push(0, values.fold(start, join));
            }
            Kind::Of { read, .. } => match read(head).map(|name| name.kind) {
                Some(NameKind::Number(number)) => push(0, hasher.word(NUMBER, number)),
                Some(NameKind::Text(text)) => push(0, hasher.bytes(NAME, text.as_bytes())),
                None => {}
            },
            Kind::Either(keys) => {
                let [one, other] = &**keys;
                one.find(head, hasher, found);
                if found.list.is_empty() {
                    other.find(head, hasher, found);
                }
            }
            Kind::Both(keys) => {
                let [mut one, mut other] = [Findings::default(), Findings::default()];
                let [first, second] = &**keys;
                first.find(head, hasher, &mut one);
                second.find(head, hasher, &mut other);
                found.nameless |= one.nameless | other.nameless;
                for Found { subject, level } in one.list {
                    for pair in &other.list {
                        let subject = hasher.both(subject, pair.subject);
                        found.list.push(Found { subject, level: level.max(pair.level) });
                    }
                }
            }
            // Resolved when the rules were made.
            Kind::Named(_) => {}
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::ClientIp { .. } => f.write_str("client-ip"),
            Kind::Both(keys) => {
                let [one, other] = &**keys;
                write!(f, "{one} and {other}")
            }
            Kind::Either(keys) => {
                let [one, other] = &**keys;
                write!(f, "{one} or {other}")
            }
            Kind::Everyone => f.write_str("everyone"),
            Kind::Header(name) => write!(f, "header {name}"),
            Kind::Named(name) | Kind::Of { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}
