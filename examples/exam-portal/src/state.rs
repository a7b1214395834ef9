//! What handlers are given.

use axum::extract::FromRef;
use palisade_headers::reports::Collector;

use crate::accounts::Accounts;
use crate::answers::Answers;
use crate::exams::Copies;
use crate::limits::Guard;
use crate::resets::Resets;
use crate::store::Store;
use crate::trail::Trail;

/// The parts of the portal that are there once the database is open.
#[derive(Clone)]
pub(crate) struct Portal {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) resets: Resets,
    pub(crate) guard: Guard,
    pub(crate) copies: Copies,
    pub(crate) trail: Trail,
    /// What browsers report about the pages.
    pub(crate) reports: Collector,
    pub(crate) answers: Answers,
}

impl FromRef<Portal> for Store {
    fn from_ref(portal: &Portal) -> Self {
        portal.store.clone()
    }
}

impl FromRef<Portal> for Accounts {
    fn from_ref(portal: &Portal) -> Self {
        portal.accounts.clone()
    }
}

impl FromRef<Portal> for Copies {
    fn from_ref(portal: &Portal) -> Self {
        portal.copies.clone()
    }
}

impl FromRef<Portal> for Resets {
    fn from_ref(portal: &Portal) -> Self {
        portal.resets.clone()
    }
}
