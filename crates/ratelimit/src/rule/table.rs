//! Rules put together: checked, and ready to be asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use http::Method;
use palisade_edge::ExemptPaths;
use smallvec::SmallVec;

use super::route::Route;
use super::{Cost, Mode, Rule, Selection, read_otherwise};
use crate::error::{Mistake, Mistakes};
use crate::fields::{Fields, Prepared};
use crate::key::Key;
use crate::quota::{Meter, Quota};
use crate::store::{OnStoreError, Overflow, RuleId};

/// Rules that were checked.
#[derive(Debug)]
pub(crate) struct RuleTable {
    pub(crate) rules: Vec<Compiled>,
    pub(crate) exempt: ExemptPaths,
    selection: Selection,
    /// Whether any rule asks for the path.
    has_routes: bool,
    /// Since when the rules are these, in seconds after the start, or that none is idle any more.
    since: AtomicU64,
}

/// How long a rule may be idle, in seconds.
const HOUR: u64 = 3600;

/// Instead of a second: the rules have been looked at.
const TOLD: u64 = u64::MAX;

/// A rule that was checked.
pub(crate) struct Compiled {
    pub(crate) name: Box<str>,
    routes: Vec<Route>,
    pub(crate) keys: Vec<Key>,
    pub(crate) windows: SmallVec<[Window; 2]>,
    pub(crate) tiers: Vec<(Box<str>, Plan)>,
    pub(crate) cost: Cost,
    pub(crate) overflow: Overflow,
    pub(crate) on_error: OnStoreError,
    pub(crate) mode: Mode,
    pub(crate) refunds: Vec<u16>,
    /// Whether any request was the rule's yet, and any had its key.
    pub(crate) matched: AtomicBool,
    pub(crate) keyed: AtomicBool,
    pub(crate) tally: crate::count::Tally,
    /// The first window's plan, where a mark points nowhere.
    pub(crate) fallback: Plan,
}

impl Compiled {
    fn is_on(&self, method: &Method, path: &str) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|route| route.matches(method, path))
    }
}

/// A window of a rule.
pub(crate) struct Window {
    pub(crate) id: RuleId,
    pub(crate) plan: Plan,
}

/// A quota at each level of a key, and what is written about it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) quota: Quota,
    /// What the quota ever has at once: each time it is computed it costs two divisions.
    pub(crate) most: u32,
    pub(crate) prepared: Arc<Prepared>,
    levels: SmallVec<[Level; 3]>,
}

/// A quota at one level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// `None` for a concurrency quota.
    pub(crate) meter: Option<Meter>,
    pub(crate) most: u32,
}

impl Plan {
    fn new(name: &str, quota: Quota, factors: &[u32], fields: Fields) -> Self {
        let level = |factor: &u32| {
            let quota = quota.times(*factor);
            Level { meter: quota.meter(), most: quota.most_at_once() }
        };
        let levels = factors.iter().map(level).collect();
        let prepared = Arc::new(Prepared::new(name, quota, fields));
        Self { quota, most: quota.most_at_once(), prepared, levels }
    }

    pub(crate) fn at(&self, level: usize) -> Option<Level> {
        self.levels.get(level).or_else(|| self.levels.last()).copied()
    }
}

impl RuleTable {
    /// How many rules there may be.
    pub(crate) const MOST_RULES: usize = 256;

    /// Checks rules.
    pub(crate) fn new(
        rules: Vec<Rule>,
        exempt: ExemptPaths,
        selection: Selection,
        keys: &dyn Fn(&str) -> Option<Key>,
        fields: Fields,
    ) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        if rules.is_empty() {
            mistakes
                .push(Mistake::new("rules", "there are none; without any, leave the layer out"));
        }
        if rules.len() > Self::MOST_RULES {
            mistakes.push(Mistake::new("rules", format!("at most {}", Self::MOST_RULES)));
        }
        let mut names: Vec<Box<str>> = Vec::new();
        let mut compiled = Vec::new();
        for rule in rules.into_iter().take(Self::MOST_RULES) {
            let place = format!("rule {:?}", rule.name);
            let mut tell = |message: String| mistakes.push(Mistake::new(place.as_str(), message));
            for (name, _) in &rule.windows {
                if !is_name(name) {
                    tell(format!("{name:?} is no name; 1 to 64 of a-z, 0-9, `-`, `_`, `.`"));
                } else if names.contains(name) {
                    tell(format!("{name:?} is the name of another; it would share its count"));
                } else {
                    names.push(name.clone());
                }
            }
            compiled.extend(compile(rule, keys, fields, &mut tell));
        }
        Mistakes::none_of(mistakes)?;
        let has_routes = compiled.iter().any(|rule| !rule.routes.is_empty());
        Ok(Self { rules: compiled, exempt, selection, has_routes, since: AtomicU64::new(0) })
    }

    /// Begins the hour after which idle rules are told.
    pub(crate) const fn begun_at(mut self, second: u64) -> Self {
        self.since = AtomicU64::new(second);
        self
    }

    /// Looks whether all rules have been used: then the hour need not be waited for.
    #[cold]
    pub(crate) fn forget_idle_rules(&self) {
        if self.rules.iter().all(|rule| rule.keyed.load(Ordering::Relaxed)) {
            self.since.store(TOLD, Ordering::Relaxed);
        }
    }

    /// Says, once, that the hour is over; the time is asked for only while a rule is idle.
    pub(crate) fn are_idle_since(&self, second: impl FnOnce() -> u64) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        if since == TOLD || second() < since.saturating_add(HOUR) {
            return false;
        }
        self.since.compare_exchange(since, TOLD, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Returns the path as others may read it, if any rule asks and that is not as it came.
    pub(crate) fn otherwise(&self, path: &str) -> Option<String> {
        if self.has_routes { read_otherwise(path) } else { None }
    }

    /// Finds the rules that are on a request by either reading of its path, and their positions.
    pub(crate) fn matching<'a>(
        &'a self,
        method: &'a Method,
        path: &'a str,
        otherwise: Option<&'a str>,
    ) -> impl Iterator<Item = (usize, &'a Compiled)> {
        let is_first = self.selection == Selection::First;
        let mut readings = [Some(path), otherwise];
        self.rules.iter().enumerate().filter(move |(_, rule)| {
            let mut is_on = false;
            for reading in &mut readings {
                if reading.is_some_and(|path| rule.is_on(method, path)) {
                    is_on = true;
                    *reading = reading.filter(|_| !is_first);
                }
            }
            is_on
        })
    }

    /// Returns every quota, for the store to choose its ticks by.
    pub(crate) fn quotas(&self) -> Vec<Quota> {
        let of_rule = |rule: &Compiled| {
            let windows = rule.windows.iter().map(|window| window.plan.quota);
            windows.chain(rule.tiers.iter().map(|(_, plan)| plan.quota)).collect::<Vec<_>>()
        };
        // The widest levels earn 16 times as fast.
        let all: Vec<Quota> = self.rules.iter().flat_map(of_rule).collect();
        all.iter().flat_map(|quota| [*quota, quota.times(16)]).collect()
    }
}

fn compile(
    rule: Rule,
    known: &dyn Fn(&str) -> Option<Key>,
    fields: Fields,
    tell: &mut dyn FnMut(String),
) -> Option<Compiled> {
    let mut routes = Vec::new();
    for route in &rule.routes {
        match Route::parse(route) {
            Ok(route) => routes.push(route),
            Err(message) => tell(message),
        }
    }
    let mut keys = Vec::new();
    let given = if rule.keys.is_empty() { vec![Key::client_ip()] } else { rule.keys };
    for key in given {
        match key.resolved(known) {
            Ok(key) if key.joined() > Key::MOST_JOINED => {
                tell(format!("at most {} keys joined into one", Key::MOST_JOINED));
            }
            Ok(key) => keys.push(key),
            Err(name) => tell(format!(
                "no key is named {name:?}; give it with `LimitsBuilder::key`, or write \
                 `client-ip`, `header NAME` or `everyone`"
            )),
        }
    }
    if keys.len() > 4 || rule.windows.len() > 4 || rule.routes.len() > 64 || rule.tiers.len() > 16 {
        tell("at most 4 keys, 4 windows, 16 tiers and 64 routes".to_owned());
    }
    let costly = |(_, quota): &&(Box<str>, Quota)| match rule.cost {
        Cost::Fixed(cost) => quota.most_at_once() > 0 && cost > quota.most_at_once(),
        Cost::Of(_) => false,
    };
    if let Some((_, quota)) = rule.windows.iter().chain(&rule.tiers).find(costly) {
        tell(format!("its cost is more than `{quota}` ever has at once: nothing would pass"));
    }
    let concurrent = |quota: &Quota| quota.concurrency().is_some();
    if rule.tiers.iter().any(|(_, quota)| concurrent(quota)) {
        tell("a tier cannot be `at a time`; make that a rule of its own".to_owned());
    }
    let has_window = rule.windows.iter().any(|(_, quota)| concurrent(quota));
    if has_window && rule.windows.len() > 1 {
        tell("`at a time` beside another window; make that a rule of its own".to_owned());
    }
    if has_window && rule.mode != Mode::Enforce {
        tell("`at a time` can be neither soft nor shadow: what is not held cannot end".to_owned());
    }
    for status in &rule.refunds {
        if !matches!(status, 1..=5 | 100..=599) {
            tell(format!("{status} is no status; write 304, or 5 for all of 5xx"));
        }
    }
    let factors: SmallVec<[u32; 3]> = keys.iter().map(Key::levels).max_by_key(SmallVec::len)?;
    let plan = |name: &str, quota: &Quota| Plan::new(name, *quota, &factors, fields);
    let windows = (0_u8..).zip(&rule.windows).map(|(number, (name, quota))| Window {
        id: RuleId::of(&rule.name, number),
        plan: plan(name, quota),
    });
    let tiers = rule.tiers.iter();
    let tiers = tiers.map(|(tier, quota)| (tier.clone(), plan(&rule.name, quota)));
    let fallback = rule.windows.first().map(|(name, quota)| plan(name, quota))?;
    Some(Compiled {
        fallback,
        windows: windows.collect(),
        tiers: tiers.collect(),
        tally: crate::count::Tally::new(&rule.name),
        name: rule.name,
        routes,
        keys,
        cost: rule.cost,
        overflow: rule.overflow,
        on_error: rule.on_error,
        mode: rule.mode,
        refunds: rule.refunds,
        matched: AtomicBool::new(false),
        keyed: AtomicBool::new(false),
    })
}

/// Names are written into header fields and shared stores as they are.
fn is_name(name: &str) -> bool {
    let known =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(known)
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, routes, keys, mode, .. } = self;
        f.debug_struct("Rule")
            .field("name", name)
            .field("routes", routes)
            .field("keys", keys)
            .field("mode", mode)
            .finish_non_exhaustive()
    }
}
