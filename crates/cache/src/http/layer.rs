//! The layer, and how it is set up.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::header::{FORWARDED, HeaderName};
use http::request::Parts;
use palisade_core::{Clock, SystemClock};
use tower_layer::Layer;

use super::holdings::{HttpCache, Settings};
use super::policy::{Rules, Sharing};
use super::service::HttpCacheService;
use crate::error::ConfigError;

/// Fields that frameworks and handlers take hosts, schemes, paths and methods from, and that anybody may
/// send: they are in the key of each answer.
const KEYED: [HeaderName; 15] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-scheme"),
    HeaderName::from_static("x-forwarded-ssl"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-path"),
    HeaderName::from_static("x-host"),
    HeaderName::from_static("x-original-host"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// Keeps answers to GET and answers requests from them (RFC 9111).
///
/// An answer is kept if RFC 9111 lets it be kept and [`policy`](super::policy) finds nothing in it that is of one
/// person or of one moment. There is no way to make the layer without saying who shares it:
/// [`shared`](Self::shared) or [`private_by`](Self::private_by).
///
/// ```rust
/// use palisade_cache::http::HttpCacheLayer;
/// use std::time::Duration;
///
/// #[derive(Clone, Hash)]
/// struct UserId(u64);
///
/// let public = HttpCacheLayer::shared()
///     .memory(256 << 20)?
///     .stale_if_error(Duration::from_mins(10))
///     .build();
/// let own = HttpCacheLayer::private_by(|parts| parts.extensions.get::<UserId>().cloned()).build();
///
/// own.cache().invalidate_identity(&UserId(7)); // signed out, or lost a right
/// # let _ = public;
/// # Ok::<_, palisade_cache::ConfigError>(())
/// ```
///
/// # What is told apart
///
/// The key of an answer is scheme, host and the undecoded path and query as the service gets them, the identity,
/// and the fields that frameworks take URLs from and anybody may send (`X-Forwarded-Host` and its like:
/// [`unkey_header`](HttpCacheBuilder::unkey_header) has the list). No path is decoded, shortened or judged by its
/// ending. A request that names two hosts, or that has content, goes past the cache. Within a key, `Vary` tells answers apart.
///
/// A field that a handler reads, that is not in the list and that the answer does not name in `Vary`, is not told
/// apart: name it by [`key_header`](HttpCacheBuilder::key_header). Of `X-Forwarded-For` alone nothing is made.
///
/// # Who gets what
///
/// In a shared cache, who sends `Cookie`, `Authorization` or an
/// [`identity_header`](HttpCacheBuilder::identity_header) gets only what says `public` or `s-maxage`, and nothing else that
/// was answered to such a request is kept. An answer with `Set-Cookie` is kept by no cache. A page with a nonce is a
/// new page each time: it is known by its policy, or by `nonce=` in its HTML, where the layer that names the policy
/// is outside of this one. Compressed HTML cannot be looked into: put compression outside.
///
/// # How an answer is got
///
/// Of all who miss an answer, one asks, in a task of its own, and the others wait for it, as many and as long as set;
/// what turns out not to be for them they ask for themselves. Who names himself, asks for a part or has
/// conditions of his own asks at once. The task sees no task-local values of its caller and goes on for
/// [`linger`](HttpCacheBuilder::linger) when that one goes away. An answer that may be kept is read up to the limit before it is
/// passed on; any other passes through as it comes.
///
/// A stale answer is validated if it has an `ETag` or `Last-Modified`, renewed by an answer to HEAD that is about the
/// same content (section 4.3.5), served meanwhile within `stale-while-revalidate`, and
/// stands in within `stale-if-error` when the service fails or says 500, 502, 503 or 504. `must-revalidate`,
/// `proxy-revalidate`, `s-maxage` and `no-cache` forbid both.
///
/// # What ends an answer
///
/// A request that is not safe ends what is kept of its URI, in all variants and for everybody, when it has succeeded, and
/// when nobody learns whether it has; and what its answer names in `Location` and `Content-Location` by a path, or by a
/// URL of the same host. [`cache`](Self::cache) ends by path, by identity, and all. What was asked for before
/// an end is not kept after it, and nobody who asks later gets it.
///
/// # Cost
///
/// A hit: one clock read, one pass over the names of the request's fields, one look-up, a clone of the answer's fields
/// (two allocations) and of their values (counted references); nothing else is allocated but once a second, when `Age`
/// changes. A miss: one task, its channel, two boxes, and what is kept. A test counts the allocations of a hit.
#[must_use = "a layer does nothing until it is applied to a service"]
#[derive(Clone, Debug)]
pub struct HttpCacheLayer {
    cache: HttpCache,
}

impl HttpCacheLayer {
    /// Begins a cache whose answers are for everybody.
    pub fn shared() -> HttpCacheBuilder {
        HttpCacheBuilder::new(Sharing::Shared)
    }

    /// Begins a cache whose answers are for one identity each: a user, a tenant, or both. Requests without one
    /// go past it.
    ///
    /// Two requests have one identity if they write the same into a hasher: the type must hash all that tells
    /// one from another, as numbers, texts and derived `Hash` do.
    pub fn private_by<I: Hash>(
        identity: impl Fn(&Parts) -> Option<I> + Send + Sync + 'static,
    ) -> HttpCacheBuilder {
        let mut builder = HttpCacheBuilder::new(Sharing::Private);
        let write = move |parts: &Parts, mut state: &mut dyn Hasher| {
            identity(parts).map(|identity| identity.hash(&mut state)).is_some()
        };
        builder.settings.identify = Some(Arc::new(write));
        builder
    }

    /// Returns the answers that are held, to end some of them.
    #[must_use]
    pub fn cache(&self) -> HttpCache {
        self.cache.clone()
    }
}

impl<S> Layer<S> for HttpCacheLayer {
    type Service = HttpCacheService<S>;

    fn layer(&self, inner: S) -> HttpCacheService<S> {
        HttpCacheService::new(inner, self.cache.clone())
    }
}

/// Settings of a cache of answers.
///
/// | setting | default |
/// |---|---|
/// | [`memory`](Self::memory) | 64 MiB |
/// | [`body_limit`](Self::body_limit) | 1 MiB |
/// | [`variants`](Self::variants) | 8 |
/// | [`heuristic`](Self::heuristic) | 1 day |
/// | [`stale_if_error`](Self::stale_if_error) | what the answer says |
/// | [`waiters`](Self::waiters), [`wait`](Self::wait) | 1,024, 5 s |
/// | [`linger`](Self::linger) | 30 s |
/// | [`name`](Self::name) | `palisade` |
#[must_use = "settings do nothing until they are built"]
pub struct HttpCacheBuilder {
    settings: Settings,
}

impl HttpCacheBuilder {
    fn new(sharing: Sharing) -> Self {
        let settings = Settings {
            rules: Rules::new(sharing),
            name: "palisade",
            shows_status: true,
            weight: 64 << 20,
            most_bytes: 1 << 20,
            variants: 8,
            waiters: 1024,
            wait: Duration::from_secs(5),
            linger: Duration::from_secs(30),
            keyed: KEYED.to_vec(),
            vary_only: None,
            identifying: Vec::new(),
            hears_wishes: true,
            identify: None,
            locate: None,
            clock: Arc::new(SystemClock::new()),
        };
        Self { settings }
    }

    /// Bounds what is held, in bytes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] below 64 KiB and over 1 TiB.
    pub fn memory(mut self, bytes: u64) -> Result<Self, ConfigError> {
        self.settings.weight = ConfigError::number("the memory", bytes, 1 << 16, 1 << 40)?;
        Ok(self)
    }

    /// Keeps content of up to so many bytes; what is larger passes through as it comes.
    ///
    /// An answer that may be kept is read up to here before it is passed on. One that weighs more than the
    /// share of one shard of the memory is not kept either.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] over 1 GiB.
    pub fn body_limit(mut self, bytes: u64) -> Result<Self, ConfigError> {
        let limit = ConfigError::number("the bytes of a stored body", bytes, 0, 1 << 30)?;
        self.settings.most_bytes = limit;
        Ok(self)
    }

    /// Keeps so many answers of one URI that different fields select (`Vary`); the oldest goes.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Number`] for 0 and over 1,024.
    pub fn variants(mut self, most: u16) -> Result<Self, ConfigError> {
        let most = ConfigError::number("the variants", most.into(), 1, 1024)?;
        self.settings.variants = usize::try_from(most).unwrap_or(1024);
        Ok(self)
    }

    /// Sets how long an answer is taken for fresh at the most that does not say so and has a
    /// `Last-Modified`; zero is not to guess.
    pub fn heuristic(mut self, most: Duration) -> Self {
        self.settings.rules = self.settings.rules.heuristic(most);
        self
    }

    /// Serves stale answers for so long where no new one can be had and they do not say otherwise.
    pub fn stale_if_error(mut self, span: Duration) -> Self {
        self.settings.rules = self.settings.rules.stale_if_error(span);
        self
    }

    /// Lets so many requests wait for one answer that is on its way; more ask for themselves.
    pub const fn waiters(mut self, most: usize) -> Self {
        self.settings.waiters = most;
        self
    }

    /// Sets how long a request waits for another's answer before it asks for itself.
    pub const fn wait(mut self, most: Duration) -> Self {
        self.settings.wait = most;
        self
    }

    /// Sets how long an answer is waited for that nobody wants any more.
    pub const fn linger(mut self, most: Duration) -> Self {
        self.settings.linger = most;
        self
    }

    /// Tells answers apart by one more field of the request, whatever they say in `Vary`.
    pub fn key_header(mut self, name: HeaderName) -> Self {
        if !self.settings.keyed.contains(&name) {
            self.settings.keyed.push(name);
        }
        self
    }

    /// Leaves a field out of the key: no handler reads it, or a proxy sets it for every request.
    ///
    /// In the key are, by default, `Forwarded`, `X-Forwarded-Host`, `-Server`, `-Proto`, `-Scheme`, `-Ssl`, `-Port`,
    /// `-Prefix` and `-Path`, `X-Host`, `X-Original-Host`, `X-Original-URL`, `X-Rewrite-URL`, `X-HTTP-Method-Override`
    /// and `X-Method-Override`.
    pub fn unkey_header(mut self, name: &HeaderName) -> Self {
        self.settings.keyed.retain(|keyed| keyed != name);
        self
    }

    /// Keeps only answers that vary by these fields, or by none: each value of a field is another answer to
    /// make and to hold.
    pub fn vary_only(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.settings.vary_only = Some(names.into_iter().collect());
        self
    }

    /// Treats a field of the request as `Cookie` is treated: it says who asks (`X-Api-Key`).
    pub fn identity_header(mut self, name: HeaderName) -> Self {
        self.settings.identifying.push(name);
        self
    }

    /// Pays no heed to clients that want no stored answer, or none of a certain age (`no-cache`, `max-age`,
    /// `min-fresh`, `max-stale`): each of them costs a request to the handler.
    pub const fn ignore_client_wishes(mut self) -> Self {
        self.settings.hears_wishes = false;
        self
    }

    /// Says where the URI is that the client asked for, where a router changes it for what is nested (axum:
    /// `OriginalUri` in the extensions). Without it two nested routers must not share one cache.
    pub fn original_uri(
        mut self,
        locate: impl Fn(&Parts) -> Option<&Uri> + Send + Sync + 'static,
    ) -> Self {
        self.settings.locate = Some(Arc::new(locate));
        self
    }

    /// Names the cache in `Cache-Status`; the name is a token of letters, digits, hyphens and underscores.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Name`] for another one.
    pub fn name(mut self, name: &'static str) -> Result<Self, ConfigError> {
        ConfigError::name("the name", name)?;
        self.settings.name = name;
        Ok(self)
    }

    /// Adds no `Cache-Status` to answers.
    pub const fn without_cache_status(mut self) -> Self {
        self.settings.shows_status = false;
        self
    }

    /// Goes by this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.settings.clock = Arc::new(clock);
        self
    }

    /// Makes the layer and its cache.
    pub fn build(self) -> HttpCacheLayer {
        HttpCacheLayer { cache: HttpCache::new(self.settings) }
    }
}

impl fmt::Debug for HttpCacheBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { rules, weight, most_bytes, .. } = &self.settings;
        f.debug_struct("HttpCacheBuilder")
            .field("rules", rules)
            .field("memory", weight)
            .field("body_limit", most_bytes)
            .finish_non_exhaustive()
    }
}
