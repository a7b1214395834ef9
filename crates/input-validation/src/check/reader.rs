//! Reading with all mistakes, at a moment or at none.

use std::borrow::Cow;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::tree::{self, Tree};
use super::{AsyncCheck, Check, MAX_PAIRS, Node};
use crate::issue::{At, Breach, Issues, code};

/// What [`from_json`](super::from_json) and its sisters do, for rules that ask what time it is.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use palisade_input_validation::check::{Check, Node, Reader};
/// use palisade_input_validation::issue::{At, Issues, code};
/// use palisade_input_validation::schema::Schema;
///
/// /// Seconds since 1970, not in the future.
/// #[derive(Debug, serde::Deserialize)]
/// struct Past(u64);
///
/// impl Check for Past {
///     const SCHEMA: Schema = u64::SCHEMA;
///
///     fn check(&self, at: &At<'_>, issues: &mut Issues) {
///         let time = SystemTime::UNIX_EPOCH + Duration::from_secs(self.0);
///         if at.now().is_none_or(|now| time > now) {
///             issues.add(at, code::RANGE.into());
///         }
///     }
///
///     fn read(node: Node<'_>, at: &At<'_>, issues: &mut Issues) -> Option<Self> {
///         let past = Self(u64::read(node, at, issues)?);
///         past.check(at, issues);
///         Some(past)
///     }
/// }
///
/// let reader = Reader::at(SystemTime::UNIX_EPOCH + Duration::from_secs(100));
/// assert!(reader.json::<Vec<Past>>(b"[100]").is_ok());
/// let issues = reader.json::<Vec<Past>>(br#"[101, "soon"]"#).unwrap_err();
/// assert_eq!(issues.count(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    now: Option<SystemTime>,
}

impl Reader {
    /// Reads at no moment: rules that need the time refuse.
    #[must_use]
    pub const fn new() -> Self {
        Self { now: None }
    }

    /// Reads at that moment.
    #[must_use]
    pub const fn at(now: SystemTime) -> Self {
        Self { now: Some(now) }
    }

    /// Does what [`from_json`](super::from_json) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn json<T: Check + DeserializeOwned>(self, body: &[u8]) -> Result<T, Issues> {
        let Ok(text) = std::str::from_utf8(body) else { return Err(whole(code::SYNTAX.into())) };
        match serde_json::from_str::<T>(text) {
            Ok(value) => self.checked(value),
            Err(_) => Err(self.explain::<T>(text)),
        }
    }

    #[cold]
    fn explain<T: Check>(self, text: &str) -> Issues {
        match Tree::parse(text) {
            Ok(tree) => {
                self.read_all::<T>(&tree).err().unwrap_or_else(|| whole(code::INVALID.into()))
            }
            Err(breach) => whole(breach),
        }
    }

    /// Does what [`from_pairs`](super::from_pairs) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn pairs<T: Check>(self, pairs: &str) -> Result<T, Issues> {
        let mut entries = Vec::new();
        for (name, value) in url::form_urlencoded::parse(pairs.as_bytes()) {
            if entries.len() >= MAX_PAIRS {
                return Err(whole(tree::PAIRS));
            }
            entries.push((name, Tree::Loose(value)));
        }
        self.read_all(&Tree::Object(entries))
    }

    /// Does what [`from_fields`](super::from_fields) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn fields<'a, T: Check>(
        self,
        fields: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<T, Issues> {
        let mut entries = Vec::new();
        for (name, text) in fields {
            if entries.len() >= MAX_PAIRS {
                return Err(whole(tree::PAIRS));
            }
            let value = text.map_or(Tree::Other, |text| Tree::Loose(Cow::Borrowed(text)));
            entries.push((Cow::Borrowed(name), value));
        }
        self.read_all(&Tree::Object(entries))
    }

    /// Does what [`checked_with`](super::checked_with) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn checked_with<T: AsyncCheck<C>, C: ?Sized>(
        self,
        value: T,
        context: &C,
    ) -> Result<T, Issues> {
        let value = self.checked(value)?;
        let mut issues = Issues::new();
        value.check_with(context, &mut issues).await;
        issues.into_result(value)
    }

    fn checked<T: Check>(self, value: T) -> Result<T, Issues> {
        let mut issues = Issues::new();
        value.check(&At::root(self.now), &mut issues);
        issues.into_result(value)
    }

    fn read_all<T: Check>(self, tree: &Tree<'_>) -> Result<T, Issues> {
        let mut issues = Issues::new();
        match T::read(Node::new(tree), &At::root(self.now), &mut issues) {
            Some(value) => issues.into_result(value),
            None if issues.is_empty() => Err(whole(code::INVALID.into())),
            None => Err(issues),
        }
    }
}

fn whole(breach: Breach) -> Issues {
    let mut issues = Issues::new();
    issues.add(&At::ROOT, breach);
    issues
}
