//! Requests within their limits.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use smallvec::SmallVec;

use crate::fields::Lines;
use crate::inflight::Permit;
use crate::rule::{RuleTable, gives_back};
use crate::store::{Ask, Asks};

/// What an admitted request takes with it: header lines for its answer, the right to run, and what
/// may be given back.
#[derive(Debug, Default)]
#[must_use = "a request runs as long as its admission lives"]
pub struct Admission {
    pub(super) lines: Lines,
    pub(super) soft: SmallVec<[Arc<str>; 1]>,
    pub(super) permits: SmallVec<[Permit; 1]>,
    pub(super) refund: Option<Box<Refund>>,
}

/// What was taken, and where from.
#[derive(Debug)]
pub(crate) struct Refund {
    pub(super) rules: Arc<RuleTable>,
    pub(super) taken: Vec<(usize, Ask)>,
}

impl Refund {
    /// Returns what an answer with that status gives back.
    pub(crate) fn on(&self, status: StatusCode) -> Asks {
        let mut asks = Asks::new();
        for (rule, ask) in &self.taken {
            let refunds = self.rules.rules.get(*rule).map(|rule| rule.refunds.as_slice());
            if gives_back(refunds.unwrap_or_default(), status) {
                asks.push(*ask);
            }
        }
        asks
    }
}

impl Admission {
    /// Returns the policies that it is over and that are [`soft`](crate::rule::Rule::soft).
    #[must_use]
    pub fn soft_limited(&self) -> Option<SoftLimited> {
        if self.soft.is_empty() {
            return None;
        }
        Some(SoftLimited { policies: self.soft.iter().cloned().collect() })
    }

    /// Puts its lines into the head of an answer.
    pub fn put_fields(&mut self, headers: &mut HeaderMap) {
        if !self.lines.are_none() {
            std::mem::take(&mut self.lines).put(headers);
        }
    }

    /// Returns what an answer with that status gives back; nothing the second time.
    #[must_use]
    pub fn refund(&mut self, status: StatusCode) -> Asks {
        self.refund.take().map_or_else(Asks::new, |refund| refund.on(status))
    }

    /// Says whether anything may be given back.
    pub(crate) const fn refunds(&self) -> bool {
        self.refund.is_some()
    }

    pub(crate) fn permits(&mut self) -> SmallVec<[Permit; 1]> {
        std::mem::take(&mut self.permits)
    }
}

/// Among the extensions of a request that is over the quota of a rule that is
/// [`soft`](crate::rule::Rule::soft): an application may answer it more cheaply.
#[derive(Clone, Debug)]
pub struct SoftLimited {
    policies: Arc<[Arc<str>]>,
}

impl SoftLimited {
    /// Returns the names of the policies.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|name| &**name)
    }
}
