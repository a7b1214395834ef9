//! What a store keeps of a token, and when that makes a link good.

use std::fmt;
use std::num::NonZeroU8;

use subtle::ConstantTimeEq;

use crate::reset::error::Gone;
use crate::reset::purpose::Purpose;

/// The part of a token by which its row is found; alone it is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Selector {
    bytes: [u8; Self::LENGTH],
}

impl Selector {
    /// Length in bytes.
    pub const LENGTH: usize = 16;

    pub(crate) const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self { bytes }
    }

    /// Returns the bytes that are the key of the row.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// SHA-256 of a token; it is compared in constant time and has no other comparison.
#[derive(Clone)]
pub struct Digest {
    bytes: [u8; Self::LENGTH],
}

impl Digest {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    pub(crate) const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self { bytes }
    }

    /// Returns the digest that a store gives back; `None` unless it has 32 bytes.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    /// Returns the bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").finish_non_exhaustive()
    }
}

/// A token that is about to be stored.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NewRecord<'a> {
    /// Key of the row.
    pub selector: Selector,
    /// What proves the token.
    pub digest: &'a Digest,
    /// The application's name for the account, 1 to 128 bytes.
    pub account: &'a str,
    /// For those who read the table; the digest binds it.
    pub purpose: Purpose,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
}

impl<'a> NewRecord<'a> {
    pub(crate) const fn new(
        selector: Selector,
        digest: &'a Digest,
        account: &'a str,
        purpose: Purpose,
        expires_at: i64,
    ) -> Self {
        Self { selector, digest, account, purpose, expires_at }
    }
}

/// A stored token beside the state of its account.
///
/// The account counts its tokens: each is stamped with its number. Those up to `floor` ended when
/// the password changed.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a store outside this crate fills every field")]
pub struct Record {
    /// What proves the token.
    pub digest: Digest,
    /// The application's name for the account.
    pub account: String,
    /// Number of the token within the account, from 1.
    pub stamp: i64,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
    /// Whether the token was redeemed.
    pub used: bool,
    /// The highest stamp of the account.
    pub newest: i64,
    /// The highest stamp that ended with a change of the password.
    pub floor: i64,
}

/// Everything that decides about a presented token: given to a store, which asks it while it holds
/// the lock of the account.
pub struct Claim {
    selector: Selector,
    digest: Digest,
    live: NonZeroU8,
    now: i64,
    hash: String,
}

impl Claim {
    pub(crate) const fn new(
        selector: Selector,
        digest: Digest,
        live: NonZeroU8,
        now: i64,
        hash: String,
    ) -> Self {
        Self { selector, digest, live, now, hash }
    }

    /// Returns the key of the row.
    #[must_use]
    pub const fn selector(&self) -> &Selector {
        &self.selector
    }

    /// Returns the moment of the claim, in seconds since the Unix epoch.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Returns what the application's write is given.
    #[must_use]
    pub const fn new_password<'a>(&'a self, account: &'a str) -> NewPassword<'a> {
        NewPassword { account, hash: self.hash.as_str() }
    }

    /// Decides whether the token is good; the store must hold the lock of the account.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn judge(&self, record: &Record) -> Result<(), Gone> {
        judge(record, &self.digest, self.live, self.now)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("selector", &self.selector).finish_non_exhaustive()
    }
}

/// What is to be written in the transaction that claims the token.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    account: &'a str,
    hash: &'a str,
}

impl<'a> NewPassword<'a> {
    /// Returns the account, as it was given when the token was issued.
    #[must_use]
    pub const fn account(&self) -> &'a str {
        self.account
    }

    /// Returns the hash to store, a PHC string.
    #[must_use]
    pub const fn hash(&self) -> &'a str {
        self.hash
    }
}

impl fmt::Debug for NewPassword<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPassword").field("account", &self.account).finish_non_exhaustive()
    }
}

/// The one decision about a link: whoever cannot prove the token learns nothing about it.
pub(crate) fn judge(
    record: &Record,
    digest: &Digest,
    live: NonZeroU8,
    now: i64,
) -> Result<(), Gone> {
    if !record.digest.matches(digest) {
        return Err(Gone::Unknown);
    }
    if record.used {
        return Err(Gone::Used);
    }
    let oldest = record.newest.saturating_sub(i64::from(live.get()));
    if record.stamp <= record.floor || record.stamp <= oldest {
        return Err(Gone::Superseded);
    }
    if now >= record.expires_at {
        return Err(Gone::Expired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: Digest = Digest::new([7; 32]);

    fn record(stamp: i64, newest: i64, floor: i64) -> Record {
        let account = "7".to_owned();
        Record { digest: DIGEST, account, stamp, expires_at: 100, used: false, newest, floor }
    }

    #[test]
    fn a_link_is_good_until_time_a_newer_link_or_a_change_ends_it() {
        let (one, three) = (NonZeroU8::MIN, NonZeroU8::new(3).unwrap());
        let table = [
            ("fresh", record(5, 5, 4), one, 99, Ok(())),
            ("at its end", record(5, 5, 4), one, 100, Err(Gone::Expired)),
            ("a newer one", record(4, 5, 0), one, 0, Err(Gone::Superseded)),
            ("two newer, three live", record(3, 5, 0), three, 0, Ok(())),
            ("three newer, three live", record(2, 5, 0), three, 0, Err(Gone::Superseded)),
            ("a change", record(5, 5, 5), three, 0, Err(Gone::Superseded)),
            ("used", Record { used: true, ..record(5, 5, 5) }, one, 100, Err(Gone::Used)),
        ];
        for (name, record, live, now, expected) in table {
            assert_eq!(judge(&record, &DIGEST, live, now), expected, "{name}");
        }
    }

    #[test]
    fn nothing_that_a_store_is_given_shows_the_hash() {
        let (selector, hash) = (Selector::new([1; 16]), "$argon2id$hash".to_owned());
        let claim = Claim::new(selector, DIGEST, NonZeroU8::MIN, 0, hash);
        for shown in [format!("{claim:?}"), format!("{:?}", claim.new_password("7"))] {
            assert!(!shown.contains("argon2"), "{shown}");
        }
    }

    #[test]
    fn who_cannot_prove_the_token_learns_nothing_of_it() {
        let other = Digest::new([8; 32]);
        for used in [false, true] {
            let record = Record { used, ..record(1, 9, 9) };
            assert_eq!(judge(&record, &other, NonZeroU8::MIN, 200), Err(Gone::Unknown));
        }
    }
}
