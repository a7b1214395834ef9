//! Cookies.

use std::convert::Infallible;

use http::{HeaderMap, HeaderValue, Request, Response};
use palisade_headers::Site;
use palisade_headers::cookies::{Cookies, CookiesLayer, Dropped, Logout, Policy, harden};
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::site;

#[test]
fn what_is_missing_is_added_and_what_is_there_stays() {
    let table = [
        ("a=1", Site::Https, "a=1; Secure; HttpOnly; SameSite=Lax"),
        ("a=1", Site::Http, "a=1; HttpOnly; SameSite=Lax"),
        ("a=1", Site::LoopbackHttp, "a=1; HttpOnly; SameSite=Lax"),
        (
            "a=1; secure; HTTPONLY; samesite=STRICT",
            Site::Https,
            "a=1; secure; HTTPONLY; samesite=STRICT",
        ),
        ("a=1; SameSite=Sometimes", Site::Http, "a=1; SameSite=Sometimes; HttpOnly; SameSite=Lax"),
        (
            "a=1;Path=/x;Max-Age=9;Priority=High",
            Site::Http,
            "a=1;Path=/x;Max-Age=9;Priority=High; HttpOnly; SameSite=Lax",
        ),
        ("a=1; SameSite=None", Site::LoopbackHttp, "a=1; SameSite=None; Secure; HttpOnly"),
        (
            "a=1; Partitioned",
            Site::LoopbackHttp,
            "a=1; Partitioned; Secure; HttpOnly; SameSite=Lax",
        ),
        ("theme=dark", Site::Https, "theme=dark; Secure; SameSite=Lax"),
        ("__Host-a=1", Site::Https, "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax"),
        (
            "__Host-a=1; Path=/",
            Site::LoopbackHttp,
            "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax",
        ),
        (
            "__secure-a=1; Domain=x.example",
            Site::Https,
            "__secure-a=1; Domain=x.example; Secure; HttpOnly; SameSite=Lax",
        ),
        ("a=", Site::Http, "a=; HttpOnly; SameSite=Lax"),
        ("a=b=c", Site::Http, "a=b=c; HttpOnly; SameSite=Lax"),
    ];
    let policy = Policy::new().script_may_read("theme").script_may_read("__Http-theme");
    for (cookie, site, expected) in table {
        assert_eq!(harden(cookie.as_bytes(), &policy, site).unwrap(), expected, "{cookie}");
    }
    let long = format!("a={}", "x".repeat(4096));
    let path = format!("a=1; Path=/{}", "x".repeat(1024));
    let refused = [
        ("__Host-a=1; Domain=x.example", Site::Https, Dropped::HostPrefix),
        ("__HOST-a=1; Path=/x", Site::Https, Dropped::HostPrefix),
        ("__Host-a=1", Site::Http, Dropped::NeedsTls),
        ("__Secure-a=1", Site::Http, Dropped::NeedsTls),
        ("__Host-Http-a=1", Site::Http, Dropped::NeedsTls),
        ("a=1; Secure", Site::Http, Dropped::NeedsTls),
        ("a=1; SameSite=None", Site::Http, Dropped::NeedsTls),
        ("a=1; Partitioned", Site::Http, Dropped::NeedsTls),
        ("__Http-theme=1", Site::Https, Dropped::ScriptReadsHttp),
        ("=1", Site::Https, Dropped::NoName),
        ("value", Site::Https, Dropped::NoName),
        ("", Site::Https, Dropped::NoName),
        ("a=1\r\nset-cookie: b=2", Site::Https, Dropped::ControlCharacter),
        (&long, Site::Https, Dropped::TooLong),
        (&path, Site::Https, Dropped::TooLong),
    ];
    for (cookie, site, reason) in refused {
        assert_eq!(harden(cookie.as_bytes(), &policy, site), Err(reason), "{cookie}");
    }
}

/// Sends cookies through the layer.
async fn through(url: &str, cookies: &'static [&'static str]) -> HeaderMap {
    let inner = service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        for cookie in cookies {
            response.headers_mut().append("set-cookie", HeaderValue::from_static(cookie));
        }
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let service = CookiesLayer::new(Policy::new()).layer(inner);
    service.oneshot(site::request("GET", url)).await.unwrap().into_parts().0.headers
}

#[tokio::test]
async fn cookies_keep_their_number_and_order_and_are_not_kept_by_caches() {
    let headers =
        through("https://example.com/", &["b=1", "__Host-x=1; Path=/x", "a=2; Secure", "b=3"])
            .await;
    let sent: Vec<_> = headers.get_all("set-cookie").iter().collect();
    assert_eq!(
        sent,
        [
            "b=1; Secure; HttpOnly; SameSite=Lax",
            "a=2; Secure; HttpOnly; SameSite=Lax",
            "b=3; Secure; HttpOnly; SameSite=Lax"
        ]
    );
    assert_eq!(headers["cache-control"], "no-store");
    assert!(through("https://example.com/", &[]).await.is_empty());
    assert!(through("https://example.com/", &["__Host-x=1; Path=/x"]).await.is_empty());
}

#[tokio::test]
async fn without_the_layer_a_script_reads_the_session_and_with_it_not() {
    let headers = through("http://example.com/", &["sid=1"]).await;
    assert!(headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    assert!(!"sid=1".contains("HttpOnly"));
}

#[test]
fn signing_out_clears_without_the_cache() {
    let logout = Logout::of("sid").unwrap();
    let mut headers = HeaderMap::new();
    logout.write(&mut headers, Site::Http);
    assert_eq!(headers["set-cookie"], "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    assert!(!headers.contains_key("clear-site-data"), "browsers ignore it in clear text");
    logout.write(&mut headers, Site::Https);
    assert!(!headers["clear-site-data"].to_str().unwrap().contains("cache"));
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    for name in ["", "a b", "a;b", "a=b", "a\r\n"] {
        assert_eq!(Logout::of(name).unwrap_err().value(), name);
    }
    // What expires the cookie passes the layer as it is.
    let cookie = headers.get_all("set-cookie").iter().nth(1).unwrap();
    assert_eq!(harden(cookie.as_bytes(), &Policy::new(), Site::Https).unwrap(), cookie);
}

#[test]
fn the_service_is_its_inner_one_and_a_pointer() {
    assert_eq!(size_of::<Cookies<()>>(), size_of::<usize>());
}

proptest! {
    #[test]
    fn hardening_only_appends_and_twice_is_once(
        cookie in "[ -~]{0,60}|(__Host-|__Http-)?[a-z]{1,4}=[a-z]{0,4}(; ?(Secure|HttpOnly|Path=/|Domain=x|SameSite=(None|Lax|x))){0,4}",
        site in prop::sample::select(vec![Site::Http, Site::Https, Site::LoopbackHttp]),
    ) {
        let policy = Policy::new().script_may_read("a");
        if let Ok(once) = harden(cookie.as_bytes(), &policy, site) {
            prop_assert!(once.as_bytes().starts_with(cookie.as_bytes()));
            prop_assert_eq!(harden(once.as_bytes(), &policy, site), Ok(once.clone()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(cookie in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = harden(&cookie, &Policy::new(), Site::Https);
    }
}
