//! Where the next page begins.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use thiserror::Error;

use super::Filter;

/// Where the next page begins: an opaque text, good for its filter, however much is recorded or pruned
/// meanwhile.
///
/// It holds a number and a hash of the filter, and is no secret; an application that does not want its
/// clients to choose numbers seals it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    before: u64,
    digest: [u8; 8],
}

/// Why a cursor is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CursorError {
    /// It is no cursor.
    #[error("it is not a cursor of this log")]
    Syntax,
    /// It is the cursor of another filter.
    #[error("the cursor belongs to another filter")]
    Filter,
}

const VERSION: u8 = 1;

impl Cursor {
    /// Makes the cursor of a filter that goes on before that event.
    pub(super) fn new(filter: &Filter, before: u64) -> Self {
        Self { before, digest: filter.digest() }
    }

    /// Returns before which event to go on, with that filter.
    pub(super) fn before(&self, filter: &Filter) -> Result<u64, CursorError> {
        if self.digest == filter.digest() { Ok(self.before) } else { Err(CursorError::Filter) }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.before.to_be_bytes());
        bytes.extend_from_slice(&self.digest);
        f.write_str(&Base64UrlUnpadded::encode_string(&bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut buffer = [0; 24];
        let bytes =
            Base64UrlUnpadded::decode(text, &mut buffer).map_err(|_| CursorError::Syntax)?;
        let Some((&VERSION, rest)) = bytes.split_first() else { return Err(CursorError::Syntax) };
        let (before, digest) = rest.split_first_chunk().ok_or(CursorError::Syntax)?;
        let digest = <[u8; 8]>::try_from(digest).map_err(|_| CursorError::Syntax)?;
        Ok(Self { before: u64::from_be_bytes(*before), digest })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_and_knows_its_filter(before: u64, actor: String, other: String) {
            let filter = Filter::new().actor(actor.clone());
            let cursor: Cursor = Cursor::new(&filter, before).to_string().parse().unwrap();
            prop_assert_eq!(cursor.before(&filter), Ok(before));
            let moved = Filter::new().target(actor.clone());
            prop_assert_eq!(cursor.before(&moved), Err(CursorError::Filter));
            if other != actor {
                let other = Filter::new().actor(other);
                prop_assert_eq!(cursor.before(&other), Err(CursorError::Filter));
            }
        }

        #[test]
        fn other_texts_are_refused(text: String) {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
