//! The bodies that browsers send.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::word::{Maybe, Word, skip_seq};

/// Why a body holds no reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is not JSON, or neither an object nor a list.
    #[error("the body is no list of reports in JSON")]
    NotReports,
    /// More than 16 levels of objects and lists.
    #[error("the body is nested more than 16 levels deep")]
    TooDeep,
    /// More than 64 KiB.
    #[error("the body is longer than 64 KiB")]
    TooLong,
}

/// Bytes of a body.
pub(super) const MAX_BODY: usize = 64 << 10;
/// Reports of a body that are read.
const MAX_REPORTS: usize = 32;
/// Levels of objects and lists.
const MAX_DEPTH: usize = 16;

/// The reports of one body.
#[derive(Clone, Debug, Default)]
pub struct Batch<'a> {
    reports: Vec<Report<'a>>,
    omitted: usize,
}

impl<'a> Batch<'a> {
    /// Returns the reports, at most 32.
    #[must_use]
    pub fn reports(&self) -> &[Report<'a>] {
        &self.reports
    }

    /// Returns how many more there were.
    #[must_use]
    pub const fn omitted(&self) -> usize {
        self.omitted
    }
}

/// One report as it was sent: nothing in it can be relied on.
#[derive(Clone, Debug, Default)]
pub struct Report<'a> {
    pub(super) kind: Word<'a>,
    pub(super) page: Word<'a>,
    pub(super) directive: Word<'a>,
    pub(super) blocked: Word<'a>,
    pub(super) source: Word<'a>,
    pub(super) line: Option<u64>,
    pub(super) disposition: Word<'a>,
}

/// Reads a body of `report-uri` (`application/csp-report`) or of the Reporting API
/// (`application/reports+json`).
///
/// # Example
///
/// ```
/// use palisade_headers::reports::parse;
///
/// let body = br#"{"csp-report": {"document-uri": "https://a.example/", "blocked-uri": "inline"}}"#;
/// assert_eq!(parse(body)?.reports().len(), 1);
/// # Ok::<(), palisade_headers::reports::Malformed>(())
/// ```
///
/// # Errors
///
/// [`Malformed`]. What one report holds beside or instead of what is expected is skipped.
///
/// # Cost
///
/// One pass to bound the depth, one to read; texts without escapes are not copied.
pub fn parse(body: &[u8]) -> Result<Batch<'_>, Malformed> {
    if body.len() > MAX_BODY {
        return Err(Malformed::TooLong);
    }
    if depth(body) > MAX_DEPTH {
        return Err(Malformed::TooDeep);
    }
    let Top(batch) = serde_json::from_slice(body).map_err(|_| Malformed::NotReports)?;
    Ok(batch)
}

/// Levels of brackets outside of strings.
fn depth(body: &[u8]) -> usize {
    let (mut deepest, mut depth) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// What stands at the top of either form.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "csp-report", borrow, default = "nothing")]
    old: Maybe<Body<'a>>,
    #[serde(rename = "type", borrow, default)]
    kind: Word<'a>,
    #[serde(borrow, default)]
    url: Word<'a>,
    #[serde(borrow, default = "nothing")]
    body: Maybe<Body<'a>>,
}

const fn nothing<T>() -> Maybe<T> {
    Maybe(None)
}

/// The names of `report-uri`, and those of the Reporting API beside them.
#[derive(Default, Deserialize)]
struct Body<'a> {
    #[serde(rename = "document-uri", alias = "documentURL", borrow, default)]
    page: Word<'a>,
    #[serde(rename = "effective-directive", alias = "effectiveDirective", borrow, default)]
    effective: Word<'a>,
    #[serde(rename = "violated-directive", alias = "violatedDirective", borrow, default)]
    violated: Word<'a>,
    #[serde(rename = "blocked-uri", alias = "blockedURL", borrow, default)]
    blocked: Word<'a>,
    #[serde(rename = "source-file", alias = "sourceFile", borrow, default)]
    source: Word<'a>,
    #[serde(rename = "line-number", alias = "lineNumber", borrow, default)]
    line: Word<'a>,
    #[serde(borrow, default)]
    disposition: Word<'a>,
    /// The name of a feature, in reports of `Permissions-Policy`.
    #[serde(rename = "policyId", alias = "featureId", borrow, default)]
    feature: Word<'a>,
}

impl<'a> From<Envelope<'a>> for Report<'a> {
    fn from(envelope: Envelope<'a>) -> Self {
        let (kind, body) = match envelope.old.0 {
            Some(body) => (Word::Text("csp-violation".into()), body),
            None => (envelope.kind, envelope.body.0.unwrap_or_default()),
        };
        Self {
            kind,
            page: body.page.or(envelope.url),
            directive: body.effective.or(body.violated),
            blocked: body.blocked.or(body.feature),
            source: body.source,
            line: body.line.count(),
            disposition: body.disposition,
        }
    }
}

/// One report or a list of them.
struct Top<'a>(Batch<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Top<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BatchVisitor).map(Top)
    }
}

struct BatchVisitor;

impl<'de> Visitor<'de> for BatchVisitor {
    type Value = Batch<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report or a list of reports")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let envelope = Envelope::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Batch { reports: vec![envelope.into()], omitted: 0 })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut batch = Batch::default();
        while batch.reports.len() < MAX_REPORTS {
            let Some(envelope) = seq.next_element::<Maybe<Envelope<'de>>>()? else {
                return Ok(batch);
            };
            batch.reports.extend(envelope.0.map(Report::from));
        }
        batch.omitted = skip_seq(seq)?;
        Ok(batch)
    }
}
