//! The statements of one request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::fingerprint;

/// Statements that are told apart, for one request.
const MOST: usize = 64;

/// A statement and how often it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// What it has in common with others; see [`fingerprint`](super::fingerprint).
    pub fingerprint: String,
    /// How often it was sent.
    pub count: u64,
    /// How long that took in all.
    pub time: Duration,
}

impl Statement {
    /// Returns whether it is one of those that are sent in a loop: not one that takes a list of
    /// values or rows, and none of transactions.
    #[must_use]
    pub fn is_single(&self) -> bool {
        let text = self.fingerprint.as_str();
        let first = text.split(' ').next().unwrap_or_default();
        let verbs = ["select", "with", "insert", "update", "delete", "replace"];
        let lists = [" in (", " any(", " any (", "json_each(", "unnest(", "(?)+"];
        verbs.contains(&first) && !lists.iter().any(|list| text.contains(list))
    }
}

/// The statements of one request.
#[derive(Debug, Default)]
pub struct Queries {
    count: AtomicU64,
    statements: Mutex<Vec<Statement>>,
}

impl Queries {
    /// Returns how many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns each by its fingerprint, at most 64 of them, as they came.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the statement that was sent most often, if it was sent at least so often for one row
    /// each time.
    #[must_use]
    pub fn repeated(&self, least: u64) -> Option<Statement> {
        if self.count() < least {
            return None;
        }
        let statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        let many = statements.iter().filter(|one| one.count >= least && one.is_single());
        many.max_by_key(|one| one.count).cloned()
    }

    pub(super) fn note(&self, sql: &str, time: Duration) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::with_capacity(sql.len().min(512));
        fingerprint::write(&mut text, sql);
        let known = statements.iter_mut().find(|one| one.fingerprint == text);
        if let Some(one) = known {
            one.count = one.count.saturating_add(1);
            one.time = one.time.saturating_add(time);
        } else if statements.len() < MOST {
            statements.push(Statement { fingerprint: text, count: 1, time });
        }
    }
}
