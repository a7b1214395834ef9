//! `/reset`: asking for a link, and `/reset/{token}`: choosing a password by it.
//!
//! Opening a link sets a cookie and leads to a page without the token in its address, so that it
//! stays in no history and no `Referer`. Nothing but the form uses the link.

use std::convert::Infallible;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::Response;
use http::header::{REFERRER_POLICY, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use palisade_headers::Site;
use palisade_headers::cookies::session_name;
use palisade_input_validation::Check;
use palisade_passwords::fields::Fields;

use super::failure::Failure;
use super::frame::Frame;
use super::password::sentence;
use crate::accounts::ResetRefused;
use crate::fields::Secret;
use crate::resets::{self, LinkRequest, Resets};
use crate::state::Portal;
use crate::{fields, sessions};

/// The page to which a link leads.
const CHOOSE: &str = "/reset/choose";

/// As long as a link.
const SECONDS: u32 = 3600;

#[derive(Template)]
#[template(path = "reset.html")]
struct Ask {
    frame: Frame,
    asked: bool,
}

#[derive(Template)]
#[template(path = "reset_choose.html")]
struct Choose {
    frame: Frame,
    step: Step,
    wrong: Vec<String>,
}

/// The form with the password.
#[derive(Check)]
#[serde(deny_unknown_fields)]
struct Chosen {
    new_password: Secret,
}

/// How far somebody is who has a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Choosing,
    Done,
    TooLate,
}

/// The token in the address of a link; one that is no text is as good as none.
type Token = Result<Path<String>, PathRejection>;

fn text(token: Token) -> String {
    token.map(|Path(token)| token).unwrap_or_default()
}

/// The cookie with the token, and its name.
pub(super) struct Held {
    name: String,
    token: String,
}

impl FromRequestParts<Portal> for Held {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Infallible> {
        let https = portal.resets.is_https() || Site::of(&parts.extensions).is_https();
        let site = if https { Site::Https } else { Site::Http };
        let name = session_name("reset", site).into_owned();
        let token = sessions::only(&parts.headers, &name).unwrap_or_default().to_owned();
        Ok(Self { name, token })
    }
}

pub(super) async fn page() -> Response {
    super::html(&Ask { frame: Frame::default(), asked: false })
}

pub(super) async fn ask(State(resets): State<Resets>, form: Fields) -> Result<Response, Failure> {
    let LinkRequest { email } = fields::checked(&form)?;
    resets.request(&email).map_err(resets::unsent)?;
    let mut page = super::html(&Ask { frame: Frame::default(), asked: true });
    *page.status_mut() = StatusCode::ACCEPTED;
    Ok(page)
}

/// Takes the token out of the address; a scanner that comes this far has changed nothing.
pub(super) async fn open(token: Token, held: Held) -> Response {
    let token = text(token);
    let mut page = super::to(CHOOSE);
    let fits = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits && (1..=100).contains(&token.len()) {
        keep(&mut page, &held.name, &token, SECONDS);
    }
    page
}

pub(super) async fn choose(State(resets): State<Resets>, held: Held) -> Result<Response, Failure> {
    match resets.look(&held.token).await {
        Ok(_) => Ok(shown(Step::Choosing, Vec::new(), StatusCode::OK)),
        Err(refused) => again(refused),
    }
}

pub(super) async fn submit(
    State(resets): State<Resets>,
    held: Held,
    form: Fields,
) -> Result<Response, Failure> {
    set_password(&resets, &held.name, &held.token, &form).await
}

/// The form at the address of the link itself, for programs that follow no redirect.
pub(super) async fn submit_at_link(
    State(resets): State<Resets>,
    token: Token,
    held: Held,
    form: Fields,
) -> Result<Response, Failure> {
    set_password(&resets, &held.name, &text(token), &form).await
}

async fn set_password(
    resets: &Resets,
    cookie: &str,
    token: &str,
    form: &Fields,
) -> Result<Response, Failure> {
    let Chosen { new_password } = fields::checked(form)?;
    match resets.redeem(token, new_password.candidate()).await {
        Ok(()) => {
            let mut page = shown(Step::Done, Vec::new(), StatusCode::OK);
            keep(&mut page, cookie, "", 0);
            Ok(page)
        }
        Err(refused) => again(refused),
    }
}

fn again(refused: ResetRefused) -> Result<Response, Failure> {
    match refused {
        ResetRefused::Gone(_) => Ok(shown(Step::TooLate, Vec::new(), StatusCode::GONE)),
        ResetRefused::Refused(refusal) => {
            let rules = refusal.violations().iter().map(|rule| sentence(&rule.to_string()));
            Ok(shown(Step::Choosing, rules.collect(), StatusCode::UNPROCESSABLE_ENTITY))
        }
        other => Err(other.into()),
    }
}

fn shown(step: Step, wrong: Vec<String>, status: StatusCode) -> Response {
    let mut page = super::html(&Choose { frame: Frame::default(), step, wrong });
    *page.status_mut() = status;
    page
}

/// Lax, not strict: a click in a mail comes from another site.
fn keep(page: &mut Response, name: &str, token: &str, seconds: u32) {
    let cookie = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        page.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// No page of a link tells another site where it was. Not `no-referrer`: under it browsers send
/// `Origin: null` with our own form, which looks foreign where there is no `Sec-Fetch-Site`.
pub(super) async fn tell_no_other_site(mut response: Response) -> Response {
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
