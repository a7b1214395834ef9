//! What one proxy says about one request.

use super::scan::{split_last, trim};
use super::value::is_token;
use super::{Malformed, Node, Value};
use crate::address::HopError;

/// What one proxy says about the request that it passed on (RFC 7239 section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Element<'a> {
    by: Option<Value<'a>>,
    host: Option<Value<'a>>,
    node: Option<Value<'a>>,
    proto: Option<Value<'a>>,
}

impl<'a> Element<'a> {
    /// `forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )`
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut element = Self::default();
        let mut rest = Some(text);
        while let Some(pairs) = rest {
            let (before, pair) = split_last(pairs, b';')?;
            let pair = trim(pair);
            if !pair.is_empty() {
                element.add(pair)?;
            }
            rest = before;
        }
        Ok(element)
    }

    fn add(&mut self, pair: &'a [u8]) -> Result<(), Malformed> {
        let equals = pair.iter().position(|byte| *byte == b'=').ok_or(Malformed)?;
        let (name, value) = pair.split_at_checked(equals).ok_or(Malformed)?;
        let value = Value::parse(value.strip_prefix(b"=").ok_or(Malformed)?)?;
        let known = if name.eq_ignore_ascii_case(b"for") {
            &mut self.node
        } else if name.eq_ignore_ascii_case(b"by") {
            &mut self.by
        } else if name.eq_ignore_ascii_case(b"host") {
            &mut self.host
        } else if name.eq_ignore_ascii_case(b"proto") {
            &mut self.proto
        } else {
            // An extension (RFC 7239 section 5.5) is checked and passed over.
            return if is_token(name) { Ok(()) } else { Err(Malformed) };
        };
        match known.replace(value) {
            None => Ok(()),
            Some(_) => Err(Malformed), // at most once (RFC 7239 section 4)
        }
    }

    /// Returns who made the request, `None` if the proxy does not say.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for a value that is no node identifier or an address that is nobody's.
    #[must_use]
    pub fn node(&self) -> Option<Result<Node, Malformed>> {
        self.hop().map(|node| node.map_err(|_| Malformed))
    }

    pub(crate) fn hop(&self) -> Option<Result<Node, HopError>> {
        self.node.map(Node::parse)
    }

    /// Returns the interface on which the request came to the proxy.
    #[must_use]
    pub const fn by(&self) -> Option<Value<'a>> {
        self.by
    }

    /// Returns the `Host` that the proxy received.
    #[must_use]
    pub const fn host(&self) -> Option<Value<'a>> {
        self.host
    }

    /// Returns the scheme with which the request came to the proxy.
    #[must_use]
    pub const fn proto(&self) -> Option<Value<'a>> {
        self.proto
    }
}
