//! What is held of a URI.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::header::{
    AGE, CONTENT_LENGTH, DATE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use http::{HeaderName, HeaderValue, StatusCode};
use smallvec::SmallVec;

use super::cache_status::CACHE_STATUS;
use super::policy::{Asked, Policy, Selection, Times};
use crate::eras::Began;
use crate::etag::{EntityTag, Validators};

/// One answer.
pub(super) struct Stored {
    pub(super) policy: Policy,
    pub(super) status: StatusCode,
    /// With `Age` and `Cache-Status`, whose values are replaced in place.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) selection: Selection,
    pub(super) validators: Validators,
    pub(super) began: Began,
    stamp: ArcSwap<Stamp>,
}

/// The fields that change while an answer is held, as they were written last.
pub(super) struct Stamp {
    age: u64,
    pub(super) age_value: HeaderValue,
}

impl Stored {
    /// Makes an answer ready: dated, with its length, and with room for what changes.
    pub(super) fn new(
        policy: Policy,
        status: StatusCode,
        mut headers: HeaderMap,
        body: Bytes,
        selection: Selection,
        times: &Times,
        began: Began,
    ) -> Self {
        headers.entry(DATE).or_insert_with(|| {
            let date = httpdate::fmt_http_date(times.wall);
            HeaderValue::try_from(date).unwrap_or(HeaderValue::from_static(""))
        });
        if !headers.contains_key(CONTENT_LENGTH) && status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        headers.insert(AGE, HeaderValue::from_static("0"));
        if !headers.contains_key(CACHE_STATUS) {
            headers.insert(CACHE_STATUS, HeaderValue::from_static(""));
        }
        let validators = validators(&headers);
        let stamp = Stamp { age: u64::MAX, age_value: HeaderValue::from_static("0") };
        let stamp = ArcSwap::from_pointee(stamp);
        Self { policy, status, headers, body, selection, validators, began, stamp }
    }

    /// Returns `Age` as it is now; it is written once a second.
    pub(super) fn age(&self, now: Instant) -> HeaderValue {
        let age = self.policy.age(now).as_secs();
        let stamp = self.stamp.load();
        if stamp.age == age {
            return stamp.age_value.clone();
        }
        let age_value = HeaderValue::from(age);
        self.stamp.store(Arc::new(Stamp { age, age_value: age_value.clone() }));
        age_value
    }

    /// Puts what tells whether this answer is good still into a request, in place of what its client
    /// asked; says whether there is anything.
    pub(super) fn ask_whether_good(&self, headers: &mut HeaderMap) -> bool {
        let pairs = [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)];
        let mut asks = false;
        for (has, question) in pairs {
            headers.remove(&question);
            if let Some(value) = self.headers.get(has) {
                headers.insert(question, value.clone());
                asks = true;
            }
        }
        asks
    }

    /// Says whether the fields of an answer to HEAD are those of this content, or of another; nothing,
    /// if they tell neither.
    pub(super) fn is_described_by(&self, headers: &HeaderMap) -> Option<bool> {
        let length = headers.get(CONTENT_LENGTH);
        if length.is_some_and(|length| *length != self.body.len().to_string()) {
            return Some(false);
        }
        let given =
            |field: &HeaderName| headers.get(field).map(|it| self.headers.get(field) == Some(it));
        let told = [ETAG, LAST_MODIFIED].iter().filter_map(given);
        told.reduce(|one, other| one && other)
    }

    fn weight(&self) -> usize {
        /// An entry in a map of fields, and the counts of a value.
        const FIELD: usize = 72;
        let fields = self.headers.iter();
        let fields = fields.map(|(name, value)| {
            FIELD.saturating_add(name.as_str().len()).saturating_add(value.len())
        });
        let all = [size_of::<Self>(), self.body.len(), self.selection.weight()];
        fields.chain(all).fold(0, usize::saturating_add)
    }
}

/// What the answer tells clients of its version; without `Last-Modified`, its date will do (RFC 9111,
/// section 4.3.2).
fn validators(headers: &HeaderMap) -> Validators {
    let mut validators = Validators::some();
    if let Some(tag) = headers.get(ETAG).and_then(|value| EntityTag::parse(value.as_bytes())) {
        validators = validators.tag(tag);
    }
    let date = |field| headers.get(field).and_then(|value| value.to_str().ok());
    let date = date(LAST_MODIFIED).or_else(|| date(DATE));
    match date.and_then(|date| httpdate::parse_http_date(date).ok()) {
        Some(date) => validators.modified(date),
        None => validators,
    }
}

/// The answers of a URI, the latest first.
#[derive(Default)]
pub(super) struct Page {
    variants: SmallVec<[Arc<Stored>; 1]>,
}

/// What a page has for a request.
pub(super) enum Found {
    Answer(Arc<Stored>),
    /// Answers that other fields select.
    Others,
    /// Answers that are for others.
    NotForThis,
}

impl Page {
    pub(super) fn find(&self, asked: &Asked, headers: &HeaderMap) -> Found {
        let mut matching = self.variants.iter().filter(|one| one.selection.matches(headers));
        let Some(first) = matching.next() else { return Found::Others };
        let found = std::iter::once(first).chain(matching).find(|one| one.policy.is_for(asked));
        found.map_or(Found::NotForThis, |found| Found::Answer(Arc::clone(found)))
    }

    /// Returns the page with an answer in place of what was selected by the same.
    pub(super) fn with(&self, new: Arc<Stored>, most: usize) -> Self {
        let mut variants = SmallVec::new();
        let others = self.variants.iter().filter(|one| one.selection != new.selection);
        let others = others.take(most.saturating_sub(1)).map(Arc::clone).collect::<Vec<_>>();
        variants.push(new);
        variants.extend(others);
        Self { variants }
    }

    /// Returns the page without an answer.
    pub(super) fn without(&self, old: &Arc<Stored>) -> Self {
        let left = self.variants.iter().filter(|one| !Arc::ptr_eq(one, old));
        Self { variants: left.map(Arc::clone).collect() }
    }

    /// Returns the earliest of what its loads began at.
    pub(super) fn began(&self) -> Option<Began> {
        self.variants.iter().map(|one| one.began).min_by_key(|began| began.era)
    }

    pub(super) fn weight(&self) -> u64 {
        let all = self.variants.iter().map(|one| one.weight());
        u64::try_from(all.fold(size_of::<Self>(), usize::saturating_add)).unwrap_or(u64::MAX)
    }
}
