//! Orders of a list, without text that reaches SQL.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::issue::{Breach, code};
use crate::macros::ParsedText;

/// A column by which a list may be sorted; derive it on an enum without fields.
///
/// The wire name is that of serde: `#[serde(rename_all = "camelCase")]` and `#[serde(rename = "..")]`
/// count. The column is the variant in `snake_case`, or what `#[sort(column = "..")]` says; it is
/// part of the program and checked while it is built, so that no byte of a request reaches `ORDER BY`.
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Direction, Sort, SortKey};
///
/// #[derive(Clone, Copy, Debug, PartialEq, SortKey)]
/// #[serde(rename_all = "camelCase")]
/// enum StudentOrder {
///     CreatedAt,
///     #[sort(column = "students.family_name")]
///     Name,
/// }
///
/// let sort: Sort<StudentOrder> = "-createdAt".parse()?;
/// assert_eq!((sort.key(), sort.direction()), (StudentOrder::CreatedAt, Direction::Descending));
/// assert_eq!((sort.column(), sort.direction().as_sql()), ("created_at", "DESC"));
/// assert!("name; DROP TABLE students".parse::<Sort<StudentOrder>>().is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
pub trait SortKey: Copy + 'static {
    /// Each key with the name that clients write and its column.
    const KEYS: &'static [(Self, &'static str, &'static str)];

    /// Returns the position in [`KEYS`](Self::KEYS).
    fn position(self) -> usize;

    /// Returns the name that clients write.
    #[must_use]
    fn name(self) -> &'static str {
        Self::KEYS.get(self.position()).map_or("", |(_, name, _)| name)
    }

    /// Returns the column, to be written into SQL as it is.
    #[must_use]
    fn column(self) -> &'static str {
        Self::KEYS.get(self.position()).map_or("NULL", |(_, _, column)| column)
    }

    /// Returns the key of that name.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::KEYS.iter().find(|(_, known, _)| *known == name).map(|(key, _, _)| *key)
    }
}

/// Upwards or downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is no third direction")]
pub enum Direction {
    /// From the least to the greatest.
    #[default]
    Ascending,
    /// From the greatest to the least.
    Descending,
}

impl Direction {
    /// Returns `ASC` or `DESC`.
    #[must_use]
    pub const fn as_sql(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

/// A key and a direction, written as in `?sort=-createdAt`; see [`SortKey`] for an example.
///
/// It cannot be made from a text that names no key: what is not offered is refused with
/// [`code::CHOICE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sort<K> {
    key: K,
    direction: Direction,
}

impl<K: SortKey> Sort<K> {
    /// Sorts by a key.
    #[must_use]
    pub const fn new(key: K, direction: Direction) -> Self {
        Self { key, direction }
    }

    /// Reads a name, after `-` if the order is descending.
    ///
    /// # Errors
    ///
    /// [`code::CHOICE`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        let (name, direction) = text
            .strip_prefix('-')
            .map_or((text, Direction::Ascending), |name| (name, Direction::Descending));
        K::from_name(name).map(|key| Self { key, direction }).ok_or(Breach::new(code::CHOICE))
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(self) -> K {
        self.key
    }

    /// Returns the direction.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.direction
    }

    /// Returns the column, to be written into SQL as it is.
    #[must_use]
    pub fn column(self) -> &'static str {
        self.key.column()
    }
}

impl<K: SortKey> std::str::FromStr for Sort<K> {
    type Err = Breach;

    fn from_str(text: &str) -> Result<Self, Breach> {
        Self::parse(text)
    }
}

impl<K: SortKey> fmt::Display for Sort<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.direction == Direction::Descending { "-" } else { "" })?;
        f.write_str(self.key.name())
    }
}

impl<K: SortKey> Serialize for Sort<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: SortKey> Deserialize<'de> for Sort<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ParsedText(Self::parse))
    }
}
