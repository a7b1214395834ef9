//! Whether the process lives and whether requests are welcome.
//!
//! *Live* is the process alone: a database that is down is not mended by a restart. *Ready* is the
//! start that is over, a drain that has not begun, and the [`Check`]s of what is this instance's own;
//! each answer of a check is kept for a while, and each is waited for so long and no longer, however
//! many ask.
//!
//! [`HealthLayer`] answers `/health`, `/health/live` and `/health/ready` before anything else does: no
//! limits, no sign-in, no line in the log. To strangers it says one word; what is wrong it says to
//! the operator.

mod check;
#[cfg(feature = "rustix")]
mod disk;
mod layer;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use palisade_core::Clock;

pub use check::{Check, Verdict};
pub use layer::{HealthLayer, HealthService, ResponseFuture};

/// Whether requests are welcome, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The start is not over.
    Starting,
    /// They are.
    Ready,
    /// A check fails.
    Unavailable,
    /// The process is about to end.
    Draining,
}

impl State {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Unavailable => "unavailable",
            Self::Draining => "draining",
        }
    }
}

/// What [`Health::readiness`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readiness {
    /// The sum of it.
    pub state: State,
    /// Every check by its name; none while the process starts or ends.
    pub checks: Vec<(&'static str, Verdict)>,
}

/// The health of the process; clones share one.
///
/// # Example
///
/// ```
/// use palisade_core::SystemClock;
/// use palisade_observe::health::{Check, Health, State};
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let health = Health::new(Arc::new(SystemClock::new()));
/// assert_eq!(health.readiness().await.state, State::Starting);
/// health.started([Check::new("database", || async { true })]);
/// assert_eq!(health.readiness().await.state, State::Ready);
/// health.drain(); // on SIGTERM, before the listener is closed
/// assert_eq!(health.readiness().await.state, State::Draining);
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Health {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    checks: OnceLock<Vec<Check>>,
    draining: AtomicBool,
}

impl Health {
    /// Health of a process that starts.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (checks, draining) = (OnceLock::new(), AtomicBool::new(false));
        Self { shared: Arc::new(Shared { clock, checks, draining }) }
    }

    /// The start is over: from now on these are asked; a second call changes nothing.
    pub fn started(&self, checks: impl IntoIterator<Item = Check>) {
        let _ = self.shared.checks.get_or_init(|| checks.into_iter().collect());
    }

    /// The end begins: from now on no more requests are welcome, though they are still answered.
    ///
    /// A balancer reads that from `/health/ready`; give it time before the listener is closed.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::SeqCst);
    }

    /// Returns whether the end has begun.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.draining.load(Ordering::SeqCst)
    }

    /// Asks the checks whose answers are old, all at once, and says whether requests are welcome.
    pub async fn readiness(&self) -> Readiness {
        let none = |state| Readiness { state, checks: Vec::new() };
        if self.is_draining() {
            return none(State::Draining);
        }
        let Some(checks) = self.shared.checks.get() else { return none(State::Starting) };
        let verdicts = check::all(checks, &*self.shared.clock).await;
        let up = verdicts.iter().all(|verdict| *verdict == Verdict::Up);
        let state = if up { State::Ready } else { State::Unavailable };
        let checks = checks.iter().map(Check::name).zip(verdicts).collect();
        Readiness { state, checks }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("checks", &self.shared.checks.get())
            .field("draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}
