//! What a body can lack.

use http::StatusCode;
use palisade_core::{FieldError, Pointer, Problem};

/// A body that gives no fields; it repeats nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// The client ended the body early.
    #[error("the body ended early")]
    Aborted,
    /// A field that is needed is not there.
    #[error("the field {name:?} is missing")]
    Missing {
        /// The name that the program asked for.
        name: &'static str,
    },
    /// A field is there and no text.
    #[error("the field {name:?} must be a text")]
    NotText {
        /// The name that the program asked for.
        name: &'static str,
    },
    /// It cannot be read.
    #[error(transparent)]
    Syntax(#[from] Syntax),
    /// It is longer than is read.
    #[error("at most {most_bytes} bytes are read")]
    TooLarge {
        /// The bound, in bytes.
        most_bytes: usize,
    },
    /// It says that it is neither JSON nor a form.
    #[error("the body must be application/json or application/x-www-form-urlencoded")]
    UnsupportedType,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Syntax {
    /// It is no JSON object.
    #[error("the body must be one JSON object")]
    Json,
    /// A field of the object is an object or an array.
    #[error("the fields must be texts, not objects or arrays")]
    Nested,
    /// It is not UTF-8.
    #[error("the body must be UTF-8")]
    NotUtf8,
    /// There are more fields than are read.
    #[error("the body has too many fields")]
    TooMany,
    /// A name stands twice.
    #[error("a field stands twice")]
    Twice,
}

impl FieldsError {
    /// Returns the answer for the client: 400, 413, 415, or 422 with the field.
    pub fn problem(&self) -> Problem {
        let unprocessable =
            |name, rule: &'static str, says: &'static str| {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields")
                    .error(FieldError::new(Pointer::root().field(name), rule, says))
            };
        match self {
            Self::Aborted => Problem::new(StatusCode::BAD_REQUEST, "body_aborted"),
            Self::Missing { name } => unprocessable(name, "required", "must be given"),
            Self::NotText { name } => unprocessable(name, "text", "must be a text"),
            Self::Syntax(syntax) => Problem::new(StatusCode::BAD_REQUEST, "malformed_body")
                .detail(palisade_core::Text::from_program(syntax.to_string())),
            Self::TooLarge { .. } => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
                .detail(palisade_core::Text::from_program(self.to_string())),
            Self::UnsupportedType => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_body")
                    .detail("send application/json or application/x-www-form-urlencoded")
            }
        }
    }
}

impl From<FieldsError> for Problem {
    fn from(error: FieldsError) -> Self {
        error.problem()
    }
}
