//! Rules: selection, tiers, modes, refunds, concurrency, reload, files.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, StatusCode};
use http_body_util::BodyExt;
#[cfg(feature = "toml")]
use palisade_ratelimit::Mistake;
use palisade_ratelimit::key::{Key, KeyHasher};
use palisade_ratelimit::layer::SoftLimited;
use palisade_ratelimit::limits::{Limits, LimitsBuilder, Reason};
use palisade_ratelimit::rule::{RuleFile, Selection};
use palisade_ratelimit::store::MemoryStore;
use palisade_ratelimit::{Head, Overflow, Quota, Rule};
use tower::{Service, ServiceExt};

use crate::request::{admitted, answer, app, from, get, limits, post};

fn everyone(name: &str, count: u32) -> Rule {
    Rule::new(name, Quota::per_hour(count)).by(Key::everyone())
}

#[test]
fn the_first_rule_that_matches_counts_alone_where_that_is_chosen() {
    for (selection, login, other) in [(Selection::First, 3, 1), (Selection::All, 1, 0)] {
        let (limits, _) = limits(|builder| {
            let rules = [everyone("login", 3).on("POST /login"), everyone("rest", 1)];
            rules.into_iter().fold(builder.select(selection), LimitsBuilder::rule)
        });
        assert_eq!(admitted(&limits, 9, |_| post("/login")), login, "{selection:?}");
        assert_eq!(admitted(&limits, 9, |_| get("/other")), other, "{selection:?}");
    }
}

/// Whether a rule would refuse is told of routes, keys and modes, and tells nobody's count.
#[test]
fn limits_apply_where_a_rule_that_refuses_counts_and_saying_so_counts_nothing() {
    let user = Key::header(HeaderName::from_static("x-user"));
    let (limits, _) = limits(|builder| {
        builder
            .rule(everyone("login", 1).on("POST /login"))
            .rule(everyone("soft", 1).on("/soft").soft())
            .rule(everyone("shadow", 1).on("/shadow").shadow())
            .rule(Rule::new("user", Quota::per_hour(1)).by(user).on("/user"))
    });
    let applies = |request: http::Request<()>| limits.apply_to(Head::from(&request));
    let mut signed_in = get("/user");
    signed_in.headers_mut().insert("x-user", http::HeaderValue::from_static("ada"));
    for _ in 0..3 {
        assert!(applies(post("/login")) && applies(post("//login/")) && applies(signed_in.clone()));
    }
    for other in ["/login", "/soft", "/shadow", "/user", "/health"] {
        assert!(!applies(get(other)), "{other}");
    }
    assert!(limits.count_here());
    assert_eq!(admitted(&limits, 9, |_| post("/login")), 1);
}

#[test]
fn several_keys_of_a_rule_are_counted_beside_each_other() {
    let (limits, _) = limits(|builder| {
        let mail = Key::header(HeaderName::from_static("x-mail"));
        builder.rule(Rule::new("reset", Quota::per_hour(3)).by(Key::client_ip()).by(mail))
    });
    let request = |client: String, mail: &'static str| {
        let mut request = from(&client, post("/reset"));
        request.headers_mut().insert("x-mail", http::HeaderValue::from_static(mail));
        request
    };
    let one_mailbox = |turn: usize| request(format!("10.0.0.{turn}"), "a@example.com");
    assert_eq!(admitted(&limits, 9, one_mailbox), 3, "one mailbox from many addresses");
    let mails = ["b@example.com", "c@example.com", "d@example.com", "e@example.com"];
    let one_client = |turn: usize| request("10.9.9.9".to_owned(), mails[turn]);
    assert_eq!(admitted(&limits, 4, one_client), 3, "many mailboxes from one address");
}

#[test]
fn composite_keys_count_each_pair() {
    let (limits, _) = limits(|builder| {
        let user = Key::header(HeaderName::from_static("x-user"));
        builder.rule(Rule::new("pair", Quota::per_hour(1)).by(Key::client_ip().and(user)))
    });
    let request = |client: &str, user: &'static str| {
        let mut request = from(client, get("/"));
        request.headers_mut().insert("x-user", http::HeaderValue::from_static(user));
        limits.check(Head::from(&request)).is_ok()
    };
    assert!(request("10.0.0.1", "a") && request("10.0.0.1", "b") && request("10.0.0.2", "a"));
    assert!(!request("10.0.0.1", "a") && !request("10.0.0.2", "a"));
}

#[test]
fn users_are_read_by_a_closure_and_addresses_stand_in_for_them() {
    #[derive(Clone)]
    struct User(String);
    let user = Key::of("user", |head| Some(head.extensions().get::<User>()?.0.as_str().into()));
    let (limits, _) = limits(|builder| {
        builder
            .key("user", user)
            .rule(Rule::new("rest", Quota::per_hour(2)).by(Key::named("user").or(Key::client_ip())))
    });
    let request = |name: Option<&str>| {
        let mut request = from("10.0.0.1", get("/"));
        if let Some(name) = name {
            request.extensions_mut().insert(User(name.to_owned()));
        }
        request
    };
    for name in [Some("alice"), Some("bob"), None] {
        assert_eq!(admitted(&limits, 9, |_| request(name)), 2, "{name:?}");
    }
}

#[test]
fn tiers_have_quotas_of_their_own() {
    let (limits, _) = limits(|builder| {
        builder.tier_of(|head| head.headers().get("x-tier")?.to_str().ok().map(Into::into)).rule(
            Rule::new("api", Quota::per_hour(1))
                .by(Key::header(HeaderName::from_static("x-tier")))
                .tier("gold", Quota::per_hour(4)),
        )
    });
    let request = |tier: &'static str| {
        let mut request = get("/");
        request.headers_mut().insert("x-tier", http::HeaderValue::from_static(tier));
        request
    };
    assert_eq!(admitted(&limits, 9, |_| request("tin")), 1);
    assert_eq!(admitted(&limits, 9, |_| request("gold")), 4);
}

#[tokio::test]
async fn what_is_answered_with_a_status_to_be_refunded_takes_nothing() {
    let (limits, _) = limits(|builder| builder.rule(everyone("api", 2).refund_on([304, 5])));
    let request = |status: u16| {
        let mut request = get("/");
        request.extensions_mut().insert(StatusCode::from_u16(status).unwrap());
        request
    };
    for status in [304, 500, 503, 200, 304, 404] {
        assert_eq!(answer(&limits, request(status)).await.status(), status);
    }
    assert_eq!(answer(&limits, request(200)).await.status(), 429);
}

#[tokio::test]
async fn a_soft_limit_is_told_to_the_application() {
    let (limits, _) = limits(|builder| builder.rule(everyone("soft", 1).soft()));
    let service = tower::service_fn(|request: http::Request<()>| async move {
        let soft = request.extensions().get::<SoftLimited>();
        let names = soft.map(|soft| soft.policies().collect::<Vec<_>>().join(","));
        let body = http_body_util::Full::new(Bytes::from(names.unwrap_or_default()));
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    let layer = palisade_ratelimit::RateLimitLayer::new(limits);
    let mut service = tower::Layer::layer(&layer, service);
    for expected in ["", "soft"] {
        let response = service.call(get("/")).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected);
    }
}

#[tokio::test]
async fn a_request_runs_until_its_body_has_ended_or_is_dropped() {
    let (limits, _) = limits(|builder| {
        builder.rule(Rule::new("export", Quota::concurrent(1)).by(Key::everyone()))
    });
    let first = answer(&limits, get("/")).await;
    assert_eq!(first.headers()["ratelimit"], "\"export\";r=0");
    assert_eq!(first.headers()["ratelimit-policy"], "\"export\";q=1;qu=\"concurrent-requests\"");
    let refused = answer(&limits, get("/")).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    drop(first.into_body().collect().await.unwrap());
    let second = answer(&limits, get("/")).await;
    assert_eq!(second.status(), 200, "the body has ended");
    drop(second);
    assert_eq!(answer(&limits, get("/")).await.status(), 200, "the body was dropped");
}

/// A body of two parts.
type Frames = std::vec::IntoIter<Result<http_body::Frame<Bytes>, std::convert::Infallible>>;
struct Steps(Frames);
impl http_body::Body for Steps {
    type Data = Bytes;
    type Error = std::convert::Infallible;
    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(self.0.next())
    }
}
fn stream() -> Steps {
    let frame =
        |text: &'static str| Ok(http_body::Frame::data(Bytes::from_static(text.as_bytes())));
    Steps(vec![frame("one"), frame("two")].into_iter())
}

#[tokio::test]
async fn a_body_that_is_still_sent_keeps_running_though_its_head_is_gone() {
    let (limits, _) = limits(|builder| {
        builder.rule(Rule::new("stream", Quota::concurrent(1)).by(Key::everyone()))
    });
    let layer = palisade_ratelimit::RateLimitLayer::new(limits).with_rejection(
        |_: &palisade_ratelimit::limits::RateLimited| {
            http::Response::builder().status(429).body(stream()).unwrap()
        },
    );
    let mut service = tower::Layer::layer(
        &layer,
        tower::service_fn(|_: http::Request<()>| async {
            Ok::<_, std::convert::Infallible>(http::Response::new(stream()))
        }),
    );
    let mut body = service.call(get("/")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert_eq!(service.call(get("/")).await.unwrap().status(), 429, "half is sent");
    body.frame().await.unwrap().unwrap();
    assert!(body.frame().await.is_none());
    assert_eq!(service.call(get("/")).await.unwrap().status(), 200, "all is sent");
}

#[tokio::test]
async fn a_request_that_was_dropped_before_its_answer_runs_no_more() {
    let (limits, _) = limits(|builder| {
        builder.rule(Rule::new("export", Quota::concurrent(1)).by(Key::everyone()))
    });
    let layer = palisade_ratelimit::RateLimitLayer::new(limits.clone());
    let mut hangs = tower::Layer::layer(
        &layer,
        tower::service_fn(|_: http::Request<()>| {
            std::future::pending::<
                Result<http::Response<http_body_util::Full<Bytes>>, std::convert::Infallible>,
            >()
        }),
    );
    let future = hangs.call(get("/"));
    assert_eq!(limits.check(Head::from(&get("/"))).unwrap_err().reason(), Reason::Concurrency);
    drop(future);
    assert!(limits.check(Head::from(&get("/"))).is_ok());
}

#[test]
fn a_refusal_by_concurrency_charges_nothing() {
    let (limits, _) = limits(|builder| {
        builder
            .rule(everyone("rate", 2))
            .rule(Rule::new("export", Quota::concurrent(1)).on("/export").by(Key::everyone()))
    });
    let running = limits.check(Head::from(&get("/export"))).unwrap();
    assert_eq!(admitted(&limits, 5, |_| get("/export")), 0);
    drop(running);
    assert_eq!(admitted(&limits, 5, |_| get("/other")), 1);
}

#[test]
fn other_rules_take_the_place_of_these_and_keep_the_counts_of_their_names() {
    let (limits, _) = limits(|builder| builder.rule(everyone("api", 3)));
    assert_eq!(admitted(&limits, 9, |_| get("/")), 3);
    let mistakes = limits.reload([everyone("API!", 5)], Selection::All).unwrap_err();
    assert_eq!(mistakes.list().len(), 1);
    assert_eq!(limits.rule_names(), ["api"], "a mistake changes nothing");
    limits.reload([everyone("api", 5), everyone("other", 100)], Selection::All).unwrap();
    assert_eq!(admitted(&limits, 9, |_| get("/")), 0, "an hour is owed still");
    limits.reload([everyone("another", 5)], Selection::All).unwrap();
    assert_eq!(admitted(&limits, 9, |_| get("/")), 5);
}

#[test]
fn counts_survive_in_a_snapshot() {
    let hasher = KeyHasher::keyed(b"0123456789abcdef");
    let build = |store: Arc<MemoryStore>| {
        Limits::builder()
            .with_shared_store(store)
            .with_hasher(hasher.clone())
            .rule(everyone("login", 3).overflow(Overflow::Strict))
            .finish()
            .unwrap()
    };
    let store = || Arc::new(MemoryStore::with_bytes(1 << 14).unwrap());
    let (before, after) = (store(), store());
    assert_eq!(admitted(&build(Arc::clone(&before)), 9, |_| get("/")), 3);
    after.restore(&before.snapshot(&hasher), &hasher).unwrap();
    assert_eq!(admitted(&build(after), 9, |_| get("/")), 0);
}

#[cfg(feature = "toml")]
const FILE: &str = r#"
match = "first"
exempt = ["/health", "/metrics", "/static/"]

[[rule]]
name = "login"
on = ["POST /login", "POST /api/v1/auth/login"]
by = "client-ip"
quota = "5 per minute, strict"
overflow = "strict"

[[rule]]
name = "reset-request"
on = ["POST /reset", "POST /api/v1/auth/reset-request"]
by = ["client-ip", "address"]
quota = "3 per hour"
overflow = "strict"

[[rule]]
name = "uploads"
on = "POST /api/v1/exams/{id}/copies"
by = "user"
quota = "10 per hour"
refund = [5]

[[rule]]
name = "grades"
on = "PUT /api/v1/exams/{id}/grades"
by = "user"
quota = "30 per minute"

[[rule]]
name = "saves"
on = ["PUT,PATCH,POST /api/v1/students/{*rest}", "PUT,PATCH,POST /api/v1/students"]
by = "user"
quota = "60 per minute"
tier = { admin = "600 per minute" }

[[rule]]
name = "admin"
on = "/api/v1/admin/{*rest}"
by = "user"
quota = "300 per hour"
on_store_error = "deny"

[[rule]]
name = "rest"
by = "user or client-ip"
quota = ["120 per minute", "20000 per day"]
mode = "enforce"
cost = 1
"#;

#[cfg(feature = "toml")]
#[test]
fn a_file_says_the_limits_of_a_whole_portal() {
    let header = |name| Key::header(HeaderName::from_static(name));
    let (limits, _) = limits(|builder| {
        let file = RuleFile::from_toml(FILE).unwrap();
        builder.file(file).key("user", header("x-user")).key("address", header("x-address"))
    });
    let rules = ["login", "reset-request", "uploads", "grades", "saves", "admin", "rest"];
    assert_eq!(limits.rule_names(), rules);
    let login = |_| from("10.0.0.1", post("/api/v1/auth/login"));
    assert_eq!(admitted(&limits, 9, login), 5);
    let metrics = |_| from("10.0.0.1", get("/metrics"));
    assert_eq!(admitted(&limits, 500, metrics), 500);
    let rest = |_| from("10.0.0.1", get("/api/v1/me"));
    assert_eq!(admitted(&limits, 500, rest), 120);
}

#[cfg(feature = "toml")]
#[test]
fn a_file_tells_all_its_mistakes_at_once() {
    let text = r#"
        matsch = "first"
        exempt = ["/", "health"]
        [[rule]]
        name = "Login"
        on = ["post /login", "/{*x}/y"]
        by = ["client-ip or ", "nobody"]
        quota = "5/min"
        cost = -1
        mode = "hard"
        refund = ["5xx"]
        [[rule]]
        quota = "2 at a time, strict"
        tier = { gold = 7 }
    "#;
    let mistakes = RuleFile::from_toml(text).unwrap_err();
    let told: Vec<&str> = mistakes.list().iter().map(Mistake::place).collect();
    let expected = [
        "matsch",
        "exempt",
        "exempt",
        "rule[0].quota",
        "rule[0].by",
        "rule[0].cost",
        "rule[0].mode",
        "rule[0].refund",
        "rule[1]",
        "rule[1].quota",
        "rule[1].tier.gold",
    ];
    for place in expected {
        assert!(told.contains(&place), "{place} is not among {told:?}");
    }
    assert_eq!(told.len(), expected.len(), "{mistakes}");
}

#[test]
fn rules_tell_all_their_mistakes_at_once() {
    let mistakes = Limits::builder()
        .memory(7)
        .rule(everyone("Login", 5).on("login").by(Key::named("nobody")))
        .rule(everyone("a", 5).cost(6).refund_on([42]))
        .rule(everyone("a", 5).tier("gold", Quota::concurrent(1)))
        .rule(Rule::new("c", Quota::concurrent(1)).shadow().window("d", Quota::per_hour(1)))
        .finish()
        .unwrap_err();
    let text = mistakes.to_string();
    for part in [
        "\"Login\" is no name",
        "\"login\" is no path",
        "no key is named \"nobody\"",
        "its cost is more than",
        "42 is no status",
        "\"a\" is the name of another",
        "a tier cannot be",
        "neither soft nor shadow",
        "beside another window",
        "memory: ",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(Limits::builder().finish().unwrap_err().to_string().contains("there are none"));
}

#[test]
fn json_says_the_same_as_toml() {
    let file = RuleFile::from_json(
        r#"{ "rule": [{ "name": "a", "by": "everyone", "quota": ["2 per hour", "9 per day"] }] }"#,
    );
    let (limits, _) = limits(|builder| builder.file(file.unwrap()));
    assert_eq!(admitted(&limits, 9, |_| get("/")), 2);
    assert!(RuleFile::from_json("{").is_err());
    assert!(RuleFile::from_json(&" ".repeat(300_000)).is_err());
}

#[tokio::test]
async fn a_service_is_called_when_it_was_ready() {
    let (limits, _) = limits(|builder| builder.rule(everyone("api", 3)));
    let mut service = app(&limits);
    let ready = ServiceExt::<http::Request<()>>::ready(&mut service).await.unwrap();
    assert_eq!(ready.call(get("/")).await.unwrap().status(), 200);
}
