//! The line, and when it is written.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use tracing::{Level, Span};

use super::Observed;
use super::layer::Shared;
use crate::query::QueryWatch;
use crate::suspicion::{Seen, Signs};

/// The target of the span and of the line.
pub(crate) const TARGET: &str = "palisade_observe::request";

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The whole answer was taken.
    Answered,
    /// The client took a part of the answer.
    CutOff,
    /// The inside failed, before or in the middle of the answer.
    Failed,
    /// The client hung up before there was an answer.
    GivenUp,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::CutOff => "cut_off",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// A request that runs; its line is written once, at the latest when this is dropped.
pub(super) struct Pending {
    pub(super) shared: Arc<Shared>,
    pub(super) span: Span,
    pub(super) observed: Observed,
    pub(super) begin: Instant,
    pub(super) client: Option<IpAddr>,
    pub(super) bytes_in: Option<u64>,
    pub(super) seen: Seen,
    pub(super) signs: Signs,
    pub(super) status: Option<StatusCode>,
    pub(super) bytes_out: u64,
    /// What is written if nothing else happens.
    pub(super) outcome: Outcome,
    pub(super) written: bool,
}

impl Pending {
    /// Writes the line.
    pub(super) fn finish(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        let now = self.shared.clock.now();
        if let (Some(detector), Some(client)) = (&self.shared.detector, self.client) {
            detector.look(client, self.signs, self.seen, self.status, now);
        }
        if let Some(repeated) = self.observed.queries().repeated(QueryWatch::MANY) {
            let time_us = u64::try_from(repeated.time.as_micros()).unwrap_or(u64::MAX);
            tracing::warn!(
                target: TARGET, parent: &self.span,
                route = self.observed.route(), statement = repeated.fingerprint, count = repeated.count, time_us,
                "one statement again and again: use a join or a list"
            );
        }
        let status = self.status.map_or(0, |status| status.as_u16());
        let well = outcome == Outcome::Answered && status < 400;
        let trace = self.observed.trace().trace_id();
        if well && trace.checked_rem(u128::from(self.shared.one_in)) != Some(0) {
            return;
        }
        let took = now.saturating_duration_since(self.begin);
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let (route, user) = (self.observed.route(), self.observed.user());
        let queries = Some(self.observed.queries().count()).filter(|count| *count > 0);
        let (outcome, bytes_out, bytes_in) = (outcome.as_str(), self.bytes_out, self.bytes_in);
        macro_rules! line {
            ($level:expr) => {
                tracing::event!(
                    target: TARGET, parent: &self.span, $level,
                    status, outcome, duration_us, bytes_out, bytes_in, route, user, queries,
                    "request"
                )
            };
        }
        if status >= 500 || outcome == Outcome::Failed.as_str() {
            line!(Level::ERROR);
        } else {
            line!(Level::INFO);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.finish(self.outcome);
    }
}
