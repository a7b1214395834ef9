//! Figures for the `metrics` facade, told when somebody asks: a read of a cache pays nothing for them.

use std::hash::Hash;

use metrics::{counter, gauge};
use palisade_resilience::breaker::Phase;

use crate::cache::Cache;
use crate::far::FarTier;
use crate::http::HttpCache;

/// What each metric means, for [`metrics::describe_counter!`] and its like.
pub const DESCRIPTIONS: [(&str, &str); 15] = [
    ("palisade_cache_reads_total", "Reads of memory, by cache and outcome."),
    ("palisade_cache_loads_total", "Loads, by cache and outcome."),
    ("palisade_cache_far_reads_total", "Keys asked for in the far tier, by cache and outcome."),
    ("palisade_cache_evictions_total", "Entries that went because others needed their room."),
    ("palisade_cache_entries", "Entries in memory, stale ones among them."),
    ("palisade_cache_far_errors_total", "Calls of the store that failed or were not made."),
    ("palisade_cache_far_flushes_total", "Times that something may not have been heard of."),
    ("palisade_cache_far_debts", "Counters that the store is still to be told of."),
    ("palisade_cache_far_heard", "Whether every invalidation up to the bound is known: 1 or 0."),
    ("palisade_cache_far_breaker", "The breaker: 0 closed, 1 half-open, 2 open."),
    ("palisade_cache_http_requests_total", "Requests to a cache of answers, by cache and outcome."),
    ("palisade_cache_http_answers_total", "Answers that were asked for, by cache and outcome."),
    ("palisade_cache_http_evictions_total", "URIs that went because others needed their room."),
    ("palisade_cache_http_uris", "URIs of which an answer is in memory, stale ones among them."),
    ("palisade_cache_http_bytes", "Bytes of answers in memory."),
];

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Sets the metrics of this cache to what [`stats`](Self::stats) says; to be called before they
    /// are read.
    pub fn report(&self) {
        let (cache, stats) = (self.name(), self.stats());
        let reads = [
            ("hit", stats.hits),
            ("miss", stats.misses),
            ("stale", stats.stale),
            ("degraded", stats.degraded),
        ];
        outcomes("palisade_cache_reads_total", "cache", cache, &reads);
        let loads = [
            ("loaded", stats.loads.saturating_sub(stats.overtaken)),
            ("overtaken", stats.overtaken),
            ("failed", stats.failures),
        ];
        outcomes("palisade_cache_loads_total", "cache", cache, &loads);
        let far = [("hit", stats.far_hits), ("miss", stats.far_misses)];
        outcomes("palisade_cache_far_reads_total", "cache", cache, &far);
        counter!("palisade_cache_evictions_total", "cache" => cache).absolute(stats.evictions);
        let entries = u32::try_from(self.len()).unwrap_or(u32::MAX);
        gauge!("palisade_cache_entries", "cache" => cache).set(entries);
    }
}

impl FarTier {
    /// Sets the metrics of this tier to what [`stats`](Self::stats) says; to be called before they are
    /// read.
    pub fn report(&self) {
        let (store, stats) = (self.store_name(), self.stats());
        let errors = [("failed", stats.failures), ("refused", stats.refused)];
        outcomes("palisade_cache_far_errors_total", "store", store, &errors);
        counter!("palisade_cache_far_flushes_total", "store" => store).absolute(stats.flushes);
        let debts = u32::try_from(stats.debts).unwrap_or(u32::MAX);
        gauge!("palisade_cache_far_debts", "store" => store).set(debts);
        gauge!("palisade_cache_far_heard", "store" => store).set(u32::from(stats.is_heard));
        let breaker = match stats.breaker {
            Phase::Closed => 0_u32,
            Phase::HalfOpen => 1,
            Phase::Open => 2,
        };
        gauge!("palisade_cache_far_breaker", "store" => store).set(breaker);
    }
}

impl HttpCache {
    /// Sets the metrics of this cache to what [`stats`](Self::stats) says; to be called before they
    /// are read.
    pub fn report(&self) {
        let (cache, stats) = (self.name(), self.stats());
        let requests = [
            ("hit", stats.hits),
            ("stale", stats.stale),
            ("miss", stats.misses),
            ("bypass", stats.bypassed),
        ];
        outcomes("palisade_cache_http_requests_total", "cache", cache, &requests);
        let answers = [
            ("stored", stats.stored),
            ("renewed", stats.renewed),
            ("refused", stats.refused),
            ("joined", stats.joined),
            ("failed", stats.failures),
            ("degraded", stats.degraded),
        ];
        outcomes("palisade_cache_http_answers_total", "cache", cache, &answers);
        counter!("palisade_cache_http_evictions_total", "cache" => cache).absolute(stats.evictions);
        let uris = u32::try_from(self.len()).unwrap_or(u32::MAX);
        gauge!("palisade_cache_http_uris", "cache" => cache).set(uris);
        let kibibytes = u32::try_from(self.weight() >> 10).unwrap_or(u32::MAX);
        gauge!("palisade_cache_http_bytes", "cache" => cache).set(f64::from(kibibytes) * 1024.0);
    }
}

/// Sets a counter for each outcome.
fn outcomes(
    name: &'static str,
    of: &'static str,
    which: &'static str,
    counts: &[(&'static str, u64)],
) {
    for (outcome, count) in counts {
        counter!(name, of => which, "outcome" => *outcome).absolute(*count);
    }
}
