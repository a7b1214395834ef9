//! Limits: rules, where they are counted, and what is answered.

mod admission;
mod ask;
mod builder;
mod figure;
mod refused;
mod settle;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::clock::Stopwatch;
use crate::error::Mistakes;
use crate::fields::Fields;
use crate::finding::{Finding, Watch};
use crate::head::Head;
use crate::inflight::InFlight;
use crate::key::{Findings, Key, KeyHasher, Name};
use crate::rule::{Compiled, Mode, Rule, RuleFile, RuleTable, Selection};
use crate::store::{Act, Store, StoreError};

pub use admission::{Admission, SoftLimited};
pub use ask::Asked;
pub use builder::LimitsBuilder;
pub use figure::Figure;
pub use refused::{RateLimited, Reason};

/// Limits that many services share; a clone is the same limits.
///
/// # Example
///
/// ```
/// use http::Request;
/// use palisade_ratelimit::key::Key;
/// use palisade_ratelimit::limits::Limits;
/// use palisade_ratelimit::rule::Rule;
/// use palisade_ratelimit::Quota;
///
/// let limits = Limits::builder()
///     .rule(Rule::new("login", Quota::per_minute(5).strict()).on("POST /login").by(Key::everyone()))
///     .finish()?;
/// let request = Request::post("/login").body(()).unwrap();
/// let admitted = (0..9).filter(|_| limits.check((&request).into()).is_ok()).count();
/// assert_eq!(admitted, 5);
/// # Ok::<(), palisade_ratelimit::Mistakes>(())
/// ```
#[derive(Clone)]
pub struct Limits {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    rules: ArcSwap<RuleTable>,
    pub(crate) store: Arc<dyn Store>,
    inflight: Arc<InFlight>,
    hasher: KeyHasher,
    keys: Vec<(Box<str>, Key)>,
    tier_of: Option<TierOf>,
    fields: Fields,
    clock: Stopwatch,
    watch: Watch,
    /// How many requests are still looked at for a layer that is there twice.
    samples: AtomicU32,
    identity: Arc<()>,
}

/// In the extensions of requests that are looked at: whose layer it passed.
#[derive(Clone)]
struct Seen(Arc<()>);

type TierOf = Arc<dyn for<'a> Fn(&Head<'a>) -> Option<Name<'a>> + Send + Sync>;

impl Limits {
    /// Begins with no rule, a store in memory of 16 MiB, and health checks exempt.
    pub fn builder() -> LimitsBuilder {
        LimitsBuilder::new()
    }

    /// Decides on a request whose limits are counted in this process.
    ///
    /// # Errors
    ///
    /// [`RateLimited`]: who is refused, and until when. Then nothing was charged. A store that waits
    /// answers here as one that does not answer; ask [`decide`](Self::decide).
    #[expect(clippy::result_large_err, reason = "a refusal allocates nothing")]
    pub fn check(&self, head: Head<'_>) -> Result<Admission, RateLimited> {
        let rules = self.shared.rules.load();
        if rules.exempt.contains(head.method(), head.uri()) {
            return Ok(Admission::default());
        }
        let (mut asked, mut admission) = (Asked::default(), Admission::default());
        self.shared.ask(&rules, &head, &mut asked)?;
        let verdict = self.shared.store.decide_now(asked.asks(), Act::Charge);
        let Some(verdict) = &verdict else { return Err(RateLimited::store_down()) };
        self.shared.settle(&rules, &mut asked, verdict, &mut admission)?;
        Ok(admission)
    }

    /// Decides on a request, and waits for the store where it must.
    ///
    /// # Errors
    ///
    /// [`RateLimited`], as [`check`](Self::check); with 503 if the store does not answer.
    pub async fn decide(&self, head: Head<'_>) -> Result<Admission, RateLimited> {
        let rules = self.shared.rules.load_full();
        if rules.exempt.contains(head.method(), head.uri()) {
            return Ok(Admission::default());
        }
        let mut asked = Asked::default();
        self.shared.ask(&rules, &head, &mut asked)?;
        self.shared.wait(rules, asked).await
    }

    /// Puts other rules in the place of these, at once for every request that comes after.
    ///
    /// Rules that keep their names keep what is owed, as a time. Keys, tiers, store and fields stay.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`]; then the rules stay as they are.
    pub fn reload(
        &self,
        rules: impl IntoIterator<Item = Rule>,
        selection: Selection,
    ) -> Result<(), Mistakes> {
        let exempt = self.shared.rules.load().exempt.clone();
        self.swap(rules.into_iter().collect(), exempt, selection)
    }

    /// Puts the rules of a file in the place of these.
    ///
    /// # Errors
    ///
    /// As [`reload`](Self::reload).
    pub fn reload_file(&self, file: RuleFile) -> Result<(), Mistakes> {
        let exempt = file.exempt.unwrap_or_else(|| self.shared.rules.load().exempt.clone());
        self.swap(file.rules, exempt, file.selection)
    }

    fn swap(
        &self,
        rules: Vec<Rule>,
        exempt: palisade_edge::ExemptPaths,
        selection: Selection,
    ) -> Result<(), Mistakes> {
        let known = |name: &str| self.shared.key(name);
        let table = RuleTable::new(rules, exempt, selection, &known, self.shared.fields)?;
        let table = table.begun_at(self.shared.now().as_secs());
        self.shared.rules.store(Arc::new(table));
        Ok(())
    }

    /// Says whether a rule that refuses counts such a request; nothing is counted, and no store is
    /// asked.
    #[must_use]
    pub fn apply_to(&self, head: Head<'_>) -> bool {
        let rules = self.shared.rules.load();
        let path = head.uri().path();
        let otherwise = rules.otherwise(path);
        !rules.exempt.contains(head.method(), head.uri())
            && rules
                .matching(head.method(), path, otherwise.as_deref())
                .any(|(_, rule)| rule.mode == Mode::Enforce && self.shared.has_key(rule, &head))
    }

    /// Says whether the counts are in this process: other instances do not hear of them.
    #[must_use]
    pub fn count_here(&self) -> bool {
        self.shared.store.decide_now(&[], Act::Peek).is_some()
    }

    /// Returns the names of the rules, in their order.
    #[must_use]
    pub fn rule_names(&self) -> Vec<String> {
        let rules = self.shared.rules.load();
        rules.rules.iter().map(|rule| rule.name.clone().into_string()).collect()
    }

    /// Returns the hasher of its keys: for snapshots of the store.
    #[must_use]
    pub fn hasher(&self) -> &KeyHasher {
        &self.shared.hasher
    }
}

impl Shared {
    fn key(&self, name: &str) -> Option<Key> {
        self.keys.iter().find(|(known, _)| **known == *name).map(|(_, key)| key.clone())
    }

    /// Returns the time since the limits were made.
    fn now(&self) -> Duration {
        Duration::from_nanos(self.clock.nanos())
    }

    fn has_key(&self, rule: &Compiled, head: &Head<'_>) -> bool {
        rule.keys.iter().any(|key| {
            let mut found = Findings::default();
            key.find(head, &self.hasher, &mut found);
            !found.list.is_empty()
        })
    }

    pub(crate) fn rules(&self) -> arc_swap::Guard<Arc<RuleTable>> {
        self.rules.load()
    }

    pub(crate) async fn wait(
        &self,
        rules: Arc<RuleTable>,
        mut asked: Asked,
    ) -> Result<Admission, RateLimited> {
        let verdict = match self.store.decide_now(asked.asks(), Act::Charge) {
            Some(verdict) => Ok(verdict),
            None => self.store.decide(asked.asks(), Act::Charge).await,
        };
        let verdict = verdict.map_err(|error| self.store_failed(&error))?;
        let mut admission = Admission::default();
        self.settle(&rules, &mut asked, &verdict, &mut admission)?;
        Ok(admission)
    }

    /// Looks at some requests for another layer of the same limits.
    pub(crate) fn sample(&self, extensions: &mut http::Extensions) {
        if self.samples.load(Ordering::Relaxed) == 0 {
            return;
        }
        match extensions.get::<Seen>() {
            Some(Seen(limits)) if Arc::ptr_eq(limits, &self.identity) => {
                self.watch.tell(Finding::LayerTwice, None, self.now());
            }
            _ => {
                let less = |left: u32| left.checked_sub(1);
                let _ = self.samples.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
                extensions.insert(Seen(Arc::clone(&self.identity)));
            }
        }
    }

    fn store_failed(&self, error: &StoreError) -> RateLimited {
        self.watch.tell(Finding::StoreDown, None, self.now());
        tracing::debug!(store = self.store.name(), kind = error.kind().as_str(), "no answer");
        RateLimited::store_down()
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("rules", &self.rule_names())
            .field("store", &self.shared.store.name())
            .finish_non_exhaustive()
    }
}
