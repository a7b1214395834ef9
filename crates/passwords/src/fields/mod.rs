//! The fields of a sign-in, read from the body of a request without leaving a copy of the password.
//!
//! A JSON or form library unescapes into buffers of its own, which are freed as they are. Here the
//! body is read into one buffer that never grows, unescaped where it lies, and wiped when the
//! [`Fields`] are dropped; a [`Candidate`] is copied out of it once, at its exact length. Both kinds of
//! body give the same fields: an object of strings as JSON, or a form of a page.
//!
//! # Example
//!
//! ```
//! use axum::{Router, body::Body, routing::post};
//! use http::{Request, header::CONTENT_TYPE};
//! use palisade_core::Problem;
//! use palisade_passwords::fields::Fields;
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! async fn login(request: axum::extract::Request) -> Result<String, Problem> {
//!     let (parts, body) = request.into_parts();
//!     let fields = Fields::read(&parts.headers, body).await?; // with the feature `axum`: an extractor
//!     let password = fields.candidate("password")?;
//!     # drop(password);
//!     Ok(format!("hello {}", fields.text("username")?))
//! }
//!
//! let app = Router::new().route("/login", post(login));
//! let request = Request::post("/login")
//!     .header(CONTENT_TYPE, "application/json")
//!     .body(Body::from(r#"{"username": "ada", "password": "red bicycles under snow"}"#))?;
//! assert_eq!(app.oneshot(request).await?.status(), 200);
//! # Ok(())
//! # }
//! ```

mod error;
#[cfg(feature = "axum")]
mod extract;
mod form;
mod json;
mod read;

use std::ops::Range;

use zeroize::Zeroizing;

use crate::secret::Candidate;

pub use error::{FieldsError, Syntax};

/// Named texts of a request, in one buffer that is wiped when this is dropped.
///
/// Without `Debug`, `Display`, `Clone` or `Serialize`. A name that stands twice is refused: which of
/// two user names counts must not depend on who reads them.
///
/// # Security
///
/// Against memory that is read later. The buffers of the connection (HTTP, TLS) belong to others; of
/// these, a frame that nobody else holds is wiped after it was read.
///
/// # Cost
///
/// The buffer and a list of fields; time linear in the length of the body.
#[expect(missing_debug_implementations, reason = "a secret is not printed")]
pub struct Fields {
    bytes: Zeroizing<Vec<u8>>,
    fields: Vec<Field>,
}

/// Where a field stands in the buffer.
struct Field {
    name: Range<usize>,
    value: Value,
}

enum Value {
    /// A number, `true`, `false` or `null` of JSON.
    Other,
    Text(Range<usize>),
}

impl Fields {
    /// How long a body may be, in bytes: two passwords of the greatest length, each byte escaped.
    pub const MOST_BYTES: usize = 16 * 1024;

    /// How many fields there may be.
    pub const MOST_FIELDS: usize = 32;

    /// Reads a JSON object of texts, numbers, `true`, `false` and `null` (RFC 8259).
    ///
    /// # Errors
    ///
    /// [`FieldsError::Syntax`] where it is something else.
    pub fn from_json(bytes: Zeroizing<Vec<u8>>) -> Result<Self, FieldsError> {
        Self::parse(bytes, json::parse)
    }

    /// Reads a form as browsers send it (`application/x-www-form-urlencoded` of the URL standard).
    ///
    /// # Errors
    ///
    /// [`FieldsError::Syntax`] where it is not UTF-8, has too many fields, or one twice.
    pub fn from_form(bytes: Zeroizing<Vec<u8>>) -> Result<Self, FieldsError> {
        Self::parse(bytes, form::parse)
    }

    fn parse(
        mut bytes: Zeroizing<Vec<u8>>,
        parse: impl FnOnce(&mut [u8]) -> Result<Vec<Field>, Syntax>,
    ) -> Result<Self, FieldsError> {
        if bytes.len() > Self::MOST_BYTES {
            return Err(FieldsError::TooLarge { most_bytes: Self::MOST_BYTES });
        }
        let fields = parse(&mut bytes)?;
        let names = |field: &Field| bytes.get(field.name.clone());
        let twice = |(number, field): (usize, &Field)| {
            fields.iter().take(number).any(|other| names(other) == names(field))
        };
        if fields.iter().enumerate().any(twice) {
            return Err(Syntax::Twice.into());
        }
        Ok(Self { bytes, fields })
    }

    /// Returns the text of a field; it stays in the buffer.
    ///
    /// # Errors
    ///
    /// [`FieldsError::Missing`] and [`FieldsError::NotText`].
    pub fn text(&self, name: &'static str) -> Result<&str, FieldsError> {
        let is = |field: &&Field| self.bytes.get(field.name.clone()) == Some(name.as_bytes());
        match self.fields.iter().find(is).map(|field| &field.value) {
            None => Err(FieldsError::Missing { name }),
            Some(Value::Other) => Err(FieldsError::NotText { name }),
            Some(Value::Text(place)) => self
                .bytes
                .get(place.clone())
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .ok_or(FieldsError::NotText { name }),
        }
    }

    /// Gives every field with its name: the text, which stays in the buffer, or `None` for a number,
    /// `true`, `false` or `null` of JSON.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let text = |place: &Range<usize>| {
            self.bytes.get(place.clone()).and_then(|bytes| std::str::from_utf8(bytes).ok())
        };
        self.fields.iter().filter_map(move |field| {
            let value = match &field.value {
                Value::Other => None,
                Value::Text(place) => text(place),
            };
            Some((text(&field.name)?, value))
        })
    }

    /// Returns the password of a field, in a wiped buffer of its own exact length.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub fn candidate(&self, name: &'static str) -> Result<Candidate, FieldsError> {
        self.text(name).map(Candidate::from)
    }
}
