//! What crates report as security events, into the log.

use std::fmt;

use palisade_core::SecurityEvent;
use tracing::field::{Field, Visit};
use tracing::{Event as Report, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as Scope;

use crate::event::{Actor, Event, Outcome, Severity};
use crate::log::AuditLog;

/// Records every `tracing` event with the target `palisade::security`, with severity
/// [`Security`](Severity::Security).
///
/// The action is the field `event`, the outcome what the name says (`..._fail`: failure; `excess_...`,
/// `malicious_...`: denied), the actor the field `user`; all other fields are details. It does not wait: an
/// event for which the queue has no room is counted as dropped.
///
/// # Example
///
/// ```no_run
/// use palisade_audit::{AuditLog, LogKey, SecurityEventLayer};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = AuditLog::builder("audit", LogKey::from_seed("example.com/shop", &[7; 32])?).open()?;
/// let subscriber = tracing_subscriber::registry().with(SecurityEventLayer::new(log));
/// tracing::subscriber::set_global_default(subscriber)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SecurityEventLayer {
    log: AuditLog,
}

impl SecurityEventLayer {
    /// Records into that log.
    #[must_use]
    pub const fn new(log: AuditLog) -> Self {
        Self { log }
    }
}

impl<S: Subscriber> Layer<S> for SecurityEventLayer {
    fn on_event(&self, report: &Report<'_>, _: Scope<'_, S>) {
        if report.metadata().target() == SecurityEvent::TARGET {
            // One that is not taken is counted.
            let _ = self.log.offer(&event_of(report));
        }
    }
}

/// Returns the event that is recorded of a report.
pub fn event_of(report: &Report<'_>) -> Event {
    let mut fields = Fields::default();
    report.record(&mut fields);
    let Fields { name, user, rest } = fields;
    let outcome = outcome(&name);
    let mut event = Event::new(if name.is_empty() { "security".to_owned() } else { name });
    if let Some(user) = user {
        event = event.actor(Actor::user(user));
    }
    event = event.outcome(outcome).severity(Severity::Security);
    rest.iter().fold(event, |event, (name, value)| event.detail(name, value))
}

fn outcome(name: &str) -> Outcome {
    let fails = name.split('_').any(|word| word == "fail");
    if name.starts_with("authz_fail")
        || name.starts_with("excess_")
        || name.starts_with("malicious_")
    {
        Outcome::Denied
    } else if fails && !name.ends_with("successafterfail") {
        Outcome::Failure
    } else {
        Outcome::Success
    }
}

#[derive(Default)]
struct Fields {
    name: String,
    user: Option<String>,
    rest: Vec<(&'static str, String)>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "event" => value.clone_into(&mut self.name),
            "user" => self.user = Some(value.to_owned()),
            name => self.rest.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_vocabulary_has_the_outcome_that_it_says() {
        let table = [
            (SecurityEvent::LoginSuccess, Outcome::Success),
            (SecurityEvent::LoginSuccessAfterFail, Outcome::Success),
            (SecurityEvent::LoginFail, Outcome::Failure),
            (SecurityEvent::LoginFailMax, Outcome::Failure),
            (SecurityEvent::PasswordChangeFail, Outcome::Failure),
            (SecurityEvent::AuthorizationFail, Outcome::Denied),
            (SecurityEvent::AuthorizationAdmin, Outcome::Success),
            (SecurityEvent::RateLimitExceeded, Outcome::Denied),
            (SecurityEvent::InputValidationFail, Outcome::Failure),
            (SecurityEvent::MaliciousCors, Outcome::Denied),
        ];
        for (event, expected) in table {
            assert_eq!(outcome(event.as_str()), expected, "{event}");
        }
    }
}
