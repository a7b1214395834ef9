//! What the layer does with requests and answers.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use palisade_cache::http::{HttpCacheBuilder, HttpCacheLayer};
use palisade_testkit::alloc::count;
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::scene::{Asked, Scene, request, response};
use crate::world::until;

const FRESH: &[&str] = &["cache-control: max-age=60"];

#[tokio::test]
async fn an_answer_is_kept_and_says_so() {
    let scene = Scene::shared(FRESH);
    let first = scene.get("/a?b=1", &[]).await;
    assert_eq!((first.text.as_str(), first.has("age")), ("1", ""));
    assert_eq!(first.cache_status(), "palisade; fwd=uri-miss; fwd-status=200; stored");
    scene.wait(59);
    let hit = scene.get("/a?b=1", &[]).await;
    assert_eq!((hit.text.as_str(), hit.has("age")), ("1", "59"));
    assert_eq!(hit.has("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(hit.cache_status(), "palisade; hit");
    scene.wait(1);
    let stale = scene.get("/a?b=1", &[]).await;
    assert_eq!(stale.text, "2");
    assert_eq!(stale.cache_status(), "palisade; fwd=stale; fwd-status=200; stored");
    assert_eq!(scene.get("/a?b=2", &[]).await.text, "3");
    assert_eq!(scene.get("/a%3Fb=1", &[]).await.text, "4", "a path is not decoded");
    assert_eq!(scene.calls(), 4);
    let stats = scene.cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.stored), (1, 4, 4));
}

#[tokio::test]
async fn what_must_not_be_kept_says_why() {
    for (lines, why) in [
        (&["cache-control: no-store"][..], "no-store"),
        (&["cache-control: private, max-age=60"], "private"),
        (&["cache-control: public, max-age=60", "set-cookie: a=1"], "set-cookie"),
        (&["cache-control: max-age=60", "vary: *"], "vary"),
        (&[], "no-freshness"),
        (&["cache-control: max-age=60", "content-length: 7"], "content"),
        (&["cache-control: max-age=60", "content-security-policy: 'nonce-a'"], "moment"),
    ] {
        let scene = Scene::shared(lines);
        for call in 1..=2 {
            let answer = scene.get("/", &[]).await;
            assert_eq!(answer.text, call.to_string());
            let status = format!("palisade; fwd=uri-miss; fwd-status=200; detail={why}");
            assert_eq!(answer.cache_status(), status);
        }
        assert!(scene.cache.is_empty());
        assert_eq!(scene.cache.stats().refused, 2);
    }
}

#[tokio::test]
async fn a_page_with_a_nonce_is_not_kept_whichever_layer_names_it() {
    let html = &["cache-control: max-age=60", "content-type: text/html; charset=utf-8"];
    let page = async |lines: &'static [&'static str]| {
        let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| async move {
            Ok(response(lines, format!("<script Nonce=\"{call}\">start()</script>")))
        });
        scene.get("/", &[]).await;
        scene.get("/", &[]).await;
        scene.calls()
    };
    assert_eq!(page(html).await, 2);
    assert_eq!(page(FRESH).await, 1, "a text about nonces is no page");
}

#[tokio::test]
async fn methods_that_read_are_answered_from_the_answer_to_get() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |_, _| {
        Ok(response(&["cache-control: max-age=60", "etag: \"7\"", "x-a: 1"], "0123456789"))
    });
    let head = scene.ask(Method::HEAD, "/", &[]).await;
    assert_eq!(head.cache_status(), "palisade; fwd=uri-miss; fwd-status=200");
    scene.get("/", &[]).await;
    let head = scene.ask(Method::HEAD, "/", &[]).await;
    assert_eq!((head.text.as_str(), head.has("content-length"), head.has("x-a")), ("", "10", "1"));
    assert_eq!(head.cache_status(), "palisade; hit");

    let part = scene.get("/", &["range: bytes=2-4"]).await;
    assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "234"));
    assert_eq!(part.has("content-range"), "bytes 2-4/10");
    assert_eq!(part.has("content-length"), "3");
    assert_eq!(scene.get("/", &["range: bytes=2-4,6-7"]).await.text, "0123456789");
    assert_eq!(scene.calls(), 2);

    for method in [Method::OPTIONS, Method::TRACE] {
        let passed = scene.ask(method, "/", &[]).await;
        assert_eq!(passed.cache_status(), "palisade; fwd=method; fwd-status=200");
    }
    assert_eq!(scene.get("/", &[]).await.cache_status(), "palisade; hit");
}

#[tokio::test]
async fn clients_that_have_an_answer_get_304_from_the_cache() {
    let own = &["cache-control: max-age=60", "etag: \"7\"", "content-type: text/plain", "vary: a"];
    let scene = Scene::shared(own);
    scene.get("/", &[]).await;
    for (asked, status) in [
        (&["if-none-match: \"7\""][..], 304),
        (&["if-none-match: W/\"7\", \"8\""], 304),
        (&["if-none-match: \"8\""], 200),
        (&["if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT"], 304),
        (&["if-modified-since: Sun, 06 Nov 1994 08:49:36 GMT"], 200),
        (&["if-none-match: \"8\"", "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT"], 200),
    ] {
        let answer = scene.get("/", asked).await;
        assert_eq!(answer.status, status, "{asked:?}");
        assert_eq!(answer.cache_status(), "palisade; hit");
        if status == 304 {
            assert_eq!((answer.text.as_str(), answer.has("content-type")), ("", ""));
            for name in ["etag", "cache-control", "date", "vary", "age"] {
                assert!(!answer.has(name).is_empty(), "{name}");
            }
        }
    }
    assert_eq!(scene.calls(), 1);
    // Conditions of a change are the handler's.
    let answer = scene.get("/", &["if-match: \"8\""]).await;
    assert_eq!(answer.cache_status(), "palisade; fwd=bypass; fwd-status=200");
}

#[tokio::test]
async fn a_stale_answer_is_validated_and_renewed() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, call: u64| {
        let number = format!("x-call: {call}");
        let lines = ["cache-control: max-age=60", "etag: \"7\"", &number, "content-length: 4"];
        if asked.headers().get("if-none-match").is_some_and(|tag| tag == "\"7\"") {
            let mut response = response(&lines[..3], "");
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        Ok(response(&lines, "page"))
    });
    scene.get("/", &[]).await;
    scene.wait(61);
    let validated = scene.get("/", &[]).await;
    assert_eq!((validated.status, validated.text.as_str()), (StatusCode::OK, "page"));
    assert_eq!((validated.has("x-call"), validated.has("age")), ("2", "0"));
    assert_eq!(validated.cache_status(), "palisade; fwd=stale; fwd-status=304; stored");
    scene.wait(59);
    let hit = scene.get("/", &[]).await;
    assert_eq!((hit.has("x-call"), hit.has("age"), hit.text.as_str()), ("2", "59", "page"));
    // A client with a version of its own hears of that.
    scene.wait(2);
    let own = scene.get("/", &["if-none-match: \"7\""]).await;
    assert_eq!((own.status.as_u16(), own.has("x-call")), (304, "3"));
    scene.wait(61);
    let other = scene.get("/", &["if-none-match: \"6\""]).await;
    assert_eq!((other.status.as_u16(), other.text.as_str()), (200, "page"));
    assert_eq!(scene.calls(), 4);
    let wanted = scene.get("/", &["cache-control: no-cache"]).await;
    assert_eq!(wanted.cache_status(), "palisade; fwd=request; fwd-status=304; stored");
    let stats = scene.cache.stats();
    assert_eq!((stats.stored, stats.renewed, stats.refused), (1, 4, 0));
}

#[tokio::test]
async fn an_answer_to_head_renews_what_it_describes_and_ends_what_it_does_not() {
    const SAME: Option<bool> = Some(true);
    const OTHER: Option<bool> = Some(false);
    for (described, is_same) in [
        (&["etag: \"7\"", "content-length: 4"][..], SAME),
        (&["etag: \"7\""], SAME),
        (&["etag: \"7\"", "last-modified: Sun, 06 Nov 1994 08:00:00 GMT"], SAME),
        (&["last-modified: Sun, 06 Nov 1994 08:00:00 GMT"], SAME),
        (&["etag: \"8\""], OTHER),
        (&["etag: \"7\"", "last-modified: Sun, 06 Nov 1994 08:00:01 GMT"], OTHER),
        (&["etag: \"7\"", "content-length: 5"], OTHER),
        (&["content-length: 5"], OTHER),
        (&["content-length: 4"], None),
        (&[], None),
    ] {
        let scene =
            Scene::new(HttpCacheLayer::shared(), move |asked: Asked, call: u64| async move {
                let number = format!("x-call: {call}");
                let mut lines = vec!["cache-control: max-age=60", number.as_str()];
                if asked.method() == Method::HEAD {
                    lines.extend(described);
                    return Ok(response(&lines, ""));
                }
                lines.extend(["etag: \"7\"", "last-modified: Sun, 06 Nov 1994 08:00:00 GMT"]);
                Ok(response(&lines, "page"))
            });
        scene.get("/", &[]).await;
        scene.wait(61);
        let head = scene.ask(Method::HEAD, "/", &[]).await;
        assert_eq!((head.status.as_u16(), head.text.as_str(), head.has("x-call")), (200, "", "2"));
        let renewed = if is_same == SAME { "; stored" } else { "" };
        let member = format!("palisade; fwd=stale; fwd-status=200{renewed}");
        assert_eq!(head.cache_status(), member, "{described:?}");
        let stats = scene.cache.stats();
        assert_eq!((stats.renewed, stats.stored), (u64::from(is_same == SAME), 1));
        assert_eq!(scene.cache.is_empty(), is_same == OTHER, "{described:?}");
        let got = scene.get("/", &[]).await;
        assert_eq!(got.text, "page", "nothing of HEAD is taken for content");
        let call = if is_same == SAME { "2" } else { "3" };
        assert_eq!(got.has("x-call"), call, "{described:?}");
    }
    // Who wants nothing kept changes nothing.
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, call: u64| {
        let tag = if asked.method() == Method::HEAD { "etag: \"8\"" } else { "etag: \"7\"" };
        Ok(response(&["cache-control: max-age=60", tag], call.to_string()))
    });
    scene.get("/", &[]).await;
    scene.ask(Method::HEAD, "/", &["cache-control: no-store, no-cache"]).await;
    assert_eq!((scene.get("/", &[]).await.text.as_str(), scene.calls()), ("1", 2));
}

#[tokio::test]
async fn a_304_that_takes_an_answer_back_is_believed() {
    for line in ["cache-control: no-store", "cache-control: private", "set-cookie: a=1"] {
        let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| async move {
            let lines = if call == 1 { "cache-control: max-age=60" } else { line };
            let mut response = response(&["etag: \"7\"", lines], "page");
            *response.status_mut() =
                if call == 2 { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            Ok(response)
        });
        scene.get("/", &[]).await;
        scene.wait(61);
        let taken_back = scene.get("/", &[]).await;
        assert_eq!((taken_back.status.as_u16(), taken_back.text.as_str()), (200, "page"));
        let (name, value) = line.split_once(": ").unwrap();
        assert_eq!(taken_back.has(name), value);
        assert!(scene.cache.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn a_new_answer_that_is_not_kept_leaves_no_old_one_behind() {
    for line in ["cache-control: no-store", "cache-control: private", "set-cookie: a=1"] {
        let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| async move {
            match call {
                1 => Ok(response(&["cache-control: max-age=60, stale-if-error=600"], "1")),
                2 => Ok(response(&[line], "2")),
                _ => Err("gone"),
            }
        });
        scene.get("/", &[]).await;
        scene.wait(61);
        assert_eq!(scene.get("/", &[]).await.text, "2");
        let after = scene.send(request(Method::GET, "/", &[])).await;
        assert_eq!(after.err(), Some("gone"), "{line}");
    }
}

#[tokio::test]
async fn variants_stand_side_by_side_up_to_their_number() {
    let builder = HttpCacheLayer::shared().variants(2).unwrap();
    let scene = Scene::new(builder, async |asked: Asked, call: u64| {
        let language = asked.headers().get("accept-language").cloned().unwrap();
        let text = format!("{call} {}", language.to_str().unwrap());
        Ok(response(&["cache-control: max-age=60", "vary: accept-language"], text))
    });
    let get =
        async |language: &str| scene.get("/", &[&format!("accept-language: {language}")]).await;
    assert_eq!(get("en").await.text, "1 en");
    let other = get("ne").await;
    assert_eq!(other.text, "2 ne");
    assert_eq!(other.cache_status(), "palisade; fwd=vary-miss; fwd-status=200; stored");
    assert_eq!(
        (get("en").await.text, get(" EN").await.text),
        ("1 en".to_owned(), "1 en".to_owned())
    );
    assert_eq!(get("fr").await.text, "3 fr");
    assert_eq!(get("ne").await.text, "2 ne");
    assert_eq!(get("en").await.text, "4 en", "the oldest has gone");

    let only = HttpCacheLayer::shared().vary_only([http::header::ACCEPT_ENCODING]);
    let scene = Scene::new(only, async |_, call: u64| {
        Ok(response(&["cache-control: max-age=60", "vary: user-agent"], call.to_string()))
    });
    scene.get("/", &[]).await;
    assert_eq!(scene.get("/", &[]).await.text, "2");
}

#[tokio::test]
async fn a_change_ends_what_is_kept_of_its_uri() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, call: u64| {
        let status = asked.headers().get("x-status").map_or("200", |value| value.to_str().unwrap());
        let mut lines = vec!["cache-control: max-age=60"];
        if asked.method() == Method::PUT {
            lines.extend(["location: /b", "content-location: https://other.example/c"]);
        }
        let mut response = response(&lines, call.to_string());
        *response.status_mut() = status.parse().unwrap();
        if status == "599" { Err("gone") } else { Ok(response) }
    });
    let (mut a, mut b, mut c) = (String::new(), String::new(), String::new());
    for (method, line, ends_a, ends_b) in [
        (Method::POST, "x-status: 200", true, false),
        (Method::POST, "x-status: 303", true, false),
        (Method::PUT, "x-status: 201", true, true),
        (Method::DELETE, "x-status: 204", true, false),
        (Method::POST, "x-status: 404", false, false),
        (Method::PUT, "x-status: 500", false, false),
        // Nobody knows whether that one has changed anything.
        (Method::POST, "x-status: 599", true, false),
        (Method::GET, "x-status: 200", false, false),
    ] {
        for (last, target, ends) in
            [(&mut a, "/a", ends_a), (&mut b, "/b", ends_b), (&mut c, "/c", false)]
        {
            *last = scene.get(target, &[]).await.text;
            let change = request(method.clone(), "/a", &[line]);
            let _ = scene.send(change).await;
            let now = scene.get(target, &[]).await.text;
            assert_eq!(now != *last, ends, "{method} {line} {target}");
        }
    }
    let host = &["host: school.example"];
    let before = scene.get("/d", host).await.text;
    scene.cache.invalidate("school.example", "/d");
    let after = scene.get("/d", host).await.text;
    assert_ne!(before, after);
    scene.cache.clear();
    assert_ne!(scene.get("/d", host).await.text, after);
}

#[tokio::test]
async fn a_change_whose_client_goes_away_ends_what_is_kept() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, call: u64| {
        if asked.method() == Method::POST {
            std::future::pending::<()>().await;
        }
        Ok(response(FRESH, call.to_string()))
    });
    scene.get("/", &[]).await;
    let change = tokio::spawn(scene.service.clone().oneshot(request(Method::POST, "/", &[])));
    until(|| scene.calls() == 2).await;
    assert_eq!(scene.get("/", &[]).await.text, "1");
    change.abort();
    let _ = change.await;
    assert_eq!(scene.get("/", &[]).await.text, "3");
}

/// A handler that stands still until it is let go, behind a cache.
fn gated(lines: &'static [&'static str]) -> (Scene, Arc<Semaphore>) {
    gated_by(HttpCacheLayer::shared(), lines)
}

fn gated_by(builder: HttpCacheBuilder, lines: &'static [&'static str]) -> (Scene, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let scene = Scene::new(builder, move |_, call: u64| {
        let gate = Arc::clone(&held);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(response(lines, call.to_string()))
        }
    });
    (scene, gate)
}

#[tokio::test]
async fn of_many_who_miss_one_asks() {
    let (scene, gate) = gated(FRESH);
    let asks: Vec<_> = (0..10)
        .map(|_| tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[]))))
        .collect();
    until(|| scene.cache.stats().misses == 10).await;
    gate.add_permits(10);
    let mut collapsed = 0;
    for ask in asks {
        let answer = ask.await.unwrap().unwrap();
        assert_eq!(answer.text, "1");
        collapsed += u32::from(answer.cache_status() == "palisade; fwd=uri-miss; collapsed");
    }
    assert_eq!((scene.calls(), collapsed, scene.cache.stats().joined), (1, 9, 9));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_answer_that_is_not_for_him() {
    let begin = tokio::time::Instant::now();
    // Kept for nobody: those who waited ask for themselves.
    let (scene, gate) = gated(&["cache-control: private, max-age=60"]);
    let asks: Vec<_> = (0..3)
        .map(|_| tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[]))))
        .collect();
    until(|| scene.cache.stats().misses == 3).await;
    gate.add_permits(3);
    let mut texts = Vec::new();
    for ask in asks {
        texts.push(ask.await.unwrap().unwrap().text);
    }
    texts.sort();
    assert_eq!(texts, ["1", "2", "3"]);
    // Kept for who has other fields.
    let (scene, gate) = gated(&["cache-control: max-age=60", "vary: accept-language"]);
    let ask =
        |line| tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[line])));
    let (one, other) = (ask("accept-language: en"), ask("accept-language: ne"));
    until(|| scene.cache.stats().misses == 2).await;
    gate.add_permits(2);
    assert_eq!(one.await.unwrap().unwrap().text, "1");
    assert_eq!(other.await.unwrap().unwrap().text, "2");
    // Who names himself waits for nobody, nor does anybody for who has a version of his own.
    let (scene, gate) = gated(FRESH);
    let own = "if-none-match: \"1\"";
    for line in ["cookie: a=1", "cookie: a=2", "authorization: A", own, own] {
        let ask = request(Method::GET, "/", &[line]);
        tokio::spawn(scene.service.clone().oneshot(ask));
    }
    until(|| scene.calls() == 5).await;
    gate.add_permits(5);
    assert!(begin.elapsed().is_zero(), "who waited was told at once");
}

#[tokio::test]
async fn no_more_wait_for_one_answer_than_may() {
    let builder = HttpCacheLayer::shared().waiters(2);
    let (scene, gate) = gated_by(builder, FRESH);
    for _ in 0..10 {
        tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    }
    until(|| scene.cache.stats().misses == 10).await;
    // The one that all wait for, and who found the queue full.
    until(|| scene.calls() == 8).await;
    gate.add_permits(8);
    until(|| scene.cache.stats().joined == 2).await;
    assert_eq!(scene.calls(), 8);
}

#[tokio::test]
async fn an_answer_that_was_overtaken_by_a_change_is_for_those_before_it_alone() {
    let (scene, gate) = gated(FRESH);
    let get = || tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    let before = get();
    until(|| scene.calls() == 1).await;
    scene.cache.invalidate("school.example", "/");
    let after = get();
    until(|| scene.cache.stats().misses == 2).await;
    gate.add_permits(2);
    assert_eq!(before.await.unwrap().unwrap().text, "1");
    assert_eq!(after.await.unwrap().unwrap().text, "2", "it did not join");
    assert_eq!(scene.get("/", &[]).await.text, "2", "the old answer was not kept");
}

#[tokio::test]
async fn what_began_before_a_change_is_not_kept_after_it() {
    let (scene, gate) = gated(FRESH);
    let get = || tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    let before = get();
    until(|| scene.calls() == 1).await;
    scene.cache.invalidate("school.example", "/");
    gate.add_permits(1);
    assert_eq!(before.await.unwrap().unwrap().text, "1");
    let after = get();
    until(|| scene.calls() == 2).await;
    gate.add_permits(1);
    assert_eq!(after.await.unwrap().unwrap().text, "2");
}

#[tokio::test]
async fn who_waits_for_what_fails_gets_the_stale_answer_unless_that_was_ended() {
    for is_ended in [false, true] {
        let gate = Arc::new(Semaphore::new(1));
        let held = Arc::clone(&gate);
        let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| {
            let gate = Arc::clone(&held);
            async move {
                gate.acquire().await.unwrap().forget();
                let lines = ["cache-control: max-age=60, stale-if-error=30"];
                if call == 1 { Ok(response(&lines, "1")) } else { Err("gone") }
            }
        });
        scene.get("/", &[]).await;
        scene.wait(61);
        let get = || tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
        let leader = get();
        until(|| scene.calls() == 2).await;
        if is_ended {
            scene.cache.invalidate("school.example", "/");
        }
        let follower = get();
        until(|| scene.cache.stats().misses == 3).await;
        gate.add_permits(2);
        assert_eq!(leader.await.unwrap().unwrap().text, "1", "it asked before");
        let waited = follower.await.unwrap();
        assert_eq!(scene.calls(), if is_ended { 3 } else { 2 });
        if is_ended {
            assert_eq!(waited.unwrap_err(), "gone");
        } else {
            let waited = waited.unwrap();
            let status = "palisade; fwd=stale; collapsed; detail=failed";
            assert_eq!((waited.text.as_str(), waited.cache_status()), ("1", status));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_goes_away_or_is_not_polled_hangs_nobody() {
    let (scene, gate) = gated(FRESH);
    let mut leader = Box::pin(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    // Polled once, and then never again.
    assert!(poll_once(&mut leader).is_pending());
    let follower = tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    until(|| scene.cache.stats().misses == 2).await;
    gate.add_permits(2);
    assert_eq!(follower.await.unwrap().unwrap().text, "1", "it did not ask for itself");
    drop(leader);
    assert_eq!((scene.get("/", &[]).await.text.as_str(), scene.calls()), ("1", 1));
    // Polled once, and gone while another waits.
    gate.forget_permits(1);
    let ask = || scene.service.clone().oneshot(request(Method::GET, "/b", &[]));
    let mut leader = Box::pin(ask());
    assert!(poll_once(&mut leader).is_pending());
    let follower = tokio::spawn(ask());
    until(|| scene.cache.stats().misses == 4).await;
    drop(leader);
    tokio::time::sleep(Duration::from_secs(1)).await;
    gate.add_permits(2);
    assert_eq!(follower.await.unwrap().unwrap().text, "2", "it did not ask for itself");
    assert_eq!(scene.calls(), 2);
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(future).poll(&mut context)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_wants_any_more_is_given_up_after_a_while() {
    let (scene, _gate) = gated(FRESH);
    let mut leader = Box::pin(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    assert!(poll_once(&mut leader).is_pending());
    until(|| scene.calls() == 1).await;
    drop(leader);
    tokio::time::sleep(Duration::from_secs(31)).await;
    // A follower that waits in vain goes on by itself.
    let mut follower = Box::pin(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    assert!(poll_once(&mut follower).is_pending());
    until(|| scene.calls() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_follower_waits_for_so_long_and_no_longer() {
    let (scene, gate) = gated(FRESH);
    let get = || tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    let leader = get();
    until(|| scene.calls() == 1).await;
    let follower = get();
    until(|| scene.cache.stats().misses == 2).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(scene.calls(), 2);
    gate.add_permits(2);
    let texts = (leader.await.unwrap().unwrap().text, follower.await.unwrap().unwrap().text);
    assert_eq!(texts, ("1".to_owned(), "2".to_owned()));
}

#[tokio::test]
async fn a_stale_answer_is_served_while_one_request_gets_a_new_one() {
    let (scene, gate) = gated(&["cache-control: max-age=60, stale-while-revalidate=30"]);
    gate.add_permits(1);
    scene.get("/", &[]).await;
    scene.wait(61);
    for _ in 0..5 {
        let stale = scene.get("/", &[]).await;
        assert_eq!((stale.text.as_str(), stale.has("age")), ("1", "61"));
    }
    until(|| scene.calls() == 2).await;
    gate.add_permits(1);
    until(|| scene.cache.stats().stored == 2).await;
    assert_eq!(scene.get("/", &[]).await.text, "2");
    assert_eq!(scene.calls(), 2);
    // After the time that is allowed, a client waits.
    scene.wait(91);
    gate.add_permits(1);
    assert_eq!(scene.get("/", &[]).await.text, "3");
}

#[tokio::test]
async fn only_a_whole_answer_to_get_takes_the_place_of_a_stale_one() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, call: u64| {
        let text = if asked.method() == Method::HEAD { String::new() } else { call.to_string() };
        Ok(response(&["cache-control: max-age=60, stale-while-revalidate=30"], text))
    });
    scene.get("/", &[]).await;
    scene.wait(61);
    scene.ask(Method::HEAD, "/", &[]).await;
    scene.get("/", &["range: bytes=0-0"]).await;
    scene.get("/", &["cache-control: no-store"]).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((scene.calls(), scene.cache.stats().stored), (1, 1));
    assert_eq!(scene.get("/", &[]).await.text, "1");
    until(|| scene.cache.stats().stored == 2).await;
    assert_eq!(scene.get("/", &[]).await.text, "2");
}

#[tokio::test]
async fn a_stale_answer_stands_in_where_that_is_allowed_and_nowhere_else() {
    for (control, stands_in) in [
        ("cache-control: max-age=60, stale-if-error=30", true),
        ("cache-control: max-age=60", false),
        ("cache-control: max-age=60, stale-if-error=30, must-revalidate", false),
        ("cache-control: max-age=60, stale-if-error=30, proxy-revalidate", false),
        ("cache-control: s-maxage=60, stale-if-error=30", false),
        ("cache-control: max-age=60, stale-if-error=0", false),
    ] {
        for status in [500, 502, 503, 504, 599] {
            let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| async move {
                let mut response = response(&[control, "etag: \"7\""], call.to_string());
                if call > 1 {
                    *response.status_mut() = StatusCode::from_u16(status).unwrap();
                }
                if call > 1 && status == 599 { Err("gone") } else { Ok(response) }
            });
            scene.get("/", &[]).await;
            scene.wait(61);
            let answer = scene.send(request(Method::GET, "/", &[])).await;
            assert_eq!(
                answer.is_ok_and(|answer| answer.status == 200),
                stands_in,
                "{control} {status}"
            );
            // A refusal of the handler is no failure of it.
            scene.wait(30);
            let late = scene.send(request(Method::GET, "/", &[])).await;
            assert!(late.is_err() || late.unwrap().status.is_server_error(), "{control}");
        }
    }
    let builder = HttpCacheLayer::shared().stale_if_error(Duration::from_secs(30));
    let scene = Scene::new(
        builder,
        async |_, call| {
            if call == 1 { Ok(response(FRESH, "1")) } else { Err("gone") }
        },
    );
    scene.get("/", &[]).await;
    scene.wait(61);
    let answer = scene.get("/", &[]).await;
    assert_eq!(answer.cache_status(), "palisade; fwd=stale; detail=failed");
    assert_eq!(answer.text, "1");
    let stats = scene.cache.stats();
    assert_eq!((stats.failures, stats.degraded, stats.misses), (1, 1, 2));
}

#[tokio::test]
async fn content_over_the_limit_and_content_that_breaks_off_pass_through() {
    type Pieces = Vec<Result<Frame<Bytes>, &'static str>>;
    let ask = async |pieces: fn() -> Pieces| {
        let layer = HttpCacheLayer::shared().body_limit(8).unwrap().build();
        let calls = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&calls);
        let service = layer.layer(service_fn(move |_: Request<Full<Bytes>>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut response = Response::new(Items(pieces().into()));
            response.headers_mut().insert("cache-control", "max-age=60".parse().unwrap());
            async { Ok::<_, &'static str>(response) }
        }));
        let mut read = Vec::new();
        for _ in 0..2 {
            let asked = request(Method::GET, "/", &[]);
            let mut body = service.clone().oneshot(asked).await.unwrap().into_body();
            let mut text = String::new();
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) if frame.is_data() => {
                        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
                    }
                    Ok(_) => text.push('T'),
                    Err(error) => text.push_str(error),
                }
            }
            read.push(text);
        }
        (read[0].clone(), read[1].clone(), calls.load(Ordering::SeqCst))
    };
    let same = |text: &str, calls| (text.to_owned(), text.to_owned(), calls);
    assert_eq!(
        ask(|| vec![Ok(Frame::data(piece("0123"))), Ok(Frame::data(piece("4567")))]).await,
        same("01234567", 1)
    );
    assert_eq!(
        ask(|| vec![
            Ok(Frame::data(piece("0123"))),
            Ok(Frame::data(piece("45678"))),
            Ok(Frame::data(piece("9")))
        ])
        .await,
        same("0123456789", 2)
    );
    assert_eq!(ask(|| vec![Ok(Frame::data(piece("0123"))), Err("!")]).await, same("0123!", 2));
    let trailers =
        || vec![Ok(Frame::data(piece("0123"))), Ok(Frame::trailers(http::HeaderMap::new()))];
    assert_eq!(ask(trailers).await, same("0123T", 2));
    assert_eq!(ask(Vec::new).await, same("", 1));
}

const fn piece(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// A body of what is there.
struct Items(VecDeque<Result<Frame<Bytes>, &'static str>>);

impl Body for Items {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(self.0.pop_front())
    }
}

#[tokio::test]
async fn what_only_the_cache_may_answer_is_504_without_it() {
    let scene = Scene::shared(FRESH);
    let only = &["cache-control: only-if-cached"];
    let refused = scene.get("/", only).await;
    assert_eq!((refused.status.as_u16(), scene.calls()), (504, 0));
    assert_eq!(refused.has("content-type"), "application/problem+json");
    scene.get("/", &[]).await;
    assert_eq!(scene.get("/", only).await.text, "1");
    assert_eq!(scene.get("/b", &["cache-control: no-store"]).await.text, "2");
    assert_eq!(scene.get("/b", &[]).await.text, "3", "nothing of it was kept");
}

#[tokio::test]
async fn clients_may_be_paid_no_heed() {
    let scene =
        Scene::new(HttpCacheLayer::shared().ignore_client_wishes(), async |_, call: u64| {
            Ok(response(FRESH, call.to_string()))
        });
    scene.get("/", &[]).await;
    for line in ["cache-control: no-cache", "pragma: no-cache", "cache-control: max-age=0"] {
        assert_eq!(scene.get("/", &[line]).await.text, "1");
    }
}

#[tokio::test]
async fn fields_of_one_connection_and_fields_that_an_answer_excepts_are_not_kept() {
    let scene = Scene::shared(&[
        "cache-control: max-age=60, no-cache=\"x-once\", private=\"x-own\"",
        "connection: x-hop, close",
        "x-hop: 1",
        "keep-alive: 1",
        "proxy-authenticate: 1",
        "x-once: 1",
        "x-own: 1",
        "x-all: 1",
        "cache-status: Origin; hit",
    ]);
    let first = scene.get("/", &[]).await;
    assert_eq!(first.has("x-own"), "1");
    let hit = scene.get("/", &[]).await;
    for gone in ["connection", "x-hop", "keep-alive", "proxy-authenticate", "x-once", "x-own"] {
        assert_eq!(hit.has(gone), "", "{gone}");
    }
    assert_eq!(hit.has("x-all"), "1");
    let members: Vec<_> = hit.headers.get_all("cache-status").iter().collect();
    assert_eq!(members, ["Origin; hit", "palisade; hit"], "appended, and not in its place");
}

#[tokio::test]
async fn the_memory_is_never_exceeded_and_a_flood_pushes_itself_out() {
    let builder = HttpCacheLayer::shared().memory(1 << 20).unwrap();
    let scene = Scene::new(builder, async |_, _| Ok(response(FRESH, vec![b'x'; 4096])));
    for number in 0..2000 {
        scene.get(&format!("/{number}"), &[]).await;
        assert!(scene.cache.weight() <= (1 << 20) + 64, "{}", scene.cache.weight());
    }
    assert!(scene.cache.len() > 50 && scene.cache.stats().evictions > 1000);
    assert!(HttpCacheLayer::shared().memory(1).is_err());
    assert!(HttpCacheLayer::shared().variants(0).is_err());
    assert!(HttpCacheLayer::shared().name("a b").is_err());
}

#[tokio::test]
async fn each_identity_has_answers_of_its_own_until_it_is_ended() {
    let by_user = || {
        HttpCacheLayer::private_by(|parts| {
            parts.headers.get("x-user").map(|user| user.as_bytes().to_vec())
        })
    };
    let scene = Scene::new(by_user(), async |_, call: u64| {
        Ok(response(&["cache-control: private, max-age=60"], call.to_string()))
    });
    let (ada, bob) = (&["x-user: ada", "cookie: s=1"][..], &["x-user: bob"][..]);
    assert_eq!(scene.get("/", ada).await.text, "1");
    assert_eq!(scene.get("/", bob).await.text, "2");
    assert_eq!(
        (scene.get("/", ada).await.text, scene.get("/", bob).await.text),
        ("1".to_owned(), "2".to_owned())
    );
    let nobody = scene.get("/", &[]).await;
    assert_eq!(
        (nobody.text.as_str(), nobody.cache_status()),
        ("3", "palisade; fwd=bypass; fwd-status=200")
    );
    assert_eq!(scene.cache.stats().bypassed, 1);
    scene.cache.invalidate_identity(&b"ada".to_vec());
    assert_eq!(
        (scene.get("/", ada).await.text, scene.get("/", bob).await.text),
        ("4".to_owned(), "2".to_owned())
    );
    // What one changes has changed for all.
    scene.ask(Method::POST, "/", ada).await;
    assert_eq!(
        (scene.get("/", ada).await.text, scene.get("/", bob).await.text),
        ("6".to_owned(), "7".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_callers_and_the_next_request_asks_again() {
    let begin = tokio::time::Instant::now();
    let broken = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&broken);
    let scene = Scene::new(HttpCacheLayer::shared(), move |_, call: u64| {
        let is_broken = state.load(Ordering::SeqCst);
        async move {
            assert!(!is_broken, "a handler's mistake");
            Ok(response(FRESH, call.to_string()))
        }
    });
    let call = tokio::spawn(scene.service.clone().oneshot(request(Method::GET, "/", &[])));
    assert!(call.await.unwrap_err().is_panic());
    broken.store(false, Ordering::SeqCst);
    assert_eq!(scene.get("/", &[]).await.text, "2");
    assert!(begin.elapsed().is_zero(), "it waits for nobody who is gone");
}

#[tokio::test]
async fn a_nested_router_is_told_apart_by_the_uri_that_was_asked_for() {
    #[derive(Clone)]
    struct OriginalUri(http::Uri);
    let handler = async |asked: Asked, call: u64| {
        assert_eq!(asked.uri(), "/x");
        Ok(response(FRESH, call.to_string()))
    };
    let nested = |uri: &'static str| {
        let mut asked = request(Method::GET, "/x", &[]);
        asked.extensions_mut().insert(OriginalUri(http::Uri::from_static(uri)));
        asked
    };
    let told = HttpCacheLayer::shared()
        .original_uri(|parts| parts.extensions.get::<OriginalUri>().map(|uri| &uri.0));
    for (builder, apart) in [(told, true), (HttpCacheLayer::shared(), false)] {
        let scene = Scene::new(builder, handler);
        let one = scene.send(nested("/a/x")).await.unwrap().text;
        let other = scene.send(nested("/b/x")).await.unwrap().text;
        assert_eq!(one != other, apart);
    }
}

#[tokio::test]
async fn a_hit_allocates_what_its_fields_take() {
    let layer = HttpCacheLayer::shared().build();
    let mut service = layer.layer(service_fn(async |_: Asked| {
        let lines =
            ["cache-control: max-age=60", "content-type: text/plain", "etag: \"7\"", "x-a: 1"];
        Ok::<_, std::convert::Infallible>(response(&lines, "page"))
    }));
    let ask = || request(Method::GET, "/a?b=1", &["accept: text/html", "user-agent: test"]);
    for _ in 0..2 {
        let filled = service.ready().await.unwrap().call(ask()).await.unwrap();
        assert_eq!(filled.into_body().collect().await.unwrap().to_bytes(), "page");
    }
    let model = service.ready().await.unwrap().call(ask()).await.unwrap();
    let fields = count(|| drop(model.headers().clone()));
    let asked = ask();
    let mut answered = None;
    let spent = count(|| {
        let mut call = std::pin::pin!(service.call(asked));
        if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            answered = Some(answer.unwrap());
        }
    });
    assert_eq!(answered.unwrap().headers()["cache-status"], "palisade; hit");
    assert_eq!(spent.allocations, fields.allocations, "{spent:?} {fields:?}");
}

#[tokio::test]
async fn content_of_a_get_goes_to_the_handler_and_its_answer_to_nobody_else() {
    let scene = Scene::new(HttpCacheLayer::shared(), async |asked: Asked, _| {
        let content = asked.into_body().collect().await.unwrap().to_bytes();
        Ok(response(FRESH, content))
    });
    let ask = async |content: &'static str| {
        let (parts, _) = request(Method::GET, "/", &[]).into_parts();
        scene.send(Request::from_parts(parts, Full::from(content))).await.unwrap()
    };
    assert_eq!(ask("poison").await.text, "poison");
    assert_eq!(ask("").await.text, "");
    // It is read, and none of it is left on the connection for the next request to begin with.
    assert_eq!(ask("GET /admin HTTP/1.1").await.text, "GET /admin HTTP/1.1");
    assert_eq!(ask("").await.cache_status(), "palisade; hit");
}

#[test]
fn without_a_runtime_requests_go_to_the_handler() {
    let layer = HttpCacheLayer::shared().build();
    let service = layer.layer(service_fn(async |_: Asked| {
        Ok::<_, std::convert::Infallible>(response(FRESH, "page"))
    }));
    let mut call = Box::pin(service.oneshot(request(Method::GET, "/", &[])));
    let Poll::Ready(answer) = poll_once(&mut call) else { panic!("it waits") };
    assert!(answer.unwrap().body().size_hint().exact() == Some(4));
    assert!(layer.cache().is_empty());
}
