//! Mistakes that limiters are known to make.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderName, Request};
use palisade_core::{Clock, SystemClock};
use palisade_edge::ExemptPaths;
use palisade_ratelimit::key::{Key, KeyHasher};
use palisade_ratelimit::limits::Reason;
use palisade_ratelimit::rule::Selection;
use palisade_ratelimit::store::{Act, Ask, RuleId, Store};
use palisade_ratelimit::{Head, Limits, MemoryStore, Quota, Rule};

use crate::request::{admitted, answer, from, get, header, limits, post};

fn per_ip(count: u32) -> Rule {
    Rule::new("ip", Quota::per_hour(count)).by(Key::client_ip())
}

#[test]
fn a_client_that_rotates_a_forwarding_header_is_one_client() {
    let (limits, _) = limits(|builder| builder.rule(per_ip(1)));
    let request = |turn: usize| {
        let mut request = from("203.0.113.9", get("/"));
        let forged = format!("10.0.{}.{}", turn / 256, turn % 256).parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", forged);
        request
    };
    assert_eq!(admitted(&limits, 300, request), 1);
}

#[test]
fn a_client_that_rotates_inside_its_prefix_is_one_client() {
    let (limits, _) = limits(|builder| builder.rule(per_ip(1)));
    let same = |turn: usize| from(&format!("2001:db8:1:2::{turn:x}"), get("/"));
    assert_eq!(admitted(&limits, 300, same), 1);
    // One that has a whole /56 or /48 gets four or sixteen times as much, not 256 or 65,536 times.
    let network = |turn: usize| from(&format!("2001:db8:7:{turn:x}::1"), get("/"));
    assert_eq!(admitted(&limits, 300, network), 8, "two /56 of the /48 were used");
    let wide = |turn: usize| from(&format!("2001:db8:8:{turn:x}00::1"), get("/"));
    assert_eq!(admitted(&limits, 256, wide), 16);
}

#[test]
fn mapped_addresses_do_not_share_one_bucket() {
    let (limits, _) = limits(|builder| builder.rule(per_ip(1)));
    let clients = ["::ffff:1.2.3.4", "::ffff:200.9.9.9"];
    assert_eq!(admitted(&limits, 2, |turn| from(clients[turn], get("/"))), 2);
    assert_eq!(
        admitted(&limits, 1, |_| from("1.2.3.4", get("/"))),
        0,
        "the first, written otherwise"
    );
}

#[tokio::test]
async fn a_wait_of_less_than_a_second_is_not_told_as_zero() {
    let (limits, clock) = limits(|builder| {
        builder.rule(Rule::new("api", Quota::per_minute(60).burst(1)).by(Key::everyone()))
    });
    answer(&limits, get("/")).await;
    clock.advance(Duration::from_millis(100));
    let refused = answer(&limits, get("/")).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, Some("1")));
    clock.advance(Duration::from_millis(899));
    let refused = answer(&limits, get("/")).await;
    assert_eq!(header(&refused, "retry-after"), Some("1"));
    assert_eq!(header(&refused, "ratelimit"), Some("\"api\";r=0;t=1"));
}

#[tokio::test]
async fn a_wait_is_rounded_up_and_never_down() {
    let (limits, _) = limits(|builder| {
        let quota = Quota::per(1, Duration::from_millis(1900)).unwrap();
        builder.rule(Rule::new("api", quota).by(Key::everyone()))
    });
    answer(&limits, get("/")).await;
    assert_eq!(header(&answer(&limits, get("/")).await, "retry-after"), Some("2"));
}

#[test]
fn a_refused_request_drains_no_other_limit() {
    let (limits, _) = limits(|builder| {
        builder
            .rule(Rule::new("peer", Quota::per_hour(10)).by(Key::client_ip()))
            .rule(Rule::new("global", Quota::per_hour(1)).on("/scarce").by(Key::everyone()))
    });
    let scarce = |_| from("203.0.113.9", get("/scarce"));
    assert_eq!(admitted(&limits, 10, scarce), 1);
    let other = |_| from("203.0.113.9", get("/other"));
    assert_eq!(admitted(&limits, 20, other), 9, "ten, of which one was served");
}

#[tokio::test]
async fn the_remaining_of_one_policy_is_not_told_under_the_name_of_another() {
    let (limits, _) = limits(|builder| {
        builder
            .rule(Rule::new("wide", Quota::per_hour(100)).by(Key::everyone()))
            .rule(Rule::new("narrow", Quota::per_hour(2)).by(Key::everyone()))
    });
    let first = answer(&limits, get("/")).await;
    let told = "\"wide\";r=99;t=36, \"narrow\";r=1;t=1800";
    assert_eq!(header(&first, "ratelimit"), Some(told));
    let policies = "\"wide\";q=100;w=3600, \"narrow\";q=2;w=3600";
    assert_eq!(header(&first, "ratelimit-policy"), Some(policies));
}

#[test]
fn a_cost_above_the_burst_is_no_wait_without_an_end() {
    let (limits, _) = limits(|builder| {
        let cost = |head: &Head<'_>| head.uri().query().map_or(1, |query| query.parse().unwrap());
        builder.rule(Rule::new("api", Quota::per_hour(10)).by(Key::everyone()).cost_of(cost))
    });
    let refused = limits.check(Head::from(&get("/?11"))).unwrap_err();
    assert_eq!((refused.reason(), refused.retry_after()), (Reason::Cost, None));
    assert!(limits.check(Head::from(&get("/?10"))).is_ok(), "and it took nothing");
}

#[tokio::test]
async fn a_cost_above_the_burst_is_answered_as_a_mistake_of_the_request() {
    let (limits, _) = limits(|builder| {
        let rule = Rule::new("api", Quota::per_hour(10)).by(Key::everyone()).cost_of(|_| 11);
        builder.rule(rule)
    });
    let refused = answer(&limits, get("/")).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (400, None));
}

#[test]
fn spellings_that_a_router_may_fold_lead_around_no_rule() {
    for selection in [Selection::All, Selection::First] {
        let (limits, _) = limits(|builder| {
            builder
                .select(selection)
                .rule(Rule::new("files", Quota::per_hour(1000)).on("/files/{*rest}"))
                .rule(Rule::new("login", Quota::per_hour(1)).on("POST /login").by(Key::everyone()))
                .rule(Rule::new("rest", Quota::per_hour(1000)))
        });
        let spellings = [
            "/login",
            "/login/",
            "//login",
            "/%6cogin",
            "/files/../login",
            "/files/%2e%2e/login",
            "/files%2f../login",
            "/./login",
            "/login/.",
            "/login?x=1",
        ];
        let request = |turn: usize| from("203.0.113.9", post(spellings[turn]));
        assert_eq!(admitted(&limits, spellings.len(), request), 1, "{selection:?}");
    }
}

#[test]
fn an_exempt_path_is_exempt_for_reading_only_and_by_one_spelling() {
    let (limits, _) = limits(|builder| {
        let exempt = ExemptPaths::health().add_below("/static/").unwrap();
        builder.exempt(exempt).rule(Rule::new("all", Quota::per_hour(0)).by(Key::everyone()))
    });
    let passes = |request: Request<()>| limits.check(Head::from(&request)).is_ok();
    assert!(passes(get("/health")) && passes(get("/static/a.css")));
    assert!(!passes(post("/health")) && !passes(get("/static/../login")));
    assert!(!passes(get("/static/%2e%2e/login")));
}

#[test]
fn a_header_that_is_repeated_is_not_another_key() {
    let name = HeaderName::from_static("x-api-key");
    let (limits, _) =
        limits(|builder| builder.rule(Rule::new("key", Quota::per_hour(1)).by(Key::header(name))));
    let request = |keys: &[&'static str]| {
        let mut request = get("/");
        for key in keys {
            let value = http::HeaderValue::from_static(key);
            request.headers_mut().append("x-api-key", value);
        }
        limits.check(Head::from(&request)).is_ok()
    };
    assert!(request(&["one"]) && !request(&["one"]));
    assert!(request(&["two", "three"]) && !request(&["two", "three"]));
    assert!(request(&[]) && request(&[]), "without a key the rule does not apply");
}

#[test]
fn without_an_address_all_share_one_count_and_nobody_is_free() {
    let (limits, _) = limits(|builder| builder.rule(per_ip(2)));
    assert_eq!(admitted(&limits, 9, |_| get("/")), 2);
    assert_eq!(admitted(&limits, 1, |_| from("203.0.113.9", get("/"))), 1);
}

#[test]
fn clones_of_a_service_share_one_count() {
    let (limits, _) = limits(|builder| builder.rule(per_ip(5)));
    let clones = [limits.clone(), limits];
    let request = |_| from("203.0.113.9", get("/"));
    let admitted: usize = clones.iter().map(|limits| admitted(limits, 50, request)).sum();
    assert_eq!(admitted, 5);
}

#[test]
fn a_full_table_is_no_reason_to_look_at_every_key() {
    // A newcomer looks at two lines, whatever the table holds: in one that is 256 times as large it
    // takes as long, but for memory that is farther away.
    let newcomers = |bytes: usize| {
        let store = MemoryStore::with_bytes(bytes).unwrap();
        let (hasher, meter) = (KeyHasher::random(), Quota::per_hour(1).meter().unwrap());
        let full = u64::try_from(store.capacity()).unwrap();
        let mut newcomer = 0;
        let mut come = move |count: u64| {
            for _ in 0..count {
                newcomer += 1;
                let ask = Ask::new(hasher.word(1, newcomer), RuleId::of("ip", 0), meter);
                std::hint::black_box(store.decide_now(&[ask], Act::Charge));
            }
        };
        come(full);
        come
    };
    let (mut small, mut large) = (newcomers(1 << 12), newcomers(1 << 20));
    let clock = SystemClock::new();
    let mut least = [Duration::MAX; 2];
    for _ in 0..20 {
        let begun = clock.now();
        small(500);
        let between = clock.now();
        large(500);
        let taken = [between - begun, clock.now() - between];
        least = [least[0].min(taken[0]), least[1].min(taken[1])];
    }
    let [small, large] = least;
    assert!(large < small * 20, "{large:?} instead of {small:?}");
}

#[test]
fn an_idle_key_and_a_new_one_have_the_same_burst() {
    let (limits, clock) = limits(|builder| {
        builder.rule(Rule::new("ip", Quota::per_hour(60).burst(3)).by(Key::client_ip()))
    });
    let mine = |_| from("203.0.113.9", get("/"));
    for hours in [0, 1, 1, 1000] {
        clock.advance(Duration::from_hours(hours));
        assert_eq!(admitted(&limits, 9, mine), 3, "after {hours} h");
    }
}

/// Counts how often it is asked.
#[derive(Clone, Debug)]
struct Asked(Arc<AtomicUsize>, SystemClock);

impl Clock for Asked {
    fn now(&self) -> Instant {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.now()
    }

    fn wall(&self) -> SystemTime {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.wall()
    }
}

#[tokio::test]
async fn a_refusal_starts_no_clock_and_reads_it_three_times_at_the_most() {
    let asked = Arc::new(AtomicUsize::new(0));
    let clock = Asked(Arc::clone(&asked), SystemClock::new());
    let rule = Rule::new("all", Quota::per_hour(1)).by(Key::everyone());
    let limits = Limits::builder().memory(1 << 12).with_clock(clock).rule(rule).finish().unwrap();
    answer(&limits, get("/")).await;
    for _ in 0..50 {
        let before = asked.load(Ordering::SeqCst);
        assert_eq!(answer(&limits, get("/")).await.status(), 429);
        // One for the count, one for how often refusals are told; the idle rules are looked for too.
        assert!(asked.load(Ordering::SeqCst) - before <= 3);
    }
}
