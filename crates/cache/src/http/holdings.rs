//! What is held for all requests, and how it is looked at, added to and ended.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Instant;

use http::header::{HOST, HeaderMap, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Method, Uri};

use palisade_core::Clock;

use super::heeded::{Heeded, Keyed};
use super::key::{self, Identify, Key, Keys};
use super::page::{Found, Page, Stored};
use super::policy::{Asked, Rules, named};
use super::stats::HttpStats;
use crate::entry::{Entry, Tags};
use crate::eras::{Began, Eras};
use crate::flight::Flights;
use crate::freshness::Term;
use crate::near::{Capacity, Near};
use crate::stats::Tally;

/// Slots of tags: 512 KiB for each cache. A change ends what shares its slot, so that one of so many answers
/// goes with each.
const SLOTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// What an answer may weigh, to size tables.
const USUAL: u64 = 16 << 10;

/// Says where the URI of a request is, if a router has changed it.
pub(super) type Locate = dyn Fn(&Parts) -> Option<&Uri> + Send + Sync;

/// How a cache of answers goes about them.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) rules: Rules,
    pub(super) name: &'static str,
    pub(super) shows_status: bool,
    pub(super) weight: u64,
    pub(super) most_bytes: u64,
    pub(super) variants: usize,
    pub(super) waiters: usize,
    pub(super) wait: std::time::Duration,
    pub(super) linger: std::time::Duration,
    pub(super) keyed: Vec<HeaderName>,
    pub(super) vary_only: Option<Vec<HeaderName>>,
    pub(super) identifying: Vec<HeaderName>,
    pub(super) hears_wishes: bool,
    pub(super) identify: Option<Arc<Identify>>,
    pub(super) locate: Option<Arc<Locate>>,
    pub(super) clock: Arc<dyn Clock>,
}

/// The answers that a [layer](super::HttpCacheLayer) holds; a clone is the same cache.
///
/// For what the layer cannot see: data that changed otherwise than by a request that went through it, or a
/// person who lost a right.
#[derive(Clone)]
pub struct HttpCache {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) flights: Flights<Key, Stored>,
    pub(super) eras: Eras,
    pub(super) keys: Keys,
    keyed: Keyed,
    pub(super) tally: Arc<Tally>,
    /// `Cache-Status` of a hit.
    pub(super) hit: Option<HeaderValue>,
    near: Near<Key, Page>,
}

/// What is asked for.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) key: Key,
    /// Under what it ends; only of one that is asked on.
    pub(super) tags: Tags,
    pub(super) asked: Asked,
    pub(super) heeded: Heeded,
    pub(super) method: Method,
    /// Before anything was read.
    pub(super) began: Began,
}

/// Where a request belongs.
pub(super) enum Plan {
    /// Past the cache.
    Bypass,
    /// Past it too: a method that reads and is not kept.
    Method,
    /// It changes something.
    Change(Tags),
    /// It reads.
    Look(Question),
}

impl HttpCache {
    pub(super) fn new(settings: Settings) -> Self {
        let tally = Arc::new(Tally::default());
        let entries = usize::try_from(settings.weight / USUAL).unwrap_or(usize::MAX).max(1);
        let weigh = |_: &Key, page: &Page| page.weight();
        let capacity = Capacity { weight: settings.weight, entries, weigh: Some(Arc::new(weigh)) };
        let hit = HeaderValue::try_from(format!("{}; hit", settings.name)).ok();
        let inner = Inner {
            near: Near::new(capacity, &tally),
            flights: Flights::new(),
            eras: Eras::new(SLOTS),
            keys: Keys::random(),
            keyed: Keyed::new(settings.keyed.clone()),
            tally,
            hit: hit.filter(|_| settings.shows_status),
            settings,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Ends what is stored for a path and query of a host, in all its variants and for everybody, and what
    /// is under way.
    pub fn invalidate(&self, host: &str, path_and_query: &str) {
        self.inner.eras.end_tag(self.inner.keys.tag(host.as_bytes(), path_and_query));
    }

    /// Ends what is stored for one identity, as [`private_by`](super::HttpCacheLayer::private_by) names it:
    /// when somebody signs out, or loses a right.
    pub fn invalidate_identity<I: Hash + ?Sized>(&self, identity: &I) {
        let tag = self.inner.keys.identity(|mut state| identity.hash(&mut state));
        self.inner.eras.end_tag(tag);
    }

    /// Ends everything, at the cost of one counter; what was there keeps its memory until others need it.
    pub fn clear(&self) {
        self.inner.eras.end_all();
    }

    /// Returns the name of the cache, by which it is known in `Cache-Status` and in metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.inner.settings.name
    }

    /// Returns what became of requests and answers.
    #[must_use]
    pub fn stats(&self) -> HttpStats {
        HttpStats::of(&self.inner.tally)
    }

    /// Returns the number of URIs of which something is held, stale answers among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.near.len()
    }

    /// Says whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what is held in bytes: content, fields, and an estimate of what goes with them.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.inner.near.weight()
    }
}

impl Inner {
    pub(super) fn now(&self) -> Instant {
        self.settings.clock.now()
    }

    /// Says what a request has to do with the cache.
    pub(super) fn plan(&self, parts: &Parts, has_content: bool) -> Plan {
        let settings = &self.settings;
        let (uri, headers) = (self.uri(parts), &parts.headers);
        if !parts.method.is_safe() {
            return Plan::Change(key::tags(&self.keys, uri, headers));
        }
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Plan::Method;
        }
        // Content of a GET is in no key; who reads it is the handler.
        let (heeded, keyed) = self.keyed.find(headers);
        if has_content || heeded.has(Heeded::FOR_THE_ORIGIN) {
            return Plan::Bypass;
        }
        let Some(host) = key::host(uri, headers) else { return Plan::Bypass };
        let began = self.eras.begin();
        let identify = settings.identify.as_deref();
        let Some(key) = self.keys.of(parts, uri, host, &keyed, identify) else {
            return Plan::Bypass;
        };
        let asked = if heeded.has(Heeded::WISHES) { Asked::of(headers) } else { Asked::default() };
        let asked = asked.identified_by(&settings.identifying, headers);
        let asked = if settings.hears_wishes { asked } else { asked.without_wishes() };
        let (method, tags) = (parts.method.clone(), Tags::new());
        Plan::Look(Question { key, tags, asked, heeded, method, began })
    }

    /// Returns under what the answer to a request ends.
    pub(super) fn tags(&self, parts: &Parts) -> Tags {
        let mut tags = key::tags(&self.keys, self.uri(parts), &parts.headers);
        if let Some(identify) = self.settings.identify.as_deref() {
            tags.push(self.keys.identity(|state| {
                identify(parts, state);
            }));
        }
        tags
    }

    /// Returns the URI that the client asked for.
    fn uri<'a>(&self, parts: &'a Parts) -> &'a Uri {
        let located = self.settings.locate.as_ref().and_then(|locate| locate(parts));
        located.unwrap_or(&parts.uri)
    }

    pub(super) fn find(&self, question: &Question, headers: &HeaderMap) -> Option<Found> {
        Some(self.page(question.key)?.find(&question.asked, headers))
    }

    fn page(&self, key: Key) -> Option<Arc<Page>> {
        self.near.get(&key).filter(|entry| self.near.holds(entry, &self.eras))?.value
    }

    /// Puts an answer in, beside those that other requests select.
    ///
    /// Of two that do so at a time, one may be lost; none comes back that was ended.
    pub(super) fn keep(&self, question: &Question, stored: Arc<Stored>) {
        let old = self.page(question.key).unwrap_or_default();
        self.put(question, old.with(stored, self.settings.variants));
    }

    /// Takes an answer out whose place a new one took that must not be kept.
    pub(super) fn discard(&self, question: &Question, stored: &Arc<Stored>) {
        if let Some(old) = self.page(question.key) {
            self.put(question, old.without(stored));
        }
    }

    fn put(&self, question: &Question, page: Page) {
        let Some(began) = page.began() else { return self.near.remove(&question.key) };
        let term = Term { fresh_until: 0, retry_at: 0, cost: 0 };
        let tags = question.tags.clone();
        self.near.insert(question.key, Entry::new(Some(Arc::new(page)), began, 0, tags, term));
    }

    /// Ends what a change has changed.
    pub(super) fn end(&self, tags: &Tags) {
        tags.iter().for_each(|tag| self.eras.end_tag(*tag));
    }

    /// Ends what the answer to a change names.
    pub(super) fn end_named(&self, headers: &HeaderMap, host: &[u8]) {
        for target in named(headers, host) {
            self.eras.end_tag(self.keys.tag(host, target));
        }
    }
}

/// Returns the host of a request that changes something, for what its answer names.
pub(super) fn host_of(parts: &Parts) -> Option<HeaderValue> {
    match parts.uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => parts.headers.get(HOST).cloned(),
    }
}

impl fmt::Debug for HttpCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCache")
            .field("name", &self.name())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
