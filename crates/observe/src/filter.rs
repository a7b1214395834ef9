//! Which events are written, changed while the program runs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer;

/// Levels by target, as `info,sqlx=warn`; clones share one, which can be [changed](Self::set).
///
/// A filter of one layer: what it leaves out, other layers may still see.
///
/// # Example
///
/// ```
/// use palisade_observe::Filter;
///
/// let filter: Filter = "info,sqlx=warn".parse()?;
/// filter.set("debug")?; // from now on, in every layer that has it
/// assert!(filter.set("loud").is_err());
/// assert_eq!(filter.to_string(), "debug");
/// # Ok::<(), palisade_observe::FilterError>(())
/// ```
///
/// # Cost
///
/// Nothing for events that are always or never written: `tracing` remembers the answer for each
/// place in the source until the filter is changed.
#[derive(Clone)]
pub struct Filter {
    targets: Arc<ArcSwap<Targets>>,
}

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "not a filter: write levels (off, error, warn, info, debug, trace) by target, as info,sqlx=warn"
)]
#[non_exhaustive]
pub struct FilterError {}

impl Filter {
    /// Everything from `INFO` on.
    #[must_use]
    pub fn info() -> Self {
        let targets = Targets::new().with_default(LevelFilter::INFO);
        Self { targets: Arc::new(ArcSwap::from_pointee(targets)) }
    }

    /// Replaces what is written.
    ///
    /// # Errors
    ///
    /// [`FilterError`]; nothing changes then.
    pub fn set(&self, directives: &str) -> Result<(), FilterError> {
        self.targets.store(Arc::new(parse(directives)?));
        tracing::callsite::rebuild_interest_cache();
        Ok(())
    }

    fn allows(&self, metadata: &Metadata<'_>) -> bool {
        self.targets.load().would_enable(metadata.target(), metadata.level())
    }
}

fn parse(directives: &str) -> Result<Targets, FilterError> {
    // A word alone is a level: a misspelt one must not become a target.
    let is_directive = |word: &str| {
        let word = word.trim();
        word.contains('=') || (!word.is_empty() && word.parse::<LevelFilter>().is_ok())
    };
    if !directives.split(',').all(is_directive) {
        return Err(FilterError {});
    }
    directives.parse().map_err(|_| FilterError {})
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(directives: &str) -> Result<Self, FilterError> {
        let targets = Arc::new(ArcSwap::from_pointee(parse(directives)?));
        Ok(Self { targets })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.targets.load().fmt(f)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.to_string()).finish()
    }
}

impl<S> layer::Filter<S> for Filter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &layer::Context<'_, S>) -> bool {
        self.allows(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // The most that any of its targets asks for.
        self.targets
            .load()
            .iter()
            .map(|(_, level)| level)
            .chain(self.targets.load().default_level())
            .max()
    }
}
