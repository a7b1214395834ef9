//! For which hosts the program answers.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use palisade_edge::hosts::{AllowedHostsLayer, HostError, HostRefusal};
use palisade_edge::{AllowedHosts, ConfigError, EdgeLayer, ExemptPaths, Forwarding, external_url};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

use crate::request::{XFF, proxy, request, trusted};

fn hosts() -> AllowedHosts {
    AllowedHosts::new(["example.com", "*.example.com", "admin.test:8443", "[::1]", "127.0.0.1"])
        .unwrap()
}

fn check(lines: &[(&str, &str)]) -> Result<String, HostRefusal> {
    hosts().check((&request("/", lines)).into(), None).map(|authority| authority.to_string())
}

#[test]
fn a_host_is_compared_in_its_one_form() {
    let table = [
        ("example.com", true),
        ("EXAMPLE.com", true),
        ("example.com.", true),
        ("example.com:8080", true),
        ("a.example.com", true),
        ("a.b.Example.Com.:81", true),
        ("admin.test:8443", true),
        ("[::1]:3000", true),
        ("[0:0::1]", true),
        ("127.0.0.1", true),
        ("admin.test", false),
        ("admin.test:8444", false),
        ("example.com.evil.test", false),
        ("evilexample.com", false),
        ("evil-example.com", false),
        ("com", false),
        ("127.0.0.2", false),
    ];
    for (host, allowed) in table {
        let refused = check(&[("host", host)]);
        assert_eq!(refused.is_ok(), allowed, "{host:?}");
        assert!(allowed || refused == Err(HostRefusal::Unknown), "{host:?}");
    }
}

#[test]
fn a_wildcard_is_not_the_domain_itself() {
    let hosts = AllowedHosts::new(["*.example.com"]).unwrap();
    let at = |host| hosts.check((&request("/", &[("host", host)])).into(), None);
    assert_eq!(at("example.com"), Err(HostRefusal::Unknown));
    assert!(at("www.example.com").is_ok());
}

#[test]
fn missing_several_and_invalid_hosts_are_bad_requests() {
    let table: [(&[(&str, &str)], HostError); 6] = [
        (&[], HostError::Missing),
        (&[("host", "example.com"), ("host", "example.com")], HostError::Several),
        (&[("host", "")], HostError::Invalid),
        (&[("host", "user@example.com")], HostError::Invalid),
        (&[("host", "example.com/../")], HostError::Invalid),
        (&[("host", "example.com, evil.test")], HostError::Invalid),
    ];
    for (lines, expected) in table {
        assert_eq!(check(lines), Err(HostRefusal::Host(expected)), "{lines:?}");
    }
}

#[test]
fn authority_and_host_must_agree() {
    let table = [
        (Version::HTTP_2, "https://example.com/", None, Ok(())),
        (Version::HTTP_2, "https://example.com/", Some("example.com"), Ok(())),
        (Version::HTTP_2, "https://example.com/", Some("EXAMPLE.com.:443"), Ok(())),
        (Version::HTTP_2, "https://example.com/", Some("example.com:80"), Err(HostError::Mismatch)),
        (Version::HTTP_2, "https://example.com/", Some("a.example.com"), Err(HostError::Mismatch)),
        (Version::HTTP_2, "https://u@example.com/", None, Err(HostError::Invalid)),
        (Version::HTTP_2, "/", None, Err(HostError::Missing)),
        (Version::HTTP_11, "http://example.com/", Some("example.com"), Ok(())),
        (Version::HTTP_11, "http://example.com/", Some("a.example.com"), Err(HostError::Mismatch)),
        (Version::HTTP_11, "http://example.com/", None, Err(HostError::Missing)),
        (Version::HTTP_10, "/", None, Err(HostError::Missing)),
    ];
    for (version, target, host, expected) in table {
        let mut request = Request::get(target).version(version).body(()).unwrap();
        if let Some(host) = host {
            request.headers_mut().insert("host", host.parse().unwrap());
        }
        let found = hosts().check((&request).into(), None).map(|_| ());
        assert_eq!(found, expected.map_err(HostRefusal::Host), "{version:?} {target} {host:?}");
    }
}

#[test]
fn patterns_that_could_never_match_are_refused() {
    for text in
        ["", "*", "*.", "a.*.com", "*example.com", "http://example.com", "a_b", "*.127.0.0.1"]
    {
        let error = AllowedHosts::new([text]);
        assert_eq!(error, Err(ConfigError::Host { text: text.to_owned() }), "{text:?}");
    }
    let empty = AllowedHosts::new::<[&str; 0]>([]);
    assert_eq!(empty, Err(ConfigError::Empty { what: "allowed hosts" }));
}

/// What a page that builds an absolute link from the host would put into it.
async fn answer(
    layered: bool,
    mut request: Request<()>,
    hosts: AllowedHostsLayer,
) -> (StatusCode, String) {
    let page = service_fn(|request: Request<()>| async move {
        let host = request.headers().get("host").map(|host| host.to_str().unwrap().to_owned());
        let link = format!("https://{}/reset", host.unwrap_or_default());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(link))))
    });
    request.extensions_mut().insert(proxy());
    let edge = EdgeLayer::new(trusted(Forwarding::XForwardedFor));
    let response = if layered {
        edge.layer(hosts.layer(page)).oneshot(request).await.unwrap()
    } else {
        page.oneshot(request).await.unwrap()
    };
    let status = response.status();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_foreign_host_gets_into_a_reset_link_unless_the_layer_is_there() {
    let attack = || request("/", &[("host", "evil.test")]);
    let hosts = AllowedHostsLayer::new(hosts());
    let (_, link) = answer(false, attack(), hosts.clone()).await;
    assert_eq!(link, "https://evil.test/reset");
    let (status, body) = answer(true, attack(), hosts).await;
    assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
    assert!(!body.contains("evil"), "{body}");
    assert!(body.contains("unknown_host"));
}

#[tokio::test]
async fn behind_a_proxy_the_host_of_the_browser_counts() {
    let hosts = AllowedHostsLayer::new(hosts());
    let lines =
        [("host", "backend:3000"), (XFF, "203.0.113.9"), ("x-forwarded-host", "example.com")];
    assert_eq!(answer(true, request("/", &lines), hosts.clone()).await.0, StatusCode::OK);
    let lines = [("host", "example.com"), (XFF, "203.0.113.9"), ("x-forwarded-host", "evil.test")];
    let (status, _) = answer(true, request("/", &lines), hosts).await;
    assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
}

#[test]
fn the_host_that_is_returned_is_the_one_that_was_checked() {
    let lines =
        [("host", "evil.test"), (XFF, "203.0.113.9"), ("x-forwarded-host", "example.com:8443")];
    let request = request("/", &lines);
    let trust = trusted(Forwarding::XForwardedFor);
    let url = external_url(&proxy(), (&request).into(), &trust).unwrap();
    let checked = hosts().check((&request).into(), Some(&url)).unwrap();
    assert_eq!(checked.to_string(), "example.com:8443");
}

#[tokio::test]
async fn health_checks_answer_any_host_and_none() {
    let hosts = AllowedHostsLayer::new(hosts());
    for path in ["/health", "/health/live", "/health/ready"] {
        let (status, _) = answer(true, request(path, &[("host", "10.1.2.3")]), hosts.clone()).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer(true, request(path, &[]), hosts.clone()).await.0, StatusCode::OK);
    }
    let none = hosts.exempt(ExemptPaths::none());
    let (status, _) = answer(true, request("/health", &[("host", "10.1.2.3")]), none).await;
    assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn the_answer_can_be_the_applications_own() {
    let page = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new("page")) });
    let layer = AllowedHostsLayer::new(hosts()).with_rejection(|refusal: &HostRefusal| {
        assert_eq!(*refusal, HostRefusal::Unknown);
        Response::builder().status(404).body("gone").unwrap()
    });
    let response = layer.layer(page).oneshot(request("/", &[("host", "evil.test")])).await.unwrap();
    assert_eq!((response.status().as_u16(), *response.body()), (404, "gone"));
}

proptest! {
    #[test]
    fn only_a_dot_makes_a_name_lie_below_a_domain(name in "[a-z0-9.-]{0,12}") {
        let host = format!("{name}example.com");
        let below = check(&[("host", &host)]).is_ok();
        prop_assert!(!below || name.is_empty() || name.ends_with('.'), "{}", host);
    }

    #[test]
    fn letter_case_and_a_final_dot_change_nothing(host in "[a-zA-Z0-9-]{1,8}(\\.[a-zA-Z0-9-]{1,8}){0,3}") {
        let plain = check(&[("host", &host)]);
        prop_assert_eq!(check(&[("host", &host.to_ascii_uppercase())]), plain.clone());
        prop_assert_eq!(check(&[("host", &format!("{host}."))]), plain);
    }
}

#[test]
fn patterns_are_told_as_they_are_read() {
    let given = ["Example.com.", "*.example.com", "admin.test:8443", "[0:0::1]", "127.0.0.1"];
    let hosts = AllowedHosts::new(given).unwrap();
    let told: Vec<String> = AllowedHostsLayer::new(hosts.clone()).hosts().patterns().collect();
    let normal = ["example.com", "*.example.com", "admin.test:8443", "[::1]", "127.0.0.1"];
    assert_eq!(told, normal);
    assert_eq!(AllowedHosts::new(told).unwrap(), hosts);
}
