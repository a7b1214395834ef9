//! From the template to one response.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, Entry};
use http::{Extensions, HeaderMap, HeaderName, Response, StatusCode};
use palisade_core::SecurityEvent;

use super::SecurityHeaders;
use super::template::{Template, Templates};
use crate::Site;
use crate::csp::{Grant, Nonce, granted};
use crate::value::Reporting;

/// Everything that is rendered ahead.
#[derive(Debug)]
pub(super) struct Prepared {
    set: SecurityHeaders,
    report: Option<Reporting>,
    base: Templates,
    granted: Vec<(Grant, Templates)>,
    uses_nonce: bool,
}

impl Prepared {
    /// Renders everything as it is on a day; the day matters to addresses of collectors alone.
    pub(super) fn new(set: SecurityHeaders, day: u64) -> Self {
        let report = set.endpoint.as_ref().map(|endpoint| endpoint.on(day));
        let templates = |grants: &[&Grant]| Templates::of(&set, report.as_ref(), grants);
        let granted = set.grants.iter().map(|g| (g.clone(), templates(&[g]))).collect();
        let base = templates(&[]);
        Self { uses_nonce: set.uses_nonce(), base, granted, report, set }
    }

    /// Renders the same on another day.
    pub(super) fn on(&self, day: u64) -> Self {
        Self::new(self.set.clone(), day)
    }

    /// Returns what to send where these grants are asked for.
    fn template(&self, site: Site, names: &[&'static str]) -> Cow<'_, Template> {
        let known = |name: &str| self.granted.iter().find(|(grant, _)| grant.name() == name);
        let found: Vec<_> = names.iter().filter_map(|name| {
            let found = known(name);
            if found.is_none() {
                tracing::warn!(target: SecurityEvent::TARGET, event = SecurityEvent::Misconfiguration.as_str(), grant = name, "a route asks for a CSP grant that is not registered");
            }
            found
        }).collect();
        match found.as_slice() {
            [] => Cow::Borrowed(self.base.at(site)),
            [(_, templates)] => Cow::Borrowed(templates.at(site)),
            several => {
                let grants: Vec<_> = several.iter().map(|(grant, _)| grant).collect();
                Cow::Owned(Template::of(&self.set, self.report.as_ref(), site, &grants))
            }
        }
    }
}

/// One request and its response: what the layer remembers between the two.
///
/// Made by [`SecurityHeadersLayer::open`](super::SecurityHeadersLayer::open).
#[derive(Clone, Debug)]
#[must_use = "the response has no headers until it is closed"]
pub struct Exchange {
    prepared: Arc<Prepared>,
    site: Site,
    nonce: Option<Nonce>,
}

impl Exchange {
    pub(super) fn open(prepared: Arc<Prepared>, request: &mut Extensions) -> Self {
        let nonce = prepared.uses_nonce.then(|| {
            if let Some(nonce) = request.get::<Nonce>() {
                return nonce.clone();
            }
            let nonce = Nonce::new(Arc::clone(&prepared.set.nonces));
            request.insert(nonce.clone());
            nonce
        });
        Self { prepared, site: Site::of(request), nonce }
    }

    /// Writes the headers into the response.
    pub fn close<B>(&self, response: &mut Response<B>) {
        let asked = granted(response.extensions());
        if asked.is_empty() {
            let template = self.prepared.base.at(self.site);
            return self.write(template, response.status(), response.headers_mut());
        }
        let template = self.prepared.template(self.site, asked);
        self.write(&template, response.status(), response.headers_mut());
    }

    fn write(&self, template: &Template, status: StatusCode, headers: &mut HeaderMap) {
        let handler = std::mem::replace(headers, template.headers.clone());
        self.policies(template, status, headers);
        self.merge(headers, handler);
    }

    fn policies(&self, template: &Template, status: StatusCode, headers: &mut HeaderMap) {
        if template.nonced.is_empty() {
            return;
        }
        if status == StatusCode::NOT_MODIFIED {
            // The browser would put this header over the page that it kept, whose nonce is another
            // (RFC 9111 4.3.4).
            for (name, _) in &template.nonced {
                headers.remove(name);
            }
            return;
        }
        let Some(nonce) = self.nonce.as_ref().and_then(Nonce::close) else { return };
        for (name, text) in &template.nonced {
            if let Some(value) = text.fill(nonce) {
                headers.insert(name, value);
            }
        }
    }

    /// Moves the handler's headers in; only its few names are hashed.
    fn merge(&self, headers: &mut HeaderMap, handler: HeaderMap) {
        if handler.len() != handler.keys_len() {
            return self.merge_repeated(headers, handler);
        }
        for (name, value) in handler {
            let Some(name) = name else { continue }; // each name comes with its one value
            if self.prepared.set.removed.contains(&name) {
                continue;
            }
            match headers.entry(name) {
                Entry::Vacant(slot) => {
                    slot.insert(value);
                }
                Entry::Occupied(mut ours) => match self.meeting(ours.key()) {
                    Meeting::Both if *ours.get() == value => {}
                    Meeting::Both => ours.append(value),
                    Meeting::Ours => {}
                    Meeting::Theirs => drop(ours.insert(value)),
                },
            }
        }
    }

    /// Moves headers in of which some have several values.
    fn merge_repeated(&self, headers: &mut HeaderMap, handler: HeaderMap) {
        let mut current = None;
        for (name, value) in handler {
            if let Some(name) = name {
                let meeting = if self.prepared.set.removed.contains(&name) {
                    Meeting::Ours
                } else if headers.contains_key(&name) {
                    self.meeting(&name)
                } else {
                    Meeting::Both
                };
                if meeting == Meeting::Theirs {
                    headers.remove(&name);
                }
                current = Some((name, meeting));
            }
            let Some((name, meeting)) = &current else { continue };
            let known = || is_policy(name) && headers.get_all(name).iter().any(|v| *v == value);
            if *meeting != Meeting::Ours && !known() {
                headers.append(name, value);
            }
        }
    }

    fn meeting(&self, name: &HeaderName) -> Meeting {
        if self.prepared.set.handler_sets.contains(name) {
            Meeting::Theirs
        } else if is_policy(name) {
            Meeting::Both
        } else {
            Meeting::Ours
        }
    }
}

/// What is sent where the handler has set a header of the set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meeting {
    Both,
    Ours,
    Theirs,
}

fn is_policy(name: &HeaderName) -> bool {
    *name == CONTENT_SECURITY_POLICY || *name == CONTENT_SECURITY_POLICY_REPORT_ONLY
}
