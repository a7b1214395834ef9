//! Where the next page begins.

use std::fmt;
use std::iter;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use thiserror::Error;

#[cfg(any(feature = "rusqlite", feature = "sqlx-postgres"))]
use super::Filter;

/// Where the next page begins: an opaque text, good for its filter, however much is recorded or pruned
/// meanwhile.
///
/// It holds a place and a hash of the filter, and is no secret; an application that does not want its
/// clients to choose places seals it. The cursor of one kind of store is none for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    position: Position,
    digest: [u8; 8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Before that event of one log.
    Before(u64),
    /// Below that place among the events of many logs.
    Below(Place),
}

/// The place of an event among those of many logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ts: i64,
    pub(crate) log: i64,
    pub(crate) seq: i64,
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

/// The first byte of a cursor, for each kind of position.
const BEFORE: u8 = 1;
const BELOW: u8 = 2;

impl Cursor {
    /// Makes the cursor of a filter that goes on before that event.
    #[cfg(feature = "rusqlite")]
    pub(super) fn new(filter: &Filter, before: u64) -> Self {
        Self { position: Position::Before(before), digest: filter.digest() }
    }

    /// Returns before which event to go on, with that filter.
    #[cfg(feature = "rusqlite")]
    pub(super) fn before(&self, filter: &Filter) -> Result<u64, CursorError> {
        match self.position {
            _ if self.digest != filter.digest() => Err(CursorError::Filter),
            Position::Before(before) => Ok(before),
            Position::Below(_) => Err(CursorError::Syntax),
        }
    }

    /// Makes the cursor of a filter that goes on below that place.
    #[cfg(feature = "sqlx-postgres")]
    pub(crate) fn at(filter: &Filter, place: Place) -> Self {
        Self { position: Position::Below(place), digest: filter.digest() }
    }

    /// Returns below which place to go on, with that filter.
    #[cfg(feature = "sqlx-postgres")]
    pub(crate) fn below(&self, filter: &Filter) -> Result<Place, CursorError> {
        match self.position {
            _ if self.digest != filter.digest() => Err(CursorError::Filter),
            Position::Below(place) => Ok(place),
            Position::Before(_) => Err(CursorError::Syntax),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Position::Before(before) => write(f, BEFORE, &[before.to_be_bytes()], self.digest),
            Position::Below(Place { ts, log, seq }) => {
                write(f, BELOW, &[ts, log, seq].map(i64::to_be_bytes), self.digest)
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut buffer = [0; LONGEST];
        let bytes =
            Base64UrlUnpadded::decode(text, &mut buffer).map_err(|_| CursorError::Syntax)?;
        read(bytes).ok_or(CursorError::Syntax)
    }
}

/// Bytes of the longest cursor.
const LONGEST: usize = 33;

/// Bytes of the longest text.
const TEXT: usize = LONGEST.div_ceil(3) * 4;

/// Writes a cursor; nothing is allocated for it.
fn write(
    f: &mut fmt::Formatter<'_>,
    kind: u8,
    numbers: &[[u8; 8]],
    digest: [u8; 8],
) -> fmt::Result {
    let (mut bytes, mut text) = ([0; LONGEST], [0; TEXT]);
    let parts = iter::once(&kind).chain(numbers.as_flattened()).chain(&digest);
    let length = bytes.iter_mut().zip(parts).map(|(to, from)| *to = *from).count();
    let bytes = bytes.get(..length).unwrap_or_default();
    f.write_str(Base64UrlUnpadded::encode(bytes, &mut text).map_err(|_| fmt::Error)?)
}

fn read(bytes: &[u8]) -> Option<Cursor> {
    let (kind, rest) = bytes.split_first()?;
    let (numbers, digest) = rest.split_last_chunk()?;
    let (numbers, []) = numbers.as_chunks::<8>() else { return None };
    let position = match (*kind, numbers) {
        (BEFORE, [before]) => Position::Before(u64::from_be_bytes(*before)),
        (BELOW, [ts, log, seq]) => {
            let [ts, log, seq] = [ts, log, seq].map(|number| i64::from_be_bytes(*number));
            Position::Below(Place { ts, log, seq })
        }
        _ => return None,
    };
    Some(Cursor { position, digest: *digest })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[cfg(all(feature = "rusqlite", feature = "sqlx-postgres"))]
    #[test]
    fn the_cursor_of_one_kind_of_store_is_none_for_the_other() {
        let filter = Filter::new();
        let of_one = Cursor::new(&filter, 7);
        let of_many = Cursor::at(&filter, Place { ts: 1, log: 2, seq: 7 });
        assert_eq!(of_one.below(&filter), Err(CursorError::Syntax));
        assert_eq!(of_many.before(&filter), Err(CursorError::Syntax));
    }

    proptest! {
        #[cfg(feature = "sqlx-postgres")]
        #[test]
        fn a_cursor_over_many_logs_comes_back(ts: i64, log: i64, seq: i64, actor: String) {
            let (filter, place) = (Filter::new().actor(actor), Place { ts, log, seq });
            let cursor: Cursor = Cursor::at(&filter, place).to_string().parse().unwrap();
            prop_assert_eq!(cursor.below(&filter), Ok(place));
            prop_assert_eq!(cursor.below(&Filter::new()), Err(CursorError::Filter));
        }

        #[cfg(feature = "rusqlite")]
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
