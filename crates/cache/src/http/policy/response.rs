//! What an answer says of its own keeping.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName};
use smallvec::SmallVec;

use super::directive::{Argument, Directive, directives};

/// A directive of an answer that takes no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Word {
    /// `no-store`, or a field that cannot be read.
    NoStore,
    /// `no-cache` without fields.
    NoCache,
    /// `private` without fields.
    Private,
    /// `public`.
    Public,
    /// `must-revalidate`.
    MustRevalidate,
    /// `proxy-revalidate`.
    ProxyRevalidate,
    /// `must-understand`.
    MustUnderstand,
}

impl Word {
    const fn bit(self) -> u8 {
        match self {
            Self::NoStore => 1,
            Self::NoCache => 2,
            Self::Private => 4,
            Self::Public => 8,
            Self::MustRevalidate => 16,
            Self::ProxyRevalidate => 32,
            Self::MustUnderstand => 64,
        }
    }
}

/// The directives of an answer: of `Cache-Control`, or of a field that goes before it.
///
/// Of directives that contradict each other or come twice, the most careful counts; a number of seconds
/// that cannot be read is 0 (RFC 9111, section 4.2.1), and a quote that is not closed is `no-store`.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use palisade_cache::http::policy::{ResponseControl, Word};
///
/// let mut headers = HeaderMap::new();
/// headers.append("cache-control", HeaderValue::from_static("public, max-age=60"));
/// headers.append("cache-control", HeaderValue::from_static("Max-Age=\"30\""));
/// let control = ResponseControl::parse(&headers);
/// assert!(control.says(Word::Public) && control.max_age() == Some(30));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseControl {
    words: u8,
    pub(super) max_age: Option<u32>,
    pub(super) s_maxage: Option<u32>,
    pub(super) while_revalidate: Option<u32>,
    pub(super) if_error: Option<u32>,
    /// Fields that are named by `no-cache`.
    pub(super) unvalidated: SmallVec<[HeaderName; 1]>,
    /// Fields that are named by `private`.
    pub(super) private: SmallVec<[HeaderName; 1]>,
}

impl ResponseControl {
    /// Reads all lines of `Cache-Control`.
    ///
    /// # Cost
    ///
    /// Each byte once; no allocation but for fields that are named.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for line in headers.get_all(CACHE_CONTROL) {
            for directive in directives(line.as_bytes()) {
                control.read(directive);
            }
        }
        control
    }

    fn read(&mut self, directive: Directive<'_>) {
        let is = |name| directive.is(name);
        let seconds = || Some(directive.seconds().unwrap_or(0));
        if directive.argument == Argument::Broken {
            // What was meant to follow the quote is not known.
            self.say(Word::NoStore);
        }
        if is("max-age") {
            self.max_age = least(self.max_age, seconds());
        } else if is("s-maxage") {
            self.s_maxage = least(self.s_maxage, seconds());
        } else if is("stale-while-revalidate") {
            self.while_revalidate = least(self.while_revalidate, seconds());
        } else if is("stale-if-error") {
            self.if_error = least(self.if_error, seconds());
        } else if is("no-cache") {
            match fields(directive.argument) {
                Some(fields) => self.unvalidated.extend(fields),
                None => self.say(Word::NoCache),
            }
        } else if is("private") {
            match fields(directive.argument) {
                Some(fields) => self.private.extend(fields),
                None => self.say(Word::Private),
            }
        } else if let Some(word) = word(directive.name) {
            self.say(word);
        }
    }

    pub(super) const fn say(&mut self, word: Word) {
        self.words |= word.bit();
    }

    /// Says whether a directive is there.
    #[must_use]
    pub const fn says(&self, word: Word) -> bool {
        self.words & word.bit() != 0
    }

    /// Seconds of `max-age`.
    #[must_use]
    pub const fn max_age(&self) -> Option<u32> {
        self.max_age
    }

    /// Seconds of `s-maxage`.
    #[must_use]
    pub const fn s_maxage(&self) -> Option<u32> {
        self.s_maxage
    }

    /// Seconds of `stale-while-revalidate` (RFC 5861, section 3).
    #[must_use]
    pub const fn stale_while_revalidate(&self) -> Option<u32> {
        self.while_revalidate
    }

    /// Seconds of `stale-if-error` (RFC 5861, section 4).
    #[must_use]
    pub const fn stale_if_error(&self) -> Option<u32> {
        self.if_error
    }
}

/// A directive that has no argument, or whose argument says nothing.
pub(super) fn word(name: &[u8]) -> Option<Word> {
    [
        ("no-store", Word::NoStore),
        ("public", Word::Public),
        ("must-revalidate", Word::MustRevalidate),
        ("proxy-revalidate", Word::ProxyRevalidate),
        ("must-understand", Word::MustUnderstand),
    ]
    .into_iter()
    .find(|(text, _)| name.eq_ignore_ascii_case(text.as_bytes()))
    .map(|(_, word)| word)
}

/// The smaller of two numbers, where there are two.
pub(super) fn least(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.into_iter().chain(other).min()
}

/// Returns the fields that an argument names; none, if it is absent or names anything else.
fn fields(argument: Argument<'_>) -> Option<SmallVec<[HeaderName; 1]>> {
    let Argument::Text(text) = argument else { return None };
    let names = text.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let names: Option<SmallVec<[HeaderName; 1]>> = names
        .filter(|name| !name.is_empty())
        .map(|name| HeaderName::from_bytes(name).ok())
        .collect();
    names.filter(|names| !names.is_empty())
}
