//! From policy to header value.

use http::HeaderValue;

use super::{Csp, Source};
use crate::value::Reporting;

/// What a policy's text depends on besides the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rendering<'a> {
    /// Whether the page is reached through TLS.
    pub(crate) https: bool,
    /// Who hears of violations.
    pub(crate) report: Option<&'a Reporting>,
}

/// The text of one header with gaps where the nonce goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    /// What stands before, between and after the gaps: one more than there are gaps.
    pieces: Vec<String>,
}

impl Text {
    /// Writes policies as one header: a comma makes browsers enforce each (CSP 3 2.2).
    pub(crate) fn of(policies: &[Csp], rendering: Rendering<'_>) -> Self {
        let mut text = Self { pieces: vec![String::new()] };
        for (index, policy) in policies.iter().enumerate() {
            if index > 0 {
                text.push(", ");
            }
            policy.write(&mut text, Nonces::Gap, rendering);
        }
        text
    }

    /// Writes policies for a response that nobody asked a nonce for.
    pub(crate) fn without_nonce(policies: &[Csp], rendering: Rendering<'_>) -> String {
        let mut text = Self { pieces: vec![String::new()] };
        for (index, policy) in policies.iter().enumerate() {
            if index > 0 {
                text.push(", ");
            }
            policy.write(&mut text, Nonces::Dropped, rendering);
        }
        text.pieces.concat()
    }

    /// Returns whether a nonce goes in.
    pub(crate) const fn has_gaps(&self) -> bool {
        self.pieces.len() > 1
    }

    /// Fills the gaps: one allocation of the exact length, marked so that HPACK keeps it out of its
    /// table (RFC 7541 7.1.3), where it would push out headers that do repeat.
    pub(crate) fn fill(&self, nonce: &str) -> Option<HeaderValue> {
        let gaps = self.pieces.len().saturating_sub(1).saturating_mul(nonce.len());
        let length = self.pieces.iter().map(String::len).sum::<usize>().saturating_add(gaps);
        let mut value = Vec::with_capacity(length);
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                value.extend_from_slice(nonce.as_bytes());
            }
            value.extend_from_slice(piece.as_bytes());
        }
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(last) => last.push_str(text),
            None => self.pieces.push(text.to_owned()),
        }
    }
}

/// What is written where a list holds the nonce.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nonces {
    Dropped,
    Gap,
    Named,
}

impl Csp {
    pub(super) fn text(&self) -> String {
        let mut text = Text::default();
        self.write(&mut text, Nonces::Named, Rendering { https: true, report: None });
        text.pieces.concat()
    }

    fn write(&self, text: &mut Text, nonces: Nonces, rendering: Rendering<'_>) {
        let mut separator = "";
        let mut part = |text: &mut Text, words: &str| {
            text.push(separator);
            text.push(words);
            separator = ";";
        };
        for (directive, list) in &self.lists {
            part(text, directive.as_str());
            write_list(text, list, nonces);
        }
        if let Some(allowed) = &self.sandbox {
            part(text, "sandbox");
            for flag in allowed {
                text.push(" ");
                text.push(flag.as_str());
            }
        }
        if let Some(trusted_types) = &self.trusted_types {
            part(text, &trusted_types.to_string());
        }
        if self.upgrade && rendering.https {
            part(text, "upgrade-insecure-requests");
        }
        if let Some(endpoint) = rendering.report {
            part(text, &format!("report-uri {}", endpoint.address));
            if rendering.https {
                part(text, &format!("report-to {}", endpoint.name));
            }
        }
    }
}

fn write_list(text: &mut Text, list: &[Source], nonces: Nonces) {
    let dropping = nonces == Nonces::Dropped && list.contains(&Source::Nonce);
    // With the nonce goes 'unsafe-inline', which the nonce had put out of force (CSP 3 8.2).
    let keeps =
        |source: &&Source| !dropping || !matches!(source, Source::Nonce | Source::UnsafeInline);
    if !list.iter().filter(keeps).any(Source::admits) {
        text.push(" 'none'");
        return;
    }
    for source in list.iter().filter(keeps) {
        match source {
            Source::Nonce if nonces == Nonces::Gap => {
                text.push(" 'nonce-");
                text.pieces.push("'".to_owned());
            }
            other => text.push(&format!(" {other}")),
        }
    }
}
