//! The grammar of `Forwarded` (RFC 7239 section 4), read from the right.
//!
//! Proxies append, so the right end is written by the proxy nearest to us and the left end by
//! whoever liked to. Reading from the right, an element means the same whatever stands before it:
//! an unbalanced quote that a client sends cannot swallow what a proxy appended.
//!
//! One leniency over the grammar: blanks around `;`, which several proxies write.
//!
//! ```
//! use palisade_edge::forwarded::{Node, from_right};
//!
//! let line = br#"for="spoofed, for=192.0.2.60;proto=https, for="[2001:db8::1]:4711""#;
//! let mut elements = from_right(line);
//! let last = elements.next().ok_or("no element")??;
//! assert_eq!(last.node(), Some(Ok(Node::Address("2001:db8::1".parse()?))));
//! let before = elements.next().ok_or("no element")??;
//! assert_eq!(before.node(), Some(Ok(Node::Address("192.0.2.60".parse()?))));
//! assert!(elements.next().ok_or("no element")?.is_err()); // the unbalanced quote
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod element;
mod node;
mod scan;
mod value;

pub(crate) use scan::trim;

pub use element::Element;
pub use node::Node;
pub use value::Value;

use thiserror::Error;

/// A text that the grammar of RFC 7239 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an element of `Forwarded` (RFC 7239 section 4)")]
#[non_exhaustive]
pub struct Malformed;

/// Returns the elements of one header line, the last one first.
///
/// After an error there is nothing more: what stands left of a malformed element cannot be told.
pub const fn from_right(line: &[u8]) -> Elements<'_> {
    Elements { rest: Some(line) }
}

/// The elements of one header line, from the right; see [`from_right`].
///
/// # Cost
///
/// No allocation; each byte is looked at once for its element and once for the pairs in it.
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is asked"]
pub struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.rest.take()?;
        let parsed = scan::split_last(line, b',').and_then(|(before, last)| {
            let element = Element::parse(last)?;
            self.rest = before;
            Ok(element)
        });
        Some(parsed)
    }
}

impl std::iter::FusedIterator for Elements<'_> {}

impl From<Malformed> for crate::address::HopError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
