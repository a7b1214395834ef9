//! What is rendered ahead, once or for each day.

use std::sync::{Arc, PoisonError, RwLock};

use super::SecurityHeaders;
use super::exchange::Prepared;
use crate::reports::Tags;

/// The headers as they are now.
#[derive(Debug)]
pub(super) enum Rendered {
    /// With an address that is signed for a day.
    Daily { tags: Tags, today: RwLock<(u64, Arc<Prepared>)> },
    /// For good.
    Once(Arc<Prepared>),
}

impl Rendered {
    pub(super) fn new(set: SecurityHeaders) -> Self {
        let Some(tags) = set.endpoint.as_ref().and_then(|endpoint| endpoint.tags()).cloned() else {
            return Self::Once(Arc::new(Prepared::new(set, 0)));
        };
        let day = tags.today();
        let today = RwLock::new((day, Arc::new(Prepared::new(set, day))));
        Self::Daily { tags, today }
    }

    pub(super) fn current(&self) -> Arc<Prepared> {
        match self {
            Self::Once(prepared) => Arc::clone(prepared),
            Self::Daily { tags, today } => daily(tags, today),
        }
    }
}

#[inline(never)]
fn daily(tags: &Tags, today: &RwLock<(u64, Arc<Prepared>)>) -> Arc<Prepared> {
    let day = tags.today();
    let (known, prepared) = today.read().unwrap_or_else(PoisonError::into_inner).clone();
    if known == day {
        return prepared;
    }
    let prepared = Arc::new(prepared.on(day));
    *today.write().unwrap_or_else(PoisonError::into_inner) = (day, Arc::clone(&prepared));
    prepared
}
