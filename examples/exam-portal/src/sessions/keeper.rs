//! The store that `tower-sessions` sees: the one session of one request.
//!
//! Its ids have 128 bits and are told to whoever asks. Here they only name a session within the
//! request; what finds one in the database is the [`SessionId`] of the cookie, 256 bits, by its hash.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use palisade_core::Clock;
use palisade_passwords::OsRandom;
use palisade_passwords::session::{Session, SessionId, SessionKey};
use time::OffsetDateTime;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};
use zeroize::Zeroizing;

use super::SIGNED_IN;
use crate::accounts::UserId;
use crate::store::{SessionRow, Store, StoreError};

/// A session that is not used for so long is over.
const IDLE: Duration = Duration::from_hours(1);
/// A use is written down once in this time.
const TOUCH: Duration = Duration::from_mins(1);
/// Bytes of what a session holds, as JSON.
const MAX_BYTES: usize = 4096;

pub(super) struct Keeper {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Of the cookie.
    sent: Option<SessionId>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    issued: Option<SessionId>,
    failure: Option<StoreError>,
}

impl Keeper {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>, sent: Option<SessionId>) -> Self {
        Self { store, clock, sent, state: Mutex::default() }
    }

    /// The name that the cookie's session has within the request.
    pub(super) fn handle(&self) -> Option<Id> {
        self.sent.as_ref().map(|id| handle(id.key()))
    }

    /// Returns the text of the next cookie, if the session was stored under a new id.
    pub(super) fn take_issued(&self) -> Option<Zeroizing<String>> {
        self.state().issued.take().map(|id| id.reveal())
    }

    /// Returns why the store failed; [`Error`] has no room for it.
    pub(super) fn take_failure(&self) -> Option<StoreError> {
        self.state().failure.take()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, id: Id) -> Option<SessionKey> {
        let state = self.state();
        let known = [state.issued.as_ref(), self.sent.as_ref()];
        known.into_iter().flatten().map(SessionId::key).find(|key| handle(*key) == id)
    }

    fn now(&self) -> i64 {
        let since = self.clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// Keeps the reason, and returns what `tower-sessions` understands.
    pub(super) fn failed(&self, error: StoreError) -> Error {
        let told = Error::Backend(error.to_string());
        self.state().failure = Some(error);
        told
    }
}

fn handle(key: SessionKey) -> Id {
    let half = key.as_bytes().first_chunk().copied().unwrap_or_default();
    Id(i128::from_le_bytes(half))
}

fn written(record: &Record) -> Result<String> {
    let data = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
    if data.len() > MAX_BYTES {
        return Err(Error::Encode("a session holds at most 4 KiB".to_owned()));
    }
    Ok(data)
}

const fn earlier(now: i64, by: Duration) -> i64 {
    now.saturating_sub_unsigned(by.as_secs())
}

#[async_trait]
impl SessionStore for Keeper {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let signed_in = record.data.get(SIGNED_IN).cloned().unwrap_or_default();
        // Who has not signed in leaves nothing behind.
        let session: Session<UserId> = serde_json::from_value(signed_in)
            .map_err(|_| Error::Encode("only signed-in users have sessions".to_owned()))?;
        let id = SessionId::generate(&OsRandom::new())
            .map_err(|error| Error::Backend(error.to_string()))?;
        let now = self.now();
        let row = SessionRow { used: now, data: written(record)? };
        self.store
            .add_session(id.key(), *session.user(), &row, earlier(now, IDLE))
            .await
            .map_err(|error| self.failed(error))?;
        record.id = handle(id.key());
        self.state().issued = Some(id);
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = written(record)?;
        if let Some(key) = self.key(record.id) {
            // A session that was ended meanwhile stays ended.
            self.store.save_session(key, &data).await.map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(key) = self.key(*id) else { return Ok(None) };
        let now = self.now();
        let row = self.store.session(key, earlier(now, IDLE)).await;
        let Some(row) = row.map_err(|error| self.failed(error))? else { return Ok(None) };
        if row.used <= earlier(now, TOUCH) {
            self.store.touch_session(key, now).await.map_err(|error| self.failed(error))?;
        }
        let data = serde_json::from_str(&row.data).map_err(|e| Error::Decode(e.to_string()))?;
        // Nobody reads the date: the clock of the portal decides, above and by the session's age.
        Ok(Some(Record { id: *id, data, expiry_date: OffsetDateTime::UNIX_EPOCH }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        match self.key(*id) {
            Some(key) => self.store.end_session(key).await.map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}
