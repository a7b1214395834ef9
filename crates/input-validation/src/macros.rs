//! What every type made from a text has.

/// Text in, text out: `FromStr`, serde, `Display`, `AsRef`.
macro_rules! text_type {
    ([$($generics:tt)*] $kind:ty) => {
        impl<$($generics)*> $kind {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// Returns the text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.text.into()
            }
        }

        impl<$($generics)*> ::std::str::FromStr for $kind {
            type Err = $crate::issue::Breach;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl<$($generics)*> ::std::convert::AsRef<str> for $kind {
            fn as_ref(&self) -> &str {
                &self.text
            }
        }

        impl<$($generics)*> ::std::fmt::Display for $kind {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl<$($generics)*> ::serde::Serialize for $kind {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de, $($generics)*> ::serde::Deserialize<'de> for $kind {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::macros::ParsedText(Self::parse))
            }
        }
    };
}

pub(crate) use text_type;

/// Reads a text without owning it.
pub(crate) struct ParsedText<T>(pub(crate) fn(&str) -> Result<T, crate::issue::Breach>);

impl<T> serde::de::Visitor<'_> for ParsedText<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}
