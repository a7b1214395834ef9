//! Limits before they are shared.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use arc_swap::ArcSwap;
use palisade_core::Clock;
use palisade_edge::ExemptPaths;

use super::{Limits, Shared, TierOf};
use crate::clock::Stopwatch;
use crate::error::{Mistake, Mistakes};
use crate::fields::Fields;
use crate::finding::Watch;
use crate::head::Head;
use crate::inflight::InFlight;
use crate::key::{Key, KeyHasher, Name};
use crate::rule::{Rule, RuleFile, RuleTable, Selection};
use crate::store::{MemoryStore, Store};

/// Memory of the store unless another is given: 16 MiB, 1.5 million keys.
const MEMORY: usize = 16 << 20;

/// Keys that may run at once unless told otherwise: 8 bytes each.
const RUNNING: usize = 1 << 14;

/// Requests that are looked at for a layer that is there twice.
pub(super) const SAMPLES: u32 = 256;

/// Limits before they are shared.
#[must_use = "limits limit nothing until they are finished"]
pub struct LimitsBuilder {
    rules: Vec<Rule>,
    exempt: ExemptPaths,
    selection: Selection,
    keys: Vec<(Box<str>, Key)>,
    tier_of: Option<TierOf>,
    store: Option<Arc<dyn Store>>,
    bytes: usize,
    hasher: Option<KeyHasher>,
    fields: Fields,
    clock: Option<Arc<dyn Clock>>,
}

impl LimitsBuilder {
    pub(super) fn new() -> Self {
        Self {
            rules: Vec::new(),
            exempt: ExemptPaths::health(),
            selection: Selection::All,
            keys: Vec::new(),
            tier_of: None,
            store: None,
            bytes: MEMORY,
            hasher: None,
            fields: Fields::default(),
            clock: None,
        }
    }

    /// Adds a rule.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds the rules of a file, with its choice of which rules count and, if it has any, its
    /// exempt paths.
    pub fn file(mut self, file: RuleFile) -> Self {
        self.rules.extend(file.rules);
        self.selection = file.selection;
        if let Some(exempt) = file.exempt {
            self.exempt = exempt;
        }
        self
    }

    /// Lets GET and HEAD of these paths pass; [`ExemptPaths::health`] unless called.
    pub fn exempt(mut self, paths: ExemptPaths) -> Self {
        self.exempt = paths;
        self
    }

    /// Says which of the rules that match count; all of them unless called.
    pub const fn select(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Gives a key a name, for rules that say [`Key::named`] and for files.
    pub fn key(mut self, name: impl Into<Box<str>>, key: Key) -> Self {
        self.keys.push((name.into(), key));
        self
    }

    /// Says of which tier a request is; `None` for the rules' own quotas.
    pub fn tier_of(
        mut self,
        tier: impl for<'a> Fn(&Head<'a>) -> Option<Name<'a>> + Send + Sync + 'static,
    ) -> Self {
        self.tier_of = Some(Arc::new(tier));
        self
    }

    /// Counts in memory of so many bytes.
    pub const fn memory(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Counts in this store.
    pub fn with_store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Counts in a store that others use too.
    pub fn with_shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Hashes keys with a key of the application's; needed for stores that instances share, and for
    /// snapshots.
    pub const fn with_hasher(mut self, hasher: KeyHasher) -> Self {
        self.hasher = Some(hasher);
        self
    }

    /// Chooses the header fields; [`Fields::default`] unless called.
    pub const fn fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// Takes the time from here; a store that is given has its own clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Puts everything together.
    ///
    /// # Errors
    ///
    /// All [`Mistakes`] of all rules and settings.
    pub fn finish(self) -> Result<Limits, Mistakes> {
        let known = |name: &str| {
            self.keys.iter().find(|(known, _)| **known == *name).map(|(_, key)| key.clone())
        };
        let table = RuleTable::new(self.rules, self.exempt, self.selection, &known, self.fields);
        let memory = MemoryStore::with_bytes(self.bytes)
            .map_err(|error| Mistakes::from(Mistake::new("memory", error.to_string())));
        let (table, memory) = match (table, memory) {
            (Ok(table), Ok(memory)) => (table, memory),
            (Err(mut mistakes), Err(more)) => {
                mistakes.append(more);
                return Err(mistakes);
            }
            (Err(mistakes), _) | (_, Err(mistakes)) => return Err(mistakes),
        };
        let store = self.store.unwrap_or_else(|| {
            let memory = memory.for_quotas(table.quotas());
            Arc::new(match &self.clock {
                Some(clock) => memory.with_clock(Arc::clone(clock)),
                None => memory,
            })
        });
        let shared = Shared {
            rules: ArcSwap::from_pointee(table),
            store,
            inflight: Arc::new(InFlight::new(RUNNING)),
            hasher: self.hasher.unwrap_or_else(KeyHasher::random),
            keys: self.keys,
            tier_of: self.tier_of,
            fields: self.fields,
            clock: self.clock.map_or_else(Stopwatch::new, Stopwatch::by),
            watch: Watch::new(),
            identity: Arc::new(()),
            samples: AtomicU32::new(SAMPLES),
        };
        Ok(Limits { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for LimitsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitsBuilder")
            .field("rules", &self.rules)
            .field("selection", &self.selection)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
