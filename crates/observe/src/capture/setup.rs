//! What a capture is told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::ErrorSink;
use crate::redact::Redactor;

/// What [`Capture::start`](super::Capture::start) is told.
#[must_use = "nothing is captured until it is started"]
pub struct Setup {
    pub(super) redactor: Redactor,
    pub(super) limits: Limits,
    pub(super) queue: usize,
    pub(super) told: Told,
    pub(super) sinks: Vec<Box<dyn ErrorSink>>,
}

/// What every report says.
#[derive(Clone, Default)]
pub(super) struct Told {
    pub(super) release: Option<Arc<str>>,
    pub(super) environment: Option<Arc<str>>,
}

/// How much is told.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Of the repeats of a fault, one in so many.
    pub(super) one_in: u64,
    /// The shortest time between two reports of one fault.
    pub(super) interval: Duration,
    /// Reports of all faults in a minute.
    pub(super) a_minute: u32,
}

impl Setup {
    /// Reports waiting in the queue, at most; each is 64 KiB at most.
    pub const QUEUE: usize = 64;

    /// Hides what this redactor finds; nothing is told to anybody yet.
    pub fn new(redactor: Redactor) -> Self {
        let limits = Limits { one_in: 10, interval: Duration::from_mins(1), a_minute: 60 };
        let (told, sinks) = (Told::default(), Vec::new());
        Self { redactor, limits, queue: Self::QUEUE, told, sinks }
    }

    /// Tells also this sink.
    pub fn to(mut self, sink: impl ErrorSink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Names what runs, as `shop@1.4.2`.
    pub fn release(mut self, release: &str) -> Self {
        self.told.release = Some(release.into());
        self
    }

    /// Names where it runs, as `production`.
    pub fn environment(mut self, environment: &str) -> Self {
        self.told.environment = Some(environment.into());
        self
    }

    /// Tells one in so many of the repeats of a fault, in place of ten; its first time is always told.
    pub fn sample(mut self, one_in: u32) -> Self {
        self.limits.one_in = u64::from(one_in.max(1));
        self
    }

    /// Tells the same fault no sooner than after this time, in place of a minute.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.limits.interval = interval;
        self
    }

    /// Tells no more than so many errors in a minute, in place of sixty.
    pub const fn most_a_minute(mut self, most: u32) -> Self {
        self.limits.a_minute = most;
        self
    }

    /// Lets so many reports wait, in place of [`QUEUE`](Self::QUEUE).
    pub const fn queue(mut self, reports: usize) -> Self {
        self.queue = reports;
        self
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup")
            .field("release", &self.told.release)
            .field("environment", &self.told.environment)
            .field("sinks", &self.sinks.len())
            .finish_non_exhaustive()
    }
}
