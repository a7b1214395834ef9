//! What the caches did, for `/admin/security`.

use palisade_cache::far::FarStats;
use palisade_cache::http::HttpCache;

use crate::caches::{CacheFigures, Caches};

/// The part of the page about the caches.
pub(super) struct CachesView {
    pub(super) rows: Vec<CacheRow>,
    /// Nothing where no store is shared.
    pub(super) far: Option<FarView>,
}

/// One cache.
pub(super) struct CacheRow {
    pub(super) name: &'static str,
    /// Percent of the reads that memory answered.
    pub(super) ratio: u64,
    pub(super) reads: u64,
    pub(super) far: u64,
    pub(super) loads: u64,
    /// Loads that failed, and reads that got a stale value for it.
    pub(super) failures: u64,
    pub(super) degraded: u64,
}

/// The store that instances share.
pub(super) struct FarView {
    pub(super) state: &'static str,
    pub(super) errors: u64,
    pub(super) debts: usize,
}

/// The answers of the API that are kept.
pub(super) struct AnswersView {
    /// Percent of the requests that got what is kept.
    pub(super) ratio: u64,
    pub(super) requests: u64,
    pub(super) made: u64,
    /// Found good still by the handler, and sent without being made.
    pub(super) renewed: u64,
    pub(super) refused: u64,
    pub(super) failures: u64,
    pub(super) kibibytes: u64,
}

impl AnswersView {
    pub(super) fn of(cache: &HttpCache) -> Self {
        let stats = cache.stats();
        let sum = |counts: &[u64]| counts.iter().copied().fold(0, u64::saturating_add);
        let requests = sum(&[stats.hits, stats.stale, stats.misses]);
        let kept = sum(&[stats.hits, stats.stale, stats.renewed, stats.joined, stats.degraded]);
        Self {
            ratio: percent(kept, requests),
            requests,
            made: stats.stored,
            renewed: stats.renewed,
            refused: stats.refused,
            failures: stats.failures,
            kibibytes: cache.weight() >> 10,
        }
    }
}

const fn percent(part: u64, whole: u64) -> u64 {
    match part.saturating_mul(100).checked_div(whole) {
        Some(percent) => percent,
        None => 0,
    }
}

impl CachesView {
    pub(super) fn of(caches: &Caches) -> Self {
        let rows = caches.figures().into_iter().map(row).collect();
        Self { rows, far: caches.far().map(far) }
    }
}

fn row(CacheFigures { name, stats }: CacheFigures) -> CacheRow {
    let answered = [stats.hits, stats.stale, stats.degraded].into_iter();
    let answered = answered.fold(0, u64::saturating_add);
    let reads = answered.saturating_add(stats.misses);
    CacheRow {
        name,
        ratio: percent(answered, reads),
        reads,
        far: stats.far_hits,
        loads: stats.loads,
        failures: stats.failures,
        degraded: stats.degraded,
    }
}

const fn far(figures: FarStats) -> FarView {
    let state = if figures.is_heard {
        "Redis is heard: what one instance changes the others know at once."
    } else {
        "Redis is not heard: each instance reads the database for itself."
    };
    let errors = figures.failures.saturating_add(figures.refused);
    FarView { state, errors, debts: figures.debts }
}
