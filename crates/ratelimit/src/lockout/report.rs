//! What defenders hear of it.

use std::fmt;

use palisade_core::SecurityEvent;

use super::claim::Kind;
use super::record::Wait;
use super::set::Key;
use crate::store::StoreError;

/// Counted, not logged: whoever floods a locked account writes no log.
pub(super) fn locked(store: &'static str, kind: Kind) {
    count(
        store,
        match kind {
            Kind::Account => "account_locked",
            Kind::Address => "address_locked",
        },
    );
}

pub(super) fn begun(store: &'static str) {
    count(store, "begun");
}

pub(super) fn unavailable(store: &'static str, error: &StoreError) {
    count(store, "unavailable");
    tracing::warn!(
        store,
        reason = error.kind().as_str(),
        "a sign-in was refused: it could not be counted"
    );
}

pub(super) fn succeeded(account: Key, after_fail: bool, error: Option<&StoreError>) {
    // Other successes are told by the application, which knows who it is.
    if after_fail {
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::LoginSuccessAfterFail.as_str(),
            account = %Hex(&account),
            "a sign-in succeeded after others had failed",
        );
    }
    if let Some(error) = error {
        tracing::warn!(
            reason = error.kind().as_str(),
            "a success could not be told: its failures stay"
        );
    }
}

pub(super) fn failed(account: Key, failures: u32) {
    tracing::info!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::LoginFail.as_str(),
        account = %Hex(&account),
        failures,
        "a sign-in failed",
    );
}

pub(super) fn lock(kind: Kind, key: &Key, failures: u32, wait: Wait) {
    let seconds = match wait {
        Wait::For(wait) => Some(wait.as_secs()),
        Wait::ForUnlock => None,
    };
    let event = match wait {
        Wait::For(_) => SecurityEvent::LoginLock,
        Wait::ForUnlock => SecurityEvent::LoginFailMax,
    };
    tracing::warn!(
        target: SecurityEvent::TARGET,
        event = event.as_str(),
        kind = kind.as_str(),
        subject = %Hex(key),
        failures,
        seconds,
        "locked after failed sign-ins",
    );
}

pub(super) fn unlocked(kind: Kind, key: &Key, known: bool) {
    tracing::info!(
        target: SecurityEvent::TARGET,
        event = SecurityEvent::AuthorizationAdmin.as_str(),
        kind = kind.as_str(),
        subject = %Hex(key),
        known,
        "unlocked by hand",
    );
}

fn count(store: &'static str, outcome: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("palisade_ratelimit_sign_ins_total", "store" => store, "outcome" => outcome)
        .increment(1);
    tracing::trace!(store, outcome, "a sign-in was asked for");
}

struct Hex<'a>(&'a Key);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
