//! Tokens in memory: for tests, and for programs whose accounts are in memory too.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::reset::error::{ClaimError, Gone, StoreError};
use crate::reset::record::{Claim, Digest, NewPassword, NewRecord, Record, Selector};
use crate::reset::store::turn::Turns;
use crate::reset::store::{KEPT, Store, WriteFuture};

/// Keeps digests in memory: they end with the program, and with them every link.
///
/// Calls take turns. A write is given `&mut ()`; what it does to data elsewhere is not undone when
/// it fails, while the token is then as good as before.
///
/// # Bounds
///
/// 100,000 accounts unless told otherwise, each with at most 8 records of about 150 bytes; for one
/// more, issuing fails. Only accounts for which the application issues count, so that no client
/// chooses.
pub struct MemoryStore {
    turns: Turns,
    tables: Mutex<Tables>,
    most_accounts: usize,
}

#[derive(Default)]
struct Tables {
    accounts: HashMap<String, Account>,
    tokens: HashMap<Selector, Token>,
}

#[derive(Default)]
struct Account {
    newest: i64,
    floor: i64,
}

struct Token {
    digest: Digest,
    account: String,
    stamp: i64,
    expires_at: i64,
    used: bool,
}

/// The store holds as many accounts as it may.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store in memory holds {0} accounts, as many as it may: forget some or raise the bound"
)]
struct Full(usize);

impl MemoryStore {
    /// Starts empty, for up to 100,000 accounts.
    #[must_use]
    pub fn new() -> Self {
        Self { turns: Turns::default(), tables: Mutex::default(), most_accounts: 100_000 }
    }

    /// Takes up to that many accounts.
    #[must_use]
    pub const fn most_accounts(mut self, count: usize) -> Self {
        self.most_accounts = count;
        self
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    type Connection = ();

    async fn issue(&self, record: &NewRecord<'_>) -> Result<(), StoreError> {
        let _turn = self.turns.take().await;
        let mut tables = self.lock();
        let Tables { accounts, tokens } = &mut *tables;
        if accounts.len() >= self.most_accounts && !accounts.contains_key(record.account) {
            return Err(StoreError::new(Full(self.most_accounts)));
        }
        let account = accounts.entry(record.account.to_owned()).or_default();
        account.newest = account.newest.saturating_add(1);
        let stamp = account.newest;
        let oldest = stamp.saturating_sub(i64::from(KEPT));
        tokens.retain(|_, token| token.account != record.account || token.stamp > oldest);
        let token = Token {
            digest: record.digest.clone(),
            account: record.account.to_owned(),
            stamp,
            expires_at: record.expires_at,
            used: false,
        };
        tokens.insert(record.selector, token);
        Ok(())
    }

    async fn find(&self, selector: &Selector) -> Result<Option<Record>, StoreError> {
        Ok(self.lock().record(selector))
    }

    async fn claim<W>(&self, claim: &Claim, write: W) -> Result<String, ClaimError>
    where
        W: for<'c> FnOnce(&'c mut (), NewPassword<'c>) -> WriteFuture<'c> + Send,
    {
        let _turn = self.turns.take().await;
        let record = self.lock().record(claim.selector()).ok_or(Gone::Unknown)?;
        claim.judge(&record)?;
        // Nothing is marked before the write has succeeded; nobody else acts meanwhile.
        let written = write(&mut (), claim.new_password(&record.account)).await;
        written.map_err(ClaimError::Write)?;
        let mut tables = self.lock();
        if let Some(token) = tables.tokens.get_mut(claim.selector()) {
            token.used = true;
        }
        tables.raise_floor(&record.account);
        Ok(record.account)
    }

    async fn revoke(&self, account: &str) -> Result<(), StoreError> {
        let _turn = self.turns.take().await;
        self.lock().raise_floor(account);
        Ok(())
    }

    async fn forget(&self, account: &str) -> Result<(), StoreError> {
        let _turn = self.turns.take().await;
        let mut tables = self.lock();
        tables.accounts.remove(account);
        tables.tokens.retain(|_, token| token.account != account);
        Ok(())
    }

    async fn sweep(&self, before: i64) -> Result<u64, StoreError> {
        let _turn = self.turns.take().await;
        let mut tables = self.lock();
        let all = tables.tokens.len();
        tables.tokens.retain(|_, token| token.expires_at >= before);
        Ok(u64::try_from(all.saturating_sub(tables.tokens.len())).unwrap_or(u64::MAX))
    }
}

impl Tables {
    fn record(&self, selector: &Selector) -> Option<Record> {
        let token = self.tokens.get(selector)?;
        let account = self.accounts.get(&token.account)?;
        Some(Record {
            digest: token.digest.clone(),
            account: token.account.clone(),
            stamp: token.stamp,
            expires_at: token.expires_at,
            used: token.used,
            newest: account.newest,
            floor: account.floor,
        })
    }

    fn raise_floor(&mut self, account: &str) {
        if let Some(account) = self.accounts.get_mut(account) {
            account.floor = account.newest;
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("tokens", &self.lock().tokens.len())
            .finish_non_exhaustive()
    }
}
