//! Which events are wanted.

use std::time::SystemTime;

#[cfg(any(feature = "rusqlite", feature = "sqlx-postgres"))]
use sha2::{Digest, Sha256};

use super::{Party, Stored};
use crate::event::{self, Outcome};

/// Which events are wanted; one without conditions wants all.
///
/// # Example
///
/// ```
/// use palisade_audit::query::{Filter, Stored};
///
/// let line = br#"{"seq":0,"ts":"2026-11-30T00:00:00.000000Z","action":"user.role.update","outcome":"denied"}"#;
/// let event = Stored::parse(line).unwrap();
/// assert!(Filter::new().action("user.*").matches(&event));
/// assert!(!Filter::new().action("user.role").matches(&event));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub(crate) actor: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
}

impl Filter {
    /// Wants all events.
    #[must_use]
    pub const fn new() -> Self {
        Self { actor: None, action: None, target: None, outcome: None, since: None, until: None }
    }

    /// Wants events of that actor: an id, or `kind:id`.
    #[must_use]
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Wants that action; with `*` at the end, all that begin so.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// Wants events on that target: an id, or `kind:id`.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Wants that outcome.
    #[must_use]
    pub const fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Wants events from that moment on.
    #[must_use]
    pub fn since(mut self, since: SystemTime) -> Self {
        self.since = Some(event::micros(since));
        self
    }

    /// Wants events before that moment.
    #[must_use]
    pub fn until(mut self, until: SystemTime) -> Self {
        self.until = Some(event::micros(until));
        self
    }

    /// Says whether an event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Stored) -> bool {
        let of = |wanted: &Option<String>, party: &Option<Party>| match (wanted, party) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(party)) => {
                *wanted == party.id
                    || wanted.split_once(':') == Some((party.kind.as_str(), party.id.as_str()))
            }
        };
        let action = self.action.as_deref().is_none_or(|action| match action.strip_suffix('*') {
            Some(start) => event.action.starts_with(start),
            None => event.action == action,
        });
        let time = event.micros();
        action
            && of(&self.actor, &event.actor)
            && of(&self.target, &event.target)
            && self.outcome.is_none_or(|outcome| event.outcome == outcome.as_str())
            && self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
    }

    /// A short hash by which a cursor knows its filter.
    #[cfg(any(feature = "rusqlite", feature = "sqlx-postgres"))]
    pub(crate) fn digest(&self) -> [u8; 8] {
        let mut hasher = Sha256::new();
        let outcome = self.outcome.map(|outcome| outcome.as_str().to_owned());
        let numbers =
            [self.since, self.until].map(|number| number.map(|number| number.to_string()));
        let texts = [&self.actor, &self.action, &self.target, &outcome];
        for text in texts.into_iter().chain(&numbers) {
            // Lengths keep one field from running into the next.
            let length =
                text.as_ref().map_or(u64::MAX, |text| text.len().try_into().unwrap_or(u64::MAX));
            hasher.update(length.to_be_bytes());
            hasher.update(text.as_deref().unwrap_or_default());
        }
        let mut short = [0; 8];
        short.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        short
    }
}
