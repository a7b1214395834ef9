//! Rules of whole requests.

mod leaf;
mod node;
mod reader;
mod rule;
mod tree;
mod typed;

use std::future::Future;

use serde::de::DeserializeOwned;

#[cfg(doc)]
use crate::issue::code;
use crate::issue::{At, Issues};
use crate::schema::Schema;
use tree::Tree;

pub use node::{Node, Object};
pub use reader::Reader;
pub use rule::{Bounds, Elements, Kind, Numeric, Rule, Textual};

/// A type whose values are valid by its rules; derive it.
///
/// | attribute of a field | what it asks |
/// |---|---|
/// | `chars(3..=32)`, `bytes(..=64)` | length in characters or bytes |
/// | `items(..=10)` | number of elements |
/// | `range(13..=120)` | a number; NaN is in no range |
/// | `charset = "a-z0-9_"` | ASCII characters of the set only |
/// | `pattern = r"[A-Z]{2}\d{4}"` | the form of the whole text, a [`Pattern`](crate::Pattern) |
/// | `same_as = "password"` | equal to another field of the struct |
/// | `each(chars(1..=20))` | rules of the elements |
/// | `with = path` | a function `fn(&Field) -> Result<(), Breach>` |
///
/// `#[check(with = path)]` on the struct names a function `fn(&Self, &At, &mut Issues)` for rules
/// across fields; it runs when every field could be read, as `each` does when every element could. Fields whose types have rules of their own
/// are always checked: there is nothing to write, and nothing to forget.
///
/// Names are those that serde reads: `rename`, `rename_all`, `alias` and `default` count. Unknown
/// fields are refused: the struct carries `#[serde(deny_unknown_fields)]`, or `#[check(open)]` where
/// they are to be ignored. Bounds that contradict each other, or the type of the field, do not compile.
/// An enum without fields is one of its names.
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Check, Email, from_json};
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize, Check)]
/// #[serde(rename_all = "camelCase", deny_unknown_fields)]
/// struct Signup {
///     #[check(chars(3..=32), charset = "a-z0-9_")]
///     user_name: String,
///     email: Email,
///     #[check(range(13..=120))]
///     age: u8,
/// }
///
/// let sent = br#"{"userName": "Zo", "age": "old", "admin": true}"#;
/// let issues = from_json::<Signup>(sent).unwrap_err();
/// let told: Vec<_> = issues.iter().map(|i| format!("{} {}", i.pointer(), i.code())).collect();
/// assert_eq!(told, ["# unknown", "#/userName chars", "#/email missing", "#/age type_integer"]);
/// ```
pub trait Check: Sized {
    /// What the type asks, for machines and people: the rules that [`check`](Self::check) applies.
    const SCHEMA: Schema;

    /// Whether an object may lack a field of this type.
    const OPTIONAL: bool = false;

    /// Returns what the field holds if the object lacks it.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }

    /// Applies the rules to a value that has the right types.
    fn check(&self, at: &At<'_>, issues: &mut Issues);

    /// Reads a value with everything that is wrong with it: types, names and rules.
    fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self>;
}

/// Rules that need something from outside that is waited for: a database, a tenant.
///
/// They run only for a value that keeps all other rules, by [`checked_with`]. A rule that needs the time
/// is no such rule: [`At::now`] tells it, and it is told with the others.
pub trait AsyncCheck<C: ?Sized>: Check {
    /// Applies the rules that need the context.
    fn check_with(&self, context: &C, issues: &mut Issues) -> impl Future<Output = ()> + Send;
}

/// Returns the value if it keeps its own rules and then those that need the context.
///
/// # Errors
///
/// Everything that is wrong; what needs the context is not asked before the rest is right.
pub async fn checked_with<T: AsyncCheck<C>, C: ?Sized>(value: T, context: &C) -> Result<T, Issues> {
    Reader::new().checked_with(value, context).await
}

/// How deep an input that does not fit its type is looked at.
///
/// One that fits is bounded by its type, since unknown fields are refused.
pub const MAX_DEPTH: usize = 32;

/// How many values of an input that does not fit its type are looked at.
pub const MAX_VALUES: usize = 10_000;

/// How many pairs a query or a form has.
pub const MAX_PAIRS: usize = 1_000;

/// Reads JSON and applies the rules.
///
/// # Errors
///
/// Everything that is wrong: types, missing, unknown and repeated names and rules at once, in the
/// order of the fields. [`code::SYNTAX`] for what is not JSON in UTF-8.
///
/// # Cost
///
/// A valid body is parsed once, by serde, straight into the type. Only a body that does not fit the
/// type is parsed a second time, into a tree, to find all that is wrong with it.
pub fn from_json<T: Check + DeserializeOwned>(body: &[u8]) -> Result<T, Issues> {
    Reader::new().json(body)
}

/// Reads the pairs of a query or a form (WHATWG URL, `application/x-www-form-urlencoded`) and applies
/// the rules.
///
/// Numbers and `true`, `false` and `on` stand in texts; a field left empty is none where there may
/// be none, since browsers send every field of a form; a name that occurs twice is refused, so that
/// no two programs can read one query differently.
///
/// # Errors
///
/// Everything that is wrong, as [`from_json`] does; [`code::KEYS`] for more than [`MAX_PAIRS`].
pub fn from_pairs<T: Check>(pairs: &str) -> Result<T, Issues> {
    Reader::new().pairs(pairs)
}

/// Reads fields that are decoded already, and applies the rules; `None` is a field that is no text.
///
/// For bodies that something else has read: the parameters of a route, a form with files, a buffer
/// that is wiped after use. Texts are read where they lie, as those of [`from_pairs`] are, and copied
/// only by types that keep them.
///
/// # Errors
///
/// Everything that is wrong, as [`from_json`] does; [`code::KEYS`] for more than [`MAX_PAIRS`].
///
/// # Example
///
/// ```
/// use palisade_input_validation::{Check, from_fields};
///
/// #[derive(Debug, serde::Deserialize, Check)]
/// #[serde(deny_unknown_fields)]
/// struct Login {
///     #[check(chars(1..=64))]
///     username: String,
/// }
///
/// let login: Login = from_fields([("username", Some("ada"))])?;
/// assert_eq!(login.username, "ada");
/// assert!(from_fields::<Login>([("username", None)]).is_err());
/// # Ok::<(), palisade_input_validation::issue::Issues>(())
/// ```
pub fn from_fields<'a, T: Check>(
    fields: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<T, Issues> {
    Reader::new().fields(fields)
}
