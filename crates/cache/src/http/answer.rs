//! Answers from what is stored.

use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;
use http::header::{AGE, CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, IF_RANGE, RANGE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body::Body;

use super::body::HttpCacheBody;
use super::cache_status::CACHE_STATUS;
use super::heeded::Heeded;
use super::holdings::Question;
use super::page::Stored;
use crate::etag::{OF_THE_CONTENT, Verdict, evaluate};

/// Answers a request from what is stored: 200, 304 to who has it, or 206 with the part that is asked for.
pub(super) fn answer<B: Body>(
    stored: &Stored,
    question: &Question,
    asked: &HeaderMap,
    status: Option<&HeaderValue>,
    now: Instant,
) -> Response<HttpCacheBody<B>> {
    let mut headers = stored.headers.clone();
    if let Some(age) = headers.get_mut(AGE) {
        *age = stored.age(now);
    }
    sign(&mut headers, status);
    let is_whole = stored.status == StatusCode::OK;
    let known = is_whole
        && question.heeded.has(Heeded::CONDITIONS)
        && evaluate(&question.method, asked, &stored.validators) == Verdict::NotModified;
    let takes_part = is_whole && question.heeded.has(Heeded::RANGE);
    let mut response = if known {
        for field in &OF_THE_CONTENT {
            headers.remove(field);
        }
        respond(StatusCode::NOT_MODIFIED, Bytes::new())
    } else if question.method == Method::HEAD {
        respond(stored.status, Bytes::new())
    } else if let Some(range) = takes_part.then(|| part(asked, stored.body.len())).flatten() {
        let last = range.end.saturating_sub(1);
        let place = format!("bytes {}-{last}/{}", range.start, stored.body.len());
        if let Ok(place) = HeaderValue::try_from(place) {
            headers.insert(CONTENT_RANGE, place);
        }
        headers.insert(CONTENT_LENGTH, HeaderValue::from(range.len()));
        respond(StatusCode::PARTIAL_CONTENT, stored.body.slice(range))
    } else {
        respond(stored.status, stored.body.clone())
    };
    *response.headers_mut() = headers;
    response
}

fn respond<B: Body>(status: StatusCode, body: Bytes) -> Response<HttpCacheBody<B>> {
    let mut response = Response::new(HttpCacheBody::whole(body));
    *response.status_mut() = status;
    response
}

/// Puts a member of `Cache-Status` into its place, or behind those that were stored.
fn sign(headers: &mut HeaderMap, status: Option<&HeaderValue>) {
    let place = headers.get_mut(CACHE_STATUS);
    match (place, status) {
        (Some(place), Some(status)) if place.is_empty() => *place = status.clone(),
        (_, Some(status)) => drop(headers.append(CACHE_STATUS, status.clone())),
        (Some(place), None) if place.is_empty() => drop(headers.remove(CACHE_STATUS)),
        (_, None) => {}
    }
}

/// Returns the one range of bytes that a request wants; none for several, for one that cannot be had and
/// for a range with a condition, all of which get the whole (RFC 9110, section 14.2: a server may).
fn part(asked: &HeaderMap, length: usize) -> Option<Range<usize>> {
    let mut lines = asked.get_all(RANGE).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    if asked.contains_key(IF_RANGE) {
        return None;
    }
    let (unit, range) = line.to_str().ok()?.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<usize>().ok()).flatten()
    };
    let range = match (first.is_empty(), last.is_empty()) {
        (true, true) => return None,
        (true, false) => length.saturating_sub(number(last)?)..length,
        (false, true) => number(first)?..length,
        (false, false) => number(first)?..number(last)?.checked_add(1)?.min(length),
    };
    (unit.trim().eq_ignore_ascii_case("bytes") && !range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_out_and_everything_else_gets_the_whole() {
        for (asked, cut) in [
            ("bytes=0-1", Some(0..2)),
            ("bytes=8-", Some(8..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("Bytes=5-500", Some(5..10)),
            ("bytes=9-9", Some(9..10)),
            ("bytes=-0", None),
            ("bytes=10-", None),
            ("bytes=3-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=0-99999999999999999999999", None),
            ("lines=0-1", None),
            ("0-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, HeaderValue::from_static(asked));
            assert_eq!(part(&headers, 10), cut, "{asked}");
        }
    }
}
