//! Three states of a field in a PATCH.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field of a merge patch (RFC 7396): not mentioned, set to null, or set to a value.
///
/// The field carries `#[serde(default)]`, so that leaving it out means [`Absent`](Self::Absent).
///
/// # Example
///
/// ```
/// use palisade_input_validation::Patch;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Update {
///     #[serde(default)]
///     nickname: Patch<String>,
/// }
///
/// let read = |text| serde_json::from_str::<Update>(text).map(|update| update.nickname);
/// assert_eq!(read("{}")?, Patch::Absent);
/// assert_eq!(read(r#"{"nickname": null}"#)?, Patch::Null);
/// assert_eq!(read(r#"{"nickname": "Ada"}"#)?, Patch::Value("Ada".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "complete by RFC 7396")]
pub enum Patch<T> {
    /// Leave it as it is.
    #[default]
    Absent,
    /// Remove it.
    Null,
    /// Set it.
    Value(T),
}

impl<T> Patch<T> {
    /// Tells whether the field is not mentioned; for `#[serde(skip_serializing_if)]`.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns the value that is to be set.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns what the field holds once this is applied to it.
    #[must_use]
    pub fn apply_to(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Absent => current,
            Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Null, Self::Value))
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
