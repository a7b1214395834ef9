//! Tables of RFC 9111, section by section.

use std::time::{Duration, UNIX_EPOCH};

use http::{Method, StatusCode};
use palisade_cache::http::policy::{
    Asked, Decision, Policy, Refusal, ResponseControl, Rules, Selection, Sharing, Times, Word,
    ends, named,
};
use palisade_core::{Clock as _, ManualClock};
use proptest::prelude::*;

use super::fields;

/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW: Duration = Duration::from_secs(784_111_777);

fn times() -> Times {
    let now = ManualClock::new().now();
    Times::new(now, now, UNIX_EPOCH + NOW)
}

fn read(
    sharing: Sharing,
    asked: &[&str],
    status: u16,
    answered: &[&str],
) -> Result<Policy, Refusal> {
    let status = StatusCode::from_u16(status).unwrap();
    let asked = Asked::of(&fields(asked));
    Policy::of(&Rules::new(sharing), &asked, status, &fields(answered), &times())
}

/// The lifetime of an answer 200 to nobody in particular.
fn lifetime(sharing: Sharing, answered: &[&str]) -> Result<u32, Refusal> {
    read(sharing, &[], 200, answered).map(|policy| policy.lifetime())
}

#[test]
fn storing_is_decided_as_section_3_says() {
    use Refusal::{
        Authorization, Cookie, Moment, NoStore, Private, Request, SetCookie, Status, Unusable,
    };
    // What is asked, status and answer; in a shared cache, in a private one.
    type Row<'a> = (&'a [&'a str], u16, &'a [&'a str], Result<(), Refusal>, Result<(), Refusal>);
    let fresh = "cache-control: max-age=60";
    let public = "cache-control: public, max-age=60";
    let rows: &[Row<'_>] = &[
        (&[], 200, &[fresh], Ok(()), Ok(())),
        (&[], 200, &["etag: \"1\""], Ok(()), Ok(())),
        (&[], 200, &["last-modified: Sat, 05 Nov 1994 08:49:37 GMT"], Ok(()), Ok(())),
        (&[], 200, &["expires: Sun, 06 Nov 1994 08:50:37 GMT"], Ok(()), Ok(())),
        // Nothing says how long, and nothing tells whether it is good still.
        (&[], 200, &[], Err(Unusable), Err(Unusable)),
        (&[], 200, &["cache-control: public"], Err(Unusable), Err(Unusable)),
        (&[], 200, &["cache-control: max-age=0"], Err(Unusable), Err(Unusable)),
        (&[], 200, &["cache-control: max-age=0", "etag: \"1\""], Ok(()), Ok(())),
        (&[], 200, &["cache-control: no-cache, max-age=60"], Err(Unusable), Err(Unusable)),
        (&[], 200, &["cache-control: no-cache", "etag: \"1\""], Ok(()), Ok(())),
        (&[], 200, &["cache-control: max-age=0, stale-if-error=9"], Ok(()), Ok(())),
        (&[], 302, &["etag: \"1\""], Err(Unusable), Err(Unusable)),
        (&[], 302, &["cache-control: public", "etag: \"1\""], Ok(()), Ok(())),
        (&[], 302, &[fresh], Ok(()), Ok(())),
        (&[], 599, &[fresh], Ok(()), Ok(())),
        // Section 5.2.
        (&[], 200, &["cache-control: No-Store, max-age=60"], Err(NoStore), Err(NoStore)),
        (&[], 200, &[public, "cache-control: no-store"], Err(NoStore), Err(NoStore)),
        (&[], 200, &["cache-control: max-age=60, x=\"y"], Err(NoStore), Err(NoStore)),
        (&[], 200, &["cache-control: max-age=60, x=\"y\"z"], Err(NoStore), Err(NoStore)),
        (&[], 200, &["cache-control: private, max-age=60"], Err(Private), Ok(())),
        (&[], 200, &["cache-control: private=\"\", max-age=60"], Err(Private), Ok(())),
        (&[], 200, &["cache-control: private=\"x\", max-age=60"], Ok(()), Ok(())),
        (&["cache-control: no-store"], 200, &[fresh], Err(Request), Err(Request)),
        (&[], 200, &["cache-control: must-understand, no-store, max-age=60"], Ok(()), Ok(())),
        (&[], 299, &["cache-control: must-understand, max-age=60"], Err(Status), Err(Status)),
        // What is no whole answer.
        (&[], 206, &[fresh], Err(Status), Err(Status)),
        (&[], 304, &[fresh], Err(Status), Err(Status)),
        (&[], 416, &[fresh], Err(Status), Err(Status)),
        (&[], 200, &[fresh, "content-range: bytes 0-1/2"], Err(Status), Err(Status)),
        // Section 3.5, and the same for cookies.
        (&["authorization: A"], 200, &[fresh], Err(Authorization), Ok(())),
        (&["authorization: A"], 200, &[public], Ok(()), Ok(())),
        (&["authorization: A"], 200, &["cache-control: s-maxage=60"], Ok(()), Err(Unusable)),
        (&["authorization: A"], 200, &[fresh, "cache-control: must-revalidate"], Ok(()), Ok(())),
        (&["cookie: a=1"], 200, &[fresh], Err(Cookie), Ok(())),
        (&["cookie: a=1"], 200, &[public], Ok(()), Ok(())),
        (&["cookie: a=1"], 200, &["cache-control: s-maxage=60"], Ok(()), Err(Unusable)),
        (&["cookie: a=1"], 200, &[fresh, "cache-control: must-revalidate"], Err(Cookie), Ok(())),
        // What is of one moment.
        (&[], 200, &[public, "set-cookie: a=1"], Err(SetCookie), Err(SetCookie)),
        (
            &[],
            200,
            &[fresh, "content-security-policy: script-src 'NONCE-a'"],
            Err(Moment),
            Err(Moment),
        ),
        (&[], 200, &[fresh, "content-type: Text/Event-Stream; x"], Err(Moment), Err(Moment)),
        (&[], 200, &[fresh, "content-security-policy: script-src 'self'"], Ok(()), Ok(())),
        // RFC 9213: for shared caches, and before everything else.
        (&[], 200, &[fresh, "cdn-cache-control: no-store"], Err(NoStore), Ok(())),
        (
            &[],
            200,
            &["cache-control: private", "cdn-cache-control: max-age=9"],
            Ok(()),
            Err(Unusable),
        ),
        (&["cookie: a=1"], 200, &[public, "cdn-cache-control: max-age=9"], Err(Cookie), Ok(())),
    ];
    for (asked, status, answered, shared, private) in rows {
        let row = format!("{asked:?} {status} {answered:?}");
        assert_eq!(read(Sharing::Shared, asked, *status, answered).map(|_| ()), *shared, "{row}");
        assert_eq!(read(Sharing::Private, asked, *status, answered).map(|_| ()), *private, "{row}");
    }
}

#[test]
fn the_lifetime_is_that_of_section_4_2() {
    let tag = "etag: \"1\"";
    for (answered, shared, private) in [
        (vec!["cache-control: max-age=60"], 60, 60),
        (vec!["cache-control: max-age=60, s-maxage=7"], 7, 60),
        (vec!["cache-control: s-maxage=7"], 7, 0),
        (vec!["cache-control: max-age=60", "expires: 0"], 60, 60),
        (vec!["cache-control: MAX-AGE=\"60\""], 60, 60),
        (vec!["cache-control: max-age=00060"], 60, 60),
        // The most careful of several, and nothing where it cannot be read.
        (vec!["cache-control: max-age=60, max-age=50", "cache-control: max-age=55"], 50, 50),
        (vec!["cache-control: max-age='60'"], 0, 0),
        (vec!["cache-control: max-age=60.5"], 0, 0),
        (vec!["cache-control: max-age=-1"], 0, 0),
        (vec!["cache-control: max-age"], 0, 0),
        (vec!["cache-control: x=\"max-age=60\", max-age=1"], 1, 1),
        (vec!["cache-control: max-age=99999999999"], 1 << 31, 1 << 31),
        // Expires is counted from Date.
        (vec!["expires: Sun, 06 Nov 1994 08:50:37 GMT"], 60, 60),
        (
            vec!["expires: Sun, 06 Nov 1994 08:50:37 GMT", "date: Sun, 06 Nov 1994 08:49:27 GMT"],
            70,
            70,
        ),
        (vec!["expires: Sun, 06 Nov 1994 08:50:37 GMT", "date: no date"], 60, 60),
        (vec!["expires: Sunday, 06-Nov-94 08:50:37 GMT"], 60, 60),
        (vec!["expires: Sun Nov  6 08:50:37 1994"], 60, 60),
        (vec!["expires: 0"], 0, 0),
        (vec!["expires: Sun, 06 Nov 1994 08:49:37 GMT"], 0, 0),
        (
            vec![
                "expires: Sun, 06 Nov 1994 08:50:37 GMT",
                "expires: Sun, 06 Nov 1994 08:51:37 GMT",
            ],
            0,
            0,
        ),
        // A tenth of the time since it was modified, a day at the most.
        (vec!["last-modified: Sun, 06 Nov 1994 08:32:57 GMT"], 100, 100),
        (vec!["last-modified: Sat, 06 Nov 1993 08:32:57 GMT"], 86_400, 86_400),
        (vec!["last-modified: Mon, 06 Nov 1995 08:32:57 GMT"], 0, 0),
        // RFC 9213.
        (vec!["cache-control: max-age=60", "cdn-cache-control: max-age=7"], 7, 60),
        (vec!["cache-control: max-age=60", "cdn-cache-control: max-age=7.5"], 0, 60),
        (vec!["cache-control: max-age=60", "cdn-cache-control: max-age=-7"], 0, 60),
        (vec!["cache-control: max-age=60", "cdn-cache-control: max-age=99999999999"], 1 << 31, 60),
        (
            vec![
                "cache-control: max-age=60",
                "cdn-cache-control: x",
                "cdn-cache-control: max-age=7",
            ],
            7,
            60,
        ),
        (vec!["cache-control: max-age=60", "cdn-cache-control: MAX-AGE=7"], 60, 60),
        (vec!["cache-control: max-age=60", "cdn-cache-control: "], 60, 60),
        (vec!["cache-control: max-age=60", "cdn-cache-control: max-age=7, &"], 60, 60),
        (vec!["cdn-cache-control: public", "expires: Sun, 06 Nov 1994 08:50:37 GMT"], 0, 60),
    ] {
        let answered: Vec<_> = answered.into_iter().chain([tag]).collect();
        assert_eq!(lifetime(Sharing::Shared, &answered), Ok(shared), "{answered:?}");
        assert_eq!(lifetime(Sharing::Private, &answered), Ok(private), "{answered:?}");
    }
    let rules = Rules::new(Sharing::Shared).heuristic(Duration::ZERO);
    let headers = fields(&["last-modified: Sun, 06 Nov 1994 08:32:57 GMT"]);
    let policy = Policy::of(&rules, &Asked::default(), StatusCode::OK, &headers, &times()).unwrap();
    assert_eq!((policy.lifetime(), policy.is_guessed()), (0, false), "it does not guess");
}

#[test]
fn the_age_is_that_of_section_4_2_3() {
    for (answered, age) in [
        (vec![], 0),
        (vec!["age: 30"], 30),
        (vec!["date: Sun, 06 Nov 1994 08:49:27 GMT"], 10),
        (vec!["date: Sun, 06 Nov 1994 08:49:27 GMT", "age: 30"], 30),
        (vec!["date: Sun, 06 Nov 1994 08:50:27 GMT"], 0),
    ] {
        let all = [answered.clone(), vec!["cache-control: max-age=60"]].concat();
        let (rules, times) = (Rules::new(Sharing::Shared), times());
        let nobody = Asked::default();
        let policy = Policy::of(&rules, &nobody, StatusCode::OK, &fields(&all), &times).unwrap();
        let now = times.received;
        assert_eq!(policy.age(now), Duration::from_secs(age), "{answered:?}");
        let later = now + Duration::from_secs(7);
        assert_eq!(policy.age(later).as_secs(), age + 7, "{answered:?}");
    }
    // What took its time is as old as that.
    let clock = ManualClock::new();
    let asked = clock.now();
    clock.advance(Duration::from_secs(5));
    let slow = Times::new(asked, clock.now(), UNIX_EPOCH + NOW);
    let headers = fields(&["age: 30", "cache-control: max-age=60"]);
    let rules = Rules::new(Sharing::Shared);
    let policy = Policy::of(&rules, &Asked::default(), StatusCode::OK, &headers, &slow).unwrap();
    assert_eq!(policy.age(clock.now()), Duration::from_secs(35));
    // An age that is not one number is taken for too old.
    for age in [&["age: x"][..], &["age: -1"], &["age: 1.0"], &["age: 0, 0"], &["age: 0", "age: 0"]]
    {
        let all = [age, &["cache-control: max-age=60"]].concat();
        assert_eq!(lifetime(Sharing::Shared, &all), Err(Refusal::Unusable), "{age:?}");
    }
}

#[test]
fn serving_is_decided_as_section_4_says() {
    use Decision::{Fresh, NotForThis, Refresh, Stale, Validate};
    type Row<'a> = (&'a str, &'a [&'a str], u64, Decision, bool);
    let plain = "max-age=60";
    let kept = "max-age=60, stale-while-revalidate=10, stale-if-error=20";
    let rows: &[Row<'_>] = &[
        // What it says, what is asked, after how many seconds; the decision, and whether it may stand in.
        (plain, &[], 59, Fresh, false),
        (plain, &[], 60, Validate, false),
        (plain, &["cache-control: no-cache"], 1, Validate, false),
        (plain, &["pragma: no-cache"], 1, Validate, false),
        (plain, &["pragma: no-cache", "cache-control: x"], 1, Fresh, false),
        (plain, &["cache-control: max-age=5"], 5, Fresh, false),
        (plain, &["cache-control: max-age=5"], 6, Validate, false),
        (plain, &["cache-control: max-age=x"], 1, Validate, false),
        (plain, &["cache-control: max-age=5, max-stale=5"], 6, Stale, false),
        (plain, &["cache-control: min-fresh=10"], 50, Fresh, false),
        (plain, &["cache-control: min-fresh=10"], 51, Validate, false),
        (plain, &["cache-control: max-stale"], 5000, Stale, false),
        (plain, &["cache-control: max-stale=5"], 65, Stale, false),
        (plain, &["cache-control: max-stale=5"], 66, Validate, false),
        (plain, &["cache-control: max-stale=x"], 61, Validate, false),
        // RFC 5861.
        (kept, &[], 59, Fresh, true),
        (kept, &[], 69, Refresh, true),
        (kept, &[], 70, Validate, true),
        (kept, &[], 80, Validate, false),
        (kept, &["cache-control: max-age=50"], 65, Validate, true),
        // Prohibitions (section 4.2.4).
        (
            "max-age=60, must-revalidate, stale-while-revalidate=10, stale-if-error=9",
            &[],
            61,
            Validate,
            false,
        ),
        (
            "max-age=60, proxy-revalidate, stale-while-revalidate=10, stale-if-error=9",
            &[],
            61,
            Validate,
            false,
        ),
        ("s-maxage=60, stale-while-revalidate=10, stale-if-error=9", &[], 61, Validate, false),
        ("max-age=60, must-revalidate", &["cache-control: max-stale"], 61, Validate, false),
        ("no-cache, max-age=60, stale-if-error=9", &[], 1, Validate, false),
        ("no-cache=\"set-cookie\", max-age=60", &[], 1, Fresh, false),
        // For whom.
        (plain, &["cookie: a=1"], 1, NotForThis, false),
        (plain, &["authorization: A"], 1, NotForThis, false),
        ("public, max-age=60", &["cookie: a=1", "authorization: A"], 1, Fresh, false),
        ("max-age=60, must-revalidate", &["authorization: A"], 1, Fresh, false),
        ("max-age=60, must-revalidate", &["cookie: a=1"], 1, NotForThis, false),
    ];
    for (control, asked, after, decision, stands_in) in rows {
        let answered = format!("cache-control: {control}");
        let (rules, times) = (Rules::new(Sharing::Shared), times());
        let headers = fields(&[&answered, "etag: \"1\""]);
        let nobody = Asked::default();
        let policy = Policy::of(&rules, &nobody, StatusCode::OK, &headers, &times).unwrap();
        let now = times.received + Duration::from_secs(*after);
        let row = format!("{control} {asked:?} {after}");
        assert_eq!(policy.serve(&Asked::of(&fields(asked)), now), *decision, "{row}");
        assert_eq!(policy.may_stand_in(now), *stands_in, "{row}");
    }
}

#[test]
fn vary_selects_as_section_4_1_says() {
    for (vary, stored, asked, same) in [
        (&["vary: a"][..], &["a: 1"][..], &["a: 1"][..], true),
        (&["vary: A"], &["a: 1"], &["a: 2"], false),
        (&["vary: a"], &["a: 1"], &[], false),
        (&["vary: a"], &[], &["a: 1"], false),
        (&["vary: a"], &[], &[], true),
        (&["vary: a"], &[], &["a:"], false),
        (&["vary: a, b"], &["a: 1", "b: 2"], &["b: 2", "a: 1"], true),
        (&["vary: a", "vary: ,b,"], &["a: 1", "b: 2"], &["a: 1", "b: 3"], false),
        (&["vary: a"], &["a: 1", "a: 2"], &["a: 1, 2"], false),
        (&["vary: a"], &["a: 1", "a: 2"], &["a: 2", "a: 1"], false),
        (&["vary: a"], &["a: x y"], &["a: xy"], false),
        (
            &["vary: accept-language"],
            &["accept-language: en, ne"],
            &["accept-language: EN,NE"],
            true,
        ),
        (
            &["vary: accept-language"],
            &["accept-language: en, ne"],
            &["accept-language: ne, en"],
            false,
        ),
        (
            &["vary: accept-encoding"],
            &["accept-encoding: br", "accept-encoding: gzip"],
            &["accept-encoding: br,gzip"],
            true,
        ),
        (&["vary: accept"], &["accept: a/b;x=\"1 2\""], &["accept: a/b;x=\"12\""], false),
        (&["vary: cookie"], &["cookie: a=1, b=2"], &["cookie: a=1", "cookie: b=2"], false),
    ] {
        let selection = |lines| Selection::of(&fields(vary), &fields(lines)).unwrap();
        let what = format!("{vary:?} {stored:?} {asked:?}");
        assert_eq!(selection(stored).matches(&fields(asked)), same, "{what}");
        assert_eq!(selection(stored) == selection(asked), same, "{what}");
    }
    let many: Vec<String> = (0..17).map(|number| format!("vary: x-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for vary in [&["vary: *"][..], &["vary: a, *"], &["vary:", "vary: *, b"], &["vary: a b"], &many]
    {
        assert_eq!(Selection::of(&fields(vary), &fields(&[])), None, "{vary:?}");
    }
    assert!(Selection::of(&fields(&many[..16]), &fields(&[])).is_some());
}

#[test]
fn a_change_ends_its_uri_and_what_it_names_on_the_same_host() {
    for (method, status, does) in [
        (Method::POST, 201, true),
        (Method::PUT, 303, true),
        (Method::DELETE, 204, true),
        (Method::from_bytes(b"M-SEARCH").unwrap(), 200, true),
        (Method::POST, 404, false),
        (Method::POST, 500, false),
        (Method::GET, 200, false),
        (Method::OPTIONS, 200, false),
    ] {
        assert_eq!(ends(&method, StatusCode::from_u16(status).unwrap()), does, "{method} {status}");
    }
    for (reference, path) in [
        ("/a?b", Some("/a?b")),
        ("/a#b", Some("/a")),
        ("http://h/a", Some("/a")),
        ("HTTPS://H:80/a", None),
        ("https://H/a", Some("/a")),
        ("//h/a", Some("/a")),
        ("https://h", Some("/")),
        ("https://other/a", None),
        ("https://h@other/a", None),
        ("https://other@h/a", None),
        ("https:/a", None),
        ("ftp://h/a", None),
        ("a", None),
        ("../a", None),
        ("", None),
    ] {
        for field in ["location", "content-location"] {
            let headers = fields(&[&format!("{field}: {reference}")]);
            assert_eq!(named(&headers, b"h").next(), path, "{reference}");
        }
    }
}

#[test]
fn a_policy_is_a_cache_line() {
    assert!(size_of::<Policy>() <= 64, "{}", size_of::<Policy>());
}

/// One that is known, or another.
fn directive() -> impl Strategy<Value = String> {
    prop_oneof![
        "(max-age|s-maxage|stale-if-error)=[0-9]{1,4}",
        "no-store|no-cache|private|public|must-revalidate",
        "(no-cache|private)=\"[a-z, ]{0,5}\"",
        "[a-z-]{1,9}(=([0-9]{1,4}|\"[a-z, ]{0,5}\"))?",
    ]
}

proptest! {
    /// Whatever is added to a field, an answer is kept for no longer.
    #[test]
    fn more_directives_never_make_an_answer_more_lasting(
        base in "[a-z=, 0-9-]{0,40}",
        more in prop_oneof![Just("no-store"), Just("private"), Just("no-cache"), Just("max-age=1"), Just("max-age=600"), Just("x=\"")],
    ) {
        let tag = "etag: \"1\"";
        let before = lifetime(Sharing::Shared, &[&format!("cache-control: max-age=60, {base}"), tag]);
        let after = lifetime(Sharing::Shared, &[&format!("cache-control: max-age=60, {base}, {more}"), tag]);
        match (before, after) {
            (Ok(before), Ok(after)) => prop_assert!(after <= before),
            (Err(_), after) => prop_assert!(after.is_err()),
            (Ok(_), Err(_)) => {}
        }
    }

    #[test]
    fn lines_are_read_as_one(words in proptest::collection::vec(directive(), 0..6)) {
        let one = fields(&[&format!("cache-control: {}", words.join(", "))]);
        let lines: Vec<String> = words.iter().map(|word| format!("cache-control: {word}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let many = fields(&lines);
        prop_assert_eq!(Asked::of(&one), Asked::of(&many));
        let (one, many) = (ResponseControl::parse(&one), ResponseControl::parse(&many));
        prop_assert_eq!(&one, &many);
        prop_assert_eq!(one.says(Word::NoStore), words.iter().any(|word| word.split('=').next() == Some("no-store")));
    }
}
