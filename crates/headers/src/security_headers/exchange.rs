//! From the template to one response.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, Entry, OccupiedEntry,
};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use palisade_core::SecurityEvent;

use super::SecurityHeaders;
use super::template::{Template, Templates};
use crate::Site;
use crate::csp::{Grant, Nonce, granted};

/// Everything that is rendered ahead.
#[derive(Debug)]
pub(super) struct Prepared {
    set: SecurityHeaders,
    base: Templates,
    granted: Vec<(Grant, Templates)>,
    uses_nonce: bool,
}

impl Prepared {
    pub(super) fn new(set: SecurityHeaders) -> Self {
        let granted = set.grants.iter().map(|g| (g.clone(), Templates::of(&set, &[g]))).collect();
        let base = Templates::of(&set, &[]);
        Self { uses_nonce: set.uses_nonce(), base, granted, set }
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
                Cow::Owned(Template::of(&self.set, site, &grants))
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
    pub(super) fn open(prepared: &Arc<Prepared>, request: &mut Extensions) -> Self {
        let nonce = prepared.uses_nonce.then(|| {
            if let Some(nonce) = request.get::<Nonce>() {
                return nonce.clone();
            }
            let nonce = Nonce::new(Arc::clone(&prepared.set.nonces));
            request.insert(nonce.clone());
            nonce
        });
        Self { prepared: Arc::clone(prepared), site: Site::of(request), nonce }
    }

    /// Writes the headers into the response.
    pub fn close<B>(&self, response: &mut Response<B>) {
        let asked = granted(response.extensions());
        let template = if asked.is_empty() {
            Cow::Borrowed(self.prepared.base.at(self.site))
        } else {
            self.prepared.template(self.site, asked)
        };
        let mut headers = template.headers.clone();
        self.policies(&template, response.status(), &mut headers);
        let handler = std::mem::replace(response.headers_mut(), HeaderMap::new());
        self.merge(&mut headers, handler);
        *response.headers_mut() = headers;
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
        let mut rest = handler.into_iter().peekable();
        while let Some((name, first)) = rest.next() {
            let Some(name) = name else { continue }; // the further values of a removed header
            if self.prepared.set.removed.contains(&name) {
                continue;
            }
            let mut more = || rest.next_if(|(name, _)| name.is_none()).map(|(_, value)| value);
            match headers.entry(name) {
                Entry::Vacant(slot) => {
                    let mut slot = slot.insert_entry(first);
                    while let Some(value) = more() {
                        slot.append(value);
                    }
                }
                Entry::Occupied(ours) => {
                    self.meet(ours, std::iter::once(first).chain(std::iter::from_fn(more)));
                }
            }
        }
    }

    /// Settles between our value and the handler's.
    fn meet(
        &self,
        mut ours: OccupiedEntry<'_, HeaderValue>,
        mut theirs: impl Iterator<Item = HeaderValue>,
    ) {
        if self.prepared.set.handler_sets.contains(ours.key()) {
            if let Some(first) = theirs.next() {
                ours.insert(first);
            }
            theirs.for_each(|value| ours.append(value));
        } else if is_policy(ours.key()) {
            for value in theirs {
                if !ours.iter().any(|known| *known == value) {
                    ours.append(value);
                }
            }
        } else {
            theirs.for_each(drop);
        }
    }
}

fn is_policy(name: &HeaderName) -> bool {
    *name == CONTENT_SECURITY_POLICY || *name == CONTENT_SECURITY_POLICY_REPORT_ONLY
}
