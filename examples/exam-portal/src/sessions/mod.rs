//! Sessions: `tower-sessions` for what handlers see, rows of ours for what is kept.
//!
//! A cookie carries 256 random bits, the table their hash. Signing in and changing a password give
//! a new id; a session is over an hour after its last use, twelve hours after its first, and when
//! its account was changed. Who has not signed in has none, so nobody fills the table from outside.

mod cookie;
mod keeper;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use palisade_core::{Clock, Problem, SecurityEvent};
use palisade_headers::Site;
use palisade_headers::cookies::Logout;
use palisade_passwords::session::{Ended, Renewed, Session as Began, Standing};
use tower_sessions_core::Session;

use crate::accounts::{Accounts, User, UserId};
use crate::refusal;
use crate::store::Store;
use keeper::Keeper;

pub(crate) use cookie::only;

/// Under which a session holds who began it.
const SIGNED_IN: &str = "signed_in";

/// What carries sessions from request to request.
#[derive(Clone)]
pub(crate) struct Sessions {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Whether the public url is of https.
    https: bool,
}

/// In the extensions of a response: the session was ended, the browser shall forget it.
#[derive(Clone, Copy)]
struct SignedOut;

impl Sessions {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, https: bool) -> Self {
        Self { store, clock, https }
    }

    /// Finds out whose session it is; one that is over is ended.
    async fn who(
        &self,
        session: &Session,
        keeper: &Keeper,
    ) -> Result<Option<(User, Standing<UserId>)>, tower_sessions_core::session::Error> {
        let Some(began) = session.get::<Began<UserId>>(SIGNED_IN).await? else { return Ok(None) };
        let user = self.store.user(*began.user()).await.map_err(|error| keeper.failed(error))?;
        let account = user.as_ref().and_then(User::account);
        let standing = began.standing(account.as_ref(), self.clock.wall(), &Accounts::lifetime());
        match (user, standing) {
            (Some(user), Ok(standing)) => Ok(Some((user, standing))),
            (_, ended) => {
                let ended = ended.err().unwrap_or(Ended::Account);
                tracing::info!(
                    target: SecurityEvent::TARGET,
                    event = ended.event().as_str(),
                    user = %began.user(),
                    reason = %ended,
                    "a session is over"
                );
                session.flush().await?;
                Ok(None)
            }
        }
    }
}

/// Puts the [`Session`] of a request into its extensions, with the [`User`] and their [`Standing`] if
/// somebody is signed in; stores what the handler changed and sends the cookie.
pub(crate) async fn carry(
    State(sessions): State<Sessions>,
    mut request: Request,
    next: Next,
) -> Response {
    let https = cookie::is_https(sessions.https, request.extensions());
    let site = Site::of(request.extensions());
    let name = cookie::name(https);
    let sent = cookie::read(request.headers(), &name);
    let clock = Arc::clone(&sessions.clock);
    let keeper = Arc::new(Keeper::new(sessions.store.clone(), clock, sent));
    let session = Session::new(keeper.handle(), Arc::clone(&keeper), None);
    match sessions.who(&session, &keeper).await {
        Ok(Some((user, standing))) => {
            request.extensions_mut().insert(user);
            request.extensions_mut().insert(standing);
        }
        Ok(None) => {}
        Err(error) => return failed(&keeper, &error).into_response(),
    }
    request.extensions_mut().insert(session.clone());
    let mut response = next.run(request).await;
    if session.is_modified()
        && !session.is_empty().await
        && let Err(error) = session.save().await
    {
        return failed(&keeper, &error).into_response();
    }
    if let Some(failure) = keeper.take_failure() {
        return Problem::from(failure).into_response();
    }
    if let Some(id) = keeper.take_issued() {
        set(response.headers_mut(), &name, &id);
    } else if response.extensions().get::<SignedOut>().is_some()
        && let Ok(logout) = Logout::of(&name)
    {
        logout.write(response.headers_mut(), site);
    }
    response
}

/// `CookiesLayer` adds what is missing.
fn set(headers: &mut HeaderMap, name: &str, id: &str) {
    if let Ok(mut cookie) = HeaderValue::try_from(format!("{name}={id}; Path=/")) {
        cookie.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
    }
}

fn failed(keeper: &Keeper, error: &tower_sessions_core::session::Error) -> Problem {
    if let Some(failure) = keeper.take_failure() {
        return failure.into();
    }
    tracing::error!(%error, "a session could not be read or kept");
    refusal::internal()
}

/// Begins a session under a new id; what the request came with is ended.
pub(crate) async fn begin(session: &Session, renewed: Renewed<UserId>) -> Result<(), Problem> {
    let done = async {
        if session.id().is_some() {
            session.flush().await?;
        }
        session.insert(SIGNED_IN, renewed.into_session()).await
    };
    done.await.map_err(|error| {
        tracing::error!(%error, "a session could not be renewed");
        refusal::internal()
    })
}

/// Ends the session of the request; the answer tells the browser to forget it.
pub(crate) async fn end(session: &Session, mut response: Response) -> Result<Response, Problem> {
    if session.id().is_some() {
        session.flush().await.map_err(|error| {
            tracing::error!(%error, "a session could not be ended");
            refusal::internal()
        })?;
    }
    response.extensions_mut().insert(SignedOut);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::bench::Bench;

    const ME: &str = "/api/v1/me";

    #[tokio::test]
    async fn a_session_ends_an_hour_after_its_last_use() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let cookie = bench.sign_in(password).await.cookie.unwrap();
        for _ in 0..4 {
            bench.clock.advance(Duration::from_mins(59));
            assert_eq!(bench.status_of(ME, &cookie).await, 200);
        }
        bench.clock.advance(Duration::from_hours(1));
        assert_eq!(bench.status_of(ME, &cookie).await, 401);
    }

    #[tokio::test]
    async fn a_session_ends_twelve_hours_after_its_first_use_however_it_is_used() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let cookie = bench.sign_in(password).await.cookie.unwrap();
        for _ in 0..23 {
            bench.clock.advance(Duration::from_mins(30));
            assert_eq!(bench.status_of(ME, &cookie).await, 200);
        }
        bench.clock.advance(Duration::from_mins(30));
        assert_eq!(bench.status_of(ME, &cookie).await, 401);
        assert_eq!(bench.status_of(ME, &cookie).await, 401, "it does not come back");
    }

    #[tokio::test]
    async fn a_session_that_has_to_set_a_password_ends_after_a_quarter_of_an_hour() {
        let bench = Bench::new().await;
        let temporary = bench.add_ada().await;
        let cookie = bench.sign_in(&temporary).await.cookie.unwrap();
        bench.clock.advance(Duration::from_mins(14));
        assert_eq!(bench.status_of("/account/password", &cookie).await, 200);
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!(bench.status_of("/account/password", &cookie).await, 303);
        let body = json!({"new_password": "red bicycles under snow"});
        let late = bench.call("POST", "/api/v1/auth/password", Some(&cookie), &body).await;
        assert_eq!(late.status, 401);
    }

    #[tokio::test]
    async fn a_database_that_is_away_signs_nobody_out() {
        let bench = Bench::new().await;
        let password = bench.settle_ada().await;
        let cookie = bench.sign_in(password).await.cookie.unwrap();
        bench.portal.store.close().await;
        let answer = bench.call("GET", ME, Some(&cookie), &json!({})).await;
        assert_eq!((answer.status, answer.cookie), (503, None));
        assert_eq!(bench.sign_in(password).await.status, 503);
    }

    #[tokio::test]
    async fn sessions_are_not_kept_for_who_is_not_signed_in() {
        let bench = Bench::new().await;
        for path in ["/login", "/", "/students", "/nowhere"] {
            let answer = bench.call("GET", path, None, &json!({})).await;
            assert_eq!(answer.cookie, None, "{path}");
        }
        let wrong = bench.sign_in("wrong").await;
        assert_eq!((wrong.status, wrong.cookie), (401, None));
    }
}
