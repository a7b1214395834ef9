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
    fields: SmallVec<[Selector; 1]>,
}

/// A field that an answer was selected by.
#[derive(Clone, Debug, Eq)]
struct Selector {
    name: HeaderName,
    /// What the request had in it, as [`content`] reads it.
    content: Box<[u8]>,
    /// The same as it came, if it came in one line: most requests have it so again.
    line: Option<Box<[u8]>>,
}

impl Selector {
    fn matches(&self, asked: &HeaderMap) -> bool {
        only_line(&self.name, asked).is_some_and(|line| self.line.as_deref() == Some(line))
            || content(&self.name, asked).eq(self.content.iter().copied())
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.content == other.content
    }
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
                if selection.fields.iter().any(|known| known.name == name) {
                    continue;
                }
                if selection.fields.len() == MOST_FIELDS {
                    return None;
                }
                let content = content(&name, asked).collect();
                let line = only_line(&name, asked).map(Box::from);
                selection.fields.push(Selector { name, content, line });
            }
        }
        Some(selection)
    }

    /// Says whether a request selects the same answer.
    ///
    /// # Cost
    ///
    /// A look-up of each field, and one reading of those that did not come as they did then; no
    /// allocation.
    #[must_use]
    pub fn matches(&self, asked: &HeaderMap) -> bool {
        self.fields.iter().all(|field| field.matches(asked))
    }

    /// Returns the names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &HeaderName> {
        self.fields.iter().map(|field| &field.name)
    }

    /// What it takes of memory, beside itself.
    pub(crate) fn weight(&self) -> usize {
        let one = |field: &Selector| {
            let line = field.line.as_deref().map_or(0, <[u8]>::len);
            field.name.as_str().len().saturating_add(field.content.len()).saturating_add(line)
        };
        self.fields.iter().map(one).fold(0, usize::saturating_add)
    }
}

/// Returns the one line that a request has of a field.
fn only_line<'a>(name: &HeaderName, asked: &'a HeaderMap) -> Option<&'a [u8]> {
    let mut lines = asked.get_all(name).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    Some(line.as_bytes())
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
