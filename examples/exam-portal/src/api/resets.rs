//! The calls about forgotten passwords; who makes them is not signed in.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use palisade_core::{Problem, SecurityEvent};
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Admin;
use crate::accounts::UserId;
use crate::fields::Checked;
use crate::resets::{self, LinkRequest, Redemption, RequireError, Resets};

/// The one answer to everybody who asks for a link.
#[derive(JsonSchema, Serialize)]
pub(super) struct Asked {
    detail: &'static str,
}

pub(super) async fn request(
    State(resets): State<Resets>,
    request: Checked<LinkRequest>,
) -> Result<(StatusCode, Json<Asked>), Problem> {
    resets.request(&request.into_inner().email).map_err(resets::unsent)?;
    let detail = "if an account has this address, a link is on its way to it";
    Ok((StatusCode::ACCEPTED, Json(Asked { detail })))
}

pub(super) async fn redeem(
    State(resets): State<Resets>,
    redemption: Checked<Redemption>,
) -> Result<StatusCode, Problem> {
    let Redemption { token, new_password } = redemption.into_inner();
    resets.redeem(token.as_str(), new_password.candidate()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn require(
    State(resets): State<Resets>,
    Admin(admin): Admin,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown_user").detail("no such account");
    let id = id.ok().and_then(|Path(id)| id.parse().ok()).map(UserId).ok_or_else(unknown)?;
    let required = resets.require(id).await;
    // Also when the mail was not taken, the sessions of the account are over.
    if let Ok(true) | Err(RequireError::Outbox(_)) = required {
        tracing::info!(
            target: SecurityEvent::TARGET,
            event = SecurityEvent::AuthorizationAdmin.as_str(),
            user = %admin.id,
            target_user = %id,
            "an administrator had a password reset"
        );
    }
    if required? { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use crate::accounts::Role;
    use crate::bench::Bench;

    /// What is written to the log.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_reset_whose_mail_is_not_taken_is_reported_all_the_same() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let ada = bench.sign_in(password).await.cookie.unwrap();
        let admin = bench.session("root", Role::Admin).await;
        let found = bench.portal.store.credentials_by_name("ada").await.unwrap().unwrap();
        let path = format!("/api/v1/admin/users/{}/reset-password", found.user.id);
        bench.portal.resets.stop().await;
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let answer = {
            let _guard = tracing::subscriber::set_default(subscriber);
            bench.call("POST", &path, Some(&admin), &json!({})).await
        };
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(bench.status_of("/api/v1/me", &ada).await, 401);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("an administrator had a password reset"), "{log}");
    }
}
