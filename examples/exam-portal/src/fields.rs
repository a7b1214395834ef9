//! Bodies that hold passwords: checked as all others are, and read in memory that is wiped.

use axum::extract::{FromRequest, Request};
use palisade_core::Problem;
use palisade_input_validation::check::Node;
use palisade_input_validation::issue::{At, Issues, Language};
use palisade_input_validation::schema::{Schema, Shape};
use palisade_input_validation::{Check, Reason, Refusal, Rejected, from_fields};
use palisade_passwords::Candidate;
use palisade_passwords::fields::{Fields, FieldsError};
use zeroize::Zeroizing;

/// A text of a request that is copied once, into memory that is wiped.
pub(crate) struct Secret {
    text: Zeroizing<Box<str>>,
}

impl Secret {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Takes it for a password.
    pub(crate) fn candidate(&self) -> Candidate {
        Candidate::from(self.as_str())
    }
}

impl Check for Secret {
    const SCHEMA: Schema = Schema::new(Shape::Text);

    fn check(&self, _: &At<'_>, _: &mut Issues) {}

    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
        match node.text() {
            Ok(text) => Some(Self { text: Zeroizing::new(text.into()) }),
            Err(breach) => {
                issues.add(at, breach);
                None
            }
        }
    }
}

/// Extractor of such a body, as JSON or as a form.
pub(crate) struct Checked<T> {
    value: T,
}

impl<T> Checked<T> {
    pub(crate) fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Check, S: Sync> FromRequest<S> for Checked<T> {
    type Rejection = Rejected;

    async fn from_request(request: Request, _: &S) -> Result<Self, Rejected> {
        let (parts, body) = request.into_parts();
        let refuse = |refusal: Refusal| Rejected::new(refusal, &parts.headers);
        let fields = Fields::read(&parts.headers, body).await;
        let fields = fields.map_err(|error| refuse(reason(error).into()))?;
        let value = from_fields(fields.iter()).map_err(|issues| refuse(issues.into()))?;
        Ok(Self { value })
    }
}

const fn reason(error: FieldsError) -> Reason {
    match error {
        FieldsError::Aborted => Reason::Unreadable,
        FieldsError::TooLarge { .. } => Reason::BodyTooLarge,
        FieldsError::UnsupportedType => Reason::UnsupportedType,
        _ => Reason::Malformed,
    }
}

/// Checks the fields of a page's form.
pub(crate) fn checked<T: Check>(fields: &Fields) -> Result<T, Problem> {
    from_fields(fields.iter()).map_err(invalid)
}

/// States what is wrong, and reports it.
pub(crate) fn invalid(issues: Issues) -> Problem {
    let refusal = Refusal::from(issues);
    refusal.report();
    refusal.problem(Language::English)
}
