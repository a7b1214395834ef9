//! What others must not get: each row is an attack on a cache that lacks one rule, and on ours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use palisade_cache::http::HttpCacheLayer;

use super::scene::{Answered, Asked, Reply, Scene, request, response};

/// A cache with one rule too few: it keeps what it may not, or tells apart too little.
///
/// It has all the others that a row needs; the handler behind it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    Host,
    Query,
    Authorization,
    Cookie,
    Freshness,
    SetCookie,
    Private,
    NoStore,
    Vary,
    Forwarded,
    Method,
    Nothing,
}

/// The model: a map, and the rules in one place.
#[derive(Clone)]
struct Naive {
    lacks: Lacks,
    held: Arc<Mutex<HashMap<String, String>>>,
}

impl Naive {
    fn key(&self, parts: &Parts) -> String {
        let has = |lacks, text: String| if self.lacks == lacks { String::new() } else { text };
        let field = |name: &str| format!("{:?}", parts.headers.get(name));
        let target = if self.lacks == Lacks::Query {
            parts.uri.path().to_owned()
        } else {
            parts.uri.to_string()
        };
        let method = if self.lacks == Lacks::Method { Method::GET } else { parts.method.clone() };
        [
            method.to_string(),
            target,
            has(Lacks::Host, field("host")),
            has(Lacks::Vary, field("accept-language")),
            has(Lacks::Forwarded, field("x-forwarded-host")),
        ]
        .join("\n")
    }

    fn keeps(&self, parts: &Parts, answer: &Answered) -> bool {
        let without = |lacks, forbids: bool| self.lacks == lacks || !forbids;
        let control =
            answer.headers().get("cache-control").map_or("", |value| value.to_str().unwrap());
        let declared = control.contains("public");
        without(Lacks::Authorization, parts.headers.contains_key("authorization") && !declared)
            && without(Lacks::Cookie, parts.headers.contains_key("cookie") && !declared)
            && without(Lacks::Freshness, !control.contains("max-age"))
            && without(Lacks::SetCookie, answer.headers().contains_key("set-cookie"))
            && without(Lacks::Private, control.contains("private"))
            && without(Lacks::NoStore, control.contains("no-store"))
            && (parts.method == Method::GET || self.lacks == Lacks::Method)
    }

    fn ask(&self, asked: Asked, handler: impl Fn(&Parts) -> Answered) -> (String, bool) {
        let (parts, _) = asked.into_parts();
        let key = self.key(&parts);
        if let Some(text) = self.held.lock().unwrap().get(&key) {
            return (text.clone(), true);
        }
        let answer = handler(&parts);
        let text = shown(&parts);
        if self.keeps(&parts, &answer) {
            self.held.lock().unwrap().insert(key, text.clone());
        }
        (text, false)
    }
}

/// All that a request shows of who asks and for what.
fn shown(parts: &Parts) -> String {
    let field = |name: &str| parts.headers.get(name).map_or("-", |value| value.to_str().unwrap());
    let names =
        ["host", "authorization", "cookie", "accept-language", "x-forwarded-host", "x-number"];
    let fields: Vec<&str> = names.iter().map(|name| field(name)).collect();
    format!("{} {} {}", parts.method, parts.uri, fields.join(" "))
}

/// A handler that shows each who asks what that one sent.
fn handler(lines: &'static [&'static str]) -> impl Fn(&Parts) -> Answered + Clone {
    move |parts| response(lines, shown(parts))
}

struct Row {
    lacks: Lacks,
    answered: &'static [&'static str],
    first: (Method, &'static str, &'static [&'static str]),
    second: (Method, &'static str, &'static [&'static str]),
}

const FRESH: &[&str] = &["cache-control: max-age=60"];

impl Row {
    /// Says whether the second who asks gets what the first was sent, from a cache that lacks a rule and
    /// from ours.
    async fn leaks(&self, lacks: Lacks) -> (bool, bool) {
        let ask = |(method, target, lines): &(Method, &str, &[&str]), number: &str| {
            let number = format!("x-number: {number}");
            let lines = [*lines, &[number.as_str()]].concat();
            request(method.clone(), target, &lines)
        };
        let (first, second) = (ask(&self.first, "1"), ask(&self.second, "2"));
        let handler = handler(self.answered);
        let naive = Naive { lacks, held: Arc::default() };
        let (sent, _) = naive.ask(copy(&first), &handler);
        let (got, _) = naive.ask(copy(&second), &handler);
        let naive = sent == got;
        let scene = Scene::new(HttpCacheLayer::shared(), move |asked: Asked, _| {
            let answer = handler(&asked.into_parts().0);
            async { Ok(answer) }
        });
        let sent = scene.send(first).await.unwrap();
        let got = scene.send(second).await.unwrap();
        (naive, sent.text == got.text)
    }

    async fn check(self) {
        let (naive, ours) = self.leaks(self.lacks).await;
        assert!(naive, "the attack works without the rule {:?}", self.lacks);
        assert!(!ours, "{:?}", self.lacks);
        let (careful, _) = self.leaks(Lacks::Nothing).await;
        assert!(!careful, "the model with the rule {:?} is safe", self.lacks);
    }
}

fn copy(request: &Asked) -> Asked {
    let mut copy = Request::new(Full::<Bytes>::default());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

const fn get(lines: &'static [&'static str]) -> (Method, &'static str, &'static [&'static str]) {
    (Method::GET, "/page", lines)
}

#[tokio::test]
async fn a_page_of_another_host_is_not_served() {
    let (first, second) = (get(&["host: a.example"]), get(&["host: b.example"]));
    Row { lacks: Lacks::Host, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn a_page_of_another_scheme_is_not_served() {
    let scene = Scene::shared(FRESH);
    for (scheme, text) in [("http", "1"), ("https", "2"), ("http", "1"), ("https", "2")] {
        assert_eq!(scene.get(&format!("{scheme}://school.example/"), &[]).await.text, text);
    }
}

#[tokio::test]
async fn a_page_of_another_query_is_not_served() {
    let first = (Method::GET, "/page?id=1", &[][..]);
    let second = (Method::GET, "/page?id=2", &[][..]);
    Row { lacks: Lacks::Query, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn what_was_answered_to_one_who_is_authorized_is_not_served_to_nobody() {
    let (first, second) = (get(&["authorization: A"]), get(&[]));
    Row { lacks: Lacks::Authorization, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn what_was_answered_to_one_who_is_authorized_is_not_served_to_another() {
    let (first, second) = (get(&["authorization: A"]), get(&["authorization: B"]));
    Row { lacks: Lacks::Authorization, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn what_was_answered_to_a_session_is_not_served_to_another_although_it_is_fresh() {
    let (first, second) = (get(&["cookie: s=A"]), get(&["cookie: s=B"]));
    Row { lacks: Lacks::Cookie, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn what_says_nothing_of_being_kept_is_not_kept() {
    let (first, second) = (get(&[]), get(&[]));
    Row { lacks: Lacks::Freshness, answered: &[], first, second }.check().await;
}

#[tokio::test]
async fn a_cookie_is_not_set_twice() {
    let answered = &["cache-control: public, max-age=60", "set-cookie: session=A"];
    let (first, second) = (get(&[]), get(&[]));
    Row { lacks: Lacks::SetCookie, answered, first, second }.check().await;
}

#[tokio::test]
async fn what_is_private_is_not_shared() {
    let answered = &["cache-control: private, max-age=60"];
    let (first, second) = (get(&[]), get(&[]));
    Row { lacks: Lacks::Private, answered, first, second }.check().await;
}

#[tokio::test]
async fn what_must_not_be_stored_is_not() {
    let answered = &["cache-control: no-store, max-age=60"];
    let (first, second) = (get(&[]), get(&[]));
    Row { lacks: Lacks::NoStore, answered, first, second }.check().await;
}

#[tokio::test]
async fn what_other_fields_selected_is_not_served() {
    let answered = &["cache-control: max-age=60", "vary: accept-language"];
    let (first, second) = (get(&["accept-language: ne"]), get(&["accept-language: en"]));
    Row { lacks: Lacks::Vary, answered, first, second }.check().await;
}

#[tokio::test]
async fn a_host_that_anybody_may_name_poisons_nobodys_page() {
    let (first, second) = (get(&["x-forwarded-host: evil.example"]), get(&[]));
    Row { lacks: Lacks::Forwarded, answered: FRESH, first, second }.check().await;
}

#[tokio::test]
async fn a_post_is_not_answered_by_a_post() {
    let post = || (Method::POST, "/page", &[][..]);
    Row { lacks: Lacks::Method, answered: FRESH, first: post(), second: post() }.check().await;
}

#[tokio::test]
async fn every_field_that_frameworks_take_for_the_url_is_in_the_key() {
    for name in [
        "forwarded",
        "x-forwarded-host",
        "x-forwarded-server",
        "x-forwarded-proto",
        "x-forwarded-scheme",
        "x-forwarded-ssl",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-path",
        "x-host",
        "x-original-host",
        "x-original-url",
        "x-rewrite-url",
        "x-http-method-override",
        "x-method-override",
    ] {
        let scene = Scene::shared(FRESH);
        let evil = format!("{name}: evil");
        assert_eq!(scene.get("/", &[&evil]).await.text, "1");
        assert_eq!(scene.get("/", &[]).await.text, "2", "{name}");
        assert_eq!(scene.get("/", &[&evil]).await.text, "1", "{name}");
        let naive = HttpCacheLayer::shared().unkey_header(&name.parse().unwrap());
        let scene = Scene::new(naive, async |_, call: u64| Ok(response(FRESH, call.to_string())));
        scene.get("/", &[&evil]).await;
        assert_eq!(scene.get("/", &[]).await.text, "1", "the attack works without: {name}");
    }
    let scene = Scene::new(
        HttpCacheLayer::shared().key_header("x-tenant".parse().unwrap()),
        async |_, call: u64| Ok(response(FRESH, call.to_string())),
    );
    scene.get("/", &["x-tenant: a"]).await;
    assert_eq!(scene.get("/", &["x-tenant: b"]).await.text, "2");
}

#[tokio::test]
async fn a_request_that_names_two_hosts_goes_past_the_cache() {
    let scene = Scene::shared(FRESH);
    scene.get("/", &["host: a.example"]).await;
    let past = async |target: &str, lines: &[&str]| -> Reply { scene.get(target, lines).await };
    for (target, lines) in [
        ("/", &["host: a.example", "host: b.example"][..]),
        ("/", &["host: a.example", "host: a.example"]),
        ("http://b.example/", &["host: a.example"]),
        ("/", &["host: user@a.example"]),
    ] {
        let answer = past(target, lines).await;
        assert_eq!(
            answer.cache_status(),
            "palisade; fwd=bypass; fwd-status=200",
            "{target} {lines:?}"
        );
    }
    assert_eq!(past("/", &["host: a.example"]).await.text, "1");
}

#[tokio::test]
async fn who_names_himself_gets_what_is_declared_to_be_for_all_and_nothing_else() {
    for (control, reaches) in [
        ("cache-control: max-age=60", false),
        ("cache-control: public, max-age=60", true),
        ("cache-control: s-maxage=60", true),
    ] {
        let handler =
            move |_: Asked, call: u64| async move { Ok(response(&[control], call.to_string())) };
        let builder = HttpCacheLayer::shared().identity_header("x-api-key".parse().unwrap());
        let scene = Scene::new(builder, handler);
        // The page of nobody in particular.
        scene.get("/", &[]).await;
        for line in ["cookie: s=A", "authorization: A", "x-api-key: A"] {
            let answer = scene.get("/", &[line]).await;
            assert_eq!(answer.text == "1", reaches, "{control} {line}");
            assert_eq!(answer.status, StatusCode::OK);
        }
        // And what it was answered is nobody else's.
        assert_eq!(scene.get("/", &[]).await.text, "1");
    }
}
