//! The policy beside that of `http-cache-semantics`.
//!
//! Where the two differ, ours is more careful, but for `proxy-revalidate`; each difference is a line below,
//! and there is no other.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, Request, Response, StatusCode};
use http_cache_semantics::{BeforeRequest, CacheOptions, CachePolicy};
use palisade_cache::http::policy::{Asked, Decision, Policy, Refusal, Rules, Sharing, Times};
use palisade_core::{Clock as _, ManualClock};
use proptest::prelude::*;

use super::fields;

const NOW: u64 = 784_111_777;

#[derive(Clone, Debug)]
struct Case {
    shared: bool,
    status: u16,
    asked: Vec<String>,
    answered: Vec<String>,
    after: u64,
}

fn date(offset: i64) -> String {
    let at = UNIX_EPOCH + Duration::from_secs(NOW.saturating_add_signed(offset));
    httpdate::fmt_http_date(at)
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let number = 0..100_u32;
    let directive = prop_oneof![
        number.clone().prop_map(|number| format!("max-age={number}")),
        number.clone().prop_map(|number| format!("s-maxage={number}")),
        prop_oneof![
            Just("public"),
            Just("private"),
            Just("no-store"),
            Just("no-cache"),
            Just("must-revalidate"),
            Just("proxy-revalidate"),
            Just("x=\"max-age=9\""),
        ]
        .prop_map(str::to_owned),
    ];
    let control = proptest::collection::vec(directive, 0..4).prop_map(|mut words| {
        // Of two of one name they take the last, and we the least.
        words.sort();
        words.dedup_by_key(|word| word.split('=').next().map(str::to_owned));
        if words.is_empty() { None } else { Some(format!("cache-control: {}", words.join(", "))) }
    });
    let offset = -2000..2000_i64;
    let expires =
        proptest::option::of(offset.clone().prop_map(|at| format!("expires: {}", date(at))));
    let dated = proptest::option::weighted(
        0.3,
        (-100..=0_i64).prop_map(|at| format!("date: {}", date(at))),
    );
    let modified = proptest::option::of(
        (-5000..-100_i64).prop_map(|at| format!("last-modified: {}", date(at))),
    );
    let age = proptest::option::of((0..50_u32).prop_map(|age| format!("age: {age}")));
    let tag = proptest::option::of(Just("etag: \"1\"".to_owned()));
    let cookie = proptest::option::weighted(0.1, Just("set-cookie: a=1".to_owned()));
    (control, expires, dated, modified, age, tag, cookie).prop_map(|all| {
        let (control, expires, dated, modified, age, tag, cookie) = all;
        [control, expires, dated, modified, age, tag, cookie].into_iter().flatten().collect()
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let asked = proptest::collection::vec(
        prop_oneof![
            Just("cache-control: no-cache".to_owned()),
            Just("cache-control: no-store".to_owned()),
            (0..50_u32).prop_map(|age| format!("cache-control: max-age={age}")),
            (0..50_u32).prop_map(|age| format!("cache-control: min-fresh={age}")),
            Just("authorization: A".to_owned()),
        ],
        0..2,
    );
    let status = prop_oneof![
        Just(200_u16),
        Just(204),
        Just(301),
        Just(302),
        Just(404),
        Just(410),
        Just(206)
    ];
    (any::<bool>(), status, asked, lines(), 0..200_u64).prop_map(
        |(shared, status, asked, answered, after)| Case { shared, status, asked, answered, after },
    )
}

fn headers(lines: &[String]) -> HeaderMap {
    fields(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Says why we do not keep what they keep.
fn excused(case: &Case, refusal: Refusal) -> bool {
    let says = |word: &str| case.answered.iter().any(|line| line.contains(word));
    match refusal {
        // It would never be served.
        Refusal::Unusable => !says("etag") && !says("last-modified") || case.status == 302,
        // They keep it, and take it for stale in a shared cache unless it is public.
        Refusal::SetCookie => says("set-cookie"),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_two_agree_but_where_we_are_more_careful(case in cases()) {
        let wall: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
        let clock = ManualClock::new();
        let times = Times::new(clock.now(), clock.now(), wall);
        let sharing = if case.shared { Sharing::Shared } else { Sharing::Private };
        let (asked, answered) = (headers(&case.asked), headers(&case.answered));
        let status = StatusCode::from_u16(case.status).unwrap();
        let ours = Policy::of(&Rules::new(sharing), &Asked::of(&asked), status, &answered, &times);

        let mut request = Request::new(());
        *request.headers_mut() = asked.clone();
        let mut response = Response::new(());
        *response.headers_mut() = answered;
        *response.status_mut() = status;
        let options = CacheOptions { shared: case.shared, ..CacheOptions::default() };
        let theirs = CachePolicy::new_options(&request, &response, wall, options);
        let theirs_keeps = theirs.is_storable();
        match ours {
            Ok(ours) => {
                prop_assert!(theirs_keeps, "ours keeps it");
                let later = Duration::from_secs(case.after);
                let fresh = ours.serve(&Asked::of(&asked), clock.now() + later) == Decision::Fresh;
                let before = theirs.before_request(&request, wall + later);
                let theirs_fresh = matches!(before, BeforeRequest::Fresh(_));
                let says = |word: &str| case.answered.iter().any(|line| line.contains(word));
                let excused = if fresh {
                    // They serve nothing from a shared cache that says so; section 5.2.2.8 is about
                    // what is stale.
                    case.shared && says("proxy-revalidate")
                } else {
                    // They take an answer for as young as it says, whatever its date (section 4.2.3).
                    says("date:")
                };
                prop_assert!(fresh == theirs_fresh || excused, "ours: {}", fresh);
            }
            Err(refusal) => prop_assert!(!theirs_keeps || excused(&case, refusal), "{}", refusal),
        }
    }
}
