//! What every [`Store`] keeps to, as a check that a store of your own can run.

use std::num::NonZeroU8;

use crate::reset::error::{ClaimError, Gone, StoreError};
use crate::reset::purpose::Purpose;
use crate::reset::record::{Claim, Digest, NewRecord, Selector};
use crate::reset::store::{KEPT, Store};

/// A rule that a store breaks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// It is not kept.
    #[error("{0}")]
    Rule(&'static str),
    /// The store failed where it must not.
    #[error("the store failed: {0:?}")]
    Failed(#[source] ClaimError),
}

impl From<ClaimError> for Broken {
    fn from(error: ClaimError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs every rule against an empty store; the first broken one ends it.
///
/// It uses accounts whose names begin with `contract-` and leaves some of them behind. That a
/// write of the application is rolled back with its claim, and that of many who claim one token at
/// once one is served, is for the store's own tests: the first needs a table, the second threads.
///
/// # Errors
///
/// [`Broken`].
pub async fn check<S: Store>(store: &S) -> Result<(), Broken> {
    finds_what_was_issued(store).await?;
    claims_once(store).await?;
    failed_writes_change_nothing(store).await?;
    newer_tokens_and_changes_end_older_ones(store).await?;
    keeps_a_bounded_number(store).await?;
    sweeps_and_forgets(store).await
}

/// A token of the check: its bytes are its number, so that runs are equal.
struct Token {
    selector: Selector,
    digest: Digest,
}

impl Token {
    const fn new(number: u8) -> Self {
        Self {
            selector: Selector::new([number; Selector::LENGTH]),
            digest: Digest::new([number; Digest::LENGTH]),
        }
    }

    async fn issue<S: Store>(self, store: &S, account: &str) -> Result<Self, Broken> {
        let purpose = Purpose::Reset;
        let record = NewRecord::new(self.selector, &self.digest, account, purpose, 1000);
        store.issue(&record).await?;
        Ok(self)
    }

    async fn claim<S: Store>(&self, store: &S) -> Result<String, ClaimError> {
        self.claim_by(store, true).await
    }

    async fn claim_by<S: Store>(&self, store: &S, writes: bool) -> Result<String, ClaimError> {
        let (digest, live) = (self.digest.clone(), NonZeroU8::MIN);
        let claim = Claim::new(self.selector, digest, live, 500, "$hash".to_owned());
        let write = store.claim(&claim, move |_, new| {
            let given = new.hash() == "$hash" && new.account().starts_with("contract-");
            Box::pin(async move { if writes && given { Ok(()) } else { Err("refused".into()) } })
        });
        write.await
    }
}

async fn finds_what_was_issued<S: Store>(store: &S) -> Result<(), Broken> {
    let token = Token::new(1);
    rule(store.find(&token.selector).await?.is_none(), "nothing is found before it is issued")?;
    let token = token.issue(store, "contract-found").await?;
    let found = store.find(&token.selector).await?;
    let found = found.ok_or(Broken::Rule("what was issued is found"))?;
    rule(found.digest.matches(&token.digest), "the digest comes back")?;
    rule(found.account == "contract-found", "the account comes back")?;
    rule(found.expires_at == 1000 && !found.used, "end and use come back")?;
    rule((found.stamp, found.newest, found.floor) == (1, 1, 0), "an account counts from 1")?;
    for _ in 0..3 {
        let again = store.find(&token.selector).await?;
        rule(again.is_some_and(|again| !again.used), "looking changes nothing")?;
    }
    Ok(())
}

async fn claims_once<S: Store>(store: &S) -> Result<(), Broken> {
    let token = Token::new(2).issue(store, "contract-claimed").await?;
    let forged = Token { selector: token.selector, digest: Digest::new([9; Digest::LENGTH]) };
    gone(forged.claim(store).await, Gone::Unknown, "another digest claims nothing")?;
    gone(Token::new(200).claim(store).await, Gone::Unknown, "an unknown selector is unknown")?;
    rule(token.claim(store).await? == "contract-claimed", "a claim returns the account")?;
    gone(token.claim(store).await, Gone::Used, "a token is claimed once")?;
    let found = store.find(&token.selector).await?.ok_or(Broken::Rule("used tokens are kept"))?;
    rule(found.used && found.floor == found.newest, "a claim ends all tokens of the account")
}

async fn failed_writes_change_nothing<S: Store>(store: &S) -> Result<(), Broken> {
    let token = Token::new(3).issue(store, "contract-failed").await?;
    let failed = matches!(token.claim_by(store, false).await, Err(ClaimError::Write(_)));
    rule(failed, "the error of a write comes back")?;
    let found = store.find(&token.selector).await?.ok_or(Broken::Rule("the token is kept"))?;
    rule(!found.used && found.floor < found.newest, "a failed write leaves the token")?;
    token.claim(store).await?;
    Ok(())
}

async fn newer_tokens_and_changes_end_older_ones<S: Store>(store: &S) -> Result<(), Broken> {
    let old = Token::new(4).issue(store, "contract-ended").await?;
    let other = Token::new(5).issue(store, "contract-other").await?;
    let new = Token::new(6).issue(store, "contract-ended").await?;
    gone(old.claim(store).await, Gone::Superseded, "a newer token ends the older one")?;
    store.revoke("contract-ended").await?;
    gone(new.claim(store).await, Gone::Superseded, "a change ends every token")?;
    let next = Token::new(7).issue(store, "contract-ended").await?;
    next.claim(store).await?;
    other.claim(store).await?;
    store.revoke("contract-nobody").await?;
    Ok(())
}

async fn keeps_a_bounded_number<S: Store>(store: &S) -> Result<(), Broken> {
    let numbers = 20..=(20_u8.saturating_add(KEPT));
    for number in numbers {
        Token::new(number).issue(store, "contract-many").await?;
    }
    let first = store.find(&Token::new(20).selector).await?;
    rule(first.is_none(), "what is eight tokens old is removed")?;
    let second = store.find(&Token::new(21).selector).await?;
    rule(second.is_some(), "the last eight tokens are kept")
}

async fn sweeps_and_forgets<S: Store>(store: &S) -> Result<(), Broken> {
    let token = Token::new(40).issue(store, "contract-swept").await?;
    rule(store.sweep(1000).await? == 0, "what has not expired is not swept")?;
    store.forget("contract-swept").await?;
    rule(store.find(&token.selector).await?.is_none(), "a forgotten account has no tokens")?;
    let token = Token::new(41).issue(store, "contract-swept").await?;
    let found = store.find(&token.selector).await?;
    rule(found.is_some_and(|found| found.stamp == 1), "a forgotten account counts anew")?;
    rule(store.sweep(1001).await? > 0, "what has expired is swept")?;
    rule(store.find(&token.selector).await?.is_none(), "what was swept is gone")?;
    gone(token.claim(store).await, Gone::Unknown, "what was swept is unknown")
}

const fn rule(kept: bool, rule: &'static str) -> Result<(), Broken> {
    if kept { Ok(()) } else { Err(Broken::Rule(rule)) }
}

fn gone(
    claimed: Result<String, ClaimError>,
    expected: Gone,
    rule: &'static str,
) -> Result<(), Broken> {
    match claimed {
        Err(ClaimError::Gone(gone)) if gone == expected => Ok(()),
        Err(error @ (ClaimError::Store(_) | ClaimError::Write(_))) => Err(Broken::Failed(error)),
        Ok(_) | Err(ClaimError::Gone(_)) => Err(Broken::Rule(rule)),
    }
}
