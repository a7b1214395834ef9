//! What handlers are given.

use axum::extract::FromRef;

use crate::accounts::Accounts;
use crate::store::Store;

/// The parts of the portal that are there once the database is open.
#[derive(Clone)]
pub(crate) struct Portal {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
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
