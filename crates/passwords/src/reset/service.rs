//! Issuing, looking and redeeming.

use std::fmt;
use std::num::NonZeroU8;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use palisade_core::{Clock, SecurityEvent, SystemClock};

use crate::hasher::Hasher;
use crate::random::{OsRandom, Random};
use crate::reset::error::{Gone, IssueError, LookError, RedeemError, SettingError, StoreError};
use crate::reset::purpose::Purpose;
use crate::reset::record::{Claim, Digest, NewPassword, NewRecord, Selector, judge};
use crate::reset::store::{KEPT, Store, WriteFuture};
use crate::reset::token::ResetToken;
use crate::secret::Accepted;

/// Reset links over one store; see the [module's documentation](crate::reset).
///
/// A clone is three `Arc`s and shares the store.
pub struct Resets<S> {
    store: Arc<S>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lifetime: Duration,
    live: NonZeroU8,
}

/// A link that was good when it was looked at: what [`Resets::redeem`] takes.
///
/// It holds the digest of the token, not the token.
#[derive(Debug)]
pub struct Live {
    selector: Selector,
    digest: Digest,
    purpose: Purpose,
    account: String,
}

impl Live {
    /// Returns the account, for the words that the policy shall refuse.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

/// What [`Resets::redeem`] returns.
pub type Redeeming<'a> = Pin<Box<dyn Future<Output = Result<Redeemed, RedeemError>> + Send + 'a>>;

/// A password was set: end the sessions of the account and tell its owner.
#[derive(Debug)]
#[must_use = "sessions of the account are to be ended"]
pub struct Redeemed {
    account: String,
}

impl Redeemed {
    /// Returns the account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

impl<S: Store> Resets<S> {
    /// How long a link is good unless told otherwise: OWASP asks for an appropriate period; an
    /// hour covers a mail that is delayed by greylisting.
    pub const LIFETIME: Duration = Duration::from_hours(1);

    /// The longest lifetime: NIST SP 800-63B-4 4.2.1.2, for a code that goes by mail.
    pub const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

    /// How many bytes the name of an account may have.
    pub const MOST_ACCOUNT_BYTES: usize = 128;

    /// Keeps tokens in `store`: good for an hour, one for each account.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            clock: Arc::new(SystemClock::new()),
            random: Arc::new(OsRandom::new()),
            lifetime: Self::LIFETIME,
            live: NonZeroU8::MIN,
        }
    }

    /// Takes the date from another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes random bytes from another source.
    #[must_use]
    pub fn with_random(mut self, random: impl Random) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Lets new links be good for so long.
    ///
    /// # Errors
    ///
    /// [`SettingError::Lifetime`] unless it is one minute to [24 hours](Self::LONGEST_LIFETIME).
    pub fn lifetime(mut self, lifetime: Duration) -> Result<Self, SettingError> {
        let (least, most) = (Duration::from_mins(1), Self::LONGEST_LIFETIME);
        if lifetime < least || lifetime > most {
            return Err(SettingError::Lifetime { asked: lifetime, least, most });
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Lets that many of the newest links of an account be good at a time, for people who ask twice
    /// and open the first mail. With 1, the default, each link ends those before it.
    ///
    /// # Errors
    ///
    /// [`SettingError::LiveLinks`] unless it is 1 to 8.
    pub fn live_links(mut self, count: u8) -> Result<Self, SettingError> {
        match NonZeroU8::new(count) {
            Some(live) if count <= KEPT => self.live = live,
            _ => return Err(SettingError::LiveLinks { asked: count, most: KEPT }),
        }
        Ok(self)
    }

    /// Makes a token for an account and stores its digest; older links of the account end.
    ///
    /// # Errors
    ///
    /// [`IssueError`]; nothing was stored then.
    ///
    /// # Cost
    ///
    /// One transaction of three statements.
    pub async fn issue(&self, purpose: Purpose, account: &str) -> Result<ResetToken, IssueError> {
        if account.is_empty() || account.len() > Self::MOST_ACCOUNT_BYTES {
            return Err(IssueError::Account { most: Self::MOST_ACCOUNT_BYTES });
        }
        let token = ResetToken::generate(&*self.random)?;
        let (selector, digest) = (token.selector(), token.digest(purpose));
        let expires_at = self.now().saturating_add_unsigned(self.lifetime.as_secs());
        let record = NewRecord::new(selector, &digest, account, purpose, expires_at);
        self.store.issue(&record).await?;
        report(SecurityEvent::TokenCreated, purpose, account);
        Ok(token)
    }

    /// Looks whether a link is good, and changes nothing: for the page that asks for the new
    /// password, which mail scanners open too.
    ///
    /// # Errors
    ///
    /// [`LookError`] with the reason.
    ///
    /// # Cost
    ///
    /// One statement; no password is hashed for a link that is not good.
    pub async fn look(&self, purpose: Purpose, token: &ResetToken) -> Result<Live, LookError> {
        let (selector, digest) = (token.selector(), token.digest(purpose));
        let record = self.store.find(&selector).await?.ok_or(Gone::Unknown)?;
        if let Err(gone) = judge(&record, &digest, self.live, self.now()) {
            if gone == Gone::Used {
                report(SecurityEvent::TokenReuse, purpose, &record.account);
            }
            return Err(gone.into());
        }
        Ok(Live { selector, digest, purpose, account: record.account })
    }

    /// Hashes the password, then claims the token and lets `write` store the hash, in one
    /// transaction: all of it happens, or nothing. All other links of the account end with it.
    ///
    /// `write` is given the connection of the transaction; if it finds no such account, it must
    /// return an error. Hashing comes before the transaction, so that no lock is held meanwhile.
    ///
    /// # Errors
    ///
    /// [`RedeemError::Gone`] when the link ended since it was looked at: of many who redeem one
    /// link at once, one is served. For any other error the link stays good; if the answer of the
    /// database to the commit is lost, trying again tells which of the two it was.
    ///
    /// # Cost
    ///
    /// One hash, and one transaction of three statements beside `write`.
    pub fn redeem<'a, W>(
        &'a self,
        live: Live,
        password: Accepted,
        hasher: &'a Hasher,
        write: W,
    ) -> Redeeming<'a>
    where
        W: for<'c> FnOnce(&'c mut S::Connection, NewPassword<'c>) -> WriteFuture<'c> + Send + 'a,
    {
        // Boxed, since the compiler does not prove `Send` through a future that holds a closure
        // over every lifetime: handlers could not await it.
        Box::pin(async move {
            let hash = hasher.hash_for(&live.account, password).await?;
            let claim = Claim::new(live.selector, live.digest, self.live, self.now(), hash);
            let claimed = self.store.claim(&claim, write).await.map_err(RedeemError::from);
            let (event, account) = match &claimed {
                Ok(account) => (SecurityEvent::PasswordChange, account),
                Err(RedeemError::Gone(Gone::Used)) => (SecurityEvent::TokenReuse, &live.account),
                Err(_) => return claimed.map(|account| Redeemed { account }),
            };
            report(event, live.purpose, account);
            claimed.map(|account| Redeemed { account })
        })
    }

    /// Ends every link of an account: to be called when its password or its address changes.
    ///
    /// In a transaction of the application, the SQL stores offer `revoke_in`.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the links are still good then.
    pub async fn revoke(&self, account: &str) -> Result<(), StoreError> {
        self.store.revoke(account).await?;
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::TokenRevoked.as_str(),
            account,
            "reset links of an account ended"
        );
        Ok(())
    }

    /// Removes everything about an account that is deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; nothing was removed then.
    pub async fn forget(&self, account: &str) -> Result<(), StoreError> {
        self.store.forget(account).await
    }

    /// Removes tokens that expired longer than `kept` ago and returns their number; until then
    /// their holders are told that they expired. To be called now and then.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; nothing was removed then.
    pub async fn sweep(&self, kept: Duration) -> Result<u64, StoreError> {
        self.store.sweep(self.now().saturating_sub_unsigned(kept.as_secs())).await
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Seconds since the Unix epoch; before it, the epoch.
    fn now(&self) -> i64 {
        let since = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }
}

fn report(event: SecurityEvent, purpose: Purpose, account: &str) {
    tracing::info!(
        target: SecurityEvent::TARGET,
        event = event.as_str(),
        account,
        purpose = purpose.as_str(),
        "reset link"
    );
}

impl<S> Clone for Resets<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            lifetime: self.lifetime,
            live: self.live,
        }
    }
}

impl<S> fmt::Debug for Resets<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resets")
            .field("lifetime", &self.lifetime)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}
