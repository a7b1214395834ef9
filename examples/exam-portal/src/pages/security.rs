//! `/admin/security`: what was refused, who is locked, what browsers reported.

use std::collections::HashMap;
use std::time::SystemTime;

use askama::Template;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use palisade_core::Problem;
use palisade_headers::csp::Nonce;
use palisade_headers::reports::{Observed, Snapshot};
use palisade_passwords::fields::Fields;
use palisade_ratelimit::limits::Figure;
use palisade_ratelimit::lockout::{Key, Kind, Lock, Lockout, Wait};
use palisade_ratelimit::store::StoreError;

use super::failure::Failure;
use super::frame::Frame;
use super::security_caches::{AnswersView, CachesView};
use crate::access::Admin;
use crate::figures;
use crate::state::Portal;
use crate::store::Store;

/// From the left edge of one minute's bar to that of the next.
const STEP: usize = 16;
/// The tallest bar.
const HEIGHT: u64 = 120;
/// The longest gauge.
const LENGTH: u64 = 100;
/// How many locks and violations are listed.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "security.html")]
struct Security {
    frame: Frame,
    /// Whether the whole page is to be asked for again and again, in place of its script.
    live: bool,
    /// By which the page says that the script is its own.
    nonce: Nonce,
    place: String,
    since: String,
    refused: u64,
    near: u64,
    minutes: Vec<Bar>,
    /// Of the charts, in units of their viewport.
    width: usize,
    most: u64,
    /// Requests by minute, and of them the failed.
    requests: Vec<Bar>,
    failed: Vec<Bar>,
    served: u64,
    broken: u64,
    /// Within which time nineteen of twenty were answered.
    within: String,
    rules: Vec<Row>,
    /// Nothing where the store does not answer.
    locks: Option<Vec<Locked>>,
    violations: Vec<Violation>,
    reports: u64,
    noise: u64,
    unread: u64,
    /// Nothing where nothing is cached.
    caches: Option<CachesView>,
    answers: AnswersView,
}

/// One minute of the chart, in units of its viewport.
struct Bar {
    end: String,
    count: u64,
    /// Whether its number is written above it.
    highest: bool,
    x: usize,
    y: u64,
    height: u64,
}

/// What a rule did.
struct Row {
    figure: Figure,
    /// Of the gauge.
    length: u64,
}

struct Locked {
    kind: &'static str,
    who: String,
    key: String,
    failures: u32,
    wait: String,
}

/// What browsers refused, in the words of whoever reported it.
struct Violation {
    what: &'static str,
    page: String,
    blocked: String,
    count: u64,
    last: String,
    length: u64,
}

pub(super) async fn page(
    who: Result<Admin, Problem>,
    State(portal): State<Portal>,
    Extension(nonce): Extension<Nonce>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let Admin(user) = who?;
    let guard = &portal.guard;
    let (rules_of, minutes) = (guard.limits().figures(), guard.history().minutes());
    let locks = match guard.lockout().locks(LISTED).await {
        Ok(locks) => Some(named(locks, guard.lockout(), &portal.store).await?),
        Err(error) => {
            tracing::warn!(%error, "locks cannot be listed");
            None
        }
    };
    let reports = portal.reports.snapshot();
    let requests = figures::requests(portal.store.now());
    let of_request = |count: fn(&figures::Minute) -> u64| -> Vec<(SystemTime, u64)> {
        requests.minutes.iter().map(|minute| (minute.end, count(minute))).collect()
    };
    let (served, broken) = (of_request(|m| m.requests), of_request(|m| m.failed));
    let busiest = highest(&served);
    let refused: Vec<_> = minutes.iter().map(|minute| (minute.end, minute.refused)).collect();
    Ok(super::html(&Security {
        frame: Frame::of(&user),
        live: query.as_deref() == Some("live"),
        nonce,
        place: guard.place().to_owned(),
        since: moment(guard.history().since(), "%F %R"),
        refused: minutes.iter().map(|minute| minute.refused).fold(0, u64::saturating_add),
        near: rules_of.iter().map(|figure| figure.near_limit).fold(0, u64::saturating_add),
        width: minutes.len().max(30).saturating_mul(STEP),
        most: highest(&refused),
        minutes: bars(&refused, highest(&refused)),
        requests: bars(&served, busiest),
        failed: bars(&broken, busiest),
        served: served.iter().map(|(_, count)| *count).fold(0, u64::saturating_add),
        broken: broken.iter().map(|(_, count)| *count).fold(0, u64::saturating_add),
        within: requests.most.map_or_else(|| "?".to_owned(), |most| format!("{most:?}")),
        rules: rows(rules_of),
        locks,
        reports: reports.counted(),
        noise: reports.noise().iter().map(|(_, count)| *count).fold(0, u64::saturating_add),
        unread: reports.refused().iter().map(|(_, count)| *count).fold(0, u64::saturating_add),
        violations: violations(&reports),
        caches: portal.store.caches().map(CachesView::of),
        answers: AnswersView::of(&portal.answers.cache()),
    }))
}

pub(super) async fn unlock(
    who: Result<Admin, Problem>,
    State(portal): State<Portal>,
    fields: Fields,
) -> Result<Response, Failure> {
    let Admin(user) = who?;
    let unknown = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_lock");
    let kind = fields.text("kind")?;
    let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(unknown)?;
    let key = unhex(fields.text("key")?).ok_or_else(unknown)?;
    portal.guard.lockout().unlock(kind, key).await.map_err(|error| down(&error))?;
    tracing::info!(user = %user.id, kind = kind.as_str(), "an administrator lifted a lock");
    Ok(super::to("/admin/security"))
}

fn down(error: &StoreError) -> Problem {
    tracing::warn!(%error, "a lock cannot be lifted");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "locks_unavailable")
        .retry_after(std::time::Duration::from_secs(5))
}

fn highest(minutes: &[(SystemTime, u64)]) -> u64 {
    minutes.iter().map(|(_, count)| *count).max().unwrap_or_default()
}

/// A minute of `most` fills the chart; one in which there was anything is seen.
fn bars(minutes: &[(SystemTime, u64)], most: u64) -> Vec<Bar> {
    // The newest stands on the right, also in the first half hour.
    let empty = 30_usize.saturating_sub(minutes.len());
    let bar = |(place, (end, count)): (usize, &(SystemTime, u64))| {
        let height = part(*count, most, HEIGHT);
        Bar {
            end: moment(*end, "%R"),
            count: *count,
            highest: *count == most && most > 0,
            x: place.saturating_add(empty).saturating_mul(STEP),
            y: HEIGHT.saturating_sub(height),
            height,
        }
    };
    minutes.iter().enumerate().map(bar).collect()
}

fn rows(figures: Vec<Figure>) -> Vec<Row> {
    let most = figures.iter().map(|figure| figure.refused).max().unwrap_or_default();
    let row = |figure: Figure| Row { length: part(figure.refused, most, LENGTH), figure };
    figures.into_iter().map(row).collect()
}

/// Says who is locked, where it is an account that is known.
async fn named(locks: Vec<Lock>, lockout: &Lockout, store: &Store) -> Result<Vec<Locked>, Failure> {
    let mut names: HashMap<Key, String> = HashMap::new();
    if locks.iter().any(|lock| lock.kind == Kind::Account) {
        let users = store.users().await?;
        names = users.into_iter().map(|u| (lockout.account_key(&u.name), u.name)).collect();
    }
    let locked = |lock: &Lock| {
        let key = format!("{:032x}", u128::from_be_bytes(lock.key));
        let who = match (lock.kind, names.get(&lock.key)) {
            (_, Some(name)) => name.clone(),
            (Kind::Account, None) => "a name that no account has".to_owned(),
            (_, None) => key.chars().take(8).collect(),
        };
        let wait = match lock.wait {
            Wait::For(wait) => format!("{} s more", wait.as_secs().max(1)),
            _ => "until it is lifted".to_owned(),
        };
        Locked { kind: lock.kind.as_str(), who, key, failures: lock.failures, wait }
    };
    Ok(locks.iter().map(locked).collect())
}

fn violations(reports: &Snapshot) -> Vec<Violation> {
    let seen = || reports.violations().iter().take(LISTED);
    let most = seen().map(Observed::at_least).max().unwrap_or_default();
    let row = |observed: &Observed| {
        let violation = observed.violation();
        Violation {
            what: violation.what(),
            page: violation.page().to_owned(),
            blocked: violation.blocked().to_owned(),
            count: observed.at_least(),
            last: moment(observed.last_seen(), "%F %R"),
            length: part(observed.at_least(), most, LENGTH),
        }
    };
    seen().map(row).collect()
}

/// Returns how long a bar of this number is, where the largest number fills `whole`.
const fn part(number: u64, most: u64, whole: u64) -> u64 {
    if most == 0 { 0 } else { number.saturating_mul(whole).div_ceil(most) }
}

/// Writes a moment in UTC.
fn moment(at: SystemTime, form: &str) -> String {
    Timestamp::try_from(at).map(|at| at.strftime(form).to_string()).unwrap_or_default()
}

fn unhex(text: &str) -> Option<Key> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
    Some(number.to_be_bytes())
}
