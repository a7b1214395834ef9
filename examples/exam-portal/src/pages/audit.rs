//! `/admin/audit`: who did what, searched by a form, page by page.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use palisade_audit::query::Stored;
use palisade_core::Problem;
use palisade_input_validation::issue::Language;
use palisade_input_validation::{Rejected, Valid};

use super::failure::Failure;
use super::frame::Frame;
use crate::access::Admin;
use crate::api::TrailQuery;
use crate::state::Portal;
use crate::trail::Entry;

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    frame: Frame,
    asked: TrailQuery,
    items: Vec<Row>,
    next: Option<String>,
    size: u64,
    dropped: u64,
}

/// One event, in the columns of the page.
struct Row {
    seq: u64,
    /// The last part of the name of its log, where several are gathered.
    instance: Option<String>,
    /// Its log, where that is another instance's, which alone can prove it.
    elsewhere: Option<String>,
    time: String,
    actor: String,
    action: String,
    target: String,
    outcome: String,
    ip: String,
}

impl Row {
    fn new(entry: Entry, portal: &Portal) -> Self {
        let own = portal.trail.is_own(&entry);
        let Entry { log, event } = entry;
        let elsewhere = log.clone().filter(|_| !own);
        // A verifier key is NAME+HASH+KEY.
        let instance = log.and_then(|log| log.split('+').nth(1).map(str::to_owned));
        let Stored { seq, ts, action, outcome, actor, target, ip, .. } = event;
        let time = ts.get(..19).unwrap_or(&ts).replace('T', " ");
        let actor = actor.map_or_else(String::new, |actor| match actor.id.as_str() {
            "" => actor.kind,
            id => id.to_owned(),
        });
        let target = target.map_or_else(String::new, |t| format!("{} {}", t.kind, t.id));
        Self {
            seq,
            instance,
            elsewhere,
            time,
            actor,
            action,
            target,
            outcome,
            ip: ip.unwrap_or_default(),
        }
    }
}

pub(super) async fn page(
    who: Result<Admin, Problem>,
    State(portal): State<Portal>,
    asked: Result<Valid<Query<TrailQuery>>, Rejected>,
) -> Result<Response, Failure> {
    let Admin(user) = who?;
    let asked = asked.map_err(|rejected| rejected.refusal().problem(Language::English))?;
    let Query(asked) = asked.into_inner();
    let page = asked.page(&portal, &user).await?;
    let next = page.next_cursor.map(|cursor| link(&asked, &cursor));
    let stats = portal.trail.log().stats();
    Ok(super::html(&Audit {
        frame: Frame::of(&user),
        items: page.items.into_iter().map(|entry| Row::new(entry, &portal)).collect(),
        next,
        asked,
        size: stats.stored,
        dropped: stats.dropped,
    }))
}

/// The same search, a page further.
fn link(asked: &TrailQuery, cursor: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let fields = [
        ("actor", asked.actor()),
        ("action", asked.action()),
        ("target", asked.target()),
        ("since", asked.since()),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    query.append_pair("cursor", cursor);
    format!("/admin/audit?{}", query.finish())
}
