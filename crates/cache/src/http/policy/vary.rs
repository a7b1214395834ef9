//! Answers that depend on fields of the request (RFC 9111, section 4.1).

use http::header::{
    ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, HeaderName, VARY,
};
use smallvec::SmallVec;

/// The most fields that an answer may depend on.
const MOST_FIELDS: usize = 16;

/// The fields that an answer was selected by, and what the request had in them.
///
/// Two requests have the same in a field if its lines are the same, byte for byte and in their order;
/// of `Accept`, `Accept-Charset`, `Accept-Encoding` and `Accept-Language` also if they differ only in
/// case, white space and the division into lines.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use palisade_cache::http::policy::Selection;
///
/// let (mut asked, mut answered) = (HeaderMap::new(), HeaderMap::new());
/// asked.insert("accept-language", HeaderValue::from_static("en, ne"));
/// answered.insert("vary", HeaderValue::from_static("accept-language"));
/// let selection = Selection::of(&answered, &asked).unwrap();
/// asked.insert("accept-language", HeaderValue::from_static("EN,ne"));
/// assert!(selection.matches(&asked));
/// answered.insert("vary", HeaderValue::from_static("*"));
/// assert!(Selection::of(&answered, &asked).is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    fields: SmallVec<[(HeaderName, Box<[u8]>); 1]>,
}

impl Selection {
    /// Reads `Vary` of an answer to a request; none if no other request can be known to select it: for
    /// `*`, for what is no list of names, and for more than 16 of them.
    #[must_use]
    pub fn of(answered: &HeaderMap, asked: &HeaderMap) -> Option<Self> {
        let mut selection = Self::default();
        for line in answered.get_all(VARY) {
            for name in line.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if name.is_empty() {
                    continue;
                }
                // `*` is a token too.
                let name = HeaderName::from_bytes(name).ok().filter(|name| name != "*")?;
                if selection.fields.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                if selection.fields.len() == MOST_FIELDS {
                    return None;
                }
                let content = content(&name, asked).collect();
                selection.fields.push((name, content));
            }
        }
        Some(selection)
    }

    /// Says whether a request selects the same answer.
    ///
    /// # Cost
    ///
    /// A look-up and one reading of each field; no allocation.
    #[must_use]
    pub fn matches(&self, asked: &HeaderMap) -> bool {
        let same = |(name, stored): &(HeaderName, Box<[u8]>)| {
            content(name, asked).eq(stored.iter().copied())
        };
        self.fields.iter().all(same)
    }

    /// Returns the names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &HeaderName> {
        self.fields.iter().map(|(name, _)| name)
    }

    /// What it takes of memory, beside itself.
    pub(crate) fn weight(&self) -> usize {
        self.fields
            .iter()
            .map(|(name, stored)| name.as_str().len().saturating_add(stored.len()))
            .sum()
    }
}

/// What a request has in a field, each line ended by a byte that is in no line.
fn content<'a>(name: &HeaderName, asked: &'a HeaderMap) -> impl Iterator<Item = u8> + use<'a> {
    let is_list = [ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE].contains(name);
    let lines = asked.get_all(name);
    // White space counts in a quoted string.
    let is_loose = is_list && !lines.iter().any(|line| line.as_bytes().contains(&b'"'));
    let end = if is_loose { b',' } else { 0 };
    lines
        .into_iter()
        .flat_map(move |line| line.as_bytes().iter().copied().chain([end]))
        .filter(move |byte| !is_loose || !matches!(byte, b' ' | b'\t'))
        .map(move |byte| if is_loose { byte.to_ascii_lowercase() } else { byte })
}
