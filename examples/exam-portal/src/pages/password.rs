//! `/account/password`: the form for a new password.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use palisade_core::Problem;
use palisade_edge::ClientIp;
use palisade_passwords::fields::Fields;
use tower_sessions_core::Session;

use super::failure::Failure;
use super::frame::Frame;
use crate::access::SignedIn;
use crate::accounts::{Accounts, ChangeRefused, ChangeRequest, Client, User};
use crate::resets::Resets;
use crate::{fields, sessions};

#[derive(Template)]
#[template(path = "password.html")]
struct Password {
    frame: Frame,
    /// For the browser's store of passwords.
    name: String,
    /// Whether the present password is temporary, so that it is not asked again.
    pending: bool,
    changed: bool,
    wrong_current: bool,
    /// Of the new password.
    wrong: Vec<String>,
}

impl Password {
    fn of(user: &User) -> Self {
        Self {
            frame: Frame::of(user),
            name: user.name.clone(),
            pending: user.must_change,
            changed: false,
            wrong_current: false,
            wrong: Vec::new(),
        }
    }
}

pub(super) async fn page(who: Result<SignedIn, Problem>) -> Result<Response, Failure> {
    Ok(super::html(&Password::of(&who?.user)))
}

pub(super) async fn submit(
    State(accounts): State<Accounts>,
    State(resets): State<Resets>,
    Extension(session): Extension<Session>,
    client: ClientIp,
    who: Result<SignedIn, Problem>,
    form: Fields,
) -> Result<Response, Failure> {
    let SignedIn { mut user, standing } = who?;
    let request = fields::checked::<ChangeRequest>(&form)?;
    let client = Client::of(client.address());
    let mut page = Password::of(&user);
    match accounts.change_password(&user, standing, request, client).await {
        Ok(renewed) => {
            resets.tell_of_change(&user);
            sessions::begin(&session, renewed).await?;
            user.must_change = false;
            return Ok(super::html(&Password { changed: true, ..Password::of(&user) }));
        }
        Err(ChangeRefused::Same) => {
            page.wrong = vec!["Choose another one than the one you were given.".to_owned()];
        }
        Err(ChangeRefused::Wrong { current, new }) => {
            page.wrong_current = current;
            page.wrong = new.iter().map(|violation| sentence(&violation.to_string())).collect();
        }
        Err(other) => return Err(Problem::from(other).into()),
    }
    let mut page = super::html(&page);
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

/// Gives the words of a rule a capital and a full stop.
pub(super) fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), rest.as_str())
}
