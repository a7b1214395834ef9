//! A name and a password, and who it is.

use std::net::{IpAddr, Ipv6Addr};

use palisade_core::SecurityEvent;
use palisade_input_validation::Check;
use palisade_passwords::session::{Renewed, Session};
use palisade_passwords::temporary::{RedeemError, Temporary};
use palisade_passwords::{Attempt, Candidate, Overloaded, UpgradeOutcome, Verdict, Verified};
use palisade_ratelimit::lockout::Refused;

use super::{Accounts, User, UserId, name};
use crate::fields::Secret;
use crate::store::{Credentials, StoreError};

/// Who asks, for taking turns: an address, or the /64 that a provider gives to one house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    address: IpAddr,
}

impl Client {
    pub(crate) fn of(address: IpAddr) -> Self {
        let address = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(wide) => {
                let network = u128::from(wide) & (u128::MAX << 64);
                IpAddr::V6(Ipv6Addr::from(network))
            }
        };
        Self { address }
    }

    pub(super) const fn address(self) -> IpAddr {
        self.address
    }
}

/// What someone claims: texts of any form, since what cannot be a name is told to nobody either.
#[derive(Check)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proof {
    pub(crate) username: String,
    pub(crate) password: Secret,
}

/// Somebody who is who they claim to be.
#[derive(Debug)]
pub(crate) struct SignedIn {
    pub(crate) user: User,
    pub(crate) session: Renewed<UserId>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SignInError {
    /// So many failed that no password is looked at for a while.
    #[error(transparent)]
    Locked(#[from] Refused),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// Whatever of name, password and account was wrong.
    #[error("name or password is wrong")]
    Rejected,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Finds out who it is.
    ///
    /// What is wrong is told to nobody: an unknown name, a disabled account and an expired password
    /// take the work of a wrong password and get its answer. Whatever comes of it is counted as a
    /// failure before anything is looked up or hashed, and until it has succeeded.
    pub(crate) async fn sign_in(
        &self,
        proof: Proof,
        client: Client,
    ) -> Result<SignedIn, SignInError> {
        let counted = self.lockout.begin(&proof.username, client.address()).await?;
        let key = name::key(&proof.username);
        let found = match &key {
            Some(key) => self.store.credentials_by_name(key).await?,
            None => None,
        };
        // What cannot be a name costs the same, too.
        let attempt = Attempt::new(key.as_deref().unwrap_or(&proof.username)).from_client(client);
        let verdict = match &found {
            Some(found) => self.verify(found, attempt, proof.password.candidate()).await?,
            None => self.hasher.verify(&attempt, proof.password.candidate()).await?,
        };
        let (Some(found), Verdict::Verified(verified)) = (found, verdict) else {
            return Err(SignInError::Rejected);
        };
        let user = self.accept(found, verified).await?;
        let account = user.account().ok_or(SignInError::Rejected)?;
        // Where it cannot be told, the failure stays, and is in the log.
        let _ = counted.succeed().await;
        let session = Session::begin(user.id, &account, self.clock.wall());
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::LoginSuccess.as_str(),
            user = %user.id,
            must_change = user.must_change,
            "somebody signed in"
        );
        Ok(SignedIn { user, session })
    }

    /// Compares a password with the one of an account.
    pub(super) async fn verify(
        &self,
        found: &Credentials,
        attempt: Attempt<'_>,
        password: Candidate,
    ) -> Result<Verdict, Overloaded> {
        let now = self.clock.wall();
        let expired =
            found.temporary_until.is_some_and(|until| Temporary::until_unix(until).is_expired(now));
        let attempt = attempt.stored(Some(&found.hash));
        let attempt = if found.user.disabled || expired { attempt.refused() } else { attempt };
        self.hasher.verify(&attempt, password).await
    }

    /// Burns a temporary password, or stores a stronger hash of another.
    async fn accept(&self, found: Credentials, verified: Verified) -> Result<User, SignInError> {
        let Credentials { user, hash, temporary_until } = found;
        if let Some(until) = temporary_until {
            let burn = async |expected: &str, burnt: &str| {
                self.store.replace_hash(user.id, expected, burnt).await
            };
            let now = self.clock.wall();
            return match Temporary::until_unix(until).redeem(&hash, now, burn).await {
                Ok(()) => Ok(user),
                Err(RedeemError::Store(error)) => Err(error.into()),
                Err(_) => Err(SignInError::Rejected),
            };
        }
        if let Some(upgrade) = verified.into_upgrade() {
            let replace = async |expected: &str, new: &str| {
                self.store.replace_hash(user.id, expected, new).await
            };
            let outcome: UpgradeOutcome = upgrade.write(replace).await;
            tracing::info!(user = %user.id, ?outcome, "a stronger hash of a password");
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use palisade_passwords::{Arena, Context, Factor, OsRandom, Params, Policy, Scheme};
    use palisade_ratelimit::lockout::Ladder;
    use serde_json::json;

    use super::*;
    use crate::bench::Bench;

    #[tokio::test]
    async fn a_temporary_password_that_has_expired_gets_the_answer_of_a_wrong_one() {
        let bench = Bench::new().await;
        let temporary = bench.add_ada().await;
        let wrong = bench.sign_in("wrong").await;
        bench.clock.advance(Duration::from_hours(72));
        let late = bench.sign_in(&temporary).await;
        assert_eq!((late.status, late.body), (401, wrong.body));
    }

    #[tokio::test]
    async fn of_many_sign_ins_with_a_temporary_password_one_succeeds() {
        let bench = std::sync::Arc::new(Bench::new().await);
        let temporary = bench.add_ada().await;
        let tries = (0..5).map(|_| {
            let (bench, temporary) = (std::sync::Arc::clone(&bench), temporary.clone());
            tokio::spawn(async move { bench.sign_in(&temporary).await.status })
        });
        let mut statuses = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, &[401; 4][..]));
    }

    #[tokio::test]
    async fn failures_lock_longer_each_time_and_tries_meanwhile_do_not_count() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        for _ in 0..4 {
            assert_eq!(bench.sign_in("wrong").await.status, 401);
        }
        for seconds in [30, 120, 300, 600, 600] {
            assert_eq!(bench.sign_in("wrong").await.status, 401);
            for password in ["wrong", password] {
                let locked = bench.sign_in(password).await;
                let wait = Some(seconds.to_string());
                assert_eq!((locked.status, locked.retry_after), (429, wait));
            }
            bench.clock.advance(Duration::from_secs(seconds));
        }
        assert_eq!(bench.sign_in(password).await.status, 200);
        for _ in 0..4 {
            assert_eq!(bench.sign_in("wrong").await.status, 401, "it begins anew");
        }
        assert_eq!(bench.sign_in(password).await.status, 200);
    }

    #[tokio::test]
    async fn without_the_lockout_a_list_of_passwords_is_tried_to_its_end() {
        let list: Vec<String> = (0..30).map(|n| format!("password {n}")).collect();
        let looked_at = async |bench: &Bench| {
            let mut looked_at = 0;
            for password in &list {
                looked_at += usize::from(bench.sign_in(password).await.status == 401);
            }
            looked_at
        };
        let open = Bench::with_lockout(|lockout| {
            let never = Ladder::new(100, &[Duration::from_secs(1)]).unwrap();
            lockout.accounts(never).insecure_without_addresses()
        });
        assert_eq!(looked_at(&open.await).await, 30, "the attack works without the protection");
        assert_eq!(looked_at(&Bench::new().await).await, 5);
    }

    #[tokio::test]
    async fn whoever_has_a_session_guesses_its_password_no_faster() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let cookie = bench.sign_in(password).await.cookie.unwrap();
        let guess = async |current: &str| {
            let body = json!({"current_password": current, "new_password": "four herons at dusk"});
            bench.call("POST", "/api/v1/auth/password", Some(&cookie), &body).await
        };
        for _ in 0..5 {
            assert_eq!(guess("wrong").await.status, 422);
        }
        let locked = guess(password).await;
        assert_eq!((locked.status, locked.retry_after.as_deref()), (429, Some("30")));
    }

    /// Gives `ada` a hash that is weaker than new ones.
    async fn weaken(bench: &Bench, password: &str) -> String {
        let scheme = Scheme::new(Params::OWASP_7M).unwrap();
        let policy = Policy::nist_800_63b_4(Factor::Single);
        let accepted = policy.check(&Candidate::from(password), &Context::new()).ok().unwrap();
        let weak = scheme.hash(&accepted, &mut Arena::new(), &OsRandom::new()).unwrap();
        let store = &bench.portal.store;
        let found = store.credentials_by_name("ada").await.unwrap().unwrap();
        assert!(store.replace_hash(found.user.id, &found.hash, &weak).await.unwrap());
        weak
    }

    async fn stored(bench: &Bench) -> String {
        bench.portal.store.credentials_by_name("ada").await.unwrap().unwrap().hash
    }

    #[tokio::test]
    async fn a_weak_hash_becomes_a_strong_one_and_no_session_ends() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let cookie = bench.sign_in(password).await.cookie.unwrap();
        let weak = weaken(&bench, password).await;
        assert_eq!(bench.sign_in(password).await.status, 200);
        let strong = stored(&bench).await;
        assert!(strong != weak && strong.contains("m=19456"), "{strong}");
        assert_eq!(bench.sign_in(password).await.status, 200);
        assert_eq!(stored(&bench).await, strong);
        assert_eq!(bench.status_of("/api/v1/me", &cookie).await, 200);
    }

    #[tokio::test]
    async fn an_upgrade_that_cannot_be_stored_denies_no_sign_in() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let weak = weaken(&bench, password).await;
        bench.portal.store.refuse_hashes().await;
        assert_eq!(bench.sign_in(password).await.status, 200);
        assert_eq!(stored(&bench).await, weak);
    }

    #[test]
    fn a_house_is_one_client_and_every_ipv4_address_another() {
        let client = |text: &str| Client::of(text.parse().unwrap());
        assert_eq!(client("2001:db8::1"), client("2001:db8:0:0:ffff::2"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }
}
