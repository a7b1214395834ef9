//! Why no password may be looked at.

use http::StatusCode;
use palisade_core::Problem;

use super::answer::Locked;
use crate::store::StoreError;

/// No password may be looked at, and none was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The account or the address is locked.
    #[error("too many failed sign-ins")]
    Locked(Locked),
    /// The store does not answer, and no attempt may pass uncounted.
    #[error("sign-ins cannot be counted")]
    Unavailable(#[source] StoreError),
}

impl Refused {
    /// Returns the answer for the client.
    ///
    /// It does not say which of the two is locked, nor whether the account exists.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Locked(locked) => {
                let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "sign_in_locked")
                    .detail("too many failed sign-ins; nothing was checked");
                match locked.retry_after() {
                    Some(wait) => problem.retry_after(wait),
                    None => problem,
                }
            }
            Self::Unavailable(_) => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "sign_in_unavailable")
                    .detail("sign-in is not possible at the moment; nothing was checked")
                    .retry_after(Self::PAUSE)
            }
        }
    }

    /// When to try again while the store does not answer.
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);
}
