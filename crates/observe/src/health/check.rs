//! A question to something that this instance needs.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use palisade_core::Clock;
use tokio::sync::Mutex;

type Asked<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The answer to a [`Check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It works.
    Up,
    /// It says that it does not.
    Down,
    /// It did not answer in time.
    Silent,
}

impl Verdict {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Silent => "silent",
        }
    }
}

/// A question, how long its answer holds and how long it is waited for.
///
/// Ask only what belongs to this instance alone or what it cannot work without: if every instance
/// asks one shared service, its hiccup takes all of them out of the balancer at once.
pub struct Check {
    name: &'static str,
    ask: Box<dyn Fn() -> Asked<bool> + Send + Sync>,
    patience: Duration,
    holds: Duration,
    last: Mutex<Option<(Instant, Verdict)>>,
}

impl Check {
    /// Asks by this closure, waits two seconds, keeps the answer for one.
    pub fn new<F>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        Self {
            name,
            ask: Box::new(move || Box::pin(ask())),
            patience: Duration::from_secs(2),
            holds: Duration::from_secs(1),
            last: Mutex::new(None),
        }
    }

    /// Waits so long for an answer.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Keeps an answer for so long, from when it came.
    #[must_use]
    pub const fn holds(mut self, holds: Duration) -> Self {
        self.holds = holds;
        self
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the last answer, or asks; one caller asks, the others wait for his answer.
    async fn verdict(&self, clock: &dyn Clock) -> Verdict {
        let mut last = self.last.lock().await;
        if let Some((at, verdict)) = *last
            && clock.now().saturating_duration_since(at) < self.holds
        {
            return verdict;
        }
        let verdict = match tokio::time::timeout(self.patience, (self.ask)()).await {
            Ok(true) => Verdict::Up,
            Ok(false) => Verdict::Down,
            Err(_) => Verdict::Silent,
        };
        *last = Some((clock.now(), verdict));
        verdict
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Asks all side by side.
pub(super) async fn all(checks: &[Check], clock: &dyn Clock) -> Vec<Verdict> {
    let mut asked: Vec<_> =
        checks.iter().map(|check| (Box::pin(check.verdict(clock)), None::<Verdict>)).collect();
    poll_fn(move |cx| {
        for (future, verdict) in &mut asked {
            if verdict.is_none()
                && let Poll::Ready(found) = future.as_mut().poll(cx)
            {
                *verdict = Some(found);
            }
        }
        let found: Option<Vec<Verdict>> = asked.iter().map(|(_, verdict)| *verdict).collect();
        found.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
