//! Events of this instance, or of all that share a database.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_audit::postgres::{PostgresError, PostgresStore};
use palisade_audit::query::{Cursor, Filter, Index, IndexError, Limit, Page, Stored};
use palisade_input_validation::{Cursor as Sealed, CursorKeys, Scope, WeakKey};
use palisade_passwords::SecretKeys;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
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

impl JsonSchema for Entry {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    /// What [`Stored`] writes.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<String>();
        let number = generator.subschema_for::<u64>();
        let party = json_schema!({
            "type": "object",
            "required": ["kind", "id"],
            "properties": {"kind": text, "id": text},
        });
        json_schema!({
            "type": "object",
            "required": ["seq", "ts", "action", "outcome"],
            "properties": {
                "log": {"type": "string", "description": "the verifier key of its log, where several are gathered"},
                "seq": number,
                "ts": {"type": "string", "format": "date-time"},
                "own": {"type": "boolean", "description": "whether it is the log's own"},
                "action": text,
                "outcome": {"enum": ["success", "failure", "denied", "error", "aborted", "pending"]},
                "severity": text,
                "actor": party,
                "target": party,
                "ip": text,
                "request_id": text,
                "trace_id": text,
                "begun": {"type": "integer", "description": "the event that this one ends"},
                "changes": {"type": "array", "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": text, "old": true, "new": true},
                }},
                "details": {"type": "array", "items": {
                    "type": "object",
                    "required": ["name", "value"],
                    "properties": {"name": text, "value": true},
                }},
                "cut": number,
                "omitted": number,
            },
        })
    }
}

/// Part of an answer.
#[derive(Debug, JsonSchema, Serialize)]
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

    /// Returns the logs that are gathered, by their verifier keys; none where there is only the own.
    pub(super) async fn logs(&self) -> Result<Vec<String>, FindError> {
        let Place::Together(store) = &self.place else { return Ok(Vec::new()) };
        let logs = tokio::time::timeout(PATIENCE, store.logs()).await;
        Ok(logs.map_err(|_| StoreError::TimedOut)??)
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::accounts::Role;
    use crate::bench::Bench;

    #[tokio::test]
    async fn a_cursor_is_good_for_a_day_and_for_whom_it_was_made() {
        const LIST: &str = "/api/v1/admin/audit?limit=1";
        let bench = Bench::new().await;
        let (first, other) =
            (bench.session("ann", Role::Admin).await, bench.session("bob", Role::Admin).await);
        let ask = async |session: &str, query: &str| {
            bench.call("GET", &format!("{LIST}{query}"), Some(session), &Value::Null).await
        };
        let page: Value = serde_json::from_slice(&ask(&first, "").await.body).unwrap();
        let cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap());
        assert_eq!(ask(&first, &cursor).await.status, 200);
        let refused = ask(&other, &cursor).await;
        assert_eq!(refused.status, 400);
        // Also to the one who was given it, when it is old.
        for (after, status) in
            [(KEPT.saturating_sub(Duration::from_secs(1)), 200), (Duration::from_secs(1), 400)]
        {
            bench.clock.advance(after);
            let again = bench.session_with("ann", Bench::OWN).await;
            let answer = ask(&again, &cursor).await;
            assert_eq!(answer.status, status);
            assert!(status == 200 || answer.body == refused.body);
        }
    }
}
