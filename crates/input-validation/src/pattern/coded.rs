//! Texts that have the form of a pattern.

use std::fmt;
use std::marker::PhantomData;

use super::Pattern;
use crate::issue::{Breach, code};
use crate::macros::text_type;

/// A kind of code: the pattern that all of its texts have.
pub trait CodePattern {
    /// The form.
    const PATTERN: Pattern;
}

/// A code, such as the number of a student, in the form that its kind has.
///
/// # Example
///
/// ```
/// use palisade_input_validation::{CodePattern, Coded, Pattern};
///
/// struct StudentNumber;
///
/// impl CodePattern for StudentNumber {
///     const PATTERN: Pattern = Pattern::new(r"[A-Z]{2}-\d{4,6}");
/// }
///
/// let number: Coded<StudentNumber> = "NP-20261".parse()?;
/// assert_eq!(number.as_str(), "NP-20261");
/// assert!(" NP-20261".parse::<Coded<StudentNumber>>().is_err());
/// # Ok::<(), palisade_input_validation::issue::Breach>(())
/// ```
pub struct Coded<P> {
    text: Box<str>,
    kind: PhantomData<fn() -> P>,
}

impl<P: CodePattern> Coded<P> {
    /// Reads a code.
    ///
    /// # Errors
    ///
    /// [`code::PATTERN`].
    pub fn parse(text: &str) -> Result<Self, Breach> {
        const { &P::PATTERN }
            .matches(text)
            .then(|| Self { text: text.into(), kind: PhantomData })
            .ok_or(Breach::new(code::PATTERN))
    }
}

text_type!([P: CodePattern] Coded<P>);

impl<P> Clone for Coded<P> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

impl<P> fmt::Debug for Coded<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<P> PartialEq for Coded<P> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<P> Eq for Coded<P> {}

impl<P> std::hash::Hash for Coded<P> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
