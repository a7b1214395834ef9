//! Events of this instance, or of all that share a database.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_audit::postgres::{PostgresError, PostgresStore};
use palisade_audit::query::{Cursor, Filter, Index, IndexError, Limit, Page, Stored};
use palisade_input_validation::{Cursor as Sealed, CursorKeys, Scope, WeakKey};
use palisade_passwords::SecretKeys;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::accounts::User;
use crate::store::StoreError;

/// Nobody reads a list for longer.
const KEPT: Duration = Duration::from_hours(24);
/// A server that is silent ends no statement.
const PATIENCE: Duration = Duration::from_secs(8);

/// An event of some instance.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// The verifier key of its log, where several are gathered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
    #[serde(flatten)]
    pub(crate) event: Stored,
}

/// Part of an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    pub(crate) items: Vec<Entry>,
    pub(crate) has_more: bool,
    pub(crate) next_cursor: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FindError {
    #[error("the cursor is none of this list")]
    Cursor,
    #[error(transparent)]
    Index(IndexError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IndexError> for FindError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Cursor(_) => Self::Cursor,
            other => Self::Index(other),
        }
    }
}

impl From<PostgresError> for FindError {
    fn from(error: PostgresError) -> Self {
        match error {
            PostgresError::Database(error) => Self::Store(error.into()),
            // Reading finds no other history.
            _ => Self::Cursor,
        }
    }
}

/// Where events are looked for.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the index of this instance's log.
    Here(Arc<Index>),
    /// In the database that all instances copy to.
    Together(PostgresStore),
}

impl Place {
    async fn page(
        &self,
        filter: Filter,
        limit: Limit,
        cursor: Option<Cursor>,
    ) -> Result<Found, FindError> {
        match self {
            Self::Here(index) => {
                let index = Arc::clone(index);
                let found = tokio::task::spawn_blocking(move || {
                    index.catch_up()?;
                    index.query(&filter, limit, cursor.as_ref())
                });
                let page = found.await.map_err(|e| IndexError::from(io::Error::other(e)))??;
                Ok(found_of(page, |event| Entry { log: None, event }))
            }
            Self::Together(store) => {
                let page = store.query(&filter, limit, cursor.as_ref());
                let page = tokio::time::timeout(PATIENCE, page).await;
                let page = page.map_err(|_| StoreError::TimedOut)??;
                Ok(found_of(page, |found| Entry { log: Some(found.log), event: found.event }))
            }
        }
    }
}

fn found_of<T>(page: Page<T>, entry: impl FnMut(T) -> Entry) -> Found {
    let Page { items, has_more, next_cursor, .. } = page;
    Found { items: items.into_iter().map(entry).collect(), has_more, next_cursor }
}

/// Lists, whose positions nobody outside can read or choose.
#[derive(Clone, Debug)]
pub(super) struct Lists {
    place: Place,
    cursors: Arc<CursorKeys>,
}

impl Lists {
    pub(super) fn new(place: Place, keys: &SecretKeys) -> Result<Self, WeakKey> {
        let key = Sha256::digest(keys.sign("exam-portal audit cursors", b""));
        Ok(Self { place, cursors: Arc::new(CursorKeys::new(key.into())?) })
    }

    /// Returns a page to somebody; a cursor is good for whom it was made.
    pub(super) async fn page(
        &self,
        reader: &User,
        filter: Filter,
        limit: Limit,
        cursor: Option<&str>,
        now: SystemTime,
    ) -> Result<Found, FindError> {
        // The filter is in what is sealed.
        let scope = Scope::new("audit").principal(&reader.id.to_string());
        let opened = match cursor {
            None => None,
            Some(text) => {
                let sealed = Sealed::<String>::parse(text).map_err(|_| FindError::Cursor)?;
                let text = self.cursors.open(&scope, &sealed, now);
                let text = text.map_err(|_| FindError::Cursor)?;
                Some(text.parse::<Cursor>().map_err(|_| FindError::Cursor)?)
            }
        };
        let mut found = self.place.page(filter, limit, opened).await?;
        if let Some(next) = &mut found.next_cursor {
            let until = now.checked_add(KEPT).unwrap_or(now);
            let sealed = self.cursors.seal(&scope, next, until).map_err(|_| FindError::Cursor)?;
            *next = sealed.to_string();
        }
        Ok(found)
    }
}
