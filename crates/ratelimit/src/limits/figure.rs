//! What became of requests, for whoever looks at this process.

use super::Limits;

/// What a rule did since it was put in place, in this process.
///
/// # Example
///
/// ```
/// use http::Request;
/// use palisade_ratelimit::key::Key;
/// use palisade_ratelimit::{Limits, Quota, Rule};
///
/// let limits = Limits::builder()
///     .rule(Rule::new("login", Quota::per_minute(5)).by(Key::everyone()))
///     .finish()?;
/// let login = Request::post("/login").body(()).unwrap();
/// for _ in 0..7 {
///     let _ = limits.check((&login).into());
/// }
/// let figures = limits.figures();
/// assert_eq!((figures[0].rule.as_str(), figures[0].refused), ("login", 2));
/// # Ok::<(), palisade_ratelimit::Mistakes>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figure {
    /// The name of the rule.
    pub rule: String,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that it would have refused, were it not soft or a shadow.
    pub would_refuse: u64,
    /// Requests after which a fifth or less of the quota was left.
    pub near_limit: u64,
}

impl Limits {
    /// Returns what each rule did, in their order; a reload begins anew.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |rule: &crate::rule::Compiled| {
            let [refused, would_refuse, near_limit] = rule.tally.rare();
            Figure { rule: rule.name.to_string(), refused, would_refuse, near_limit }
        };
        self.shared.rules.load().rules.iter().map(figure).collect()
    }
}
