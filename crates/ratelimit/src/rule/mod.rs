//! Rules: which requests, counted by what, how often.

mod file;
mod quota_text;
mod route;
mod table;

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::head::Head;
use crate::key::Key;
use crate::quota::Quota;
use crate::store::{OnStoreError, Overflow};

pub use file::RuleFile;
pub use quota_text::QuotaTextError;
pub use route::Route;
pub(crate) use route::read_otherwise;
pub(crate) use table::{Compiled, Plan, RuleTable};

/// One rule; what is wrong with it is told when the rules are put together.
///
/// # Example
///
/// ```
/// use palisade_ratelimit::key::Key;
/// use palisade_ratelimit::rule::Rule;
/// use palisade_ratelimit::{Overflow, Quota};
///
/// let login = Rule::new("login", Quota::per_minute(5).strict())
///     .on("POST /login")
///     .by(Key::client_ip())
///     .overflow(Overflow::Strict);
/// let api = Rule::new("api", Quota::per_second(10))
///     .window("api-daily", Quota::per_day(10_000))
///     .on("/api/{*rest}")
///     .by(Key::header(http::HeaderName::from_static("x-api-key")).or(Key::client_ip()))
///     .refund_on([304]);
/// # let _ = (login, api);
/// ```
#[derive(Clone)]
#[must_use = "a rule limits nothing until it is among the rules of a limiter"]
pub struct Rule {
    pub(crate) name: Box<str>,
    pub(crate) windows: Vec<(Box<str>, Quota)>,
    pub(crate) routes: Vec<String>,
    pub(crate) keys: Vec<Key>,
    pub(crate) tiers: Vec<(Box<str>, Quota)>,
    pub(crate) cost: Cost,
    pub(crate) overflow: Overflow,
    pub(crate) on_error: OnStoreError,
    pub(crate) mode: Mode,
    pub(crate) refunds: Vec<u16>,
}

/// What a refusal by a rule means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// The request is refused.
    #[default]
    Enforce,
    /// The request passes, and its extensions say so.
    Soft,
    /// The request passes, and only metrics and logs say so.
    Shadow,
}

/// How much a request takes.
#[derive(Clone)]
pub(crate) enum Cost {
    Fixed(u32),
    Of(Arc<dyn for<'a> Fn(&Head<'a>) -> u32 + Send + Sync>),
}

impl Rule {
    /// Names a rule, as its headers and problems will, and says how often.
    ///
    /// It is on every request and counts by client address unless told otherwise.
    pub fn new(name: impl Into<Box<str>>, quota: Quota) -> Self {
        let name = name.into();
        Self {
            windows: vec![(name.clone(), quota)],
            name,
            routes: Vec::new(),
            keys: Vec::new(),
            tiers: Vec::new(),
            cost: Cost::Fixed(1),
            overflow: Overflow::default(),
            on_error: OnStoreError::default(),
            mode: Mode::default(),
            refunds: Vec::new(),
        }
    }

    /// Adds a window under a name of its own: 10 per second and 10 000 per day.
    pub fn window(mut self, name: impl Into<Box<str>>, quota: Quota) -> Self {
        self.windows.push((name.into(), quota));
        self
    }

    /// Adds a [`Route`]: `/path`, `POST /path`, `PUT,PATCH /path/{id}`, `/below/{*rest}`.
    pub fn on(mut self, route: impl Into<String>) -> Self {
        self.routes.push(route.into());
        self
    }

    /// Counts by this key; several are counted beside each other.
    pub fn by(mut self, key: Key) -> Self {
        self.keys.push(key);
        self
    }

    /// Gives a tier another quota in place of the first window's. Who is of which tier says
    /// [`LimitsBuilder::tier_of`](crate::limits::LimitsBuilder::tier_of).
    pub fn tier(mut self, tier: impl Into<Box<str>>, quota: Quota) -> Self {
        self.tiers.push((tier.into(), quota));
        self
    }

    /// Takes so much for each request.
    pub fn cost(mut self, cost: u32) -> Self {
        self.cost = Cost::Fixed(cost);
        self
    }

    /// Takes what the closure says.
    pub fn cost_of(
        mut self,
        cost: impl for<'a> Fn(&Head<'a>) -> u32 + Send + Sync + 'static,
    ) -> Self {
        self.cost = Cost::Of(Arc::new(cost));
        self
    }

    /// Says what happens to newcomers when the store is full.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Says what holds while a shared store does not answer.
    pub const fn on_store_error(mut self, policy: OnStoreError) -> Self {
        self.on_error = policy;
        self
    }

    /// Lets requests over the quota pass, with [`SoftLimited`](crate::layer::SoftLimited) among their
    /// extensions.
    pub const fn soft(mut self) -> Self {
        self.mode = Mode::Soft;
        self
    }

    /// Only counts and tells: what would be refused passes, and no header speaks of the rule.
    pub const fn shadow(mut self) -> Self {
        self.mode = Mode::Shadow;
        self
    }

    /// Gives back what a request took if it is answered with one of these statuses; 4 and 5 stand for
    /// all of 4xx and 5xx.
    ///
    /// # Security
    ///
    /// Never for a status that a client can bring about by guessing.
    pub fn refund_on(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.refunds.extend(statuses);
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Cost {
    pub(crate) fn of(&self, head: &Head<'_>) -> u32 {
        match self {
            Self::Fixed(cost) => *cost,
            Self::Of(cost) => cost(head),
        }
    }
}

/// Says whether a status is among those of [`Rule::refund_on`].
pub(crate) fn gives_back(refunds: &[u16], status: StatusCode) -> bool {
    let class = status.as_u16().checked_div(100).unwrap_or(0);
    refunds.iter().any(|refund| *refund == status.as_u16() || *refund == class)
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, windows, routes, keys, mode, .. } = self;
        f.debug_struct("Rule")
            .field("name", name)
            .field("windows", windows)
            .field("routes", routes)
            .field("keys", keys)
            .field("mode", mode)
            .finish_non_exhaustive()
    }
}

/// Which of the rules that match a request count it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "one or all")]
pub enum Selection {
    /// All of them, together: one refusal refuses, and then none of them is charged.
    #[default]
    All,
    /// The first one, in the order in which they were given.
    First,
}
