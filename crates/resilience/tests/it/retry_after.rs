//! `Retry-After`, as honest and as hostile servers send it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use palisade_resilience::retry::{retry_after, retry_after_of};
use proptest::prelude::*;

/// Half a second after Sun, 06 Nov 1994 08:49:30 GMT.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_770_500)
}

#[test]
fn each_form_is_read_and_nothing_else() {
    let table: [(&str, Option<u64>); 18] = [
        ("0", Some(0)),
        ("120", Some(120)),
        (" 5\t", Some(5)),
        ("007", Some(7)),
        ("99999999999999999999999", Some(u64::from(u32::MAX))),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
        ("Sun Nov  6 08:49:37 1994", Some(7)),
        ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
        ("", None),
        (" ", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1, 2", None),
        ("0x10", None),
        ("soon", None),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
    ];
    for (value, expected) in table {
        let wait = retry_after(value.as_bytes(), now());
        assert_eq!(wait, expected.map(Duration::from_secs), "{value:?}");
    }
    assert_eq!(retry_after(&[b'1'; 65], now()), None, "longer than any form");
}

#[test]
fn the_longest_of_several_counts_and_dates_are_measured_by_the_servers_clock() {
    let mut headers = HeaderMap::new();
    assert_eq!(retry_after_of(&headers, now()), None);
    headers.append("retry-after", HeaderValue::from_static("3"));
    headers.append("retry-after", HeaderValue::from_static("soon"));
    headers.append("retry-after", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(retry_after_of(&headers, now()), Some(Duration::from_secs(7)));
    headers.append("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:33 GMT"));
    assert_eq!(retry_after_of(&headers, now()), Some(Duration::from_secs(4)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = retry_after(&bytes, now());
    }

    #[test]
    fn seconds_and_dates_agree(seconds in 0_u32..1_000_000_000) {
        let whole = now() - Duration::from_millis(500);
        let wait = Duration::from_secs(seconds.into());
        let date = httpdate::fmt_http_date(whole + wait);
        prop_assert_eq!(retry_after(date.as_bytes(), whole), Some(wait));
        prop_assert_eq!(retry_after(seconds.to_string().as_bytes(), whole), Some(wait));
        // Half a second later the rest is rounded up, so nobody comes before the date.
        let later = retry_after(date.as_bytes(), now()).unwrap();
        prop_assert_eq!(later, wait);
    }
}
